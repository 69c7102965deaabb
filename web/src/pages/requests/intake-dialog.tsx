// SPDX-License-Identifier: Apache-2.0
/* A request as it came in: documents that were handed in, and what the requester says of themselves. */

import { useId, useState } from "react";

import { call } from "../../api/client";
import { Check, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { readDocuments } from "../desk/read";
import { CATEGORIES, identifiersOf, type Report, TYPES } from "./read";
import { useCoded, useKnown } from "./words";

const SHOWN = 8;

/** A choice with its label. */
export function Choice({ label, value, onChange, options, help }: { label: string; value: string; onChange: (value: string) => void; options: readonly { value: string; label: string }[]; help?: string }) {
  const own = useId();
  return (
    <div className="field">
      <label htmlFor={own}>{label}</label>
      <select id={own} className="select req-select" value={value} aria-describedby={help === undefined ? undefined : `${own}-h`} onChange={(event) => onChange(event.target.value)}>
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
      {help !== undefined && (
        <span className="field__help" id={`${own}-h`}>
          {help}
        </span>
      )}
    </div>
  );
}

/** Several lines of text with their label. */
export function Lines({ label, value, onChange, help, rows = 3 }: { label: string; value: string; onChange: (value: string) => void; help?: string; rows?: number }) {
  const own = useId();
  return (
    <div className="field">
      <label htmlFor={own}>{label}</label>
      <textarea id={own} className="input req-area" rows={rows} value={value} aria-describedby={help === undefined ? undefined : `${own}-h`} onChange={(event) => onChange(event.target.value)} />
      {help !== undefined && (
        <span className="field__help" id={`${own}-h`}>
          {help}
        </span>
      )}
    </div>
  );
}

/** Categories of data to tick. */
export function Categories({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: string[]) => void }) {
  const { t } = useWords();
  const coded = useCoded();
  return (
    <fieldset className="req-ticks">
      <legend>{t("requests.categories")}</legend>
      {CATEGORIES.map((each) => (
        <Check key={each} label={coded("category", each)} checked={chosen.includes(each)} onChange={(on) => onChange(on ? [...chosen, each] : chosen.filter((one) => one !== each))} />
      ))}
    </fieldset>
  );
}

interface IntakeProps {
  onClose: () => void;
  onDone: (id: string) => void;
}

/** Makes a request out of documents. */
export function IntakeDialog({ onClose, onDone }: IntakeProps) {
  const { t } = useWords();
  const known = useKnown();
  const documents = useResource("documents", readDocuments);
  const [type, setType] = useState("disclosure");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [number, setNumber] = useState("");
  const [people, setPeople] = useState("");
  const [categories, setCategories] = useState<readonly string[]>([]);
  const [claim, setClaim] = useState({ authority: "", officer: "", phone: "", email: "" });
  const identifiers = identifiersOf(people);
  const missing = chosen.length === 0 ? t("requests.documentMissing") : identifiers === null ? t("requests.identifiersWrong") : undefined;
  const send = async () => {
    const body = { type, documents: chosen, case_number: number.trim(), identifiers, categories, claim };
    const made = await call<Report>("POST", "/v1/desk/requests", { body });
    onDone(made.request.id);
  };
  const items = documents.data?.items.slice(0, SHOWN) ?? [];
  return (
    <FormDialog title={t("requests.takeTitle")} act={t("requests.takeAct")} missing={missing} onClose={onClose} onSend={send} stays>
      <fieldset className="req-ticks">
        <legend>{t("requests.documents")}</legend>
        {items.map((each) => (
          <Check key={each.id} label={each.name} help={each.verdict.replaceAll("_", " ")} checked={chosen.includes(each.id)} onChange={(on) => setChosen(on ? [...chosen, each.id] : chosen.filter((one) => one !== each.id))} />
        ))}
        {items.length === 0 && <p className="small second">{t("requests.noDocuments")}</p>}
      </fieldset>
      <Choice label={t("requests.typeHead")} value={type} onChange={setType} options={TYPES.map((value) => ({ value, label: known("type", value) }))} />
      <Field label={t("requests.caseNumber")} mono value={number} onChange={setNumber} maxLength={200} autoComplete="off" />
      <Lines label={t("requests.identifiers")} help={t("requests.identifiersHelp")} value={people} onChange={setPeople} />
      <Categories chosen={categories} onChange={setCategories} />
      <p className="small second">{t("requests.claimHelp")}</p>
      {(["authority", "officer", "phone", "email"] as const).map((name) => (
        <Field key={name} label={t(`requests.claim.${name}`)} value={claim[name]} onChange={(value) => setClaim({ ...claim, [name]: value })} maxLength={200} autoComplete="off" />
      ))}
    </FormDialog>
  );
}
