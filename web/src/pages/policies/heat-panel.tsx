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
  currency: string;
  limits: ReadonlyMap<string, Limit | null>;
  chosen: { row: string; outflow: string } | undefined;
  onOpen: (capabilities: string[], outflow: string) => void;
}

/** Worst first; the rest is one press away. What reaches nothing is named below. */
export function HeatPanel({ heat, sets, currency, limits, chosen, onOpen }: HeatPanelProps) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const rows: HeatRow[] = heat.rows.map((row) => ({
    key: row.capabilities.join("+"),
    capabilities: row.capabilities,
    cells: heat.columns.map((outflow) => {
      const cell = row.cells.get(outflow);
      return { hours: cell?.window_hours ?? null, silent: cell?.silent ?? false, unknown: cell === undefined };
    }),
  }));
  const known = heat.columns.map((name) => limits.get(name)).filter((limit) => limit !== undefined && limit !== null);
  const periods = new Set(known.map((limit) => limit.hours));
  const [period] = periods.size === 1 ? [...periods] : [undefined];
  const outflows = heat.columns.map((name) => {
    const limit = limits.get(name);
    if (limit === undefined || limit === null) return { name, limit: t("policies.no_limit") };
    return { name, limit: periods.size === 1 ? compact(limit.amount) : `${compact(limit.amount)}/${limit.hours} h` };
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
        <Button className="heat-more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("policies.show_fewer") : t("policies.show_more", { n: more })}
        </Button>
      )}
      <WindowLegend />
      <p className="small second">
        {period === undefined ? t("policies.limits_in_each", { currency }) : t("policies.limits_in", { currency, period })}{" "}
        {t("policies.decided", { n: sets })}{" "}
        {heat.harmless.length > 0 && t("policies.harmless", { names: heat.harmless.map((names) => names.join(" + ") || t("policies.nothing")).join("; ") })}
      </p>
    </Panel>
  );
}

/** "500k", "1M", else the grouped number: nothing is rounded. */
export function compact(decimal: string): string {
  const whole = decimal.replace(/\.0+$/, "");
  if (/^[1-9]\d*000000$/.test(whole)) return `${amount(whole.slice(0, -6))}M`;
  return /^[1-9]\d*000$/.test(whole) ? `${amount(whole.slice(0, -3))}k` : amount(whole);
}
