// SPDX-License-Identifier: Apache-2.0
/* What is asked before a deadline, a silence or a package changes. */

import { useState } from "react";

import { call } from "../../api/client";
import { useClock } from "../../clock";
import { Effects, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { absolute, day } from "../../format";
import { type Key, useWords } from "../../i18n";
import { usePropose } from "../settings/propose";
import { act, type Clock, dateOf, type Disclosure, type JudicialRequest, lengthOf, SILENCE_MOST, startOf } from "./read";
import { useCoded } from "./words";

interface DoneProps {
  onClose: () => void;
  onDone: () => void;
}

/** Makes a deadline longer, once, by as much as the rule pack says. */
export function ExtendDialog({ request, clock, more, onClose, onDone }: DoneProps & { request: JudicialRequest; clock: Clock; more: string }) {
  const { t, language } = useWords();
  const { now } = useClock();
  const coded = useCoded();
  const [reason, setReason] = useState("");
  const length = lengthOf(more);
  const by = length === null ? more : t(`requests.length.${length.unit}` as Key, { n: length.n });
  const send = async () => {
    await act(request.id, "/extend", { clock: clock.name, reason: reason.trim() });
    onDone();
  };
  return (
    <FormDialog title={t("requests.extendTitle", { clock: coded("clock", clock.name) })} act={t("requests.extendAct", { by })} missing={reason.trim() === "" ? t("requests.textMissing") : undefined} onClose={onClose} onSend={send}>
      <Effects items={[{ icon: "clock", text: t("requests.effect.extend", { due: absolute(clock.due, now, language, false), by }) }, { text: t("requests.effect.once") }]} />
      <Field label={t("requests.reason")} help={t("requests.extendHelp")} value={reason} onChange={setReason} maxLength={500} autoComplete="off" />
    </FormDialog>
  );
}

/** Destroys a package that nobody fetched; the request is approved as before. */
export function RevokeDialog({ disclosure, onClose, onDone }: DoneProps & { disclosure: Disclosure }) {
  const { t } = useWords();
  const [reason, setReason] = useState("");
  const send = async () => {
    await call<Disclosure>("POST", `/v1/desk/disclosures/${encodeURIComponent(disclosure.id)}/revocation`, { body: { reason: reason.trim() } });
    onDone();
  };
  return (
    <FormDialog title={t("requests.revokeTitle")} act={t("requests.revokeAct")} missing={reason.trim() === "" ? t("requests.textMissing") : undefined} onClose={onClose} onSend={send}>
      <Effects items={[{ icon: "lock", text: t("requests.effect.revoke") }, { text: t("requests.effect.another") }]} />
      <Field label={t("requests.reason")} value={reason} onChange={setReason} maxLength={1000} autoComplete="off" />
    </FormDialog>
  );
}

/** Puts a later telling of the owners before two officers. `longest` (ms): what the rule pack allows, null = not known here. */
export function SilenceDialog({ disclosure, longest, onClose }: { disclosure: Disclosure; longest: number | null; onClose: () => void }) {
  const { t, language } = useWords();
  const { now } = useClock();
  const propose = usePropose();
  const most = now + Math.min(SILENCE_MOST, longest ?? SILENCE_MOST);
  const [basis, setBasis] = useState(disclosure.silence.basis);
  const [date, setDate] = useState(dateOf(most));
  const [reason, setReason] = useState("");
  const until = startOf(date);
  const fits = until !== null && until > now && until <= most;
  const missing = basis.trim() === "" ? t("requests.silenceBasisMissing") : !fits ? t("requests.silenceDateWrong", { most: day(most, now, language) }) : reason.trim() === "" ? t("account.reasonMissing") : undefined;
  const send = () => {
    const body = { digest: disclosure.silence.digest, basis: basis.trim(), until };
    return propose(`POST /v1/desk/disclosures/${encodeURIComponent(disclosure.id)}/silence`, body, reason.trim());
  };
  return (
    <FormDialog title={t("requests.silenceTitle")} act={t("account.propose")} missing={missing} onClose={onClose} onSend={send}>
      <Effects items={(["requests.effect.silence", "requests.effect.silenceEnds", "account.effect.two"] as const).map((key) => ({ text: t(key) }))} />
      <Field label={t("requests.silenceOrder")} help={t("requests.silenceOrderHelp")} value={basis} onChange={setBasis} maxLength={1000} autoComplete="off" />
      <Field label={t("requests.silenceUntil")} help={t("requests.silenceUntilHelp", { most: day(most, now, language) })} type="date" min={dateOf(now + 86_400_000)} max={dateOf(most)} value={date} onChange={setDate} />
      <Field label={t("account.reason")} help={t("account.reasonHelp")} value={reason} onChange={setReason} maxLength={200} autoComplete="off" />
    </FormDialog>
  );
}
