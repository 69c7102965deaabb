// SPDX-License-Identifier: Apache-2.0
/* The registry of authorities over HTTP. */

import { call, type Schemas, sendFile } from "../../api/client";

export type AuthorityRow = Schemas["AuthorityRow"];
export type Authority = Schemas["AuthorityView"];
export type Contact = Schemas["AuthorityContactView"];
export type Import = Schemas["ImportView"];
export type Due = Schemas["DueView"];

/** Authorities by name; `after`: the last one of the page before. */
export function readAuthorities(country: string, after: string, signal: AbortSignal): Promise<Schemas["AuthorityList"]> {
  return call<Schemas["AuthorityList"]>("GET", "/v1/desk/authorities", { query: { country, after, limit: 100 }, signal });
}

/** One authority; contacts are judged for a request received at `received` (ms). */
export function readAuthority(authority: string, received: number | undefined, signal: AbortSignal): Promise<Authority> {
  return call<Authority>("GET", `/v1/desk/authorities/${encodeURIComponent(authority)}`, { query: { received }, signal });
}

/** Contacts whose yearly check is near or overdue. */
export function readDue(signal: AbortSignal): Promise<Schemas["DueList"]> {
  return call<Schemas["DueList"]>("GET", "/v1/desk/registry/due", { query: { days: 60 }, signal });
}

/** What a file would enter; nothing is kept. */
export function tryImport(file: File): Promise<Import> {
  return sendFile<Import>("/v1/desk/registry/trial", file, {});
}

/** A file without mistakes becomes a draft that two officers can sign. */
export function handIn(file: File): Promise<Import> {
  return sendFile<Import>("/v1/desk/registry/imports", file, {});
}

/** Imports that were handed in, the newest first. */
export function readImports(signal: AbortSignal): Promise<Schemas["ImportList"]> {
  return call<Schemas["ImportList"]>("GET", "/v1/desk/registry/imports", { query: { limit: 10 }, signal });
}

/** From when on a contact could count by waiting alone, and until when without another check (ms). */
export function counted(contact: Contact): { from: number; until: number } {
  return { from: contact.usable.counts ? contact.entered : (contact.usable.when ?? contact.entered), until: contact.ended ?? contact.recheck };
}
