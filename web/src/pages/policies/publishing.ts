// SPDX-License-Identifier: Apache-2.0
/* Versions, their verdicts and the shadow run over HTTP, and what a page needs to know of them. */

import { call, client, headerText, keyed, type Problem, type Schemas, unwrap } from "../../api/client";
import type { Tone, WindowValue } from "../../components";
import type { Key } from "../../i18n";
import { purposeOf } from "../../purpose";

export type Row = Schemas["VersionRow"];
export type Version = Schemas["VersionView"];
/** `locked_out`: what an owner who lost nothing cannot get any more; `apart`: words that were not compared. */
export type Verdict = Schemas["counterseal.http.routers.policy_bodies.VerdictView"];
export type Gain = Schemas["GainView"];
export type Shadow = Schemas["ShadowView"];
export type Cell = Schemas["CellView"];
export type Checked = Schemas["CheckView"];

const HOUR = 3_600_000;

export const STATES: Record<Row["state"], { tone: Tone; text: Key }> = {
  draft: { tone: "plain", text: "publishing.state.draft" },
  shadow: { tone: "info", text: "publishing.state.shadow" },
  proposed: { tone: "warn", text: "publishing.state.proposed" },
  in_force: { tone: "ok", text: "publishing.state.in_force" },
  retired: { tone: "plain", text: "publishing.state.retired" },
};

/** The newest first. */
export function readVersions(signal: AbortSignal): Promise<Schemas["VersionList"]> {
  return unwrap(client.GET("/v1/policy/versions", { signal }));
}

/** One version with its text and verdict. */
export function readVersion(version: string, signal: AbortSignal): Promise<Version> {
  return unwrap(client.GET("/v1/policy/versions/{version}", { params: { path: { version } }, signal }));
}

/** The shadow run; null: there was none yet. */
export async function readShadow(signal: AbortSignal): Promise<Shadow | null> {
  return (await unwrap(client.GET("/v1/policy/shadow", { signal }))).shadow;
}

/** What one policy editor does alone. A call is one press: each has an Idempotency-Key of its own. */
export const acts = {
  upload: (body: Schemas["DraftBody"]) => unwrap(client.POST("/v1/policy/versions", { params: keyed(), body })),
  examine: (version: string) => unwrap(client.POST("/v1/policy/versions/{version}/examine", { params: { ...keyed(), path: { version } } })),
  start: (version: string) => unwrap(client.POST("/v1/policy/versions/{version}/shadow", { params: { ...keyed(), path: { version } } })),
  stop: (version: string) => unwrap(client.POST("/v1/policy/versions/{version}/shadow/stop", { params: { ...keyed(), path: { version } } })),
  clear: (version: string) => unwrap(client.POST("/v1/policy/versions/{version}/shadow/clear", { params: { ...keyed(), path: { version } } })),
};

/** What an ask would be answered now. The look is noted with the purpose that was given for the account. */
export function check(body: Record<string, unknown> & { account: string }): Promise<Checked> {
  return call<Checked>("POST", "/v1/policy/check", { body, headers: { Purpose: headerText(purposeOf(body.account)) } });
}

/** The id of a version from the digest of its policy. */
export function versionOf(digest: string): string {
  return digest.replace(/^sha256:/, "");
}

/** The beginning of an id: enough to tell versions apart, and to be typed. */
export function shortOf(version: string): string {
  return version.slice(0, 12);
}

/** What two publishers sign. */
export function publishBody(proof: Verdict): Schemas["PublishBody"] {
  return { verdict: proof.digest, replaces: proof.against, weaker: proof.weaker, failing: proof.failing, locked_out: proof.locked_out, apart: proof.apart.length };
}

/** Why a version cannot be proposed now; undefined: it can. */
export function hindrance(found: Version): Key | undefined {
  if (found.proof === null) return "publishing.off.verdict";
  if (!found.proof.current) return "publishing.off.old";
  return Object.keys(found.proof.concerned).length > 0 ? "publishing.off.concerned" : undefined;
}

/** A bound of the prover as the window chip shows it. */
export function windowOf(bound: number | string): WindowValue {
  if (bound === "silent") return { hours: 0, silent: true };
  return { hours: typeof bound === "number" ? bound / HOUR : null };
}

function rank(bound: number | string): number {
  if (bound === "silent") return -1;
  return typeof bound === "number" ? bound : Infinity;
}

/** Worst first: the least time that is left, then the greatest loss of time, then most sets. */
export function worstFirst(gains: readonly Gain[]): Gain[] {
  const later = (one: number, other: number) => (one === other ? 0 : one < other ? -1 : 1); // both may be endless
  return [...gains].sort((a, b) => later(rank(a.after), rank(b.after)) || later(rank(b.before), rank(a.before)) || b.sets - a.sets || a.outflow.localeCompare(b.outflow));
}

export interface Share {
  /** Actions whose end under the version is known. */
  known: number;
  differ: number;
  unknown: number;
}

const UNKNOWN = new Set(["not_determined", "not_replayed"]);

/** How many actions would end otherwise, of those that can be told. */
export function shareOf(cells: readonly Cell[]): Share {
  const share = { known: 0, differ: 0, unknown: 0 };
  for (const cell of cells) {
    if (UNKNOWN.has(cell.now)) share.unknown += cell.count;
    else share.known += cell.count;
    if (differs(cell)) share.differ += cell.count;
  }
  return share;
}

/** Whether these actions would have ended otherwise. */
export function differs(cell: Cell): boolean {
  return cell.now !== "same" && !UNKNOWN.has(cell.now);
}

/** "6.4 %": one digit after the point, in tenths so that nothing small is rounded to nothing. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const tenths = Math.round((part * 1_000) / whole);
  if (tenths === 0) return "< 0.1 %";
  return tenths >= 1_000 && part < whole ? "> 99.9 %" : `${Math.floor(tenths / 10)}.${tenths % 10} %`;
}

/** A fault of a document. `line` counts from 1; 0: it has no place. */
export interface TextFault {
  field: "text" | "vocabulary";
  line: number;
  column: number;
  sentence: string;
}

const PLACE = /^line (\d+), column (\d+): /;

/** The faults that a refused upload names, in the order of the lines. */
export function faultsOf(problem: Problem): TextFault[] {
  const found = problem.faults.map(({ pointer, detail }): TextFault => {
    const place = PLACE.exec(detail);
    const sentence = place === null ? detail : detail.slice(place[0].length);
    return { field: pointer === "/vocabulary" ? "vocabulary" : "text", line: Number(place?.[1] ?? 0), column: Number(place?.[2] ?? 0), sentence };
  });
  return found.sort((one, other) => one.line - other.line || one.column - other.column);
}

/** `session=s-1 device=d-2` as objects; undefined: it is not of this form. */
export function objectsOf(text: string): Record<string, string> | undefined {
  const pairs = text.split(/[\s,]+/).filter(Boolean).map((part) => /^([a-z][a-z0-9_]*)=(\S+)$/.exec(part));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}
