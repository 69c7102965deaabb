// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { describe, expect, it } from "vitest";

import { type Kept, type LogSource, checkLog } from "../../src/pages/log/check";
import vectors from "./vectors.json";

/** The server's log of 21 entries, as its own code made it. */
const source = (changes: Partial<LogSource> = {}): LogSource => ({
  key: () => Promise.resolve({ origin: "counterseal.test/log", key: vectors.notes.key }),
  checkpoint: () => Promise.resolve(vectors.notes.good),
  consistency: () => Promise.reject(new Error("sizes are equal: nothing to ask")),
  inclusion: (position, size) => {
    const found = vectors.inclusion.find((each) => each.index === position && each.size === size);
    return Promise.resolve({ position, size, leaf_hash: "Oiq/3OIiLkp/rQzQh7iyVHEi1oQYjP4mQTVjBcuGvvA=", proof: found?.proof ?? [] });
  },
  leaf: () => Promise.resolve(null),
  ...changes,
});

const kept: Kept = { key: vectors.notes.key, note: vectors.notes.good, at: 0 };
const results = async (log: LogSource, before: Kept | null) => {
  const report = await checkLog(log, before, 0, () => 0, 1);
  return report.steps.map(({ name, result, why }) => `${name} ${result} ${why}`);
};

describe("the check of the log", () => {
  it("says at the first visit that there is nothing to compare with", async () => {
    const found = await results(source(), null);
    expect(found.slice(0, 4)).toEqual([
      "key empty log.why_key_first",
      "signature pass log.why_signature",
      "forward empty log.why_forward_first",
      "consistency empty log.why_forward_first",
    ]);
  });

  it("compares with what was seen, and refuses an entry whose hash leads elsewhere", async () => {
    const found = await results(source(), kept);
    expect(found.slice(0, 4).map((line) => line.split(" ")[1])).toEqual(["pass", "pass", "pass", "pass"]);
    expect(found[4]).toBe("inclusion fail log.fault_inclusion");
  });

  it("stops at another key, a forged checkpoint, a text that is not the entry's", async () => {
    expect(await results(source(), { ...kept, key: `${kept.key}x` })).toEqual(["key fail log.why_key_changed"]);
    const forged = source({ checkpoint: () => Promise.resolve(vectors.notes.refused.signature) });
    expect((await results(forged, kept)).at(-1)).toBe("signature fail log.fault_signature");
    const other = source({ leaf: (position) => Promise.resolve({ position, leaf: '{"seq":0}', leaf_hash: "" }) });
    expect((await results(other, kept)).at(-1)).toBe("inclusion fail log.fault_leaf");
  });

  it("keeps nothing unless all of it held", async () => {
    expect((await checkLog(source(), kept, 0, () => 0, 1)).kept).toBeNull();
  });
});
