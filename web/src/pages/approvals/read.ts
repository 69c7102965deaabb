// SPDX-License-Identifier: Apache-2.0
/* Approvals over HTTP, and whose turn one is. */

import { call } from "../../api/client";

export type Status = "open" | "approved" | "used" | "rejected" | "expired" | "void";

export interface Approval {
  id: string;
  operation: string;
  body: Record<string, unknown> | null;
  digest: string;
  reason: string;
  account: string | null;
  status: Status;
  sensitive: boolean;
  assigned: string | null;
  proposed_by: string;
  created: number;
  expires: number;
  scopes: string[];
  signatures: { staff: string; name: string; at: number }[];
  ended: number | null;
  ended_by: string;
  ended_reason: string;
  can_sign: boolean;
  obstacle: string;
  /** Names by id. */
  people: Record<string, string>;
}

interface Page {
  items: Approval[];
  next: string | null;
}

export type View = "mine" | "proposed" | "open" | "done";
export const VIEWS: readonly View[] = ["mine", "proposed", "open", "done"];

const MOST = 100;

/** The newest of every status, open ones first asked for so that none of them is missing. */
export async function readApprovals(signal: AbortSignal): Promise<Approval[]> {
  const ask = (status?: Status) => call<Page>("GET", "/v1/approvals", { query: { limit: MOST, status }, signal });
  const pages = await Promise.all([ask("open"), ask("approved"), ask()]);
  const found = new Map(pages.flatMap((page) => page.items).map((each) => [each.id, each]));
  return [...found.values()].sort((one, other) => other.created - one.created);
}

/** One approval. */
export function readApproval(id: string, signal: AbortSignal): Promise<Approval> {
  return call<Approval>("GET", `/v1/approvals/${encodeURIComponent(id)}`, { signal });
}

/** Whether somebody still has to do something. */
export function isOpen(approval: Approval): boolean {
  return approval.status === "open" || approval.status === "approved";
}

/** Whether an approval belongs to a view. `me`: `staff:ID`; `mayCarryOut`: my scopes reach the operation. */
export function belongs(approval: Approval, view: View, me: string, mayCarryOut: (approval: Approval) => boolean): boolean {
  if (view === "open") return isOpen(approval);
  if (view === "done") return !isOpen(approval);
  if (view === "proposed") return approval.proposed_by === me;
  if (approval.status === "approved") return mayCarryOut(approval);
  return approval.status === "open" && approval.can_sign;
}

/** Names of the staff that these approvals speak of, by id. */
export function namesIn(approvals: readonly Approval[]): Map<string, string> {
  return new Map(approvals.flatMap((each) => Object.entries(each.people)));
}

/** The key of the one write that carries an approval out: a second press does nothing twice. */
export function carryKey(approval: Approval): string {
  return `approval-${approval.id}`;
}

/** Send the operation that was approved, exactly as it was signed. The reply, whatever it is. */
export function carryOut(approval: Approval): Promise<unknown> {
  const cut = approval.operation.indexOf(" ");
  const headers = { Approval: approval.id, "Idempotency-Key": carryKey(approval) };
  const body = approval.body === null ? {} : { body: approval.body };
  return call<unknown>(approval.operation.slice(0, cut), approval.operation.slice(cut + 1), { headers, ...body });
}

/** Reject with a reason. */
export function reject(approval: Approval, reason: string): Promise<Approval> {
  return call<Approval>("POST", `/v1/approvals/${encodeURIComponent(approval.id)}/reject`, { body: { reason } });
}
