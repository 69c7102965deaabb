// SPDX-License-Identifier: Apache-2.0
/** What an operation will do, as facts for the texts: kind, subject, effects. The words stand in texts/. */

/** A known operation. `other`: one that this page has no words for; it is shown as it is. */
export type OperationKind =
  | "unfreeze"
  | "staff_freeze"
  | "clear_suspicion"
  | "confirm_notice"
  | "erase"
  | "dispute_uphold"
  | "dispute_end"
  | "staff_invite"
  | "staff_renew"
  | "staff_roles"
  | "staff_enable"
  | "brake_set"
  | "brake_lift"
  | "glass_open"
  | "sessions_end"
  | "webhook_create"
  | "webhook_change"
  | "policy_publish"
  | "policy_publish_weaker"
  | "policy_publish_lockout"
  | "request_approve"
  | "request_resolve"
  | "request_forged"
  | "request_clear"
  | "letter_send"
  | "registry_change"
  | "registry_import"
  | "silence_renew"
  | "other";

export type SubjectKind = "account" | "action" | "staff" | "person" | "brake" | "webhook" | "policy" | "request" | "letter" | "authority" | "path";

/** `subject`: the account, the action of a dispute, or a member of staff; `about`: a suspicion, notice or roles; `word`: to type before it is done. */
export interface Operation {
  kind: OperationKind;
  method: string;
  path: string;
  subjectKind: SubjectKind;
  subject: string;
  about: string;
  effects: readonly string[];
  word: string | null;
}

type Rule = readonly [method: string, pattern: RegExp, kind: OperationKind, subjectKind: SubjectKind];

const RULES: readonly Rule[] = [
  ["POST", /^\/v1\/accounts\/([^/]+)\/unfreeze$/, "unfreeze", "account"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/staff-freeze$/, "staff_freeze", "account"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/suspicions\/([^/]+)\/clear$/, "clear_suspicion", "account"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/notices\/([^/]+)\/confirm$/, "confirm_notice", "account"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/erase$/, "erase", "account"],
  ["POST", /^\/v1\/actions\/([^/]+)\/dispute$/, "dispute_end", "action"],
  ["POST", /^\/v1\/staff\/(invitations)$/, "staff_invite", "person"],
  ["POST", /^\/v1\/staff\/([^/]+)\/renew$/, "staff_renew", "staff"],
  ["PUT", /^\/v1\/staff\/([^/]+)\/roles$/, "staff_roles", "staff"],
  ["POST", /^\/v1\/staff\/([^/]+)\/enable$/, "staff_enable", "staff"],
  ["POST", /^\/v1\/(brakes)$/, "brake_set", "brake"],
  ["POST", /^\/v1\/brakes\/([^/]+)\/lift$/, "brake_lift", "brake"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/glass$/, "glass_open", "account"],
  ["POST", /^\/v1\/accounts\/([^/]+)\/sessions\/end$/, "sessions_end", "account"],
  ["POST", /^\/v1\/(webhooks)$/, "webhook_create", "webhook"],
  ["PUT", /^\/v1\/(webhooks)\/([^/]+)$/, "webhook_change", "webhook"],
  ["POST", /^\/v1\/policy\/versions\/([0-9a-f]{64})\/publish$/, "policy_publish", "policy"],
  ["POST", /^\/v1\/desk\/requests\/([^/]+)\/approve$/, "request_approve", "request"],
  ["POST", /^\/v1\/desk\/requests\/([^/]+)\/evidence\/([^/]+)\/resolve$/, "request_resolve", "request"],
  ["POST", /^\/v1\/desk\/requests\/([^/]+)\/confirm-forged$/, "request_forged", "request"],
  ["POST", /^\/v1\/desk\/requests\/([^/]+)\/clear$/, "request_clear", "request"],
  ["POST", /^\/v1\/desk\/letters\/([^/]+)\/send$/, "letter_send", "letter"],
  ["POST", /^\/v1\/desk\/disclosures\/([^/]+)\/silence$/, "silence_renew", "path"],
  ["POST", /^\/v1\/desk\/(authorities)$/, "registry_change", "authority"],
  ["POST", /^\/v1\/desk\/authorities\/([^/]+)\//, "registry_change", "authority"],
  ["POST", /^\/v1\/desk\/registry\/imports\/([^/]+)\/apply$/, "registry_import", "authority"],
];

/** Keys below `approvals.effect.` in the texts, in the order in which they are told. */
const EFFECTS: Record<OperationKind, readonly string[]> = {
  unfreeze: ["unfreeze_all", "unfreeze_wait", "owner_told"],
  staff_freeze: ["freeze_outflows", "freeze_actions", "freeze_until", "owner_told"],
  clear_suspicion: ["clear_counts", "clear_grants", "clear_kept"],
  confirm_notice: ["confirm_states", "confirm_clock"],
  erase: ["erase_key", "erase_log", "erase_final"],
  dispute_uphold: ["uphold_goes_on", "uphold_due"],
  dispute_end: ["end_never", "end_objects"],
  staff_invite: ["invite_link", "invite_roles"],
  staff_renew: ["renew_link", "renew_old"],
  staff_roles: ["roles_new", "roles_sessions"],
  staff_enable: ["enable_back"],
  brake_set: ["brake_everybody", "brake_delays", "brake_two"],
  brake_lift: ["brake_goes_on", "brake_waits"],
  glass_open: ["glass_aside", "glass_kept", "glass_told"],
  sessions_end: ["sessions_out", "sessions_waits", "owner_told"],
  webhook_create: ["webhook_out", "webhook_secret"],
  webhook_change: ["webhook_moves", "webhook_before", "webhook_same"],
  policy_publish: ["policy_all", "policy_holds", "policy_shadow", "policy_not_weaker"],
  policy_publish_weaker: ["policy_weaker", "policy_all", "policy_holds", "policy_shadow"],
  policy_publish_lockout: ["policy_lockout", "policy_all", "policy_holds", "policy_shadow", "policy_not_weaker"],
  request_approve: ["request_release", "request_bound", "request_never"],
  request_resolve: ["resolve_counts", "resolve_kept"],
  request_forged: ["forged_shields", "forged_told"],
  request_clear: ["forged_cleared"],
  letter_send: ["letter_goes", "letter_text"],
  registry_change: ["registry_called", "registry_waits"],
  registry_import: ["registry_all", "registry_waits"],
  silence_renew: ["silence_owner", "silence_ends"],
  other: ["other_exact"],
};

/** What harms or cannot be undone asks for the subject's name to be typed. What protects does not. */
const HARMFUL: ReadonlySet<OperationKind> = new Set<OperationKind>(["unfreeze", "erase", "dispute_uphold", "glass_open", "policy_publish_weaker", "policy_publish_lockout", "request_approve", "request_resolve", "silence_renew", "other"]);

/** Read `METHOD /path` and its body. Never fails: what is not known is `other`, with the path as its subject. */
export function describe(operation: string, body: unknown): Operation {
  const cut = operation.indexOf(" ");
  const method = cut < 0 ? "" : operation.slice(0, cut);
  const path = cut < 0 ? operation : operation.slice(cut + 1);
  for (const [verb, pattern, named, subjectKind] of RULES) {
    const found = method === verb ? pattern.exec(path) : null;
    if (found?.[1] === undefined) continue;
    const kind = turned(named, body);
    const subject = kind === "staff_invite" ? text(member(body, "email")) : kind === "brake_set" ? stopped(body) : subjectKind === "webhook" ? text(member(body, "url")) : found[1] === "authorities" ? text(member(body, "id")) : decoded(found[1]);
    const roles = member(body, "roles");
    const about = Array.isArray(roles) ? roles.map(text).join(", ") : decoded(found[2] ?? "");
    return { kind, method, path, subjectKind, subject, about, effects: EFFECTS[kind], word: HARMFUL.has(kind) ? shown(subjectKind, subject) : null };
  }
  return { kind: "other", method, path, subjectKind: "path", subject: path, about: "", effects: EFFECTS.other, word: path };
}

/** Two operations of one path that its body tells apart. What is not said to be as strong is told as weaker. */
function turned(named: OperationKind, body: unknown): OperationKind {
  if (named === "dispute_end" && member(body, "uphold") === true) return "dispute_uphold";
  if (named !== "policy_publish") return named;
  if (member(body, "weaker") !== false) return "policy_publish_weaker";
  return (member(body, "locked_out") ?? 0) === 0 ? named : "policy_publish_lockout";
}

/** A subject as titles say it and people type it: of a digest its beginning. */
export function shown(kind: SubjectKind, subject: string): string {
  return kind === "policy" ? subject.slice(0, 12) : subject;
}

function member(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Partial<Record<string, unknown>>)[name] : undefined;
}

/** What a brake is to stop, as it is sent. */
function stopped(body: unknown): string {
  const spot = member(body, "destination");
  const address = [text(member(spot, "chain")), text(member(spot, "address"))].filter((part) => part !== "").join(" ");
  return text(member(body, "asset")) || text(member(body, "action")) || address;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
