// SPDX-License-Identifier: Apache-2.0
/* What an attacker gains or loses by a version, cell by cell: as a table, and in words for those who sign. */

import { useState } from "react";

import { Button, Capabilities, type Column, Table, Window } from "../../components";
import { type Translate, useWords } from "../../i18n";
import { type Gain, windowOf, worstFirst } from "./publishing";

const SHOWN = 20;

/** The cells of one direction, worst first; the rest is one press away. `caption` says which direction. */
export function GainsTable({ caption, gains }: { caption: string; gains: readonly Gain[] }) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const rows = worstFirst(gains).slice(0, all ? undefined : SHOWN).map((gain, at) => ({ gain, key: String(at) }));
  const columns: Column<(typeof rows)[number]>[] = [
    { key: "who", head: t("policies.attacker_holds"), className: "pub-wrap", cell: ({ gain }) => <Who gain={gain} /> },
    { key: "outflow", head: t("publishing.outflow"), cell: ({ gain }) => <code>{gain.outflow}</code> },
    { key: "before", head: t("publishing.before"), cell: ({ gain }) => <Bound gain={gain} bound={gain.before} /> },
    { key: "after", head: t("publishing.after"), cell: ({ gain }) => <Bound gain={gain} bound={gain.after} /> },
    { key: "sets", head: t("publishing.sets"), numeric: true, cell: ({ gain }) => t("publishing.setsOf", { n: gain.sets, of: gain.of }) },
    { key: "profile", head: t("policies.profile"), className: "pub-wrap", cell: ({ gain }) => <Profiles gain={gain} /> },
  ];
  return (
    <>
      <Table caption={caption} columns={columns} rows={rows} rowKey={(row) => row.key} empty={null} />
      {gains.length > SHOWN && (
        <div className="pub-pad">
          <Button aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t("policies.show_fewer") : t("publishing.showMore", { n: gains.length - SHOWN })}
          </Button>
        </div>
      )}
    </>
  );
}

function Who({ gain }: { gain: Gain }) {
  const { t } = useWords();
  return (
    <span className="pub-lines">
      {gain.capabilities === null ? <span className="second">{t("publishing.boundOnly")}</span> : gain.capabilities.length === 0 ? t("policies.nothing") : <Capabilities names={gain.capabilities} />}
      {gain.note !== "" && <span className="small second">{gain.note}</span>}
    </span>
  );
}

function Bound({ gain, bound }: { gain: Gain; bound: number | string }) {
  const { t } = useWords();
  if (gain.capabilities === null) return <span className="second">{t("publishing.noWindow")}</span>;
  return <Window {...windowOf(bound)} />;
}

function Profiles({ gain }: { gain: Gain }) {
  const { t } = useWords();
  return (
    <span title={[gain.profile, ...gain.alike].join(", ")}>
      <code>{gain.profile}</code> {gain.alike.length > 0 && <span className="second nowrap">{t("publishing.alike", { n: gain.alike.length })}</span>}
    </span>
  );
}

/** Cells in words, worst first, at most `most`; the rest is counted. */
export function GainSentences({ gains, most }: { gains: readonly Gain[]; most: number }) {
  const { t } = useWords();
  return (
    <ul className="bullets pub-cells">
      {worstFirst(gains).slice(0, most).map((gain, at) => (
        <li key={at}>
          <Window {...windowOf(gain.capabilities === null ? "never" : gain.after)} unknown={gain.capabilities === null} />
          <span>{sentenceOf(gain, t)}</span>
        </li>
      ))}
      {gains.length > most && <li className="pub-cells__rest second">{t("publishing.moreCells", { n: gains.length - most })}</li>}
    </ul>
  );
}

/** One cell as a sentence. Names of capabilities and outflows are those of the policy. */
export function sentenceOf(gain: Gain, t: Translate): string {
  const values = { outflow: gain.outflow, profile: gain.profile, before: timeOf(gain.before, t), after: timeOf(gain.after, t) };
  if (gain.capabilities === null) return t("publishing.cell.bound", { outflow: gain.outflow, note: gain.note, profile: gain.profile });
  const who = gain.capabilities.join(" + ") || t("policies.nothing");
  if (gain.before === "never") return t("publishing.cell.opened", { who, outflow: values.outflow, after: values.after, profile: values.profile });
  if (gain.after === "never") return t("publishing.cell.closed", { who, outflow: values.outflow, before: values.before, profile: values.profile });
  return gain.before === gain.after && gain.note !== ""
    ? t("publishing.cell.noted", { who, outflow: values.outflow, note: gain.note, profile: values.profile })
    : t("publishing.cell.window", { who, ...values });
}

function timeOf(bound: number | string, t: Translate): string {
  const { hours, silent } = windowOf(bound);
  if (silent === true) return t("publishing.time.silent");
  if (hours === null) return t("common.window.never");
  return hours <= 0 ? t("publishing.time.none") : t("publishing.time.hours", { h: Math.floor(hours) });
}
