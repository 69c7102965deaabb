// SPDX-License-Identifier: Apache-2.0
/* Puts a version before two publishers: what changes, what becomes weaker in words, and why. */

import { useState } from "react";

import { Banner, Effects, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { usePropose } from "../settings/propose";
import { GainSentences } from "./gains";
import { publishBody, type Verdict, type Version } from "./publishing";
import { Said } from "./verdict-panel";

const SAID = 5;

/** Leads to the approval when it is proposed. What is signed is the verdict that is shown here. */
export function PublishDialog({ found, proof, onClose }: { found: Version; proof: Verdict; onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [reason, setReason] = useState("");
  const back = found.publications.length > 0;
  const missing = reason.trim() === "" ? t("publishing.reasonMissing") : undefined;
  const send = () => propose(`POST /v1/policy/versions/${found.version}/publish`, publishBody(proof), reason.trim());
  return (
    <FormDialog title={t(back ? "publishing.rollbackAsk" : "publishing.publishAsk", { name: found.name, number: found.number })} act={t("settings.propose")} missing={missing} onClose={onClose} onSend={send}>
      <Effects
        items={[
          { text: t("approvals.effect.policy_all"), icon: "right" },
          { text: t("approvals.effect.policy_holds"), icon: "clock" },
          { text: t("approvals.effect.policy_shadow") },
        ]}
      />
      <Said proof={proof} />
      {proof.gained.length > 0 && <GainSentences gains={proof.gained} most={SAID} />}
      {proof.failing > 0 && <p>{t("publishing.sayFailing", { n: proof.failing, names: proof.properties.filter((each) => each.fails.length + each.undecided.length > 0).map((each) => each.name).join(", ") })}</p>}
      <Field label={t("settings.reason")} value={reason} onChange={setReason} maxLength={500} autoComplete="off" />
      <Banner tone="info" icon="people">
        {found.author === "settings" ? t("publishing.twoSettings") : t("publishing.two", { author: found.author })}
      </Banner>
    </FormDialog>
  );
}
