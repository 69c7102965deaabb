// SPDX-License-Identifier: Apache-2.0
/* What approvals say: operations, people, obstacles. */

import { Problem } from "../../api/client";
import { useProblemText } from "../../components";
import type { Tone } from "../../components";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { type Operation, describe, shown } from "./operations";
import type { Approval, Status } from "./read";

export const TONES: Record<Status, Tone> = { open: "warn", approved: "info", used: "ok", rejected: "plain", expired: "plain", void: "danger" };

const OBSTACLES: Record<string, Key> = {
  approval_over: "approvals.obstacle.approval_over",
  approval_scope: "approvals.obstacle.approval_scope",
  approval_own_account: "approvals.obstacle.approval_own_account",
  approval_same_person: "approvals.obstacle.approval_same_person",
  approval_assigned: "approvals.obstacle.approval_assigned",
  approval_incomplete: "approvals.obstacle.approval_incomplete",
  approval_mismatch: "approvals.obstacle.approval_mismatch",
  passkey_unknown: "approvals.obstacle.passkey_unknown",
  passkey_cloned: "approvals.obstacle.passkey_cloned",
  author_publishes: "approvals.obstacle.author_publishes",
  policy_moved_on: "approvals.obstacle.policy_moved_on",
  verdict_missing: "approvals.obstacle.verdict_missing",
  verdict_mismatch: "approvals.obstacle.verdict_mismatch",
  version_in_force: "approvals.obstacle.version_in_force",
  insufficient_user_authentication: "approvals.obstacle.assurance",
  passkey_cancelled: "approvals.cancelled",
  passkey_stopped: "approvals.cancelled",
  passkey_failed: "approvals.passkey_failed",
};

export interface ApprovalWords {
  operation: (approval: Approval) => Operation;
  title: (approval: Approval) => string;
  person: (caller: string) => string;
  obstacle: (approval: Approval, code: string) => string | undefined;
  failed: (approval: Approval, error: unknown) => string;
}

/** Words about approvals, with names in place of ids where they are known. */
export function useApprovalWords(names: ReadonlyMap<string, string>): ApprovalWords {
  const { t } = useWords();
  const { who } = useSession();
  const problemText = useProblemText();
  const operation = (approval: Approval) => describe(approval.operation, approval.body);
  const subject = (found: Operation) => (found.subjectKind === "staff" ? (names.get(found.subject) ?? found.subject) : shown(found.subjectKind, found.subject));
  const person = (caller: string) => {
    const id = caller.startsWith("staff:") ? caller.slice("staff:".length) : null;
    return id === null ? t("approvals.by_token", { id: caller }) : (names.get(id) ?? id);
  };
  const obstacle = (approval: Approval, code: string) => {
    const key = OBSTACLES[code];
    if (key === undefined) return undefined;
    const name = approval.assigned === null ? "" : (names.get(approval.assigned) ?? approval.assigned);
    return t(key, { name, scopes: approval.scopes.join(", "), roles: (who?.staff.roles ?? []).map((role) => t(`common.role.${role}`)).join(", ") });
  };
  const failed = (approval: Approval, error: unknown) => {
    if (!(error instanceof Problem)) return String(error);
    return obstacle(approval, error.code) ?? `${problemText(error)} ${error.hint}`.trim();
  };
  const title = (approval: Approval) => {
    const found = operation(approval);
    return t(`approvals.op.${found.kind}`, { subject: subject(found) });
  };
  return { operation, title, person, obstacle, failed };
}
