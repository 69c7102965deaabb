// SPDX-License-Identifier: Apache-2.0
/* Requests of authorities over HTTP, and how a state and a piece of evidence look. */

import { call, type Schemas } from "../../api/client";
import type { IconName, Tone } from "../../components";

export type RequestLine = Schemas["RequestLine"];
export type RequestList = Schemas["RequestList"];
export type Report = Schemas["RequestReport"];
export type JudicialRequest = Schemas["RequestView"];
export type Decision = NonNullable<Report["decision"]>;
export type Evidence = JudicialRequest["evidence"][number];
export type Clock = JudicialRequest["clocks"][number];
export type CallSheet = Schemas["CallSheet"];
export type Proposal = Schemas["FieldsProposal"];
export type Letter = Schemas["LetterView"];
export type LetterOptions = Schemas["LetterOptions"];
export type Preview = Schemas["counterseal.http.routers.desk_disclosure_bodies.PreviewView"];
export type Disclosure = Schemas["DisclosureView"];
export type FollowUp = Schemas["FollowUpView"];
export type PackLine = Schemas["PackLine"];
export type Pack = Schemas["PackView"];
export type Deadline = Pack["clocks"][number];

const ROOT = "/v1/desk/requests";

/** The path of one request and of what belongs to it. */
export function pathOf(request: string, rest = ""): string {
  return `${ROOT}/${encodeURIComponent(request)}${rest}`;
}

export interface InboxFilters {
  open: boolean;
  state: string;
  type: string;
  assigned: string;
  after: string;
}

/** One page of the inbox. */
export function readInbox(filters: InboxFilters, signal: AbortSignal): Promise<RequestList> {
  return call<RequestList>("GET", ROOT, { query: { ...filters, open: String(filters.open), limit: 50 }, signal });
}

/** A request with its decision. */
export function readRequest(request: string, signal: AbortSignal): Promise<Report> {
  return call<Report>("GET", pathOf(request), { signal });
}

/** Something read of a request. */
export function readOf<T>(request: string, rest: string, signal: AbortSignal): Promise<T> {
  return call<T>("GET", pathOf(request, rest), { signal });
}

/** A write on a request; the answer is the request as it is now. */
export function act(request: string, rest: string, body: unknown = {}): Promise<Report> {
  return call<Report>("POST", pathOf(request, rest), { body });
}

/** The operation that two officers sign. */
export function operationOf(request: string, rest: string): string {
  return `POST ${pathOf(request, rest)}`;
}

export const TYPES = ["disclosure", "emergency", "preservation", "freeze", "seizure", "amendment", "withdrawal"] as const;
export const ORDERS: ReadonlySet<string> = new Set(["preservation", "freeze", "seizure", "amendment", "withdrawal"]);
export const CATEGORIES = ["existence", "subscriber", "identification", "traffic", "transactions", "balances", "identity", "devices", "content"] as const;
export const OPEN_STATES = ["received", "triaged", "evidence", "clarification", "legal_review", "decision_pending", "approved", "package_built", "delivered", "notice_due", "notified", "executed", "suspected_forged"] as const;
export const ENDED = ["closed", "rejected", "withdrawn", "duplicate", "expired", "confirmed_forged"] as const;

/** Where evidence, fields and review may still change. */
export const WORKING: ReadonlySet<string> = new Set(["received", "triaged", "evidence", "clarification", "legal_review", "decision_pending"]);
export const CAN_SUBMIT: ReadonlySet<string> = new Set(["triaged", "evidence", "legal_review"]);

interface Look {
  tone: Tone;
  icon: IconName;
}

const WAITS: Look = { tone: "warn", icon: "clock" };
const DONE: Look = { tone: "ok", icon: "check" };
const OVER: Look = { tone: "plain", icon: "minus" };
const BAD: Look = { tone: "danger", icon: "warn" };

const READY: Look = { tone: "info", icon: "key" };

const LOOKS: Partial<Record<string, Look>> = {
  ...Object.fromEntries(["received", "triaged", "evidence", "clarification", "legal_review", "decision_pending", "notice_due"].map((state) => [state, WAITS])),
  ...Object.fromEntries(["approved", "package_built"].map((state) => [state, READY])),
  ...Object.fromEntries(["delivered", "notified", "executed"].map((state) => [state, DONE])),
  suspected_forged: BAD,
  confirmed_forged: BAD,
};

/** How a state looks; what ended is plain. */
export function lookOf(state: string): Look {
  return LOOKS[state] ?? OVER;
}

/** A piece that speaks against it and that nobody has resolved. */
export function contradicts(evidence: Evidence): boolean {
  return evidence.result === "contradicts" && evidence.void === "" && evidence.resolved === null;
}

const RANK: Partial<Record<string, number>> = { contradicts: 0, supports: 1, inconclusive: 2, not_applicable: 3 };

/** What speaks against it first, what no longer counts last; among equals the newest first. */
export function ranked(evidence: readonly Evidence[]): Evidence[] {
  const rank = (each: Evidence) => (each.void === "" ? (RANK[each.result] ?? 2) : 9) + (each.resolved === null ? 0 : 2);
  return [...evidence].sort((one, two) => rank(one) - rank(two) || two.collected_at - one.collected_at);
}

export interface Identifier {
  kind: string;
  value: string;
}

/** Lines such as "email ana@example.com"; null at a line that is none. */
export function identifiersOf(text: string): Identifier[] | null {
  const found: Identifier[] = [];
  for (const line of text.split("\n").map((each) => each.trim()).filter((each) => each !== "")) {
    const [, kind, value] = /^(account|email|phone|name|document|address|txid|ip)[\s:]+(.+)$/i.exec(line) ?? [];
    if (kind === undefined || value === undefined) return null;
    found.push({ kind: kind.toLowerCase(), value });
  }
  return found;
}

/** The share of a clock that has passed, 0 to 1. */
export function passed(from: number, due: number, now: number): number {
  return due <= from ? 1 : Math.min(1, Math.max(0, (now - from) / (due - from)));
}

/** The next clock that is not met, by its end. */
export function nextClock(clocks: readonly Clock[]): Clock | undefined {
  return clocks.filter((each) => each.met === null).sort((one, two) => one.due - two.due)[0];
}

const KIND_OF: Partial<Record<string, string>> = { gov_mail: "mail_auth", signed_letter: "doc_signature", letter: "doc_integrity", official_channel: "channel" };

/** The kind of evidence that counts as a factor of the policy. */
export function kindOf(factor: string): string {
  return KIND_OF[factor] ?? factor;
}

/** The size of the smallest set, in words of the page: null = nothing forges it. */
export function smallest(sets: readonly (readonly string[])[]): readonly string[] | undefined {
  return [...sets].sort((one, two) => one.length - two.length)[0];
}

/** A rule pack with its deadlines and bases. */
export function readPack(name: string, signal: AbortSignal): Promise<Pack> {
  return call<Pack>("GET", `/v1/desk/packs/${encodeURIComponent(name)}`, { signal });
}

/** The rule pack's deadline of this name: the legal basis's own before the pack's. */
export function deadlineOf(pack: Pack | undefined, basis: string, name: string): Deadline | undefined {
  const own = pack?.bases.find((each) => each.name === basis)?.clocks ?? [];
  return [...own, ...(pack?.clocks ?? [])].find((each) => each.name === name);
}

const EXTENDED = " +"; // at the end of a clock's source: it was made longer already

/** By how much a clock can be made longer, such as "30d"; null where it is met, was extended, or never may be. */
export function extension(pack: Pack | undefined, basis: string, clock: Clock): string | null {
  if (clock.met !== null || clock.source.endsWith(EXTENDED)) return null;
  return deadlineOf(pack, basis, clock.name)?.extend ?? null;
}

/** "90d" as number and unit: h, d, bd (business days), mo. Null for what is none. */
export function lengthOf(text: string): { n: number; unit: "h" | "d" | "bd" | "mo" } | null {
  const [, n, unit] = /^(\d+)(h|d|bd|mo)$/.exec(text) ?? [];
  return n === undefined ? null : { n: Number(n), unit: unit as "h" | "d" | "bd" | "mo" };
}

export const SILENCE_MOST = 90 * 86_400_000; // ms; then it is asked for again

/** Whether two officers may still let the owners be told later: it was handed out, and nobody was told. */
export function silenceOpen(disclosure: Disclosure): boolean {
  return disclosure.fetched !== null && disclosure.told.length === 0;
}

/** The day of a moment as a date field has it, in the browser's zone. */
export function dateOf(at: number): string {
  const then = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
}

/** The first moment of a date field's day, in the browser's zone; null while there is none. */
export function startOf(date: string): number | null {
  const at = new Date(`${date}T00:00`).getTime();
  return Number.isNaN(at) ? null : at;
}
