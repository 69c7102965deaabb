// SPDX-License-Identifier: Apache-2.0
/* Counts by what was and what would have been, and single actions that differ. */

import { Link } from "react-router";

import { Badge, Button, type Column, Empty, Id, Panel, Segment, Table, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { sentenceOf, useReasonText } from "../watch/reasons";
import { useEnd } from "./ends";
import { type Cell, differs, percent, type Shadow } from "./publishing";

type Example = Shadow["examples"][number];

/** Every pair of ends of every action; outflows first, then what differs. */
export function CellsPanel({ run }: { run: Shadow }) {
  const { t } = useWords();
  const end = useEnd();
  const [view, setView] = useFilter("view");
  const differing = run.cells.filter(differs);
  const totals = new Map<string, number>();
  for (const cell of run.cells) totals.set(cell.action, (totals.get(cell.action) ?? 0) + cell.count);
  const rows = view === "differ" ? differing : run.cells;
  const columns: Column<Cell>[] = [
    {
      key: "action",
      head: t("policies.action"),
      cell: (cell) => (
        <>
          <code>{cell.action}</code> {cell.outflow && <Badge>{t("publishing.outflow")}</Badge>}
        </>
      ),
    },
    { key: "was", head: t("publishing.was"), cell: (cell) => end(cell.was) },
    { key: "now", head: t("publishing.would"), cell: (cell) => <Would word={cell.now} /> },
    { key: "count", head: t("publishing.count"), numeric: true, cell: (cell) => cell.count },
    { key: "share", head: t("publishing.share"), numeric: true, cell: (cell) => percent(cell.count, totals.get(cell.action) ?? 0) },
  ];
  return (
    <Panel bare title={t("publishing.comparison")} note={t("publishing.comparisonNote")}>
      {run.cells.length > 0 && (
        <div className="pub-bar">
          <Segment
            label={t("publishing.comparison")}
            value={view === "differ" ? "differ" : "all"}
            options={[
              { value: "all", label: t("publishing.viewAll"), count: run.cells.length },
              { value: "differ", label: t("publishing.viewDiffer"), count: differing.length },
            ]}
            onChange={(next) => setView(next === "all" ? "" : next)}
          />
        </div>
      )}
      <Table
        caption={t("publishing.comparison")}
        columns={columns}
        rows={rows}
        rowKey={(cell) => `${cell.action} ${cell.was} ${cell.now}`}
        empty={
          run.cells.length === 0 ? (
            <Empty icon="clock" title={t("publishing.nothingYet")}>
              {t("publishing.nothingYetWhy")}
            </Empty>
          ) : (
            <Empty icon="check" title={t("publishing.noneDiffers")} action={<Button onClick={() => setView("")}>{t("publishing.viewAllAct")}</Button>} />
          )
        }
      />
    </Panel>
  );
}

/** What would have become of it; bold where it differs. */
function Would({ word }: { word: string }) {
  const end = useEnd();
  const cell = { now: word } as Cell;
  return differs(cell) ? <b>{end(word)}</b> : <span className="second">{end(word)}</span>;
}

/** The newest of each sort. */
export function ExamplesPanel({ run }: { run: Shadow }) {
  const { t } = useWords();
  const end = useEnd();
  const said = useReasonText();
  if (run.examples.length === 0) return null;
  const reason = (each: Example) => (each.code === "" ? sentenceOf(each.text) : said({ code: each.code, text: each.text, about: "", until: null }));
  const columns: Column<Example>[] = [
    {
      key: "action",
      head: t("policies.action"),
      cell: (each) => (
        <span className="pub-lines">
          <code>{each.rule}</code>
          <span className="small">
            <Id value={each.action} short />
          </span>
        </span>
      ),
    },
    { key: "account", head: t("watch.account"), cell: (each) => (each.account === "" ? <span className="second nowrap">{t("publishing.hidden")}</span> : <Id value={each.account} to={`/accounts/${encodeURIComponent(each.account)}`} />) },
    {
      key: "ends",
      head: t("publishing.wasWould"),
      className: "pub-wrap",
      cell: (each) => (
        <>
          {end(each.was)} → <b>{end(each.now)}</b>
        </>
      ),
    },
    {
      key: "why",
      head: t("publishing.why"),
      className: "pub-wrap",
      cell: (each) => (
        <>
          {reason(each)} {each.line > 0 && <Link to={`/policies/versions/${run.version}?line=${each.line}`}>{t("publishing.atLine", { line: each.line })}</Link>}
        </>
      ),
    },
    { key: "at", head: t("publishing.parted"), cell: (each) => <Time at={each.at} /> },
    {
      key: "position",
      head: t("watch.position"),
      numeric: true,
      cell: (each) => (
        <Link className="num" to={`/log?at=${each.position}`}>
          {each.position}
        </Link>
      ),
    },
  ];
  return (
    <Panel bare title={t("publishing.examples")} note={t("publishing.examplesNote")}>
      <Table caption={t("publishing.examples")} columns={columns} rows={run.examples} rowKey={(each) => each.action} empty={null} />
    </Panel>
  );
}
