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
  | "other";

/** `subject`: the account, or the action of a dispute; `about`: a suspicion or notice; `word`: to type before it is done. */
export interface Operation {
  kind: OperationKind;
  method: string;
  path: string;
  subjectKind: "account" | "action" | "path";
  subject: string;
  about: string;
  effects: readonly string[];
  word: string | null;
}

type Rule = readonly [pattern: RegExp, kind: OperationKind, subjectKind: "account" | "action"];

const RULES: readonly Rule[] = [
  [/^\/v1\/accounts\/([^/]+)\/unfreeze$/, "unfreeze", "account"],
  [/^\/v1\/accounts\/([^/]+)\/staff-freeze$/, "staff_freeze", "account"],
  [/^\/v1\/accounts\/([^/]+)\/suspicions\/([^/]+)\/clear$/, "clear_suspicion", "account"],
  [/^\/v1\/accounts\/([^/]+)\/notices\/([^/]+)\/confirm$/, "confirm_notice", "account"],
  [/^\/v1\/accounts\/([^/]+)\/erase$/, "erase", "account"],
  [/^\/v1\/actions\/([^/]+)\/dispute$/, "dispute_end", "action"],
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
  other: ["other_exact"],
};

/** What harms or cannot be undone asks for the subject's name to be typed. What protects does not. */
const HARMFUL: ReadonlySet<OperationKind> = new Set<OperationKind>(["unfreeze", "erase", "dispute_uphold", "other"]);

/** Read `METHOD /path` and its body. Never fails: what is not known is `other`, with the path as its subject. */
export function describe(operation: string, body: unknown): Operation {
  const cut = operation.indexOf(" ");
  const method = cut < 0 ? "" : operation.slice(0, cut);
  const path = cut < 0 ? operation : operation.slice(cut + 1);
  for (const [pattern, named, subjectKind] of RULES) {
    const found = method === "POST" ? pattern.exec(path) : null;
    if (found?.[1] === undefined) continue;
    const kind = named === "dispute_end" && upholds(body) ? "dispute_uphold" : named;
    const subject = decoded(found[1]);
    return {
      kind,
      method,
      path,
      subjectKind,
      subject,
      about: decoded(found[2] ?? ""),
      effects: EFFECTS[kind],
      word: HARMFUL.has(kind) ? subject : null,
    };
  }
  return { kind: "other", method, path, subjectKind: "path", subject: path, about: "", effects: EFFECTS.other, word: path };
}

function upholds(body: unknown): boolean {
  return typeof body === "object" && body !== null && (body as { uphold?: unknown }).uphold === true;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
