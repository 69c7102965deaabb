// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { describe, expect, it } from "vitest";
import { ProofError, fromBase64, leafHash, toBase64, verifyConsistency, verifyInclusion } from "../../src/pages/log/merkle";
import vectors from "./vectors.json";

const roots = vectors.roots as Record<string, string>;
const rootOf = (size: number): Uint8Array => fromBase64(roots[String(size)] ?? "");
const hashes = (texts: readonly string[]): Uint8Array[] => texts.map(fromBase64);
const leafOf = (index: number): Promise<Uint8Array> => leafHash(new TextEncoder().encode(vectors.leaves[index]));

/** Every proof with one bit of one hash turned, one hash too few, and one too many. */
function spoiled(proof: readonly Uint8Array[]): Uint8Array[][] {
  const turned = proof.map((_, at) => proof.map((hash, other) => (other === at ? flipped(hash) : hash)));
  return [...turned, ...(proof.length > 0 ? [proof.slice(0, -1)] : []), [...proof, new Uint8Array(32)]];
}

function flipped(hash: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(hash);
  copy[31] = (copy[31] ?? 0) ^ 1;
  return copy;
}

async function faultOf(promise: Promise<void>): Promise<string> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof ProofError ? error.fault : String(error)),
  );
}

describe("inclusion (RFC 9162, section 2.1.3.2)", () => {
  it("accepts every proof of the server", async () => {
    for (const { index, size, proof } of vectors.inclusion) {
      await verifyInclusion(index, size, await leafOf(index), hashes(proof), rootOf(size));
    }
  });

  it("refuses every spoiled proof, another leaf, another root", async () => {
    for (const { index, size, proof } of vectors.inclusion) {
      const digest = await leafOf(index);
      for (const bad of spoiled(hashes(proof))) {
        expect(await faultOf(verifyInclusion(index, size, digest, bad, rootOf(size)))).not.toBe("none");
      }
      expect(await faultOf(verifyInclusion(index, size, flipped(digest), hashes(proof), rootOf(size)))).toBe("mismatch");
      expect(await faultOf(verifyInclusion(index, size, digest, hashes(proof), flipped(rootOf(size))))).toBe("mismatch");
    }
  });

  it("refuses an index outside the tree and numbers that are none", async () => {
    for (const [index, size] of [[4, 4], [-1, 4], [0.5, 4], [0, 0], [0, Number.NaN]] as const) {
      expect(await faultOf(verifyInclusion(index, size, await leafOf(0), [], rootOf(4)))).toBe("argument");
    }
  });

  it("does not lose bits beyond 32", async () => {
    // A tree of 2^33 equal leaves: each level's node is the hash of two of the level below.
    const proof: Uint8Array[] = [];
    let node = await leafOf(0);
    const digest = node;
    for (let level = 0; level < 33; level += 1) {
      proof.push(node);
      node = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array([1, ...node, ...node])));
    }
    await verifyInclusion(2 ** 33 - 1, 2 ** 33, digest, proof, node);
    expect(await faultOf(verifyInclusion(2 ** 33 - 1, 2 ** 34, digest, proof, node))).toBe("shape");
  });
});

describe("consistency (RFC 9162, section 2.1.4.2)", () => {
  it("accepts every proof of the server", async () => {
    for (const { first, second, proof } of vectors.consistency) {
      await verifyConsistency(first, second, rootOf(first), rootOf(second), hashes(proof));
    }
  });

  it("refuses every spoiled proof and every other root", async () => {
    for (const { first, second, proof } of vectors.consistency) {
      for (const bad of spoiled(hashes(proof))) {
        expect(await faultOf(verifyConsistency(first, second, rootOf(first), rootOf(second), bad))).not.toBe("none");
      }
      const other = flipped(rootOf(first));
      expect(await faultOf(verifyConsistency(first, second, other, rootOf(second), hashes(proof)))).toBe("mismatch");
    }
  });

  it("refuses a log that became shorter", async () => {
    expect(await faultOf(verifyConsistency(8, 5, rootOf(8), rootOf(5), []))).toBe("argument");
  });
});

describe("base64", () => {
  it("goes both ways and takes only the canonical form", () => {
    expect(toBase64(fromBase64("AAEC/w=="))).toBe("AAEC/w==");
    for (const bad of ["AAEC/x==", "AAEC_w==", "AAEC/w", "%"]) expect(() => fromBase64(bad)).toThrow(ProofError);
  });
});
