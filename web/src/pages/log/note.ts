// SPDX-License-Identifier: Apache-2.0
/** Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint) read and verified in the browser. */

import { fromBase64, sameBytes, sha256, toHex } from "./merkle";

const ED25519 = 1;
const KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;
const DASH = "\u2014 ";
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

export type NoteFault = "malformed" | "key" | "unsigned" | "signature" | "origin" | "unsupported";

/** A note that cannot be read or trusted. */
export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly fault: NoteFault;

  constructor(fault: NoteFault, sentence: string) {
    super(sentence);
    this.fault = fault;
  }
}

/** The log's public key under its name. `id`: the first 4 bytes of its hash. */
export interface VerifierKey {
  name: string;
  id: Uint8Array;
  publicKey: Uint8Array<ArrayBuffer>;
}

/** One signature line: whose, and key id with signature. */
export interface SignatureLine {
  name: string;
  raw: Uint8Array;
}

/** Size and root of the log at a time (ms); `others`: signature lines of further keys, as of witnesses. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
  rootText: string;
  time: number | null;
  epoch: number | null;
  others: SignatureLine[];
}

/** Read NAME+KEYID+KEY; throws NoteError unless the key id fits. */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  const [name, id, ...rest] = text.split("+");
  const encoded = rest.join("+"); // base64 may hold a plus
  if (name === undefined || id === undefined || name === "" || encoded === "") {
    throw new NoteError("key", "a verifier key has the form NAME+KEYID+KEY");
  }
  const raw = bytesOf(encoded, "key");
  if (raw[0] !== ED25519 || raw.length !== KEY_SIZE + 1) {
    throw new NoteError("key", "the verifier key is not of type Ed25519");
  }
  const digest = await sha256(new TextEncoder().encode(`${name}\n`), raw);
  const found = digest.slice(0, 4);
  if (toHex(found) !== id) throw new NoteError("key", "the verifier key does not match its key id");
  return { name, id: found, publicKey: raw.slice(1) };
}

/** A note's text and its signature lines, unverified. */
export function splitNote(note: string): { text: string; lines: SignatureLine[] } {
  const at = note.lastIndexOf("\n\n");
  if (at < 1 || !note.endsWith("\n")) throw new NoteError("malformed", "the note has no signatures after an empty line");
  const lines = note.slice(at + 2, -1).split("\n").map(signatureLine);
  return { text: note.slice(0, at + 1), lines };
}

/** The checkpoint of a note signed by `key`; throws NoteError. A wrong signature of this key rejects the whole note. */
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const { text, lines } = splitNote(note);
  const own = lines.filter((line) => line.name === key.name && sameBytes(line.raw.slice(0, 4), key.id));
  if (own.length === 0) throw new NoteError("unsigned", `no signature by the key ${key.name}`);
  const imported = await importKey(key.publicKey);
  for (const line of own) {
    const signature = Uint8Array.from(line.raw.slice(4));
    const message = new TextEncoder().encode(text);
    const good =
      signature.length === SIGNATURE_SIZE && (await crypto.subtle.verify("Ed25519", imported, signature, message));
    if (!good) throw new NoteError("signature", `the signature by ${key.name} is wrong`);
  }
  const found = parseCheckpoint(text);
  if (found.origin !== key.name) throw new NoteError("origin", `the checkpoint is of another log, ${found.origin}`);
  return { ...found, others: lines.filter((line) => !own.includes(line)) };
}

/** Read a checkpoint's text, strictly; throws NoteError. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  const [origin, size, root, ...others] = lines.slice(0, -1);
  if (lines.at(-1) !== "" || origin === undefined || size === undefined || root === undefined || lines.slice(0, -1).includes("")) {
    throw new NoteError("malformed", "a checkpoint has at least three lines");
  }
  const rootBytes = bytesOf(root, "malformed");
  if (rootBytes.length !== KEY_SIZE) throw new NoteError("malformed", "the checkpoint's root is not 32 bytes");
  return {
    origin,
    size: numberOf(size),
    root: rootBytes,
    rootText: root,
    time: extension(others, "time"),
    epoch: extension(others, "epoch"),
    others: [],
  };
}

function extension(lines: readonly string[], word: string): number | null {
  const found = lines.filter((line) => line.startsWith(`${word} `));
  if (found.length > 1) throw new NoteError("malformed", `the checkpoint has two lines ${word}`);
  return found[0] === undefined ? null : numberOf(found[0].slice(word.length + 1));
}

function numberOf(text: string): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new NoteError("malformed", "a number of the checkpoint is not plain");
  return value;
}

function signatureLine(line: string): SignatureLine {
  const [name, encoded, ...rest] = line.slice(DASH.length).split(" ");
  if (!line.startsWith(DASH) || name === undefined || name === "" || encoded === undefined || rest.length > 0) {
    throw new NoteError("malformed", "a signature line is not of the form: dash, key name, base64");
  }
  const raw = bytesOf(encoded, "malformed");
  if (raw.length <= 4) throw new NoteError("malformed", "a signature is too short");
  return { name, raw };
}

async function importKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  } catch {
    throw new NoteError("unsupported", "this browser has no Ed25519");
  }
}

function bytesOf(text: string, fault: NoteFault): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch {
    throw new NoteError(fault, "base64 cannot be read");
  }
}
