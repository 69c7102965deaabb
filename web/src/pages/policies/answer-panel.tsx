// SPDX-License-Identifier: Apache-2.0
/* One answer of the checker: outcome, rule and line, every reason, what would do. */

import { Link } from "react-router";

import { Badge, Capabilities, Id, isOutcome, Outcome, Panel, Time } from "../../components";
import { useWords } from "../../i18n";
import { useReasonText } from "../watch/reasons";
import { useEnd } from "./ends";
import { type Checked, versionOf } from "./publishing";

/** A panel, titled by the version that answers. */
export function AnswerPanel({ title, found }: { title: string; found: Checked }) {
  const { t } = useWords();
  const end = useEnd();
  const { decision } = found;
  return (
    <Panel title={title} {...(found.in_force ? { actions: <Badge tone="ok">{t("publishing.state.in_force")}</Badge> } : {})}>
      <p className="pub-outcome">
        {isOutcome(decision.outcome) ? <Outcome name={decision.outcome} /> : decision.outcome} <code>{found.action}</code>
        {decision.until !== null && (
          <span className="second">
            {t("publishing.until")} <Time at={decision.until} form="end" />
          </span>
        )}
      </p>
      <Reasons found={found} />
      <Ways title={t("watch.alternatives")} sets={decision.alternatives} />
      {decision.alternatives.length === 0 && <Ways title={t("publishing.candidates")} sets={decision.candidates.map((name) => [name])} />}
      <dl className="kv">
        <dt>{t("watch.rule")}</dt>
        <dd>
          <Link to={`/policies/versions/${versionOf(found.policy)}?line=${decision.line}`}>{t("watch.line", { rule: decision.rule, line: decision.line })}</Link>
        </dd>
        <dt>{t("publishing.wouldBe")}</dt>
        <dd>{end(found.status)}</dd>
        <dt>{t("watch.policy")}</dt>
        <dd>
          {found.name} <Id value={found.policy} short />
        </dd>
      </dl>
    </Panel>
  );
}

function Reasons({ found }: { found: Checked }) {
  const { t } = useWords();
  const said = useReasonText();
  const { decision } = found;
  return (
    <section>
      <h3>
        {t("watch.reasons")} <span className="muted num">{decision.reasons.length}</span>
      </h3>
      {decision.reasons.length === 0 && <p className="second">{t(decision.outcome === "allow" ? "watch.noReasons" : "watch.onlyProof")}</p>}
      <ul className="pub-rules">
        {decision.reasons.map((reason, at) => (
          <li key={at}>
            {said(reason)}{" "}
            <span className="small second">
              {reason.until !== null && (
                <>
                  {t("watch.ends")} <Time at={reason.until} form="end" />{" "}
                </>
              )}
              <code>{reason.code}</code>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Ways({ title, sets }: { title: string; sets: readonly (readonly string[])[] }) {
  if (sets.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul className="pub-rules">
        {sets.map((set) => (
          <li key={set.join()}>
            <Capabilities names={set} />
          </li>
        ))}
      </ul>
    </section>
  );
}
