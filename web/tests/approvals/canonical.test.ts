// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { canonical, operationDigest } from "../../src/pages/approvals/canonical";

const SHARED = new URL("../../../../shared/vectors/jcs/testdata/", import.meta.url);

describe("canonical JSON (RFC 8785)", () => {
  it("sorts by code units and writes numbers and text as ECMAScript does", () => {
    const given = { b: [1, 2.5, 1e21, -0, 1e-7], a: 'é\u2028"\n', "\u20ac": null, "\ud83d\ude00": {}, "\ufb33": true };
    expect(canonical(given)).toBe(
      '{"a":"é\u2028\\"\\n","b":[1,2.5,1e+21,0,1e-7],"\u20ac":null,"\ud83d\ude00":{},"\ufb33":true}',
    );
  });

  it("refuses what JSON has not", () => {
    for (const bad of [Number.NaN, Infinity, undefined, () => 1]) expect(() => canonical(bad)).toThrow(TypeError);
  });

  it.skipIf(!existsSync(SHARED))("agrees with the published vectors (../shared/vectors/jcs)", () => {
    const names = readdirSync(new URL("input/", SHARED));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const given: unknown = JSON.parse(readFileSync(new URL(`input/${name}`, SHARED), "utf8"));
      expect(canonical(given)).toBe(readFileSync(new URL(`output/${name}`, SHARED), "utf8").trimEnd());
    }
  });
});

describe("the digest of an operation", () => {
  it("changes with each part", async () => {
    const first = await operationDigest("POST", "/v1/accounts/u-1/unfreeze", null);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await operationDigest("POST", "/v1/accounts/u-2/unfreeze", null)).not.toBe(first);
    expect(await operationDigest("POST", "/v1/accounts/u-1/unfreeze", {})).not.toBe(first);
    expect(await operationDigest("PUT", "/v1/accounts/u-1/unfreeze", null)).not.toBe(first);
  });
});
