// SPDX-License-Identifier: Apache-2.0
/* The release rule line by line: met, or what it waits for. */

import { Button, Icon, Panel } from "../../components";
import { useWords } from "../../i18n";
import { WORKING } from "./read";
import type { Part } from "./request-page";
import { useKnown, useSaid } from "./words";

const LINES = ["evidence", "uncontradicted", "legal_basis", "within_scope", "key_confirmed", "two_officers"] as const;
const ORDER_LINES = ["evidence", "uncontradicted", "legal_basis", "two_officers"] as const;
const POLICY_SHOWN = "sha256:".length + 12;
const DISCLOSING: ReadonlySet<string> = new Set(["disclosure", "emergency", "amendment"]);

/** Missing lines come from the decision; a line that it does not name is met. */
export function RulePanel(part: Part) {
  const { t } = useWords();
  const known = useKnown();
  const said = useSaid();
  const { request, decision } = part.report;
  if (decision === null) return null;
  const missing = new Map(decision.missing.map((each) => [each.code, each]));
  const officers = missing.has("duty_officer") ? "duty_officer" : "two_officers";
  const lines = (DISCLOSING.has(request.type) ? LINES : ORDER_LINES).map((each) => (each === "two_officers" ? officers : each));
  const met = lines.filter((each) => !missing.has(each)).length;
  return (
    <Panel title={t("requests.rule")} note={t("requests.metOf", { met, all: lines.length })} foot={<span className="small mono">{`${decision.rule}, ${decision.policy.slice(0, POLICY_SHOWN)}`}</span>}>
      <ul className="rule req-rule">
        {lines.map((each) => {
          const lacks = missing.get(each);
          const bad = each === "uncontradicted" || each === "within_scope";
          return (
            <li key={each}>
              <span className="out" data-o={lacks === undefined ? "pass" : bad ? "fail" : "hold"}>
                <Icon name={lacks === undefined ? "check" : bad ? "x" : "clock"} />
              </span>
              <span>
                <span className="vh">{t(lacks === undefined ? "requests.lineMet" : "requests.lineOpen")} </span>
                {t(`requests.line.${each}`)}
              </span>
              {lacks !== undefined && <span className="why">{lacks.english === "" ? known("missing", each) : said(lacks.english, lacks.chinese)}</span>}
            </li>
          );
        })}
      </ul>
      {decision.faults.length > 0 && (
        <ul className="small req-faults">
          {decision.faults.slice(0, 4).map((each, index) => (
            <li key={index}>{said(each.sentence, each.chinese)}</li>
          ))}
        </ul>
      )}
      {request.review !== null && (
        <p className="small second">
          {t(request.review.passed ? "requests.reviewPassed" : "requests.reviewFailed", { why: request.review.reason })}
        </p>
      )}
      {part.writes && WORKING.has(request.state) && request.state !== "received" && (
        <Button onClick={() => part.ask({ kind: "review" })}>{t("requests.review")}</Button>
      )}
    </Panel>
  );
}
