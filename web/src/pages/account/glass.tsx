// SPDX-License-Identifier: Apache-2.0
/* Break-glass of one account: that it stands, ending it at once, proposing it. */

import { useState } from "react";

import { client, keyed, unwrap } from "../../api/client";
import { Banner, Button, Effects, Field, ProblemBanner, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { Choice } from "../settings/brakes-part";
import { usePropose } from "../settings/propose";
import type { Account } from "./read";

const HOUR = 3_600_000;

/** Until when, by whom, why; anybody of staff may end it. */
export function GlassBanner({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useWords();
  const { now } = useClock();
  const { problem, run } = useAct();
  const glass = account.glass;
  if (glass === null || glass.until <= now) return null;
  const close = async () => {
    if (await run(() => unwrap(client.POST("/v1/accounts/{account}/glass/close", { params: { ...keyed(), path: { account: account.account } } })))) onDone();
  };
  return (
    <>
      <Banner tone="warn" icon="people" action={<Button onClick={() => void close()}>{t("glass.close")}</Button>}>
        <b>
          {t("glass.open")} <Time at={glass.until} form="end" />.
        </b>{" "}
        {t("glass.openWhy", { reason: glass.reason })}
      </Banner>
      {problem !== null && <ProblemBanner problem={problem} />}
    </>
  );
}

/** Puts it before two officers. */
export function GlassDialog({ account, onClose }: { account: string; onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [hours, setHours] = useState("1");
  const [reason, setReason] = useState("");
  const missing = reason.trim() === "" ? t("account.reasonMissing") : undefined;
  const send = () => propose(`POST /v1/accounts/${account}/glass`, { duration: Number(hours) * HOUR, reason: reason.trim() }, reason.trim());
  const effects = ["glass.effect.aside", "glass.effect.kept", "glass.effect.told", "account.effect.two"] as const;
  return (
    <FormDialog title={t("glass.ask", { account })} act={t("account.propose")} missing={missing} onClose={onClose} onSend={send}>
      <Effects items={effects.map((key) => ({ text: t(key) }))} />
      <Choice label={t("glass.length")} value={hours} options={["1", "2", "4"].map((each) => [each, t("glass.hours", { n: Number(each) })])} onChange={setHours} />
      <Field label={t("account.reason")} help={t("account.reasonHelp")} value={reason} onChange={setReason} maxLength={200} autoComplete="off" />
    </FormDialog>
  );
}
