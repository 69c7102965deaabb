// SPDX-License-Identifier: Apache-2.0
/** Merkle tree proofs (RFC 9162, section 2.1) verified here, in the browser: the server is not asked whether it is honest. */

export type ProofFault = "argument" | "shape" | "mismatch";

/** A proof that does not hold. */
export class ProofError extends Error {
  override readonly name = "ProofError";
  readonly fault: ProofFault;

  constructor(fault: ProofFault, sentence: string) {
    super(sentence);
    this.fault = fault;
  }
}

const HASH_SIZE = 32;

/** Bytes of standard base64 in canonical form; throws ProofError. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let raw: string;
  try {
    raw = atob(text);
  } catch {
    throw new ProofError("shape", "base64 cannot be read");
  }
  const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new ProofError("shape", "base64 is not in canonical form");
  return bytes;
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256, 32 bytes. */
export async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

/** SHA-256(0x00 || leaf) (RFC 9162, section 2.1.1). */
export function leafHash(leaf: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(Uint8Array.of(0), leaf);
}

/** SHA-256(0x01 || left || right) (RFC 9162, section 2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(Uint8Array.of(1), left, right);
}

/** Whether two byte strings are equal. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Throws ProofError unless `proof` leads from `digest`, the hash of leaf `index`, to `root` (section 2.1.3.2). */
export async function verifyInclusion(
  index: number,
  size: number,
  digest: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): Promise<void> {
  // 1. Compare leaf index and tree size.
  if (!isNumber(index, 0) || !isNumber(size, 1) || index >= size) {
    throw new ProofError("argument", `leaf ${String(index)} is not in a tree of size ${String(size)}`);
  }
  checkHashes([digest, root, ...proof]);
  // 2.-3. Start at the leaf. BigInt: shifts of numbers stop at 32 bits.
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let result = digest;
  // 4. Walk up; a right child or the last node of its level has its sibling on the left.
  for (const sibling of proof) {
    if (last === 0n) throw new ProofError("shape", "the inclusion proof is too long");
    if (odd(node) || node === last) {
      result = await nodeHash(sibling, result);
      while (!odd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      result = await nodeHash(result, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  // 5. The walk must end at the root.
  if (last !== 0n) throw new ProofError("shape", "the inclusion proof is too short");
  if (!sameBytes(result, root)) throw new ProofError("mismatch", `leaf ${String(index)} is not under this root`);
}

/** Throws ProofError unless the tree of `size2` leaves extends that of `size1` (section 2.1.4.2). */
export async function verifyConsistency(
  size1: number,
  size2: number,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): Promise<void> {
  if (!isNumber(size1, 1) || !isNumber(size2, 1) || size1 > size2) {
    throw new ProofError("argument", `no consistency proof from size ${String(size1)} to ${String(size2)}`);
  }
  checkHashes([root1, root2, ...proof]);
  if (size1 === size2) {
    if (proof.length > 0) throw new ProofError("shape", "the consistency proof is too long");
    if (!sameBytes(root1, root2)) throw new ProofError("mismatch", `two roots for one size ${String(size1)}`);
    return;
  }
  // 1. Equal sizes apart, an empty proof proves nothing.
  const [head, ...rest] = proof;
  if (head === undefined) throw new ProofError("shape", "the consistency proof is empty");
  // 2. The root of a perfect first tree is not sent: it is root1.
  let node = BigInt(size1) - 1n;
  let last = BigInt(size2) - 1n;
  const perfect = (BigInt(size1) & node) === 0n;
  const hashes = perfect ? proof : rest;
  let old = perfect ? root1 : head;
  let fresh = old;
  // 3.-4. Drop the levels on which the first tree's edge is complete.
  while (odd(node)) {
    node >>= 1n;
    last >>= 1n;
  }
  // 5. Rebuild both roots from the same hashes.
  for (const digest of hashes) {
    if (last === 0n) throw new ProofError("shape", "the consistency proof is too long");
    if (odd(node) || node === last) {
      old = await nodeHash(digest, old);
      fresh = await nodeHash(digest, fresh);
      while (!odd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      fresh = await nodeHash(fresh, digest);
    }
    node >>= 1n;
    last >>= 1n;
  }
  // 6. Both must come out, with nothing left to walk.
  if (last !== 0n) throw new ProofError("shape", "the consistency proof is too short");
  if (!sameBytes(old, root1) || !sameBytes(fresh, root2)) {
    throw new ProofError("mismatch", `the tree of size ${String(size2)} does not extend that of size ${String(size1)}`);
  }
}

function odd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function isNumber(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function checkHashes(hashes: readonly Uint8Array[]): void {
  if (hashes.some((digest) => digest.length !== HASH_SIZE)) {
    throw new ProofError("shape", "a hash is not 32 bytes long");
  }
}
