// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { Effects, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { type Key, useWords } from "../../i18n";
import { usePropose } from "../settings/propose";

export interface Proposal {
  title: string;
  effects: readonly Key[];
  operation: string;
  /** What is sent; a function where the reason is part of it. */
  body: Record<string, unknown> | null | ((reason: string) => Record<string, unknown>);
}

/** Puts an operation before two officers; then its approval opens. */
export function ProposeDialog({ proposal, onClose }: { proposal: Proposal; onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [reason, setReason] = useState("");
  const missing = reason.trim() === "" ? t("account.reasonMissing") : undefined;
  return (
    <FormDialog title={proposal.title} act={t("account.propose")} missing={missing} onClose={onClose} onSend={() => propose(proposal.operation, typeof proposal.body === "function" ? proposal.body(reason.trim()) : proposal.body, reason.trim())}>
      <Effects items={[...proposal.effects, "account.effect.two" as const].map((key) => ({ text: t(key) }))} />
      <Field label={t("account.reason")} help={t("account.reasonHelp")} value={reason} onChange={setReason} maxLength={200} autoComplete="off" />
    </FormDialog>
  );
}
