// SPDX-License-Identifier: Apache-2.0
/* Periods of the report: this quarter, the seven before it. Bounds in UTC, as the report is published. */

import type { Schemas } from "../../api/client";

export type TransparencyReport = Schemas["ReportView"];
export type ReportRow = TransparencyReport["sections"][number]["rows"][number];

export interface Period {
  /** "2026 Q4" */
  name: string;
  start: number;
  end: number;
}

const QUARTERS = 8;
const MONTHS = 3;

/** Quarters, the present one first. `now`: ms. */
export function periods(now: number): Period[] {
  const today = new Date(now);
  const first = today.getUTCFullYear() * 4 + Math.floor(today.getUTCMonth() / MONTHS);
  return Array.from({ length: QUARTERS }, (_, back) => {
    const quarter = first - back;
    const year = Math.floor(quarter / 4);
    const at = quarter % 4;
    return { name: `${year} Q${at + 1}`, start: Date.UTC(year, at * MONTHS), end: Date.UTC(year, (at + 1) * MONTHS) };
  });
}
