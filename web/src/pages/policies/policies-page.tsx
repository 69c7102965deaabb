// SPDX-License-Identifier: Apache-2.0
/* The policy in force and its proof: verdicts, heat table, paths, the owner's side. Read-only. */

import { useCallback, useEffect, useMemo, useState } from "react";

import { Badge, Banner, Icon, Id, Loading, Page, Panel, ProblemBanner, useFilter } from "../../components";
import { type Translate, useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { type Limit, HeatPanel } from "./heat-panel";
import { CarriersPanel, LossPanel, OwnerPanel } from "./owner-panel";
import { PathPanel } from "./path-panel";
import "./policies.css";
import "./policies-more.css";
import { PropertiesPanel } from "./properties-panel";
import { type Attack, type ProfileProof, attackOf, attacksOf, heatOf, ownersSide } from "./proof";
import { type PolicyView, type ProofReply, readPolicy, readProof, readText } from "./read";
import { PolicyTabs } from "./tabs";
import { TextPanel } from "./text-panel";

const AGAIN = 2_000;
const HOUR = 3_600_000;

/** The page. Profile and cell live in the URL. */
export default function PoliciesPage() {
  const { t } = useWords();
  const [profile, setProfile] = useFilter("profile");
  const policy = useResource("policy", readPolicy);
  const text = useResource("policy text", readText);
  const [asked] = useFilter("line"); // a decision leads to the line of its rule
  const wanted = /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
  const [line, setLine] = useState(wanted > 0 ? { line: wanted, asked: 1 } : { line: 1, asked: 0 });
  const [hits, setHits] = useState<{ lines: ReadonlySet<number>; lens: { line: number; text: string } | undefined }>({ lines: new Set(), lens: undefined });
  const onPath = useCallback(
    (attack: Attack | undefined) => {
      setHits(hitsOf(attack, t));
      const last = attack?.path.at(-1)?.line;
      if (last !== undefined) setLine((before) => (wanted > 0 && before.asked === 1 ? before : { line: last, asked: 0 }));
    },
    [t, wanted],
  );
  const title = policy.data?.policy ?? t("policies.title");
  const meta = policy.data && (
    <>
      <span>{t("policies.in_force")}</span>
      <Id value={policy.data.digest} short />
      <span>{t("policies.n_rules", { n: policy.data.rules.length })}</span>
    </>
  );
  const failed = policy.error ?? text.error;
  return (
    <Page title={title} crumbs={[{ label: t("policies.title") }]} badges={<Badge icon="lock">{t("policies.read_only")}</Badge>} meta={meta}>
      <PolicyTabs at="in_force" />
      <div className="lab">
        {policy.data && text.data !== undefined ? (
          <TextPanel name={policy.data.policy} digest={policy.data.digest} text={text.data} hits={wanted > 0 ? new Set([...hits.lines, wanted]) : hits.lines} lens={hits.lens} shown={line} />
        ) : (
          <section className="lab__editor">{failed === undefined ? <Loading lines={12} /> : <ProblemBanner problem={failed} retry={policy.reload} />}</section>
        )}
        <div className="lab__out">
          {policy.data && (
            <ProofSide
              policy={policy.data}
              profile={profile}
              onProfile={setProfile}
              onLine={(to) => setLine((before) => ({ line: to, asked: before.asked + 1 }))}
              onPath={onPath}
            />
          )}
        </div>
      </div>
    </Page>
  );
}

function hitsOf(attack: Attack | undefined, t: Translate): { lines: ReadonlySet<number>; lens: { line: number; text: string } | undefined } {
  const last = attack?.path.at(-1);
  if (attack === undefined || last === undefined) return { lines: new Set(), lens: undefined };
  const who = attack.capabilities.join(" + ");
  const window = attack.silent ? t("common.window.silent") : t("common.window.hours", { h: Math.floor(attack.window_hours ?? 0) });
  return { lines: new Set(attack.path.map((step) => step.line)), lens: { line: last.line, text: t("policies.lens", { window, who }) } };
}

interface ProofSideProps {
  policy: PolicyView;
  profile: string;
  onProfile: (profile: string) => void;
  onLine: (line: number) => void;
  onPath: (attack: Attack | undefined) => void;
}

function ProofSide({ policy, profile, onProfile, onLine, onPath }: ProofSideProps) {
  const { t } = useWords();
  const asked = useProof(`${policy.digest} ${profile}`, profile);
  if (asked.data === undefined) {
    return <Panel title={t("policies.proof")}>{asked.error === undefined ? <Loading lines={6} /> : <ProblemBanner problem={asked.error} retry={asked.reload} />}</Panel>;
  }
  if (asked.data.state === "running") return <Waiting done={asked.data.done} of={asked.data.of} />;
  const { proof } = asked.data;
  return (
    <>
      {proof.digest !== policy.digest && <Banner tone="warn">{t("policies.other_digest")}</Banner>}
      <ProfileChoice profiles={proof.profiles} value={proof.profile} onChange={onProfile} />
      <Proved key={`${proof.digest} ${proof.profile}`} policy={policy} proof={proof} onLine={onLine} onPath={onPath} />
    </>
  );
}

/** Reads the proof, and again every two seconds while it is computed. */
function useProof(key: string, profile: string) {
  const [running, setRunning] = useState(true);
  return useResource<ProofReply>(
    key,
    async (signal) => {
      const found = await readProof(profile, signal);
      setRunning(found.state === "running");
      return found;
    },
    running ? AGAIN : undefined,
  );
}

function Waiting({ done, of }: { done: number; of: number }) {
  const { t } = useWords();
  return (
    <Panel title={t("policies.proof")}>
      <div className="empty" role="status">
        <span className="proving">
          <Icon name="spin" size={24} />
        </span>
        <h3>{t("policies.proving")}</h3>
        <p>{t("policies.proving_text")}</p>
        <p className="num">{t("policies.proved_of", { done, of })}</p>
      </div>
    </Panel>
  );
}

function ProfileChoice({ profiles, value, onChange }: { profiles: readonly string[]; value: string; onChange: (profile: string) => void }) {
  const { t } = useWords();
  return (
    <div className="filters">
      <label htmlFor="profile">{t("policies.profile")}</label>
      <select id="profile" className="select mono" value={value} onChange={(event) => onChange(event.target.value)}>
        {profiles.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <span className="second small">{t("policies.profile_note")}</span>
    </div>
  );
}

interface ProvedProps {
  policy: PolicyView;
  proof: Extract<ProofReply, { state: "ready" }>["proof"];
  onLine: (line: number) => void;
  onPath: (attack: Attack | undefined) => void;
}

function Proved({ policy, proof, onLine, onPath }: ProvedProps) {
  const { t } = useWords();
  const [cell, setCell] = useFilter("cell");
  const { found } = proof;
  const heat = useMemo(() => heatOf(found, proof.outflows), [found, proof.outflows]);
  const side = useMemo(() => ownersSide(found.duals), [found]);
  const attacks = useMemo(() => attacksOf(found), [found]);
  const limits = useMemo(() => limitsOf(policy), [policy]);
  const asked = askedOf(cell);
  const attack = asked === undefined ? attacks[0] : attackOf(found, asked.capabilities, asked.outflow);
  const at = attack === undefined ? -1 : attacks.indexOf(attack);
  const open = (capabilities: readonly string[], outflow: string) => {
    setCell(`${capabilities.join("+")}>${outflow}`);
    document.getElementById("path")?.scrollIntoView({ block: "nearest" });
  };
  useEffect(() => onPath(attack), [attack, onPath]);
  const go = (to: Attack | undefined) => {
    if (to !== undefined) open(to.capabilities, to.outflow);
  };
  const chosen = asked ?? (attack && { capabilities: attack.capabilities, outflow: attack.outflow });
  return (
    <>
      <Facts found={found} />
      <PropertiesPanel profile={found} side={side} chosen={attack} onOpen={go} />
      <HeatPanel heat={heat} sets={found.sets} currency={proof.currency} limits={limits} chosen={chosen && { row: chosen.capabilities.join("+"), outflow: chosen.outflow }} onOpen={open} />
      <PathPanel attack={attack} asked={asked} profile={proof.profile} digest={proof.digest} place={{ at, of: attacks.length }} onMove={(by) => go(attacks[at + by])} onLine={onLine} />
      <OwnerPanel side={side} />
      <LossPanel losses={found.losses} currency={proof.currency} />
      <CarriersPanel profile={found} />
      <p className="small second">{t("policies.limits")}</p>
    </>
  );
}

function Facts({ found }: { found: ProfileProof }) {
  const { t } = useWords();
  return (
    <dl className="kv">
      <dt>{t("policies.factors")}</dt>
      <dd className="mono small">{found.factors.join(", ")}</dd>
      <dt>{t("policies.channels")}</dt>
      <dd className="mono small">{found.channels.join(", ")}</dd>
    </dl>
  );
}

/** `sim_swap+email_takeover>withdraw` of the URL. */
function askedOf(cell: string): { capabilities: string[]; outflow: string } | undefined {
  const cut = cell.indexOf(">");
  if (cut < 0) return undefined;
  return { capabilities: cell.slice(0, cut).split("+").filter(Boolean), outflow: cell.slice(cut + 1) };
}

function limitsOf(policy: PolicyView): Map<string, Limit | null> {
  return new Map(
    policy.rules
      .filter((rule) => rule.outflow)
      .map((rule) => [rule.name, rule.limit === null || rule.period === null ? null : { amount: rule.limit, hours: rule.period / HOUR }]),
  );
}
