// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { describe as operation } from "../../src/pages/approvals/operations";
import { type Clock, type Evidence, identifiersOf, kindOf, lookOf, nextClock, passed, ranked, smallest } from "../../src/pages/requests/read";
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

describe("periods of the report", () => {
  it("are quarters in UTC without gaps, the present one first", () => {
    const found = periods(Date.UTC(2026, 10, 23));
    expect(found[0]).toEqual({ name: "2026 Q4", start: Date.UTC(2026, 9), end: Date.UTC(2027, 0) });
    expect(found[4]?.name).toBe("2025 Q4");
    found.slice(1).forEach((each, index) => expect(each.end).toBe(found[index]?.start));
  });
});
