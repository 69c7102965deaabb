// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import {
  type Attack,
  type Cell,
  type ProfileProof,
  attackOf,
  heatOf,
  ownersSide,
  scaleOf,
  underADay,
  worst,
} from "../../src/pages/policies/proof";

const cell = (capabilities: string[], outflow: string, window: number | null, silent = false): Cell => ({
  capabilities,
  outflow,
  silent,
  window_hours: window,
});

const attack = (capabilities: string[], outflow: string, window: number | null): Attack => ({
  ...cell(capabilities, outflow, window, window === null),
  id: "m-0",
  leaves_hours: 0,
  finding: "",
  path: [],
});

const profile = (changes: Partial<ProfileProof>): ProfileProof => ({
  factors: [],
  channels: [],
  alike: [],
  sets: 1,
  same: {},
  properties: [],
  minimal: [],
  losses: [],
  duals: { recoveries: [], unreachable: [], needs: {}, starvation: [] },
  carriers: [],
  heat: [],
  ...changes,
});

describe("the scale", () => {
  it("names each step; a cell without a window is never, unless nobody is told", () => {
    const windows: [number | null, boolean][] = [[null, true], [0, false], [23.9, false], [24, false], [null, false]];
    expect(windows.map(([hours, silent]) => scaleOf({ silent, window_hours: hours }))).toEqual([
      "silent",
      "zero",
      "short",
      "ok",
      "never",
    ]);
  });
});

describe("the heat table", () => {
  const heat = heatOf(
    profile({
      heat: [
        cell(["calm"], "a", null),
        cell(["calm"], "b", null),
        cell(["late"], "a", 12),
        cell(["late"], "b", null),
        cell(["two", "sets"], "a", null, true),
        cell(["soon"], "a", 0),
        cell(["soon"], "b", 36),
      ],
    }),
    ["a", "b"],
  );

  it("puts singles first, within them the worst, and names what reaches nothing apart", () => {
    expect(heat.rows.map((row) => row.capabilities.join("+"))).toEqual(["soon", "late", "two+sets"]);
    expect(heat.harmless).toEqual([["calm"]]);
    expect(heat.columns).toEqual(["a", "b"]);
  });

  it("counts what is under a day; a cell that was not decided counts for nothing", () => {
    expect(underADay(heat, "a")).toBe(3);
    expect(underADay(heat, "b")).toBe(0);
  });
});

describe("the path of a cell", () => {
  const given = profile({
    minimal: [attack(["sim"], "a", 12), attack(["sim", "mail"], "a", 0), attack(["face"], "a", null)],
    properties: [
      { name: "p", line: 1, given: "", assert: "", verdict: "fails", note: "", counterexamples: [attack(["sim"], "b", 0)], lines: [], rests_on: [] },
    ],
  });

  it("is of this very set where there is one", () => {
    expect(attackOf(given, ["sim", "mail"], "a")?.window_hours).toBe(0);
    expect(attackOf(given, ["sim"], "b")?.outflow).toBe("b");
  });

  it("is else the worst of its subsets, and none of another set", () => {
    expect(attackOf(given, ["sim", "other"], "a")?.capabilities).toEqual(["sim"]);
    expect(attackOf(given, ["sim", "face"], "a")?.capabilities).toEqual(["face"]);
    expect(attackOf(given, ["mail"], "a")).toBeUndefined();
    expect(attackOf(given, ["sim"], "c")).toBeUndefined();
  });

  it("takes silent as worst", () => {
    expect(worst(given.minimal)?.capabilities).toEqual(["face"]);
  });
});

describe("the owner's side", () => {
  it("tells a lock-out from what was never the owner's", () => {
    const side = ownersSide({
      recoveries: [
        { lost: [], suspected: [], regains_hours: { session: 0, card: null }, path: [] },
        { lost: ["totp"], suspected: [], regains_hours: { session: 72, card: null }, path: ["ask_recovery"] },
        { lost: ["email"], suspected: [], regains_hours: { session: null, card: null }, path: [] },
      ],
      unreachable: ["card"],
      needs: { a: ["ip_listed"], b: [] },
      starvation: [],
    });
    expect(side.lockedOut.map((each) => each.lost)).toEqual([["email"]]);
    expect(side.slowest?.lost).toEqual(["totp"]);
    expect(side.slowestHours).toBe(72);
    expect(side.needs).toEqual([["a", ["ip_listed"]]]);
  });
});
