// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { describe as operation } from "../../src/pages/approvals/operations";
import { tailOf } from "../../src/pages/requests/fact";
import { type Clock, dateOf, type Disclosure, type Evidence, extension, identifiersOf, kindOf, lengthOf, lookOf, nextClock, type Pack, passed, ranked, silenceOpen, smallest, startOf } from "../../src/pages/requests/read";
import { named } from "../../src/pages/requests/words";
import { periods } from "../../src/pages/transparency/read";

const piece = (id: string, result: string, more: Partial<Evidence> = {}): Evidence => ({
  id, result, kind: "docket", collected_by: "desk", collected_at: 1, proves: "", forgeable_by: [], source: "", source_sha256: "", details: {}, findings: [], resolved: null, void: "", ...more,
});
const clock = (name: string, due: number, met: number | null = null): Clock => ({ name, due, then: "", source: "", met });

describe("requests", () => {
  it("reads whom a request is about, line by line", () => {
    expect(identifiersOf("email ana@example.com\n\n Account: u-1 ")).toEqual([{ kind: "email", value: "ana@example.com" }, { kind: "account", value: "u-1" }]);
    expect(identifiersOf("email ana@example.com\nsomebody")).toBeNull();
    expect(identifiersOf("")).toEqual([]);
  });

  it("puts open contradictions first, resolved ones behind what supports it, and what is void last", () => {
    const resolved = { at: 2, officers: ["a", "b"], reason: "x" };
    const given = [piece("a", "supports"), piece("b", "contradicts", { void: "moved" }), piece("c", "contradicts"), piece("d", "contradicts", { resolved })];
    expect(ranked(given).map((each) => each.id)).toEqual(["c", "a", "d", "b"]);
  });

  it("shows the next clock that is not met, and how much of it has passed", () => {
    expect(nextClock([clock("late", 9), clock("met", 1, 1), clock("soon", 5)])?.name).toBe("soon");
    expect(nextClock([clock("met", 1, 1)])).toBeUndefined();
    expect([passed(0, 100, 25), passed(0, 100, 200), passed(100, 100, 0), passed(50, 100, 10)]).toEqual([0.25, 1, 1, 0]);
  });

  it("names the cheapest forgery and the kind of a factor", () => {
    expect(smallest([["a", "b", "c"], ["d", "e"]])).toEqual(["d", "e"]);
    expect(smallest([])).toBeUndefined();
    expect([kindOf("gov_mail"), kindOf("docket")]).toEqual(["mail_auth", "docket"]);
  });

  it("shows a forgery as danger and what ended as plain", () => {
    expect([lookOf("suspected_forged").tone, lookOf("closed").tone, lookOf("evidence").tone]).toEqual(["danger", "plain", "warn"]);
  });

  it("says which request two officers release", () => {
    const found = operation("POST /v1/desk/requests/jr_1/approve", { digest: "0" });
    expect([found.kind, found.subject, found.word]).toEqual(["request_approve", "jr_1", "jr_1"]);
    expect(operation("POST /v1/desk/authorities", { id: "nm-court" }).subject).toBe("nm-court");
    expect(operation("POST /v1/desk/requests/jr_1/evidence/e2/resolve", {}).about).toBe("e2");
  });
});

describe("deadlines", () => {
  const deadline = (name: string, extend: string | null) => ({ name, extend }) as Pack["clocks"][number];
  const pack = { clocks: [deadline("preserved_until", "30d"), deadline("answer", null)], bases: [{ name: "order", clocks: [deadline("answer", "5bd")] }] } as unknown as Pack;

  it("are made longer once, where the rule pack or its legal basis says so", () => {
    expect(extension(pack, "", clock("preserved_until", 9))).toBe("30d");
    expect(extension(pack, "", clock("answer", 9))).toBeNull();
    expect(extension(pack, "order", clock("answer", 9))).toBe("5bd");
    expect(extension(pack, "", clock("preserved_until", 9, 8))).toBeNull();
    expect(extension(pack, "", { ...clock("preserved_until", 9), source: "generic, line 56 +" })).toBeNull();
    expect(extension(pack, "", clock("second_officer", 9))).toBeNull();
    expect(extension(undefined, "", clock("preserved_until", 9))).toBeNull();
  });

  it("say by how much", () => {
    expect([lengthOf("90d"), lengthOf("5bd"), lengthOf("6mo")]).toEqual([{ n: 90, unit: "d" }, { n: 5, unit: "bd" }, { n: 6, unit: "mo" }]);
    expect([lengthOf("soon"), lengthOf("d"), lengthOf("9 d")]).toEqual([null, null, null]);
  });

  it("of a silence are days of the browser's zone", () => {
    const start = startOf("2026-11-23");
    expect(start).toBe(new Date(2026, 10, 23).getTime());
    expect(dateOf((start ?? 0) + 86_399_000)).toBe("2026-11-23");
    expect([startOf(""), startOf("soon")]).toEqual([null, null]);
  });
});

describe("a silence", () => {
  const disclosure = (fetched: number | null, told: string[]) => ({ fetched, told }) as unknown as Disclosure;

  it("is asked for once something was handed out, and until the first owner knows", () => {
    expect(silenceOpen(disclosure(null, []))).toBe(false);
    expect(silenceOpen(disclosure(1, []))).toBe(true);
    expect(silenceOpen(disclosure(1, ["u-1"]))).toBe(false);
  });
});

describe("what the desk wrote", () => {
  it("names people, and leaves ids that it does not know", () => {
    expect(named("st_1a left, st_1a2 stayed, st_9 too", { st_1a: "Ines", st_1a2: "Omar" })).toBe("Ines left, Omar stayed, st_9 too");
  });

  it("is about what stands behind its colon or in its parentheses", () => {
    expect(tailOf("another request bears this case number: CS-2026-000001")).toBe("CS-2026-000001");
    expect(tailOf("it shares with a request that was found to be forged: phone (CS-2026-000002)")).toBe("CS-2026-000002");
    expect(tailOf("no case number is given")).toBe("");
  });
});

describe("periods of the report", () => {
  it("are quarters in UTC without gaps, the present one first", () => {
    const found = periods(Date.UTC(2026, 10, 23));
    expect(found[0]).toEqual({ name: "2026 Q4", start: Date.UTC(2026, 9), end: Date.UTC(2027, 0) });
    expect(found[4]?.name).toBe("2025 Q4");
    found.slice(1).forEach((each, index) => expect(each.end).toBe(found[index]?.start));
  });
});
