// SPDX-License-Identifier: Apache-2.0
/* Verdicts of one profile. A pass is never shown without what it rests on and the owner's side. */

import { Icon, type IconName, Panel, Window } from "../../components";
import { useWords } from "../../i18n";
import { type Attack, type OwnersSide, type ProfileProof, type Verdict, worst } from "./proof";
import { useOwnersSideText } from "./owner-panel";

interface PropertiesPanelProps {
  profile: ProfileProof;
  side: OwnersSide;
  chosen: Attack | undefined;
  onOpen: (attack: Attack) => void;
}

const ICONS: Record<string, IconName> = { holds: "check", fails: "x" };
const STATES: Record<string, string> = { holds: "pass", fails: "fail" };

/** One line for each property; one that fails opens its worst counterexample. */
export function PropertiesPanel({ profile, side, chosen, onOpen }: PropertiesPanelProps) {
  const { t } = useWords();
  const sideText = useOwnersSideText();
  const count = (verdict: string) => profile.properties.filter((each) => each.verdict === verdict).length;
  const open = profile.properties.length - count("holds") - count("fails");
  const note = [
    t("policies.n_fail", { n: count("fails") }),
    t("policies.n_hold", { n: count("holds") }),
    ...(open > 0 ? [t("policies.n_open", { n: open })] : []),
  ].join(", ");
  return (
    <Panel
      title={t("policies.properties")}
      note={note}
      actions={<span className="muted small only-wide">{t("policies.sets_worst")}</span>}
      foot={
        <span className="foot-note">
          <Icon name="info" />
          <span>
            <b>{t("policies.owners_side")}</b> {sideText(side)}
          </span>
        </span>
      }
      bare
    >
      <ul className="props">
        {profile.properties.map((verdict) => (
          <Property key={verdict.name} verdict={verdict} chosen={chosen} onOpen={onOpen} />
        ))}
      </ul>
    </Panel>
  );
}

function Property({ verdict, chosen, onOpen }: { verdict: Verdict; chosen: Attack | undefined; onOpen: (attack: Attack) => void }) {
  const { t } = useWords();
  const found = worst(verdict.counterexamples);
  const sets = new Set(verdict.counterexamples.map((each) => each.capabilities.join("+"))).size;
  const current = chosen !== undefined && verdict.counterexamples.some((each) => same(each, chosen));
  const rests = [...new Set(verdict.rests_on)];
  const state = STATES[verdict.verdict] ?? "waiting";
  const word = verdict.verdict === "holds" ? "policies.holds" : verdict.verdict === "fails" ? "policies.fails" : "policies.undecided";
  return (
    <li className="prop" aria-current={current || undefined}>
      <span className="out" data-o={state}>
        <Icon name={ICONS[verdict.verdict] ?? "minus"} />
      </span>
      <span className="prop__n">
        <span className="vh">{t(word)}: </span>
        {found === undefined ? verdict.name : (
          <button type="button" className="prop__open" onClick={() => onOpen(found)}>
            {verdict.name}
          </button>
        )}
      </span>
      <span className="prop__g mono muted" title={`${verdict.given} · ${verdict.assert}`}>
        {verdict.given} · {verdict.assert}
      </span>
      <span className="prop__s num">{sets > 0 ? t("policies.sets", { n: sets }) : ""}</span>
      <span className="prop__w">{found === undefined ? t(word) : <Window hours={found.window_hours} silent={found.silent} />}</span>
      {verdict.note !== "" && <span className="prop__r">{verdict.note}</span>}
      {verdict.verdict === "holds" && (
        <span className="prop__r">
          {rests.length === 0 ? t("policies.rests_nothing") : t("policies.rests_on", { names: rests.join(", ") })}
        </span>
      )}
    </li>
  );
}

/** Whether two attacks are the same finding. */
export function same(one: Attack, other: Attack): boolean {
  return one.outflow === other.outflow && one.capabilities.join("+") === other.capabilities.join("+") && one.window_hours === other.window_hours;
}
