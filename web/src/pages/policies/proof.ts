// SPDX-License-Identifier: Apache-2.0
/** The proof of a policy as `prove --json` writes it, and what the page derives from it. Durations are hours. */

import { windowClass } from "../../format";

export interface StepUse {
  factor: string;
  source: string;
}

export interface PathStep {
  action: string;
  at_hours: number;
  effect_hours: number;
  proof: string[];
  uses: StepUse[];
  facts: string[];
  notice: string;
  reached: string[];
  line: number;
}

/** `window_hours`: null = silent; `id`: for its picture. */
export interface Attack {
  id: string;
  capabilities: string[];
  outflow: string;
  silent: boolean;
  window_hours: number | null;
  leaves_hours: number;
  finding: string;
  path: PathStep[];
}

export interface Verdict {
  name: string;
  line: number;
  given: string;
  assert: string;
  verdict: string;
  note: string;
  counterexamples: Attack[];
  lines: number[];
  rests_on: string[];
}

/** `window_hours`: null with `silent` false = never. */
export interface Cell {
  capabilities: string[];
  outflow: string;
  silent: boolean;
  window_hours: number | null;
}

export interface Loss {
  size: number;
  reacts_hours: number;
  amount: string | null;
  capabilities: string[];
}

export interface Recovery {
  lost: string[];
  suspected: string[];
  regains_hours: Record<string, number | null>;
  path: string[];
}

export interface Starvation {
  capabilities: string[];
  action: string;
  clock: string;
  outflow: string;
  line: number;
}

export interface Duals {
  recoveries: Recovery[];
  unreachable: string[];
  needs: Record<string, string[]>;
  starvation: Starvation[];
}

export interface Carrier {
  kind: string;
  name: string;
  text: string;
  breaks: string[];
}

export interface ProfileProof {
  factors: string[];
  channels: string[];
  alike: string[];
  sets: number;
  same: Record<string, string[]>;
  properties: Verdict[];
  minimal: Attack[];
  losses: Loss[];
  duals: Duals;
  carriers: Carrier[];
  heat: Cell[];
}

/** The scale of reaction windows (GUIDE: worst to best). */
export type Scale = "silent" | "zero" | "short" | "ok" | "never";

const ORDER: Record<Scale, number> = { silent: 0, zero: 1, short: 2, ok: 3, never: 4 };

/** Where a window stands. An attack without a window is silent; a cell without one is never. */
export function scaleOf(found: { silent: boolean; window_hours: number | null }): Scale {
  return windowClass(found.window_hours, found.silent);
}

/** One row of the heat table: a capability set, and per outflow its cell. */
export interface HeatRow {
  capabilities: string[];
  cells: Map<string, Cell>;
}

/** `rows`: worst first, those that reach something. `harmless`: sets that reach nothing by any outflow. */
export interface Heat {
  columns: string[];
  rows: HeatRow[];
  harmless: string[][];
}

/** The table of one profile; singles stand before sets, within both the worst first. */
export function heatOf(profile: ProfileProof, outflows: readonly string[]): Heat {
  const found = new Map<string, HeatRow>();
  for (const cell of profile.heat) {
    const key = cell.capabilities.join("+");
    const row = found.get(key) ?? { capabilities: cell.capabilities, cells: new Map<string, Cell>() };
    row.cells.set(cell.outflow, cell);
    found.set(key, row);
  }
  const all = [...found.values()];
  const isHarmless = (row: HeatRow): boolean => [...row.cells.values()].every((cell) => scaleOf(cell) === "never");
  const columns = outflows.length > 0 ? [...outflows] : [...new Set(profile.heat.map((cell) => cell.outflow))];
  return {
    columns,
    rows: all.filter((row) => !isHarmless(row)).sort(compareRows),
    harmless: all.filter(isHarmless).map((row) => row.capabilities),
  };
}

function compareRows(one: HeatRow, other: HeatRow): number {
  const single = Number(one.capabilities.length > 1) - Number(other.capabilities.length > 1);
  if (single !== 0) return single;
  const a = ranks(one);
  const b = ranks(other);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? Infinity) - (b[at] ?? Infinity);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return one.capabilities.length - other.capabilities.length || compareText(one.capabilities.join(), other.capabilities.join());
}

/** Worst first; one number per cell: the scale's step, then the hours. */
function ranks(row: HeatRow): number[] {
  return [...row.cells.values()].map((cell) => ORDER[scaleOf(cell)] * 1e6 + (cell.window_hours ?? 0)).sort((x, y) => x - y);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** The attack behind a cell: of this very set, else of the worst smaller set that does the same. Undefined: none is kept. */
export function attackOf(profile: ProfileProof, capabilities: readonly string[], outflow: string): Attack | undefined {
  const names = new Set(capabilities);
  const known = attacksOf(profile).filter(
    (attack) => attack.outflow === outflow && attack.capabilities.every((name) => names.has(name)),
  );
  const exact = known.filter((attack) => attack.capabilities.length === capabilities.length);
  return worst(exact.length > 0 ? exact : known);
}

/** Every attack of a profile once: minimal sets first, then counterexamples of properties. */
export function attacksOf(profile: ProfileProof): Attack[] {
  const seen = new Map<string, Attack>();
  for (const attack of [...profile.minimal, ...profile.properties.flatMap((each) => each.counterexamples)]) {
    const key = `${attack.capabilities.join("+")}|${attack.outflow}|${String(attack.window_hours)}`;
    if (!seen.has(key)) seen.set(key, attack);
  }
  return [...seen.values()];
}

/** The one with the shortest window; silent before all; among equals fewer capabilities. */
export function worst(attacks: readonly Attack[]): Attack | undefined {
  const rank = (attack: Attack): number => ORDER[scaleOf(attack)] * 1e6 + (attack.window_hours ?? 0);
  return [...attacks].sort((a, b) => rank(a) - rank(b) || a.capabilities.length - b.capabilities.length)[0];
}

/** Sets under a day for one outflow, of the rows of the table. */
export function underADay(heat: Heat, outflow: string): number {
  return heat.rows.filter((row) => {
    const cell = row.cells.get(outflow);
    return cell !== undefined && ORDER[scaleOf(cell)] < ORDER.ok;
  }).length;
}

/** How the owner stands in one profile: what a pass is never shown without. */
export interface OwnersSide {
  cases: number;
  lockedOut: Recovery[];
  slowestHours: number;
  slowest: Recovery | null;
  unreachable: string[];
  needs: [string, string[]][];
  starvation: Starvation[];
}

/** Lock-outs, the slowest way back, what stays out of reach. A lock-out: something the owner has with all factors, and never again without these. */
export function ownersSide(duals: Duals): OwnersSide {
  const never = new Set(duals.unreachable);
  const lockedOut = duals.recoveries.filter((each) =>
    Object.entries(each.regains_hours).some(([name, after]) => after === null && !never.has(name)),
  );
  let slowest: Recovery | null = null;
  let slowestHours = 0;
  for (const each of duals.recoveries) {
    const hours = Math.max(0, ...Object.values(each.regains_hours).map((after) => after ?? 0));
    if (hours > slowestHours) [slowest, slowestHours] = [each, hours];
  }
  return {
    cases: duals.recoveries.length,
    lockedOut,
    slowestHours,
    slowest,
    unreachable: duals.unreachable,
    needs: Object.entries(duals.needs).filter(([, needs]) => needs.length > 0),
    starvation: duals.starvation,
  };
}
