// SPDX-License-Identifier: Apache-2.0
/* A second source for a contact, its yearly check, its end: each is put before two officers. */

import { useState } from "react";

import { Button, Effects, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { usePropose } from "../settings/propose";
import type { Authority, Contact } from "./read";

type Act = "confirm" | "check" | "end";

interface State {
  open: { act: Act; contact: Contact } | null;
  close: () => void;
  Buttons: (props: { contact: Contact }) => React.ReactNode;
}

/** Which dialog is open, and the buttons that open them. */
export function useContactDialog(): State {
  const [open, setOpen] = useState<{ act: Act; contact: Contact } | null>(null);
  return { open, close: () => setOpen(null), Buttons: ({ contact }) => <Buttons contact={contact} onAct={(act) => setOpen({ act, contact })} /> };
}

function Buttons({ contact, onAct }: { contact: Contact; onAct: (act: Act) => void }) {
  const { t } = useWords();
  if (contact.ended !== null) return null;
  const first = contact.second === null && !contact.usable.counts;
  return (
    <span className="reg-buttons">
      <Button onClick={() => onAct(first ? "confirm" : "check")}>{t(first ? "registry.confirm" : "registry.check")}</Button>
      <Button kind="quiet" onClick={() => onAct("end")}>
        {t("registry.end")}
      </Button>
    </span>
  );
}

/** Proposes the act; its approval opens. */
export function ContactDialogs({ authority, state }: { authority: Authority; state: State }) {
  if (state.open === null) return null;
  return <ContactDialog authority={authority} act={state.open.act} contact={state.open.contact} onClose={state.close} />;
}

function ContactDialog({ authority, act, contact, onClose }: { authority: Authority; act: Act; contact: Contact; onClose: () => void }) {
  const { t } = useWords();
  const { now } = useClock();
  const propose = usePropose();
  const [where, setWhere] = useState("");
  const [reason, setReason] = useState("");
  const said = reason.trim();
  const source = where.trim();
  const missing = act !== "end" && source === "" ? t("registry.sourceMissing") : said === "" ? t("account.reasonMissing") : undefined;
  const operation = `POST /v1/desk/authorities/${encodeURIComponent(authority.id)}/contacts/${encodeURIComponent(contact.id)}/${act}`;
  const body = act === "end" ? { reason: said } : { source: { where: source, at: Math.floor(now) } };
  return (
    <FormDialog title={t(`registry.${act}Title`, { value: contact.value })} act={t("account.propose")} missing={missing} onClose={onClose} onSend={() => propose(operation, body, said)}>
      <Effects items={[{ text: t(`registry.${act}Effect`) }, { text: t("account.effect.two") }]} />
      {act !== "end" && <Field label={t("registry.source")} help={t("registry.sourceHelp")} value={where} onChange={setWhere} maxLength={200} autoComplete="off" />}
      <Field label={t("account.reason")} value={reason} onChange={setReason} maxLength={200} autoComplete="off" />
    </FormDialog>
  );
}
