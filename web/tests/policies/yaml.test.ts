// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { spansOf } from "../../src/pages/policies/yaml";

const FOLDER = new URL("../../../policies/", import.meta.url);
const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));

describe("colouring", () => {
  it("marks keys, operators, numbers, text and comments", () => {
    const kinds = spansOf('  withdraw: {require: session and since(weakened) >= 24h, note: "a b"} # why')
      .filter(({ kind }) => kind !== "")
      .map(({ kind, text }) => `${kind} ${text}`);
    expect(kinds).toEqual([
      "k withdraw",
      "k require",
      "o and",
      "o since",
      "o >=",
      "n 24h",
      "k note",
      's "a b"',
      "c # why",
    ]);
  });

  it("changes no letter of any shipped policy", () => {
    expect(FILES.length).toBeGreaterThan(2);
    for (const name of FILES) {
      for (const line of readFileSync(new URL(name, FOLDER), "utf8").split("\n")) {
        expect(spansOf(line).map(({ text }) => text).join("")).toBe(line);
      }
    }
  });
});
