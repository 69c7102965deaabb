// SPDX-License-Identifier: Apache-2.0
/* The heat table of one profile: every cell leads to the path behind it. */

import { useState } from "react";

import { Button, type HeatRow, HeatTable, Panel, WindowLegend } from "../../components";
import { amount } from "../../format";
import { useWords } from "../../i18n";
import { type Heat, underADay } from "./proof";

const SHOWN = 16;

/** The limit of an outflow, from the policy. */
export interface Limit {
  amount: string;
  hours: number;
}

interface HeatPanelProps {
  heat: Heat;
  sets: number;
  limits: ReadonlyMap<string, Limit | null>;
  chosen: { row: string; outflow: string } | undefined;
  onOpen: (capabilities: string[], outflow: string) => void;
}

/** Worst first; the rest is one press away. What reaches nothing is named below. */
export function HeatPanel({ heat, sets, limits, chosen, onOpen }: HeatPanelProps) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const rows: HeatRow[] = heat.rows.map((row) => ({
    key: row.capabilities.join("+"),
    capabilities: row.capabilities,
    cells: heat.columns.map((outflow) => {
      const cell = row.cells.get(outflow);
      return { hours: cell?.window_hours ?? null, silent: cell?.silent ?? false };
    }),
  }));
  const outflows = heat.columns.map((name) => {
    const limit = limits.get(name);
    return limit === undefined || limit === null ? { name } : { name, limit: `${amount(limit.amount)} / ${limit.hours} h` };
  });
  const more = rows.length - SHOWN;
  return (
    <Panel title={t("policies.heat")} note={t("policies.heat_note")}>
      {rows.length === 0 ? (
        <p>{t("policies.heat_none")}</p>
      ) : (
        <HeatTable
          caption={t("policies.heat_caption")}
          first={t("policies.attacker_holds")}
          outflows={outflows}
          rows={all ? rows : rows.slice(0, SHOWN)}
          chosen={chosen}
          onOpen={(row, outflow) => onOpen([...row.capabilities], outflow)}
          foot={
            <tr>
              <th scope="row">{t("policies.under_a_day", { n: rows.length })}</th>
              {heat.columns.map((outflow) => (
                <td key={outflow} className="num">
                  {underADay(heat, outflow)}
                </td>
              ))}
            </tr>
          }
        />
      )}
      {more > 0 && (
        <Button aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("policies.show_fewer") : t("policies.show_more", { n: more })}
        </Button>
      )}
      <WindowLegend />
      <p className="small second">
        {t("policies.decided", { n: sets })}{" "}
        {heat.harmless.length > 0 && t("policies.harmless", { names: heat.harmless.map((names) => names.join(" + ") || t("policies.nothing")).join("; ") })}
      </p>
    </Panel>
  );
}
