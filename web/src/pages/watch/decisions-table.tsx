// SPDX-License-Identifier: Apache-2.0
/* The stream as a table; on a phone, as a list. */

import { Link } from "react-router";

import { Amount, type Column, Id, Outcome, Table, Time } from "../../components";
import { type ReactNode } from "react";
import { useWords } from "../../i18n";
import type { Decision } from "./feed";
import { useReasonText } from "./reasons";

interface DecisionsTableProps {
  rows: readonly Decision[];
  loading: boolean;
  selected: string;
  onOpen: (row: Decision) => void;
  onClose: () => void;
  empty: ReactNode;
}

/** Enter opens, Esc closes what was opened. */
export function DecisionsTable({ rows, loading, selected, onOpen, onClose, empty }: DecisionsTableProps) {
  const { t } = useWords();
  return (
    <Table
      caption={t("watch.caption")}
      className="decisions"
      columns={useColumns()}
      rows={rows}
      rowKey={(row) => String(row.position)}
      from={{ loading, error: undefined, stale: false, at: 0, reload: () => undefined }}
      selected={selected}
      onOpen={onOpen}
      onClose={onClose}
      empty={empty}
    />
  );
}

function useColumns(): Column<Decision>[] {
  const { t } = useWords();
  return [
    { key: "at", head: t("watch.time"), cell: (row) => <Time at={row.at} form="stream" />, className: "second c-at" },
    { key: "account", head: t("watch.account"), cell: (row) => <Id value={row.account} />, className: "c-account", names: true },
    { key: "action", head: t("watch.action"), cell: (row) => <What row={row} />, className: "c-action" },
    { key: "outcome", head: t("watch.outcome"), cell: (row) => <Outcome name={row.outcome} />, className: "c-outcome" },
    { key: "why", head: t("watch.why"), cell: (row) => <Why row={row} />, className: "why" },
  ];
}

/** The action and what it pays. */
export function What({ row }: { row: Pick<Decision, "rule" | "payment"> }) {
  return (
    <>
      <span className="mono">{row.rule}</span>
      {row.payment && (
        <>
          {" "}
          <Amount value={row.payment.amount} asset={row.payment.asset} />
        </>
      )}
    </>
  );
}

/** The first reason and when it ends, or what was decided on. */
function Why({ row }: { row: Decision }) {
  const { t } = useWords();
  const said = useReasonText();
  const [first, ...rest] = row.reasons;
  if (row.outcome === "challenge" && row.alternatives.length > 0) return <>{t("watch.needs", { sets: row.alternatives.map((set) => set.join(" + ")).join(t("watch.or")) })}</>;
  if (first === undefined) return <>{t(row.outcome === "allow" ? "watch.allowed" : "watch.onlyProof", { line: row.line })}</>;
  return (
    <>
      {said(first)}
      {first.until !== null && (
        <>
          {", "}
          {t("watch.until")} <Time at={first.until} form="absolute" />
        </>
      )}
      {rest.length > 0 && <span className="muted"> {t("watch.moreReasons", { n: rest.length })}</span>}
    </>
  );
}

/** Leads to the page of an account. */
export function AccountLink({ account }: { account: string }) {
  return <Link to={`/accounts/${encodeURIComponent(account)}`}>{account}</Link>;
}
