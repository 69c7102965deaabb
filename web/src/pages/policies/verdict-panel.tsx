// SPDX-License-Identifier: Apache-2.0
/* What the prover says of a version against the policy in force: this is what two publishers sign. */

import { Link } from "react-router";

import { Badge, Banner, Button, Icon, Id, Panel, ProblemBanner, Time } from "../../components";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { GainsTable } from "./gains";
import { acts, shortOf, type Verdict, type Version, versionOf } from "./publishing";

/** The verdict, or why there is none and what makes one. */
export function VerdictPanels({ found, onChange }: { found: Version; onChange: () => void }) {
  const { t } = useWords();
  const { proof } = found;
  return (
    <>
      <VerdictPanel found={found} onChange={onChange} />
      {proof !== null && proof.gained.length > 0 && (
        <Panel bare title={t("publishing.gained")} note={t("publishing.worstFirst")}>
          <GainsTable caption={t("publishing.gained")} gains={proof.gained} />
        </Panel>
      )}
      {proof !== null && <Properties proof={proof} />}
      {proof !== null && proof.lost.length > 0 && (
        <Panel bare title={t("publishing.lost")} note={t("publishing.worstFirst")}>
          <GainsTable caption={t("publishing.lost")} gains={proof.lost} />
        </Panel>
      )}
    </>
  );
}

function VerdictPanel({ found, onChange }: { found: Version; onChange: () => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const { busy, problem, run } = useAct();
  const { proof } = found;
  const examine = async () => {
    await run(() => acts.examine(found.version));
    onChange();
  };
  const needed = found.state !== "in_force" && !found.examining && proof?.current !== true;
  const button = (
    <Button busy={busy} onClick={() => void examine()}>
      {t(proof === null ? "publishing.examine" : "publishing.examineAgain")}
    </Button>
  );
  return (
    <Panel title={t("publishing.verdictTitle")} {...(proof === null ? {} : { note: t("publishing.verdictNote") })} actions={needed && may("policy:write") ? button : undefined}>
      {problem !== null && <ProblemBanner problem={problem} />}
      <div className="pub-live" aria-live="polite">
        {found.examining && (
          <p className="pub-working">
            <Icon name="spin" /> {t("publishing.examiningLong")}
          </p>
        )}
        {proof !== null && <Said proof={proof} />}
      </div>
      {found.fault !== "" && <Banner tone="danger">{t("publishing.faulty", { why: found.fault })}</Banner>}
      {proof === null && !found.examining && <NoVerdict found={found} />}
      {proof !== null && !proof.current && found.state !== "in_force" && <Banner tone="warn">{t(may("policy:write") ? "publishing.oldVerdict" : "publishing.oldVerdictAsk")}</Banner>}
      {proof !== null && <Summary proof={proof} />}
    </Panel>
  );
}

function NoVerdict({ found }: { found: Version }) {
  const { t } = useWords();
  if (found.state !== "in_force") return <p>{t("publishing.noVerdict")}</p>;
  return (
    <p>
      {t("publishing.noVerdictInForce")} <Link to="/policies">{t("publishing.toProof")}</Link>
    </p>
  );
}

/** The verdict in words: weaker or not, what owners lose, what was not compared. */
export function Said({ proof }: { proof: Verdict }) {
  const { t } = useWords();
  const same = proof.gained.length === 0 && proof.worse.length === 0;
  const lost = proof.owner.filter((loss) => loss.lost.length === 0 && loss.suspected.length === 0).map((loss) => loss.what);
  return (
    <>
      <Banner tone={proof.weaker ? "danger" : "ok"}>
        {same ? t("publishing.sayNotWeaker") : proof.gained.length > 0 && t("publishing.sayWeaker", { n: proof.gained.length })}
        {proof.worse.length > 0 && ` ${t("publishing.sayWorse", { names: proof.worse.join(", ") })}`}
      </Banner>
      {proof.locked_out > 0 && <Banner tone="danger">{t("publishing.lockedOut", { n: proof.locked_out, names: [...new Set(lost)].join(", ") })}</Banner>}
      {proof.apart.length > 0 && <Banner tone="warn">{t("publishing.apart", { words: proof.apart.join(", ") })}</Banner>}
    </>
  );
}

/** What the verdict rests on: against which version, which rules differ, when. */
function Summary({ proof }: { proof: Verdict }) {
  const { t } = useWords();
  return (
    <>
      {Object.keys(proof.concerned).length > 0 && <Banner tone="danger">{t("publishing.concerned", { words: Object.entries(proof.concerned).map(([word, count]) => `${word} (${count})`).join(", ") })}</Banner>}
      {proof.vocabulary !== "" && <Banner tone="info">{t("publishing.vocabularyDiffers", { what: proof.vocabulary })}</Banner>}
      <dl className="kv">
        <dt>{t("publishing.against")}</dt>
        <dd>
          <Link to={`/policies/versions/${versionOf(proof.against)}`} className="mono">
            {shortOf(versionOf(proof.against))}
          </Link>{" "}
          {proof.current ? <Badge tone="ok">{t("publishing.state.in_force")}</Badge> : <Badge tone="warn">{t("publishing.notInForce")}</Badge>}
        </dd>
        <dt>{t("publishing.rules")}</dt>
        <dd>
          {proof.rules.length === 0 ? t("publishing.rulesSame") : <Rules rules={proof.rules} />}
        </dd>
        {proof.owner.length > 0 && (
          <>
            <dt>{t("publishing.ownerLoses")}</dt>
            <dd>
              <OwnerLosses proof={proof} />
            </dd>
          </>
        )}
        <dt>{t("publishing.verdictAt")}</dt>
        <dd>
          <Time at={proof.at} /> <span className="second">{t("publishing.took", { s: proof.took / 1_000 })}</span>
        </dd>
        <dt>{t("publishing.verdictDigest")}</dt>
        <dd className="pub-whole">
          <Id value={proof.digest} />
        </dd>
      </dl>
    </>
  );
}

function Rules({ rules }: { rules: Verdict["rules"] }) {
  const { t } = useWords();
  const words: Record<string, Key> = { added: "publishing.rule.added", removed: "publishing.rule.removed", renamed: "publishing.rule.renamed", changed: "publishing.rule.changed" };
  return (
    <ul className="pub-rules">
      {rules.map((rule) => {
        const known = words[rule.kind];
        return (
          <li key={`${rule.kind} ${rule.rule}`}>
            <code>{rule.rule}</code> <span className="second">{known === undefined ? rule.kind : t(known, { line: rule.line })}</span>
          </li>
        );
      })}
    </ul>
  );
}

function OwnerLosses({ proof }: { proof: Verdict }) {
  const { t } = useWords();
  return (
    <ul className="pub-rules">
      {proof.owner.map((loss, at) => (
        <li key={at}>
          <code>{loss.what}</code>{" "}
          <span className="second">
            {[
              loss.lost.length > 0 ? t("policies.case_lost", { names: loss.lost.join(" + ") }) : "",
              loss.suspected.length > 0 ? t("policies.case_suspected", { names: loss.suspected.join(" + ") }) : "",
              loss.profile,
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

const ICONS = { fail: "x", pass: "check", neutral: "minus" } as const;

/** Each property, those that fail or are undecided first. One that no kind of account has is neither. */
function Properties({ proof }: { proof: Verdict }) {
  const { t } = useWords();
  const open = (each: Verdict["properties"][number]) => each.fails.length + each.undecided.length > 0;
  const rows = [...proof.properties].sort((one, other) => Number(open(other)) - Number(open(one)));
  const state = (each: Verdict["properties"][number]) => (open(each) ? "fail" : each.holds.length > 0 ? "pass" : "neutral");
  const note = [t("policies.n_fail", { n: proof.failing }), t("policies.n_hold", { n: proof.properties.filter((each) => state(each) === "pass").length })].join(", ");
  return (
    <Panel bare title={t("policies.properties")} note={note}>
      <ul className="rows pub-props">
        {rows.map((each) => (
          <li key={each.name}>
            <span className="out" data-o={state(each)}>
              <Icon name={ICONS[state(each)]} />
              {each.name}
            </span>
            <span className="small second">
              {open(each)
                ? [
                    each.fails.length > 0 ? t("publishing.failsFor", { names: each.fails.join(", ") }) : "",
                    each.undecided.length > 0 ? t("publishing.undecidedFor", { names: each.undecided.join(", ") }) : "",
                  ]
                    .filter(Boolean)
                    .join(" ")
                : each.holds.length === 0
                  ? t("publishing.holdsForNone")
                  : t("publishing.holdsFor", { n: each.holds.length })}
              {proof.worse.includes(each.name) && <b className="pub-bad"> {t("publishing.heldBefore")}</b>}
            </span>
            <Link className="small nowrap" to={`?line=${each.line}`}>
              {t("publishing.atLine", { line: each.line })}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
