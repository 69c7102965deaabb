// SPDX-License-Identifier: Apache-2.0
/* The check of the log in this browser, step by step: key, signature, nothing taken back, consistency, inclusion. */

import type { Key, Values } from "../../i18n";
import { ProofError, fromBase64, leafHash, sameBytes, toBase64, verifyConsistency, verifyInclusion } from "./merkle";
import { type Checkpoint, NoteError, openCheckpoint, parseVerifierKey } from "./note";

/** What this browser keeps: the key at first sight and the newest checkpoint that held. */
export interface Kept {
  key: string;
  note: string;
  at: number;
}

export interface Leaf {
  position: number;
  leaf: string;
  leaf_hash: string;
}

export interface Inclusion {
  position: number;
  size: number;
  leaf_hash: string;
  proof: string[];
}

/** Where the log is read from. `leaf`: null where the reader may not see entries. */
export interface LogSource {
  key: () => Promise<{ origin: string; key: string }>;
  checkpoint: () => Promise<string>;
  consistency: (first: number, second: number) => Promise<{ proof: string[] }>;
  inclusion: (position: number, size: number) => Promise<Inclusion>;
  leaf: (position: number) => Promise<Leaf | null>;
}

export type StepName = "key" | "signature" | "forward" | "consistency" | "inclusion";
export const STEPS: readonly StepName[] = ["key", "signature", "forward", "consistency", "inclusion"];

/** One step that was taken. `empty`: there was nothing to compare with, so it shows nothing. `why`: a key of the texts. */
export interface StepResult {
  name: StepName;
  result: "pass" | "fail" | "empty";
  why: Key;
  values: Values;
}

/** `steps` ends with the first that failed. `kept`: what to keep now; null if anything failed. */
export interface Report {
  steps: StepResult[];
  good: boolean;
  first: boolean;
  checkpoint: Checkpoint | null;
  position: number;
  kept: Kept | null;
}

/** A step that failed, with the text that says why. */
class Failed extends Error {
  readonly why: Key;
  readonly values: Values;

  constructor(why: Key, values: Values = {}) {
    super(why);
    this.why = why;
    this.values = values;
  }
}

/**
 * Check the log of `source` against what was `kept`. `position`: the entry whose inclusion is checked, null = `choose`
 * of the size picks one. Raises only what the source raises: a server that does not answer proves nothing.
 */
export async function checkLog(
  source: LogSource,
  kept: Kept | null,
  position: number | null,
  choose: (size: number) => number,
  now: number,
): Promise<Report> {
  const report: Report = { steps: [], good: false, first: kept === null, checkpoint: null, position: position ?? -1, kept: null };
  const pass = (name: StepName, why: Key, values: Values = {}): void => {
    report.steps.push({ name, result: "pass", why, values });
  };
  const empty = (name: StepName, why: Key, values: Values = {}): void => {
    report.steps.push({ name, result: "empty", why, values });
  };
  try {
    const { key } = await source.key();
    if (kept !== null && kept.key !== key) throw new Failed("log.why_key_changed", { before: shortKey(kept.key), now: shortKey(key) });
    if (kept === null) empty("key", "log.why_key_first", { id: shortKey(key) });
    else pass("key", "log.why_key", { id: shortKey(key) });

    const note = await source.checkpoint();
    const verifier = await parseVerifierKey(key);
    const current = await openCheckpoint(note, verifier);
    report.checkpoint = current;
    pass("signature", "log.why_signature", { size: current.size, root: `${current.rootText.slice(0, 8)}…` });

    const seen = kept === null ? null : await openCheckpoint(kept.note, verifier);
    checkForward(seen, current);
    if (seen === null) empty("forward", "log.why_forward_first", { size: current.size });
    else pass("forward", "log.why_forward", { before: seen.size, size: current.size });

    const hashes = await checkConsistency(source, seen, current);
    if (seen === null) empty("consistency", "log.why_forward_first", { size: current.size });
    else if (hashes === null) pass("consistency", "log.why_same");
    else pass("consistency", "log.why_consistency", { n: hashes });

    if (current.size > 0) {
      report.position = position ?? choose(current.size);
      const { hashes: n, read } = await checkInclusion(source, report.position, current);
      pass("inclusion", read ? "log.why_inclusion" : "log.why_inclusion_hash", { n });
    }
    report.good = true;
    report.kept = { key, note, at: now };
  } catch (error) {
    const failed = failureOf(error, STEPS[report.steps.length] ?? "inclusion");
    if (failed === null) throw error;
    report.steps.push(failed);
  }
  return report;
}

/** A log never gets shorter and never goes back to an earlier epoch; a restore (a later epoch) is told apart. */
function checkForward(seen: Checkpoint | null, current: Checkpoint): void {
  if (seen === null) return;
  const [before, now] = [seen.epoch ?? 0, current.epoch ?? 0];
  if (now < before) throw new Failed("log.fault_epoch", { before, now });
  if (current.size < seen.size) {
    const values = { before: seen.size, size: current.size, now };
    throw new Failed(now > before ? "log.fault_restored" : "log.fault_shorter", values);
  }
}

/** Number of hashes of the proof; null: there was nothing to ask. */
async function checkConsistency(source: LogSource, seen: Checkpoint | null, current: Checkpoint): Promise<number | null> {
  if (seen === null || seen.size === 0) return null;
  try {
    if (seen.size === current.size) {
      await verifyConsistency(seen.size, current.size, seen.root, current.root, []);
      return null;
    }
    const { proof } = await source.consistency(seen.size, current.size);
    await verifyConsistency(seen.size, current.size, seen.root, current.root, proof.map(fromBase64));
    return proof.length;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const values = { before: seen.size, now: current.epoch ?? 0 };
    throw new Failed((current.epoch ?? 0) > (seen.epoch ?? 0) ? "log.fault_restored" : "log.fault_consistency", values);
  }
}

async function checkInclusion(source: LogSource, position: number, current: Checkpoint): Promise<{ hashes: number; read: boolean }> {
  const [found, leaf] = await Promise.all([source.inclusion(position, current.size), source.leaf(position)]);
  try {
    const digest = fromBase64(found.leaf_hash);
    if (leaf !== null && !sameBytes(await leafHash(new TextEncoder().encode(leaf.leaf)), digest)) throw new Failed("log.fault_leaf");
    if (leaf !== null && seqOf(leaf.leaf) !== position) throw new Failed("log.fault_leaf");
    await verifyInclusion(position, current.size, digest, found.proof.map(fromBase64), current.root);
  } catch (error) {
    if (error instanceof ProofError) throw new Failed("log.fault_inclusion");
    throw error;
  }
  return { hashes: found.proof.length, read: leaf !== null };
}

/** The entry's own number: a server must not answer with another entry that is also in the log. */
function seqOf(leaf: string): number | null {
  const read: unknown = JSON.parse(leaf);
  return typeof read === "object" && read !== null && "seq" in read && typeof read.seq === "number" ? read.seq : null;
}

function failureOf(error: unknown, name: StepName): StepResult | null {
  if (error instanceof Failed) return { name, result: "fail", why: error.why, values: error.values };
  if (!(error instanceof NoteError)) return null;
  const fault = error.fault === "key" ? "malformed" : error.fault;
  return { name, result: "fail", why: `log.fault_${fault}`, values: {} };
}

/** NAME+KEYID of a verifier key: what a person compares. */
export function shortKey(key: string): string {
  return key.split("+").slice(0, 2).join("+");
}

/** The file that proves one entry: all that RFC 9162, section 2.1.3.2 asks for. */
export async function proofFile(source: LogSource, position: number): Promise<string> {
  const [{ origin, key }, checkpoint] = await Promise.all([source.key(), source.checkpoint()]);
  const current = await openCheckpoint(checkpoint, await parseVerifierKey(key));
  const [inclusion, leaf] = await Promise.all([source.inclusion(position, current.size), source.leaf(position)]);
  const document = { origin, key, checkpoint, position, size: current.size, leaf: leaf?.leaf ?? null, leaf_hash: inclusion.leaf_hash, root: toBase64(current.root), proof: inclusion.proof };
  return `${JSON.stringify(document, null, 2)}\n`;
}
