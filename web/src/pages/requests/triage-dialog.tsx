// SPDX-License-Identifier: Apache-2.0
/* What it is: type, rule pack, legal basis, authority of the registry. That sets the clocks and starts the evidence. */

import { useState } from "react";

import { call, type Schemas } from "../../api/client";
import { Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { readAuthorities } from "../registry/read";
import { Categories, Choice, Lines } from "./intake-dialog";
import { act, identifiersOf, type JudicialRequest, TYPES } from "./read";
import { useKnown } from "./words";

interface TriageProps {
  request: JudicialRequest;
  me: string;
  onClose: () => void;
  onDone: () => void;
}

/** Asks for it with what the request says already. */
export function TriageDialog({ request, me, onClose, onDone }: TriageProps) {
  const { t, language } = useWords();
  const known = useKnown();
  const packs = useResource("packs", (signal) => call<Schemas["PackList"]>("GET", "/v1/desk/packs", { signal }));
  const authorities = useResource("authorities all", (signal) => readAuthorities("", "", signal));
  const [type, setType] = useState(request.type);
  const [pack, setPack] = useState(request.pack);
  const [basis, setBasis] = useState(request.legal_basis);
  const [authority, setAuthority] = useState(request.authority);
  const [number, setNumber] = useState(request.case_number);
  const [people, setPeople] = useState(request.identifiers.map((each) => `${each.kind} ${each.value}`).join("\n"));
  const [categories, setCategories] = useState<readonly string[]>(request.categories);
  const found = packs.data?.items.find((each) => each.name === pack);
  const identifiers = identifiersOf(people);
  const none = { value: "", label: t("requests.choose") };
  const missing = pack === "" || authority === "" ? t("requests.triageMissing") : identifiers === null ? t("requests.identifiersWrong") : undefined;
  const send = async () => {
    const { window, silence, language: spoken } = request;
    await act(request.id, "/triage", { type, pack, legal_basis: basis, authority, case_number: number.trim(), language: spoken, identifiers, categories, window, silence, assigned: request.assigned || me });
    onDone();
  };
  return (
    <FormDialog title={t("requests.triageTitle", { reference: request.reference })} act={t("requests.triageAct")} missing={missing} onClose={onClose} onSend={send}>
      <p className="second">{t("requests.triageWhy")}</p>
      <Choice label={t("requests.typeHead")} value={type} onChange={setType} options={TYPES.map((value) => ({ value, label: known("type", value) }))} />
      <Choice
        label={t("requests.authorityOf")}
        help={t("requests.authorityHelp", { claimed: request.claim.authority === "" ? t("common.none") : request.claim.authority })}
        value={authority}
        onChange={setAuthority}
        options={[none, ...(authorities.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))]}
      />
      <Choice label={t("requests.pack")} value={pack} onChange={setPack} options={[none, ...(packs.data?.items ?? []).map((each) => ({ value: each.name, label: language === "zh" ? each.chinese : each.title }))]} />
      {found !== undefined && <Choice label={t("requests.basis")} value={basis} onChange={setBasis} options={[none, ...found.bases.map((value) => ({ value, label: value.replaceAll("_", " ") }))]} />}
      {found !== undefined && <p className="small second">{language === "zh" ? found.caveat_chinese : found.caveat}</p>}
      <Field label={t("requests.caseNumber")} mono value={number} onChange={setNumber} maxLength={200} autoComplete="off" />
      <Lines label={t("requests.identifiers")} help={t("requests.identifiersHelp")} value={people} onChange={setPeople} />
      <Categories chosen={categories} onChange={setCategories} />
    </FormDialog>
  );
}
