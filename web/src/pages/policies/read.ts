// SPDX-License-Identifier: Apache-2.0
/* What the policies page reads: the policy in force, its text, and the proof, which may still be computed. */

import { call } from "../../api/client";
import type { Attack, ProfileProof } from "./proof";

export interface RuleView {
  name: string;
  kind: string;
  outflow: boolean;
  line: number;
  limit: string | null;
  period: number | null;
}

export interface PolicyView {
  policy: string;
  digest: string;
  currency: string;
  not_offered: string[];
  rules: RuleView[];
}

/** One profile of a proof. `profiles`: all that the policy has. */
export interface Proof {
  policy: string;
  digest: string;
  currency: string;
  outflows: string[];
  profiles: string[];
  profile: string;
  found: ProfileProof;
}

/** `done` of `of` kinds of account are proved. */
export type ProofReply = { state: "running"; done: number; of: number } | { state: "ready"; proof: Proof };

interface Running {
  done: number;
  profiles: number;
}

interface Summary {
  policy: string;
  digest: string;
  currency: string;
  outflows: string[];
  profiles: { profile: string }[];
}

interface Part {
  digest: string;
  proof: ProfileProof;
}

const MOST = 1_000; // attacks of each list: any cell of the table leads to its path

/** The policy in force. */
export function readPolicy(signal: AbortSignal): Promise<PolicyView> {
  return call<PolicyView>("GET", "/v1/policy", { signal });
}

/** Its document as it was loaded. */
export function readText(signal: AbortSignal): Promise<string> {
  return call<string>("GET", "/v1/policy/text", { signal });
}

/** The proof for one kind of account; an unknown or empty name is the first one's. */
export async function readProof(profile: string, signal: AbortSignal): Promise<ProofReply> {
  const summary = await call<Summary | Running>("GET", "/v1/policy/proof", { signal });
  if (!isSummary(summary)) return running(summary);
  const profiles = summary.profiles.map((each) => each.profile);
  const chosen = profiles.includes(profile) ? profile : (profiles[0] ?? "");
  const part = await call<Part | Running>("GET", "/v1/policy/proof/profile", { query: { profile: chosen, most: MOST }, signal });
  if (!("proof" in part)) return running(part);
  return { state: "ready", proof: { ...summary, profiles, profile: chosen, digest: part.digest, found: part.proof } };
}

/** The prover's picture of one attack, as SVG. */
export function readPicture(profile: string, attack: Attack, signal: AbortSignal): Promise<string> {
  return call<string>("GET", "/v1/policy/proof/picture.svg", { query: { profile, attack: attack.id }, signal });
}

function isSummary(found: Summary | Running): found is Summary {
  return Array.isArray(found.profiles);
}

function running(found: Running): ProofReply {
  return { state: "running", done: found.done, of: found.profiles };
}
