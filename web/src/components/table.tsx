// SPDX-License-Identifier: Apache-2.0
/* Dense table: sticky head, rows of 36 px, J/K or arrows move, Enter opens, Space selects, / searches, Esc closes. */

import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";

import type { Resource } from "../use-resource";
import { useWords } from "../i18n";
import { ProblemBanner } from "./problem";
import { Skeleton, Stale, useDelayed } from "./states";
import { useOverflowFocus } from "./use-overflow-focus";

export interface Column<Row> {
  /** Unique in the table. */
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Numbers stand to the right. */
  numeric?: boolean;
  className?: string;
  /** The first column is the row's name for readers, unless another one says so. */
  names?: boolean;
}

interface TableProps<Row> {
  /** What the table holds; read out, not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Where the rows come from: shows loading, failed and stale. */
  from?: Pick<Resource<unknown>, "loading" | "error" | "stale" | "at" | "reload">;
  /** Shown in place of rows when there are none. */
  empty: ReactNode;
  /** Enter, or a press on the row. */
  onOpen?: (row: Row) => void;
  /** Space. */
  onSelect?: (row: Row) => void;
  /** Esc: closes what `onOpen` opened. */
  onClose?: () => void;
  selected?: string | undefined;
  className?: string;
  rowClass?: (row: Row) => string | undefined;
}

const WAITING_ROWS = 6;

/** A table with all its states. Rows take focus only where they can be opened or selected. */
export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, rowKey, from, empty, className, onOpen, onSelect } = props;
  const { t } = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const overflowing = useOverflowFocus(scroller);
  const waiting = useDelayed(from?.loading ?? false);
  const [active, setActive] = useState(0);
  const lively = onOpen !== undefined || onSelect !== undefined;
  const at = Math.min(active, Math.max(0, rows.length - 1));

  const keys = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const step = moveOf(event);
    if (step !== 0) {
      const next = Math.max(0, Math.min(rows.length - 1, at + step));
      setActive(next);
      event.currentTarget.querySelectorAll<HTMLElement>("tr")[next]?.focus();
      event.preventDefault();
    } else if (event.target instanceof HTMLTableRowElement) {
      pressed(event, rows[at], props);
    }
  };

  if (from?.error && !from.stale) {
    return (
      <div className="panel__body">
        <ProblemBanner problem={from.error} retry={from.reload} />
      </div>
    );
  }
  const loading = from?.loading ?? false;
  return (
    <>
      {from?.stale && <Stale at={from.at} retry={from.reload} />}
      <div className="scroll-x" ref={scroller} {...(overflowing ? { tabIndex: 0, role: "group", "aria-label": caption } : {})}>
        <table className={["table", lively && "table--hover", className].filter(Boolean).join(" ")} aria-busy={loading || undefined}>
          <caption className="vh">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} scope="col" className={classOf(column)}>
                  {column.head}
                </th>
              ))}
            </tr>
          </thead>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys reach it from the rows inside */}
          <tbody onKeyDown={lively ? keys : undefined}>
            {loading && waiting && <WaitingRows columns={columns.length} label={t("common.loading")} />}
            {rows.map((row, index) => (
              <BodyRow key={rowKey(row)} row={row} index={index} table={props} focusable={lively && index === at} onFocus={() => setActive(index)} />
            ))}
          </tbody>
        </table>
      </div>
      {!loading && rows.length === 0 && empty}
    </>
  );
}

interface BodyRowProps<Row> {
  row: Row;
  index: number;
  table: TableProps<Row>;
  focusable: boolean;
  onFocus: () => void;
}

function BodyRow<Row>({ row, table, focusable, onFocus }: BodyRowProps<Row>) {
  const { columns, rowKey, selected, onOpen, onSelect, rowClass } = table;
  const lively = onOpen !== undefined || onSelect !== undefined;
  return (
    <tr
      tabIndex={lively ? (focusable ? 0 : -1) : undefined}
      aria-selected={selected === undefined ? undefined : selected === rowKey(row)}
      className={rowClass?.(row)}
      onFocus={onFocus}
      onClick={(event) => {
        const inner = event.target instanceof Element && event.target.closest("a, button, input, select, label") !== null;
        if (!inner && getSelection()?.isCollapsed !== false) onOpen?.(row);
      }}
    >
      {columns.map((column, index) =>
        (column.names ?? (index === 0 && !columns.some((each) => each.names))) ? (
          <th key={column.key} scope="row" className={classOf(column)}>
            {column.cell(row)}
          </th>
        ) : (
          <td key={column.key} className={classOf(column)}>
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
}

function WaitingRows({ columns, label }: { columns: number; label: string }) {
  return Array.from({ length: WAITING_ROWS }, (_, row) => (
    <tr key={row}>
      {Array.from({ length: columns }, (_each, column) => (
        <td key={column}>
          {row === 0 && column === 0 && <span className="vh">{label}</span>}
          <Skeleton width={50 + ((row * 3 + column * 5) % 4) * 12} />
        </td>
      ))}
    </tr>
  ));
}

function classOf(column: Column<never>): string | undefined {
  return [column.numeric && "n", column.className].filter(Boolean).join(" ") || undefined;
}

function moveOf(event: KeyboardEvent): number {
  if (event.altKey || event.ctrlKey || event.metaKey) return 0;
  if (event.key === "ArrowDown" || event.key === "j") return 1;
  if (event.key === "ArrowUp" || event.key === "k") return -1;
  return 0;
}

function pressed<Row>(event: KeyboardEvent, row: Row | undefined, table: TableProps<Row>): void {
  if (row === undefined) return;
  if (event.key === "Enter" && table.onOpen) table.onOpen(row);
  else if (event.key === " " && table.onSelect) table.onSelect(row);
  else if (event.key === "Escape" && table.onClose) table.onClose();
  else return;
  event.preventDefault();
}
