// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { Problem } from "../../src/api/client";
import { fill } from "../../src/i18n";
import { describe as operation } from "../../src/pages/approvals/operations";
import { diffLines, folded, linesOf } from "../../src/pages/policies/diff";
import { sentenceOf } from "../../src/pages/policies/gains";
import { type Cell, faultsOf, type Gain, hindrance, objectsOf, percent, publishBody, shareOf, type Verdict, type Version, windowOf, worstFirst } from "../../src/pages/policies/publishing";
import { texts as english } from "../../src/texts/en";

const HOUR = 3_600_000;
const gain = (given: Partial<Gain>): Gain => ({ profile: "basic", alike: [], outflow: "withdraw", kind: "window", sets: 1, of: 64, capabilities: ["sim_swap"], before: 24 * HOUR, after: 0, note: "", ...given });
const cell = (now: string, count: number): Cell => ({ action: "withdraw", outflow: true, was: "redeemed", now, count });

describe("cells of a verdict", () => {
  it("stand worst first: silent, no time, a window, never; then those that lost most", () => {
    const given = [gain({ after: "never" }), gain({ after: 5 * HOUR }), gain({ after: 0, before: 2 * HOUR }), gain({ after: "silent" }), gain({ after: 0, before: "never" })];
    expect(worstFirst(given).map((each) => [each.after, each.before])).toEqual([
      ["silent", 24 * HOUR],
      [0, "never"],
      [0, 2 * HOUR],
      [5 * HOUR, 24 * HOUR],
      ["never", 24 * HOUR],
    ]);
  });

  it("become chips", () => {
    expect(windowOf("silent")).toEqual({ hours: 0, silent: true });
    expect(windowOf("never")).toEqual({ hours: null });
    expect(windowOf(36 * HOUR)).toEqual({ hours: 36 });
  });

  it("become sentences for those who sign", () => {
    const t = (key: keyof typeof english, values?: Record<string, string | number>) => fill(english[key], values, "en");
    expect(sentenceOf(gain({ after: 6 * HOUR }), t)).toBe("With sim_swap, the owner has 6 h before value leaves by withdraw; so far 24 h. Kind of account: basic.");
    expect(sentenceOf(gain({ before: "never", after: "silent" }), t)).toBe("With sim_swap, value can leave by withdraw, which it could not so far; the owner has no warning. Kind of account: basic.");
    expect(sentenceOf(gain({ after: "never", capabilities: [] }), t)).toBe("With no capability, value cannot leave by withdraw any more; so far the owner had 24 h. Kind of account: basic.");
    expect(sentenceOf(gain({ capabilities: null, kind: "limit", note: "the limit rises" }), t)).toBe("By withdraw: the limit rises. Kind of account: basic.");
  });
});

describe("what two sign", () => {
  const proof = { digest: "sha256:d", against: "sha256:a", weaker: true, failing: 3, locked_out: 2, apart: ["factor:sms"], current: true, concerned: {} } as unknown as Verdict;

  it("is the verdict that is shown", () => {
    expect(publishBody(proof)).toEqual({ verdict: "sha256:d", replaces: "sha256:a", weaker: true, failing: 3, locked_out: 2, apart: 1 });
  });

  it.each([
    [null, "publishing.off.verdict"],
    [{ ...proof, current: false }, "publishing.off.old"],
    [{ ...proof, concerned: { "factor:sms": 2 } }, "publishing.off.concerned"],
    [proof, undefined],
  ])("cannot be proposed without a verdict that holds now (%#)", (given, key) => {
    expect(hindrance({ proof: given } as Version)).toBe(key);
  });

  it("is told as weaker unless the body says that it is not, and then asks for the id to be typed", () => {
    const version = "7e69".padEnd(64, "0");
    const path = `POST /v1/policy/versions/${version}/publish`;
    expect(operation(path, { weaker: false })).toMatchObject({ kind: "policy_publish", subject: version, word: null });
    expect(operation(path, { weaker: true })).toMatchObject({ kind: "policy_publish_weaker", word: "7e6900000000" });
    expect(operation(path, {}).kind).toBe("policy_publish_weaker");
    expect(operation(path, { weaker: false, locked_out: 1 })).toMatchObject({ kind: "policy_publish_lockout", word: "7e6900000000" });
    for (const effect of operation(path, { weaker: false, locked_out: 1 }).effects) expect(english).toHaveProperty([`approvals.effect.${effect}`]);
    expect(operation("POST /v1/policy/versions/7e69/publish", { weaker: false }).kind).toBe("other");
    for (const weaker of [true, false]) for (const effect of operation(path, { weaker }).effects) expect(english).toHaveProperty([`approvals.effect.${effect}`]);
  });
});

describe("the shadow run", () => {
  it("counts what would end otherwise of what can be told", () => {
    expect(shareOf([cell("same", 90), cell("held", 6), cell("denied", 4), cell("not_determined", 7), cell("not_replayed", 3)])).toEqual({ known: 100, differ: 10, unknown: 10 });
  });

  it.each([
    [0, 0, "0 %"],
    [0, 10, "0 %"],
    [3, 47, "6.4 %"],
    [1, 100_000, "< 0.1 %"],
    [99_999, 100_000, "> 99.9 %"],
    [5, 5, "100.0 %"],
  ])("%d of %d is %s", (part, whole, said) => {
    expect(percent(part, whole)).toBe(said);
  });
});

describe("a text that is refused", () => {
  it("has its faults by line, with what the server said", () => {
    const faults = [
      { pointer: "/text", detail: "line 40, column 3: a key that nobody knows [key_unknown]" },
      { pointer: "/text", detail: "line 7, column 12: there is no clock `weekend` [clock_unknown]" },
      { pointer: "/vocabulary", detail: "no place" },
    ];
    expect(faultsOf(new Problem(422, "policy_invalid", "the policy has 3 faults", "", "", null, faults))).toEqual([
      { field: "vocabulary", line: 0, column: 0, sentence: "no place" },
      { field: "text", line: 7, column: 12, sentence: "there is no clock `weekend` [clock_unknown]" },
      { field: "text", line: 40, column: 3, sentence: "a key that nobody knows [key_unknown]" },
    ]);
  });
});

describe("objects of an ask", () => {
  it("are kind=id, or refused", () => {
    expect(objectsOf("")).toEqual({});
    expect(objectsOf("session=s-1  device=d=2")).toEqual({ session: "s-1", device: "d=2" });
    expect(objectsOf("session")).toBeUndefined();
    expect(objectsOf("Session=s")).toBeUndefined();
  });
});

describe("lines of two texts", () => {
  const marks = (before: string, after: string) => diffLines(linesOf(before), linesOf(after)).map((line) => `${line.kind[0] ?? ""}${line.text}`);

  it("knows what went out, what came in, and the numbers of both", () => {
    expect(marks("a\nb\nc\n", "a\nx\nc\nd\n")).toEqual(["sa", "rb", "ax", "sc", "ad"]);
    expect(diffLines(["a", "b", "c"], ["b", "c"]).map((line) => [line.before, line.after])).toEqual([[1, null], [2, 1], [3, 2]]);
    expect(marks("", "a\n")).toEqual(["aa"]);
    expect(marks("a\na\n", "a\n")).toHaveLength(2);
  });

  it("gives both texts back, whatever they are", () => {
    const texts = ["", "a", "a\nb\na\nb", "b\na\na\nc\nb", "x\ny\nz\na\nb", "a\nb\nc\nd\ne\nf"].map(linesOf);
    for (const before of texts) {
      for (const after of texts) {
        const lines = diffLines(before, after);
        expect(lines.filter((line) => line.kind !== "added").map((line) => line.text)).toEqual(before);
        expect(lines.filter((line) => line.kind !== "removed").map((line) => line.text)).toEqual(after);
        for (const line of lines) {
          if (line.before !== null) expect(before[line.before - 1]).toBe(line.text);
          if (line.after !== null) expect(after[line.after - 1]).toBe(line.text);
        }
      }
    }
  });

  it("is shown as a whole block where it would take too long", () => {
    const many = (word: string) => Array.from({ length: 2_100 }, (_, at) => `${word}${at}`);
    expect(diffLines(many("a"), many("b"))).toHaveLength(4_200);
  });

  it("keeps three lines around a change and counts the rest", () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at}`);
    const shown = folded(diffLines(before, before.with(10, "other")));
    expect(shown[0]).toEqual({ kind: "gap", count: 7 });
    expect(shown.at(-1)).toEqual({ kind: "gap", count: 6 });
    expect(shown).toHaveLength(1 + 3 + 2 + 3 + 1);
    expect(folded(diffLines(before, before))).toEqual([]);
  });
});
