// SPDX-License-Identifier: Apache-2.0
/* Calls to the API with the staff cookie. Types come from the OpenAPI document (`npm run api`). */

import createClient, { type Middleware } from "openapi-fetch";

import { purposeOf } from "../purpose";
import type { components, paths } from "./schema";

/** Bodies and replies by their name in the OpenAPI document: `Schemas["AccountView"]`. */
export type Schemas = components["schemas"];

/** One thing that is wrong with a body. `pointer`: where (RFC 6901). */
export interface Fault {
  pointer: string;
  detail: string;
}

/** What the server said when it refused (RFC 9457), or that it could not be reached (`code: "unreachable"`). */
export class Problem extends Error {
  override readonly name = "Problem";
  /** Status of HTTP; 0: no answer came. */
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly requestId: string;
  /** Seconds until another try makes sense. */
  readonly retryAfter: number | null;
  /** What is wrong where, in a body that was refused. */
  readonly faults: readonly Fault[];

  constructor(status: number, code: string, detail: string, hint = "", requestId = "", retryAfter: number | null = null, faults: readonly Fault[] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.hint = hint;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.faults = faults;
  }
}

const READS = new Set(["GET", "HEAD"]);
const ACCOUNT = /^\/v1\/accounts\/([^/?]+)/;

/** 128 random bits as hex: one for each thing that a person asked for, so that a repeat does nothing twice. */
export function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The headers of one call: proof that our page sent it, one key for each write, why an account is read. */
export function headersFor(method: string, path: string, given: Headers): Headers {
  const headers = new Headers(given);
  headers.set("X-Counterseal", "console");
  if (!READS.has(method) && !headers.has("Idempotency-Key")) headers.set("Idempotency-Key", idempotencyKey());
  const account = ACCOUNT.exec(path)?.[1];
  const purpose = account === undefined ? "" : purposeOf(decodeURIComponent(account));
  if (purpose !== "" && !headers.has("Purpose")) headers.set("Purpose", headerText(purpose));
  return headers;
}

/** `params` of a typed write: `client.POST(path, { params: { ...keyed(), path: { … } }, body })`. */
export function keyed(): { header: { "Idempotency-Key": string } } {
  return { header: { "Idempotency-Key": idempotencyKey() } };
}

/** UTF-8 as a header may carry it: one character for each byte. */
export function headerText(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

const ours: Middleware = {
  onRequest({ request }) {
    const { pathname } = new URL(request.url);
    return new Request(request, { headers: headersFor(request.method, pathname, request.headers) });
  },
};

/** The typed client: `await unwrap(client.GET("/v1/policy"))`. */
export const client = createClient<paths>({ baseUrl: globalThis.location.origin, credentials: "same-origin" });
client.use(ours);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The reply of a typed call; raises Problem. */
export async function unwrap<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    throw unreachable(error);
  }
  if (!answer.response.ok) throw problemOf(answer.response, answer.error);
  return answer.data as T;
}

interface CallOptions {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One call by method and path; the reply as JSON, or null where there is none. Raises Problem. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const url = new URL(path, globalThis.location.origin);
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const headers = headersFor(method, url.pathname, new Headers(options.headers));
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw unreachable(error);
  }
  const text = await response.text();
  const read: unknown = text === "" ? null : parsed(text);
  if (!response.ok) throw problemOf(response, read);
  return read as T;
}

/** Send a file as it is; the reply. Raises Problem. */
export async function sendFile<T>(path: string, file: Blob, query: Record<string, string>): Promise<T> {
  const url = new URL(path, globalThis.location.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const headers = headersFor("POST", url.pathname, new Headers({ "Content-Type": "application/octet-stream" }));
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body: file, credentials: "same-origin" });
  } catch (error) {
    throw unreachable(error);
  }
  const read: unknown = parsed(await response.text());
  if (!response.ok) throw problemOf(response, read);
  return read as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function unreachable(error: unknown): unknown {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new Problem(0, "unreachable", "the server did not answer");
}

function problemOf(response: Response, body: unknown): Problem {
  const given = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  const text = (name: string) => (typeof given[name] === "string" ? given[name] : "");
  const retry = Number(response.headers.get("Retry-After"));
  return new Problem(
    response.status,
    text("code") || "failed",
    text("detail") || response.statusText,
    text("hint"),
    response.headers.get("X-Request-Id") ?? text("instance"),
    retry > 0 ? retry : null,
    Array.isArray(given["errors"]) ? given["errors"].filter(isFault) : [],
  );
}

function isFault(given: unknown): given is Fault {
  const { pointer, detail } = (typeof given === "object" && given !== null ? given : {}) as Partial<Record<string, unknown>>;
  return typeof pointer === "string" && typeof detail === "string";
}
