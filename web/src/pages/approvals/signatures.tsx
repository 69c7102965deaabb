// SPDX-License-Identifier: Apache-2.0
/* Two slots, each a person and a moment. Void ones stay, struck through, with the cause. */

import type { ReactNode } from "react";

import { Panel, type Slot, Slots } from "../../components";
import { useClock } from "../../clock";
import { absolute } from "../../format";
import { useWords } from "../../i18n";
import { type Approval, isOpen } from "./read";
import type { ApprovalWords } from "./words";

interface SignaturesPanelProps {
  approval: Approval;
  names: ReadonlyMap<string, string>;
  words: ApprovalWords;
  children: ReactNode;
}

/** The slots, and below them what can be done. */
export function SignaturesPanel({ approval, names, words, children }: SignaturesPanelProps) {
  const { t } = useWords();
  const cause = useCause(approval, words);
  const signed: Slot[] = approval.signatures.map((each) => ({
    who: each.name || (names.get(each.staff) ?? each.staff),
    id: each.staff,
    at: each.at,
    ...(cause === undefined ? {} : { voided: cause }),
  }));
  const drawn = approval.assigned === null ? null : (names.get(approval.assigned) ?? approval.assigned);
  const open = !isOpen(approval) ? t("approvals.slot_none") : drawn === null ? t("approvals.slot_open") : t("approvals.slot_assigned", { name: drawn });
  return (
    <Panel title={t("approvals.signatures")} note={t("approvals.signatures_note")}>
      <Slots signed={signed} needed={cause === undefined ? 2 : Math.max(0, 2 - signed.length)} open={open} />
      {children}
    </Panel>
  );
}

/** Why signatures no longer count; undefined while they do, or did when it was carried out. */
function useCause(approval: Approval, words: ApprovalWords): string | undefined {
  const { t, language } = useWords();
  const { now } = useClock();
  if (approval.status === "void") return t("approvals.void_cause");
  if (approval.status === "expired") return t("approvals.void_expired", { at: absolute(approval.expires, now, language) });
  if (approval.status === "rejected") return t("approvals.void_rejected", { name: words.person(approval.ended_by) });
  return undefined;
}
