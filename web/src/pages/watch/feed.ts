// SPDX-License-Identifier: Apache-2.0
/* What the stream shows: pure. Newest first, each position once, a few hundred rows at most. */

import type { Schemas } from "../../api/client";

export type Decision = Schemas["DecisionRow"];

/** Rows kept while decisions come; older ones fall off at the end. */
export const LIVE_ROWS = 300;
/** Rows kept after "show more": then a filter has to help. */
export const MOST_ROWS = 500;

/** `link`: asking (the first page), live, lost (no answer, trying again), full (too many streams). */
export interface Feed {
  rows: readonly Decision[];
  /** Came while paused, newest first; at most LIVE_ROWS of them are kept. */
  held: readonly Decision[];
  /** How many came while paused, kept or not. */
  waiting: number;
  paused: boolean;
  /** `after` of the next older page; null: there are none. */
  older: number | null;
  /** Some decisions between those shown are not in the list. */
  missed: boolean;
}

export type FeedEvent =
  | { type: "page"; rows: readonly Decision[]; next: number | null }
  | { type: "older"; rows: readonly Decision[]; next: number | null }
  | { type: "decision"; row: Decision }
  | { type: "pause" }
  | { type: "continue" };

export const EMPTY: Feed = { rows: [], held: [], waiting: 0, paused: false, older: null, missed: false };

/** The next state. */
export function feed(before: Feed, event: FeedEvent): Feed {
  switch (event.type) {
    case "page":
      return paged(before, event.rows, event.next);
    case "older": {
      const rows = merge(before.rows, event.rows);
      return { ...before, rows: rows.slice(0, MOST_ROWS), older: rows.length >= MOST_ROWS ? null : event.next };
    }
    case "decision":
      return came(before, event.row);
    case "pause":
      return { ...before, paused: true };
    case "continue": {
      const rows = merge(before.held, before.rows);
      const lost = before.waiting > before.held.length;
      return cut({ ...before, rows: lost ? before.held : rows, held: [], waiting: 0, paused: false, missed: before.missed || lost });
    }
  }
}

/** The newest page was read (again). If it does not reach the rows that are there, something between is missing. */
function paged(before: Feed, rows: readonly Decision[], next: number | null): Feed {
  const known = before.held[0] ?? before.rows[0];
  if (known === undefined) return { ...before, rows, older: next };
  const fresh = rows.filter((row) => row.position > known.position);
  const joined = next === null || fresh.length < rows.length;
  if (before.paused) {
    const held = merge(fresh, before.held).slice(0, LIVE_ROWS);
    return { ...before, held, waiting: before.waiting + fresh.length, missed: before.missed || !joined };
  }
  if (!joined) return { ...before, rows, older: next, missed: true };
  return cut({ ...before, rows: merge(fresh, before.rows) });
}

function came(before: Feed, row: Decision): Feed {
  const newest = before.held[0] ?? before.rows[0];
  if (newest !== undefined && row.position <= newest.position) return before;
  if (before.paused) return { ...before, held: [row, ...before.held].slice(0, LIVE_ROWS), waiting: before.waiting + 1 };
  return cut({ ...before, rows: [row, ...before.rows] });
}

function cut(state: Feed): Feed {
  if (state.rows.length <= LIVE_ROWS) return state;
  const rows = state.rows.slice(0, LIVE_ROWS);
  return { ...state, rows, older: rows.at(-1)?.position ?? state.older };
}

/** Both lists as one: newest first, each position once. */
function merge(one: readonly Decision[], other: readonly Decision[]): readonly Decision[] {
  const found = new Map([...other, ...one].map((row) => [row.position, row]));
  return [...found.values()].sort((a, b) => b.position - a.position);
}

const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/;

/** Whether a text can be an account's id: what cannot is not asked for. */
export function isAccountId(text: string): boolean {
  return ACCOUNT.test(text);
}

/** Whether a decision has these words anywhere that staff see; upper and lower case are one. */
export function matches(row: Decision, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { payment } = row;
  const parts = [row.account, row.rule, row.action ?? "", row.source, payment?.asset ?? "", payment?.amount ?? "", payment?.destination ?? "", ...Object.values(row.objects)];
  const all = [...parts, ...row.reasons.flatMap((reason) => [reason.text, reason.about])].join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

/** Share of a whole in per cent, one decimal below ten: "1.8", "62", "0". */
export function share(count: number, total: number): string {
  if (total === 0 || count === 0) return "0";
  const percent = (100 * count) / total;
  if (percent >= 10) return String(Math.round(percent));
  return percent < 0.1 ? "<0.1" : percent.toFixed(1);
}
