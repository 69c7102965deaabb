// SPDX-License-Identifier: Apache-2.0
/* Each piece with what it proves and who could have forged it; above them how many forgeries are enough. */

import { Link } from "react-router";

import { Button, Capabilities, Empty, Icon, Id, type OutcomeName, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { act, contradicts, type Evidence, ranked, WORKING } from "./read";
import { Fact } from "./fact";
import type { Part } from "./request-page";
import { Seals } from "./seals";
import { useKnown, useListed, usePerson, useVoid } from "./words";

const OUTCOMES: Partial<Record<string, OutcomeName>> = { supports: "supports", contradicts: "contradicts", inconclusive: "neutral", not_applicable: "todo" };
const ICONS = { supports: "check", contradicts: "x", inconclusive: "minus", not_applicable: "minus" } as const;

/** The list, the worst first, below its seals. */
export function EvidencePanel(part: Part) {
  const { t } = useWords();
  const { busy, problem, run } = useAct();
  const { request, decision } = part.report;
  const open = part.writes && request.state !== "received" && WORKING.has(request.state);
  const again = async () => {
    if (await run(() => act(request.id, "/collect"))) part.reload();
  };
  const actions = open ? (
    <>
      <Button icon="refresh" busy={busy} onClick={() => void again()}>
        {t("requests.collect")}
      </Button>
      <Button onClick={() => part.ask({ kind: "evidence" })}>{t("requests.enter")}</Button>
    </>
  ) : undefined;
  return (
    <Panel bare title={t("requests.evidence")} note={t("requests.evidenceNote")} actions={actions}>
      {problem !== null && <ProblemBanner problem={problem} />}
      {decision !== null && <Seals decision={decision} />}
      {request.evidence.length === 0 ? (
        <Empty icon="doc" title={t("requests.noEvidence")}>
          {t("requests.noEvidenceWhy")}
        </Empty>
      ) : (
        <ul className="req-evs">
          {ranked(request.evidence).map((each) => (
            <Piece key={each.id} evidence={each} part={part} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Piece({ evidence, part }: { evidence: Evidence; part: Part }) {
  const { t, tell } = useWords();
  const { may } = useSession();
  const known = useKnown();
  const why = useVoid(part.report.people);
  const listed = useListed();
  const person = usePerson(part.report.people);
  const result = evidence.result as keyof typeof ICONS;
  const out = evidence.void === "" ? OUTCOMES[evidence.result] : "none";
  const facts = Object.entries(evidence.details);
  return (
    <li className={evidence.void === "" ? "req-ev" : "req-ev req-ev--void"}>
      <div className="req-ev__top">
        <h3>{known("kind", evidence.kind)}</h3>
        <span className="second small">
          {person(evidence.collected_by)}, <Time at={evidence.collected_at} form="absolute" />
        </span>
        <span className="out" data-o={out ?? "neutral"}>
          <Icon name={ICONS[result]} />
          {known("result", evidence.result)}
        </span>
      </div>
      {evidence.void !== "" && <p className="small">{t("requests.voided", { why: why(evidence.void) })}</p>}
      {facts.length > 0 && (
        <p>
          {facts.map(([name, value]) => (
            <Fact key={name} kind={evidence.kind} name={name} value={value} people={part.report.people} />
          ))}
        </p>
      )}
      {evidence.findings.length > 0 && <p className="small mono req-codes">{evidence.findings.join(" · ")}</p>}
      <dl className="req-ev__kv">
        <dt>{t("requests.proves")}</dt>
        <dd>{evidence.proves === "" ? t("requests.provesNothing") : tell(`proves.${evidence.kind}`, evidence.proves)}</dd>
        <dt>{t("requests.forgedBy")}</dt>
        <dd>
          {evidence.forgeable_by.length === 0 ? (
            <span className="second">{t("requests.canBlock")}</span>
          ) : (
            <span className="req-forgers">
              {evidence.forgeable_by.map((name) => (
                <Capabilities key={name} names={[name]} />
              ))}
            </span>
          )}
        </dd>
        {evidence.source !== "" && evidence.source !== evidence.kind && (
          <>
            <dt>{t("requests.source")}</dt>
            <dd>{evidence.source.startsWith("doc_") ? <Link to={`?tab=documents&document=${evidence.source}`} replace>{t("requests.theDocument")}</Link> : <Id value={evidence.source} />}</dd>
          </>
        )}
      </dl>
      {evidence.resolved !== null && (
        <p className="small second">
          {t("requests.resolved", { who: listed(evidence.resolved.officers.map(person)), why: evidence.resolved.reason })} <Time at={evidence.resolved.at} form="absolute" />
        </p>
      )}
      {contradicts(evidence) && part.writes && may("staff:officer") && (
        <p>
          <Button onClick={() => part.ask({ kind: "resolve", evidence: evidence.id })}>{t("requests.resolve")}</Button>
        </p>
      )}
    </li>
  );
}
