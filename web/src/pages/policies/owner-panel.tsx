// SPDX-License-Identifier: Apache-2.0
/* The owner's side: what he can still do, what locks him out, what he loses at most, and what the proof rests on. */

import { Amount, Capabilities, type Column, Empty, Icon, Panel, Table } from "../../components";
import { type Key, type Translate, useWords } from "../../i18n";
import { useHours } from "./hours";
import type { Carrier, Loss, OwnersSide, ProfileProof, Recovery } from "./proof";

/** The owner's side in one line: reach, lock-outs, the slowest way back, starvation. */
export function useOwnersSideText(): (side: OwnersSide) => string {
  const { t } = useWords();
  const hours = useHours();
  return (side) => {
    const reach = side.unreachable.length === 0 ? t("policies.reaches_all") : t("policies.reaches_but", { names: side.unreachable.join(", ") });
    const locked = t("policies.locked_out", { n: side.lockedOut.length, of: side.cases });
    const slowest = side.slowest === null ? "" : t("policies.slowest", { time: hours(side.slowestHours), lost: caseText(side.slowest, t) });
    const starved = side.starvation.length === 0 ? t("policies.starved_none") : t("policies.starved", { n: side.starvation.length });
    return [reach, locked, slowest, starved].filter((each) => each !== "").join(" ");
  };
}

/** What the owner lacks in one case: factors that are lost, proofs that are in doubt, or nothing. */
function caseText({ lost, suspected }: Recovery, t: Translate): string {
  const parts = [
    lost.length > 0 ? t("policies.case_lost", { names: lost.join(" + ") }) : "",
    suspected.length > 0 ? t("policies.case_suspected", { names: suspected.join(" + ") }) : "",
  ].filter((part) => part !== "");
  return parts.join(", ") || t("policies.case_none");
}

/** Lock-outs, needs of the platform, starvation, each in a line; says so where there is none. */
export function OwnerPanel({ side }: { side: OwnersSide }) {
  const { t } = useWords();
  const text = useOwnersSideText();
  return (
    <Panel title={t("policies.owner")} note={t("policies.owner_note")}>
      <p>{text(side)}</p>
      {(side.lockedOut.length > 0 || side.starvation.length > 0 || side.needs.length > 0) && (
        <ul className="bullets">
          {side.lockedOut.map((each) => (
            <li key={caseText(each, t)}>
              <Icon name="warn" />
              <span>{t("policies.lockout_line", { lost: caseText(each, t), never: neverAgain(each, side).join(", ") })}</span>
            </li>
          ))}
          {side.starvation.map((each) => (
            <li key={`${each.action}${each.outflow}${each.capabilities.join("+")}`}>
              <Icon name="clock" />
              <span>{t("policies.starvation_line", { who: each.capabilities.join(" + "), action: each.action, line: each.line, clock: each.clock, outflow: each.outflow })}</span>
            </li>
          ))}
          {side.needs.map(([outflow, needs]) => (
            <li key={outflow}>
              <Icon name="info" />
              <span>{t("policies.needs_line", { outflow, needs: needs.join(", ") })}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function neverAgain(recovery: Recovery, side: OwnersSide): string[] {
  return Object.entries(recovery.regains_hours)
    .filter(([name, after]) => after === null && !side.unreachable.includes(name))
    .map(([name]) => name);
}

/** The most that an attacker gets while the owner reacts. */
export function LossPanel({ losses, currency }: { losses: readonly Loss[]; currency: string }) {
  const { t } = useWords();
  const hours = useHours();
  const columns: Column<Loss>[] = [
    { key: "size", head: t("policies.loss_size"), cell: (loss) => t("policies.n_capabilities", { n: loss.size }) },
    { key: "reacts", head: t("policies.loss_reacts"), cell: (loss) => hours(loss.reacts_hours) },
    { key: "by", head: t("policies.loss_by"), cell: (loss) => (loss.capabilities.length === 0 ? <span className="muted">{t("policies.nobody")}</span> : <Capabilities names={loss.capabilities} />) },
    { key: "amount", head: t("policies.loss_amount"), numeric: true, cell: (loss) => (loss.amount === null ? t("policies.no_bound") : <Amount value={loss.amount} asset={currency} />) },
  ];
  return (
    <Panel title={t("policies.losses")} note={t("policies.losses_note")} bare>
      <Table caption={t("policies.losses")} columns={columns} rows={losses} rowKey={(loss) => `${loss.size} ${loss.reacts_hours}`} empty={<Empty title={t("policies.no_losses")} />} />
    </Panel>
  );
}

const KINDS: Record<string, Key> = {
  factor: "policies.carrier.factor",
  fact: "policies.carrier.fact",
  channel: "policies.carrier.channel",
  operations: "policies.carrier.operations",
};

function kindOf(kind: string, t: Translate): string {
  const key = KINDS[kind];
  return key === undefined ? kind : t(key);
}

/** Assumptions whose loss breaks a property, one by one; the others are counted. */
export function CarriersPanel({ profile }: { profile: ProfileProof }) {
  const { t } = useWords();
  const carrying = profile.carriers.filter((each) => each.breaks.length > 0);
  const columns: Column<Carrier>[] = [
    { key: "name", head: t("policies.assumption"), cell: (each) => <span className="mono">{each.name}</span> },
    { key: "kind", head: t("policies.kind"), cell: (each) => <span className="second">{kindOf(each.kind, t)}</span> },
    { key: "text", head: t("policies.says"), cell: (each) => <span className="small second" lang="en">{each.text}</span>, className: "wrap" },
    { key: "breaks", head: t("policies.breaks"), cell: (each) => <span className="small" lang="en">{each.breaks.join(", ")}</span>, className: "wrap" },
  ];
  return (
    <Panel title={t("policies.carriers")} note={t("policies.carriers_note")} foot={<span className="second">{t("policies.carriers_rest", { n: profile.carriers.length - carrying.length })}</span>} bare>
      <Table caption={t("policies.carriers")} columns={columns} rows={carrying} rowKey={(each) => `${each.kind} ${each.name}`} empty={<Empty title={t("policies.carriers_none")} />} />
    </Panel>
  );
}
