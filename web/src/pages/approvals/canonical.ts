// SPDX-License-Identifier: Apache-2.0
/** Canonical JSON (RFC 8785) and the digest of an operation, computed here: what is signed is what is shown. */

import { sha256, toHex } from "../log/merkle";

/** The canonical text. ECMAScript's own number and string forms are those of RFC 8785, sections 3.2.2.2 and 3.2.2.3. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, each]) => each !== undefined);
    members.sort(([one], [other]) => (one < other ? -1 : 1)); // by UTF-16 code units (section 3.2.3)
    return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("a number is not finite");
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError("a value has no JSON form");
  return text;
}

/** SHA-256 in hexadecimal of the canonical JSON of [method, path, body]. */
export async function operationDigest(method: string, path: string, body: unknown): Promise<string> {
  return toHex(await sha256(new TextEncoder().encode(canonical([method, path, body ?? null]))));
}
