// SPDX-License-Identifier: Apache-2.0
/* The server's log, what this browser keeps of it, and the leaves as rows. */

import { Problem, call } from "../../api/client";
import type { Inclusion, Kept, Leaf, LogSource } from "./check";

const STORED = "counterseal.log";
const FORBIDDEN = [401, 403];

interface LeavesReply {
  entries: Leaf[];
  size: number;
}

/** A page of leaves in log order. */
export function readEntries(first: number, limit: number, signal?: AbortSignal): Promise<LeavesReply> {
  return call<LeavesReply>("GET", "/v1/log/entries", { query: { first, limit }, ...(signal ? { signal } : {}) });
}

/** The log over HTTP. */
export const server: LogSource = {
  key: () => call("GET", "/v1/log/key"),
  checkpoint: () => call("GET", "/v1/log/checkpoint"),
  consistency: (first, second) => call("GET", "/v1/log/consistency", { query: { first, second } }),
  inclusion: (position, size) => call<Inclusion>("GET", "/v1/log/inclusion", { query: { position, size } }),
  leaf: async (position) => {
    try {
      return (await readEntries(position, 1)).entries[0] ?? null;
    } catch (error) {
      if (error instanceof Problem && FORBIDDEN.includes(error.status)) return null;
      throw error;
    }
  },
};

/** What this browser keeps; null at the first visit or if it cannot be read. */
export function readKept(): Kept | null {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(STORED) ?? "null");
    return isKept(read) ? read : null;
  } catch {
    return null;
  }
}

/** Keep the key and the newest checkpoint; null forgets both. */
export function writeKept(kept: Kept | null): void {
  if (kept === null) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, JSON.stringify(kept));
}

function isKept(read: unknown): read is Kept {
  const found = read as Partial<Kept> | null;
  return typeof found === "object" && found !== null && typeof found.key === "string" && typeof found.note === "string" && typeof found.at === "number";
}

/** What a leaf says; the texts of one that cannot be read are empty. */
export interface Row {
  position: number;
  kind: string;
  at: number | null;
  subject: string;
  policy: string;
  hash: string;
}

/** A leaf as a row of the table. */
export function rowOf(leaf: Leaf): Row {
  let read: Partial<Record<string, unknown>> = {};
  try {
    read = JSON.parse(leaf.leaf) as Partial<Record<string, unknown>>;
  } catch {
    // an unreadable leaf is shown by its position and hash
  }
  const text = (name: string): string => (typeof read[name] === "string" ? read[name] : "");
  return {
    position: leaf.position,
    kind: text("kind"),
    at: typeof read["at"] === "number" ? read["at"] : null,
    subject: text("subject"),
    policy: text("policy"),
    hash: leaf.leaf_hash,
  };
}

/** Any position of a log of this size, each as likely. */
export function anyPosition(size: number): number {
  const drawn = crypto.getRandomValues(new Uint32Array(2));
  const fraction = ((drawn[0] ?? 0) * 2 ** 21 + ((drawn[1] ?? 0) >>> 11)) / 2 ** 53;
  return Math.min(size - 1, Math.floor(fraction * size));
}

/** Hand a text to the person as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
