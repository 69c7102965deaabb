// SPDX-License-Identifier: Apache-2.0
/* Documents of the judicial desk over HTTP, and how a verdict and a finding look. */

import { client, keyed, type Schemas, sendFile, unwrap } from "../../api/client";
import type { IconName, Tone } from "../../components";
import type { Key } from "../../i18n";

export type Document = Schemas["DocumentView"];
export type DocumentReport = Schemas["DocumentReport"];
export type Examination = Schemas["ExaminationView"];
export type Finding = Schemas["FindingView"];

/** Bytes that the server takes. */
export const MOST_BYTES = 25 * 1024 * 1024;

interface Look {
  tone: Tone;
  icon: IconName;
  text: Key;
}

export const VERDICTS: Record<string, Look & { why: Key }> = {
  verified: { tone: "ok", icon: "check", text: "desk.verified", why: "desk.verifiedWhy" },
  neutral: { tone: "plain", icon: "minus", text: "desk.neutral", why: "desk.neutralWhy" },
  cannot_verify: { tone: "warn", icon: "warn", text: "desk.cannotVerify", why: "desk.cannotVerifyWhy" },
  contradicts: { tone: "danger", icon: "x", text: "desk.contradicts", why: "desk.contradictsWhy" },
  quarantined: { tone: "info", icon: "lock", text: "desk.quarantined", why: "desk.quarantinedWhy" },
};

/** The worst first: what an officer has to know stands on top. */
export const EFFECTS: Record<string, Look & { tag: string }> = {
  contradicts: { tone: "danger", icon: "x", text: "desk.effect.contradicts", tag: "fail" },
  inconclusive: { tone: "warn", icon: "clock", text: "desk.effect.inconclusive", tag: "hold" },
  withholds: { tone: "plain", icon: "minus", text: "desk.effect.withholds", tag: "none" },
  supports: { tone: "ok", icon: "check", text: "desk.effect.supports", tag: "pass" },
  note: { tone: "info", icon: "info", text: "desk.effect.note", tag: "none" },
};

const ORDER = Object.keys(EFFECTS);

/** Findings with the number that marks them on the pages, the worst first. */
export function numbered(findings: readonly Finding[]): { finding: Finding; number: number }[] {
  const rank = (finding: Finding) => (ORDER.indexOf(finding.effect) + ORDER.length) % ORDER.length;
  return [...findings].sort((one, two) => rank(one) - rank(two)).map((finding, index) => ({ finding, number: index + 1 }));
}

/** Where a finding can be seen: an invisible signature has a place without a size. */
export function seen(finding: Finding): Finding["boxes"] {
  return finding.boxes.filter((box) => box.right > box.left && box.bottom > box.top);
}

/** The newest documents. */
export function readDocuments(signal: AbortSignal): Promise<Schemas["DocumentList"]> {
  return unwrap(client.GET("/v1/desk/documents", { params: { query: { limit: 100 } }, signal }));
}

/** A document with its reports. */
export function readDocument(document: string, signal: AbortSignal): Promise<DocumentReport> {
  return unwrap(client.GET("/v1/desk/documents/{document}", { params: { path: { document } }, signal }));
}

/** One more report, by what the desk trusts now. */
export function examineAgain(document: string): Promise<DocumentReport> {
  return unwrap(client.POST("/v1/desk/documents/{document}/examinations", { params: { ...keyed(), path: { document } } }));
}

/** Hand a file in as it is; the answer has its report. */
export function handIn(file: File): Promise<DocumentReport> {
  return sendFile<DocumentReport>("/v1/desk/documents", file, { name: file.name });
}

/** Where the server draws a page. */
export function pageSource(document: string, page: number): string {
  return `/v1/desk/documents/${encodeURIComponent(document)}/pages/${page}?width=1200`;
}

/** How a document came. */
export function sourceKey(source: string): Key {
  return source === "mail" ? "desk.source.mail" : source === "portal" ? "desk.source.portal" : "desk.source.upload";
}

/** Bytes as people read them. */
export function bytesText(size: number): string {
  if (size < 1024) return `${size} B`;
  const kilo = size / 1024;
  return kilo < 1024 ? `${kilo.toFixed(kilo < 10 ? 1 : 0)} kB` : `${(kilo / 1024).toFixed(1)} MB`;
}
