// SPDX-License-Identifier: Apache-2.0
/* Capability sets by outflows, worst first. Arrows move between cells, Enter opens the path. */

import { Fragment, type KeyboardEvent, type ReactNode, useRef, useState } from "react";

import { Capabilities } from "./capability";
import { useOverflowFocus } from "./use-overflow-focus";
import { useWindowLabel, WindowButton, type WindowValue } from "./window";

export interface HeatRow {
  key: string;
  capabilities: readonly string[];
  /** One for each outflow, in the order of the columns. */
  cells: readonly WindowValue[];
}

interface HeatTableProps {
  caption: string;
  /** Head of the first column. */
  first: string;
  outflows: readonly { name: string; limit?: string }[];
  rows: readonly HeatRow[];
  /** The chosen cell. */
  chosen?: { row: string; outflow: string } | undefined;
  onOpen: (row: HeatRow, outflow: string) => void;
  foot?: ReactNode;
}

const MOVES: Record<string, readonly [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The table; the first column stays in sight on a phone. */
export function HeatTable({ caption, first, outflows, rows, chosen, onOpen, foot }: HeatTableProps) {
  const label = useWindowLabel();
  const scroller = useRef<HTMLDivElement>(null);
  const overflowing = useOverflowFocus(scroller);
  const [at, setAt] = useState<readonly [number, number]>([0, 0]);
  const move = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const step = MOVES[event.key];
    if (step === undefined) return;
    const row = Math.max(0, Math.min(rows.length - 1, at[0] + step[0]));
    const column = Math.max(0, Math.min(outflows.length - 1, at[1] + step[1]));
    event.preventDefault();
    setAt([row, column]);
    event.currentTarget.rows[row]?.querySelectorAll("button")[column]?.focus();
  };
  return (
    <div className="scroll-x" ref={scroller} {...(overflowing ? { role: "group", "aria-label": caption } : {})}>
      <table className="heat">
        <caption className="vh">{caption}</caption>
        <colgroup>
          <col className="set" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {outflows.map((outflow) => (
              <th key={outflow.name} scope="col">
                <Broken name={outflow.name} />
                {outflow.limit !== undefined && <small>{outflow.limit}</small>}
              </th>
            ))}
          </tr>
        </thead>
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys reach it from the buttons inside */}
        <tbody onKeyDown={move}>
          {rows.map((row, y) => (
            <tr key={row.key} className={chosen?.row === row.key ? "sel" : undefined}>
              <th scope="row">
                <Capabilities names={row.capabilities} />
              </th>
              {row.cells.map((value, x) => {
                const outflow = outflows[x]?.name ?? "";
                return (
                  <td key={outflow}>
                    <WindowButton
                      value={value}
                      tabIndex={y === at[0] && x === at[1] ? 0 : -1}
                      aria-pressed={chosen?.row === row.key && chosen.outflow === outflow}
                      aria-label={`${row.capabilities.join(" + ")}, ${outflow}: ${label(value)}`}
                      onFocus={() => setAt([y, x])}
                      onClick={() => onOpen(row, outflow)}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        {foot !== undefined && <tfoot>{foot}</tfoot>}
      </table>
    </div>
  );
}

/** A name that may break after its underscores. */
function Broken({ name }: { name: string }) {
  return name.split(/(?<=_)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
