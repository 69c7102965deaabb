// SPDX-License-Identifier: Apache-2.0
/* A call that was made to a number of the registry: whom, how it ended, what they said without help. */

import { useState } from "react";

import { Check, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { Choice, Lines } from "./intake-dialog";
import { act, type CallSheet, type JudicialRequest } from "./read";
import { useKnown, useSaid } from "./words";

const OUTCOMES = ["confirmed", "denied", "unanswered", "voicemail", "other_line", "refused"] as const;
const NEEDED = ["case_number", "officer", "scope", "document_hash"] as const;

interface CallProps {
  request: JudicialRequest;
  sheet: CallSheet;
  onClose: () => void;
  onDone: () => void;
}

/** Only contacts that count can be chosen. */
export function CallDialog({ request, sheet, onClose, onDone }: CallProps) {
  const { t } = useWords();
  const known = useKnown();
  const said = useSaid();
  const usable = sheet.contacts.filter((each) => each.counts);
  const [contact, setContact] = useState(usable[0]?.id ?? "");
  const [outcome, setOutcome] = useState("confirmed");
  const [confirmed, setConfirmed] = useState<readonly string[]>([]);
  const [spoke, setSpoke] = useState("");
  const [key, setKey] = useState("");
  const [note, setNote] = useState("");
  const good = outcome === "confirmed";
  const missing = good && NEEDED.some((each) => !confirmed.includes(each)) ? t("requests.callMissing") : good && confirmed.includes("delivery_key") && key.trim() === "" ? t("requests.keyMissing") : undefined;
  const send = async () => {
    await act(request.id, "/call-back", { contact, outcome, confirmed: good ? confirmed : [], spoke_to: spoke.trim(), delivery_key: good ? key.trim() : "", note: note.trim() });
    onDone();
  };
  return (
    <FormDialog title={t("requests.callTitle")} act={t("requests.callAct")} missing={missing} onClose={onClose} onSend={send}>
      <Choice label={t("requests.ring")} value={contact} onChange={setContact} options={usable.map((each) => ({ value: each.id, label: `${each.value} ${each.office}`.trim() }))} />
      {sheet.script.length > 0 && (
        <ol className="small req-script">
          {sheet.script.map((each) => (
            <li key={each.code}>{said(each.english, each.chinese)}</li>
          ))}
        </ol>
      )}
      <Choice label={t("requests.outcomeHead")} value={outcome} onChange={setOutcome} options={OUTCOMES.map((value) => ({ value, label: known("outcome", value) }))} />
      {good && (
        <fieldset className="req-ticks">
          <legend>{t("requests.haveThemSay")}</legend>
          {sheet.confirm.map((each) => (
            <Check key={each} label={known("confirm", each)} checked={confirmed.includes(each)} onChange={(on) => setConfirmed(on ? [...confirmed, each] : confirmed.filter((one) => one !== each))} />
          ))}
          {sheet.hashes.length > 0 && (
            <p className="small second">
              {t("requests.hashes")} <span className="mono">{sheet.hashes.map((each) => each.prefix).join(", ")}</span>
            </p>
          )}
        </fieldset>
      )}
      {good && confirmed.includes("delivery_key") && <Lines label={t("requests.key")} help={t("requests.keyHelp")} value={key} onChange={setKey} rows={2} />}
      <Field label={t("requests.spokeTo")} value={spoke} onChange={setSpoke} maxLength={200} autoComplete="off" />
      <Field label={t("requests.noteOptional")} value={note} onChange={setNote} maxLength={1000} autoComplete="off" />
    </FormDialog>
  );
}
