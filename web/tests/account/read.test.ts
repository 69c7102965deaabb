// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { type Account, type Action, endOf, type Event, type Exposure, exposures, freezesOf, GAP, namesOf, pendingOf, type Posture, suspicionsOf, timeline, type Way, windowOf, worst } from "../../src/pages/account/read";

const NOW = 1_717_934_400_000;
const HOUR = 3_600_000;
const action = (id: string, status: string, due: number | null, asked = NOW): Action => ({
  id, account: "u-1", action: "withdraw", status, asked, due, delay: 0, decision: null, proofs: [], challenge: null, seal: null, shown: {}, log_position: null,
});
const account = (given: Partial<Account>): Account => ({
  account: "u-1", language: "en", registered: 0, factors: [], contacts: [], objects: [], freezes: [], glass: null, locks: [], suspicions: [], waits: [], actions: [], ...given,
});
const way = (outflow: string, window: number | null): Way => ({ outflow, window, earliest: null, limit: null, period: null });
const exposure = (capabilities: string[], ...ways: Way[]): Exposure => ({ capabilities, ways, path: [], loss: null });

describe("what waits", () => {
  it("puts disputes first, then what ends soonest; what is over is left out", () => {
    const actions = [action("late", "pending", NOW + 9), action("done", "done", null), action("open", "open", null), action("soon", "pending", NOW + 1), action("fight", "disputed", NOW + 20), action("no", "refused", null)];
    expect(pendingOf(account({ actions })).map((each) => each.id)).toEqual(["fight", "soon", "late", "open"]);
  });

  it("ends when it is due, else when its hold does", () => {
    const decision = { outcome: "hold", rule: "withdraw", line: 1, policy: "p", at: NOW, until: NOW + 5, reasons: [], alternatives: [], candidates: [] };
    expect(endOf({ ...action("a", "open", null), decision })).toBe(NOW + 5);
    expect(endOf({ ...action("a", "pending", NOW + 7), decision })).toBe(NOW + 7);
    expect(endOf(action("a", "open", null))).toBeNull();
  });
});

describe("freezes and suspicions", () => {
  it("leaves out freezes that have ended and puts the longest first", () => {
    const freeze = (id: string, until: number | null) => ({ id, kind: "link", at: 0, until });
    expect(freezesOf(account({ freezes: [freeze("over", NOW), freeze("short", NOW + 1), freeze("endless", null)] }), NOW).map((each) => each.id)).toEqual(["endless", "short"]);
  });

  it("parts what is suspected now from what is over", () => {
    const one = (id: string, until: number) => ({ id, capability: "sim_swap", instance: null, since: 0, until, strength: "strong", evidence: "" });
    const found = suspicionsOf(account({ suspicions: [one("a", NOW + 1), one("b", NOW)] }), NOW);
    expect([found.now.map((each) => each.id), found.over.map((each) => each.id)]).toEqual([["a"], ["b"]]);
  });
});

describe("factors that do not count", () => {
  it("puts the name of a member of staff beside the id, and leaves officers of tokens as they are", () => {
    expect(namesOf(["staff:st_1", "st_2", "omar"], { st_1: "Ines" })).toBe("Ines (st_1), st_2, omar");
  });
});

describe("posture", () => {
  it("a silent way is worse than one without time", () => {
    expect(worst([way("a", 0), way("b", null), way("c", HOUR)])?.outflow).toBe("b");
    expect(worst([])).toBeNull();
  });

  it("never shows silence or no way as hours", () => {
    expect(windowOf(null)).toEqual({ hours: null, silent: false });
    expect(windowOf(way("a", null)).silent).toBe(true);
    expect(windowOf(way("a", 12 * HOUR))).toEqual({ hours: 12, silent: false });
  });

  it("sorts the worst first and names what reaches nothing", () => {
    const posture = { nothing: exposure([]), singles: [exposure(["a"], way("x", 24 * HOUR)), exposure(["b"]), exposure(["c"], way("x", 0))], pairs: [exposure(["b", "d"], way("x", null))] } as unknown as Posture;
    const found = exposures(posture);
    expect(found.open.map((each) => each.capabilities.join("+"))).toEqual(["b+d", "c", "a"]);
    expect(found.closed).toEqual(["b"]);
  });
});

describe("time line", () => {
  const event = (position: number, at: number) => ({ position, at }) as Event;
  it("names each day once and every gap", () => {
    const noon = new Date(2024, 5, 9, 12).getTime();
    const found = timeline([event(3, noon), event(2, noon - HOUR), event(1, noon - HOUR - GAP)]);
    expect(found.map((each) => (each.kind === "event" ? each.event.position : each.kind))).toEqual(["day", 3, 2, "gap", "day", 1]);
  });
});
