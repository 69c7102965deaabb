// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { type Decision, EMPTY, type Feed, feed, isAccountId, LIVE_ROWS, matches, MOST_ROWS, share } from "../../src/pages/watch/feed";

const row = (position: number, given: Partial<Decision> = {}): Decision => ({
  position, at: position, account: "u-1", kind: "ask", action: null, rule: "withdraw", outcome: "allow", until: null, policy: "p", line: 1,
  reasons: [], alternatives: [], actor: "unknown", source: "", payment: null, objects: {}, window: null, ...given,
});
const range = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, at) => row(from - at));
const positions = (state: Feed) => state.rows.map((each) => each.position);
const page = (rows: Decision[], next: number | null = null) => feed(EMPTY, { type: "page", rows, next });

describe("feed", () => {
  it("puts what comes on top, and each position once", () => {
    const first = page(range(3, 1));
    const after = feed(feed(first, { type: "decision", row: row(5) }), { type: "decision", row: row(5) });
    expect(positions(after)).toEqual([5, 3, 2, 1]);
    expect(feed(after, { type: "decision", row: row(2) })).toBe(after);
  });

  it("keeps a few hundred rows and knows where the older ones begin", () => {
    let state = page(range(LIVE_ROWS, 1));
    state = feed(state, { type: "decision", row: row(LIVE_ROWS + 1) });
    expect(state.rows).toHaveLength(LIVE_ROWS);
    expect(state.older).toBe(2);
  });

  it("holds back while paused, counts, and shows all on continue", () => {
    let state = feed(page(range(2, 1)), { type: "pause" });
    for (const at of [3, 4]) state = feed(state, { type: "decision", row: row(at) });
    expect(positions(state)).toEqual([2, 1]);
    expect(state.waiting).toBe(2);
    state = feed(state, { type: "continue" });
    expect(positions(state)).toEqual([4, 3, 2, 1]);
    expect([state.waiting, state.paused, state.missed]).toEqual([0, false, false]);
  });

  it("says that rows are missing when more came while paused than it keeps", () => {
    let state = feed(page([row(1)]), { type: "pause" });
    for (let at = 2; at <= LIVE_ROWS + 10; at++) state = feed(state, { type: "decision", row: row(at) });
    expect(state.held).toHaveLength(LIVE_ROWS);
    expect(state.waiting).toBe(LIVE_ROWS + 9);
    state = feed(state, { type: "continue" });
    expect(state.missed).toBe(true);
    expect(state.rows).toHaveLength(LIVE_ROWS);
    expect(state.rows.at(-1)?.position).toBe(11);
  });

  it("joins a page that reaches the rows, and says so when it does not", () => {
    const first = page(range(3, 1));
    const joined = feed(first, { type: "page", rows: range(5, 3), next: 3 });
    expect(positions(joined)).toEqual([5, 4, 3, 2, 1]);
    expect(joined.missed).toBe(false);
    const apart = feed(first, { type: "page", rows: range(9, 7), next: 7 });
    expect(positions(apart)).toEqual([9, 8, 7]);
    expect([apart.missed, apart.older]).toEqual([true, 7]);
  });

  it("a page that is read while paused waits as well", () => {
    const paused = feed(page(range(3, 1)), { type: "pause" });
    const state = feed(paused, { type: "page", rows: range(5, 2), next: 2 });
    expect(positions(state)).toEqual([3, 2, 1]);
    expect(state.waiting).toBe(2);
  });

  it("adds older rows up to a limit", () => {
    const state = feed(page(range(LIVE_ROWS + 300, 301), 301), { type: "older", rows: range(300, 1), next: 1 });
    expect(state.rows).toHaveLength(MOST_ROWS);
    expect(state.older).toBeNull();
    const few = feed(page(range(4, 3), 3), { type: "older", rows: range(2, 1), next: null });
    expect(positions(few)).toEqual([4, 3, 2, 1]);
    expect(few.older).toBeNull();
  });
});

describe("text filter", () => {
  const payment = { asset: "USDT", amount: "50000.00", chain: "tron", destination: "TKx3f8", memo: "", value: null };
  const given = row(1, { payment, source: "203.0.113.7", reasons: [{ code: "frozen", text: "the account is frozen (owner)", about: "f1", until: null }] });
  it.each(["usdt", "tkx3F8 frozen", "203.0", "withdraw", "", "  "])("finds %j", (text) => expect(matches(given, text)).toBe(true));
  it.each(["btc", "frozen btc"])("does not find %j", (text) => expect(matches(given, text)).toBe(false));
});

describe("share", () => {
  it.each([[0, 0, "0"], [0, 9, "0"], [1, 10_000, "<0.1"], [18, 1000, "1.8"], [1, 2, "50"], [9, 9, "100"]])("%d of %d is %s", (count, total, said) => expect(share(count, total)).toBe(said));
});

describe("an account's id", () => {
  it.each(["u-1001", "A.b_c~d-9"])("%s may be one", (id) => expect(isAccountId(id)).toBe(true));
  it.each(["", "-a", "a b", "a/b", "é", "a".repeat(129)])("%j may not", (id) => expect(isAccountId(id)).toBe(false));
});
