// SPDX-License-Identifier: Apache-2.0
/* What the page says about an account, out of what the API tells: pure. */

import type { Schemas } from "../../api/client";

export type Account = Schemas["AccountView"];
export type Action = Schemas["ActionView"];
export type Event = Schemas["EventView"];
export type Posture = Schemas["Posture"];
export type Exposure = Schemas["Outcome"];
export type Notice = Schemas["NoticeView"];
export type Delivery = Notice["deliveries"][number];
export type Way = Schemas["Way"];

const HOUR = 3_600_000;
/** Between two entries; longer is an entry of its own: a gap. */
export const GAP = 24 * HOUR;
const OVER = new Set(["done", "cancelled", "refused", "redeemed"]);

/** Changes and outflows that are not over: disputed first, then by their end, those without one last. */
export function pendingOf(account: Account): Action[] {
  const end = (action: Action) => endOf(action) ?? Number.MAX_SAFE_INTEGER;
  const rank = (action: Action) => (action.status === "disputed" ? 0 : 1);
  return account.actions.filter((action) => !OVER.has(action.status)).sort((a, b) => rank(a) - rank(b) || end(a) - end(b) || b.asked - a.asked);
}

/** When what an action waits for ends (ms), or null: time does not end it, or nobody knows. */
export function endOf(action: Action): number | null {
  return action.due ?? action.decision?.until ?? null;
}

/** Suspicions that hold now, strongest end last; then those that are over. */
export function suspicionsOf(account: Account, now: number): { now: Account["suspicions"]; over: Account["suspicions"] } {
  const sorted = [...account.suspicions].sort((a, b) => b.since - a.since);
  return { now: sorted.filter((each) => each.until > now), over: sorted.filter((each) => each.until <= now) };
}

/** People by name with their id beside it; officers of tokens have no id. */
export function namesOf(ids: readonly string[], people: Readonly<Record<string, string>>): string {
  const bare = ids.map((id) => id.replace(/^staff:/, ""));
  return bare.map((id) => (people[id] === undefined ? id : `${people[id]} (${id})`)).join(", ");
}

/** Freezes that stop something now, the one that lasts longest first. */
export function freezesOf(account: Account, now: number): Account["freezes"] {
  const end = (freeze: Account["freezes"][number]) => freeze.until ?? Number.MAX_SAFE_INTEGER;
  return account.freezes.filter((freeze) => freeze.until === null || freeze.until > now).sort((a, b) => end(b) - end(a));
}

/** The way that leaves least time; null: there is none. Silent is worse than any window. */
export function worst(ways: readonly Way[]): Way | null {
  let found: Way | null = null;
  for (const way of ways) if (found === null || lengthOf(way) < lengthOf(found)) found = way;
  return found;
}

function lengthOf(way: Way): number {
  return way.window ?? -1;
}

/** A way as the window chip shows it. */
export function windowOf(way: Way | null): { hours: number | null; silent: boolean } {
  if (way === null) return { hours: null, silent: false };
  return way.window === null ? { hours: 0, silent: true } : { hours: way.window / HOUR, silent: false };
}

export interface Rows {
  open: Exposure[];
  /** Single capabilities that reach no outflow. */
  closed: string[];
}

/** What reaches an outflow, worst first: nothing at all, single capabilities, then pairs. */
export function exposures(posture: Posture): Rows {
  const all = [posture.nothing, ...posture.singles, ...posture.pairs];
  const open = all.filter((each) => each.ways.length > 0);
  const by = (each: Exposure) => {
    const way = worst(each.ways);
    return way === null ? Number.MAX_SAFE_INTEGER : lengthOf(way);
  };
  open.sort((a, b) => by(a) - by(b) || a.capabilities.length - b.capabilities.length);
  return { open, closed: posture.singles.filter((each) => each.ways.length === 0).flatMap((each) => each.capabilities) };
}

export type Entry = { kind: "event"; event: Event } | { kind: "gap"; from: number; to: number } | { kind: "day"; at: number };

/** Newest first, with each day named once and every gap of a day or more as an entry. */
export function timeline(events: readonly Event[]): Entry[] {
  const entries: Entry[] = [];
  let before: Event | undefined;
  for (const event of events) {
    if (before !== undefined && before.at - event.at >= GAP) entries.push({ kind: "gap", from: event.at, to: before.at });
    if (before === undefined || new Date(before.at).toDateString() !== new Date(event.at).toDateString()) entries.push({ kind: "day", at: event.at });
    entries.push({ kind: "event", event });
    before = event;
  }
  return entries;
}
