// SPDX-License-Identifier: Apache-2.0
/* Evidence that an officer found by hand: docket, official channel, roster, content, subjects. */

import { useState } from "react";

import { Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { readAuthority } from "../registry/read";
import { Choice } from "./intake-dialog";
import { act, type JudicialRequest } from "./read";
import { useKnown } from "./words";

const KINDS = ["docket", "channel", "officer_identity", "content", "subject"] as const;
const RESULTS = ["supports", "contradicts", "inconclusive", "not_applicable"] as const;

interface EntryProps {
  request: JudicialRequest;
  onClose: () => void;
  onDone: () => void;
}

/** Who enters a piece alone does not approve the request. */
export function EvidenceDialog({ request, onClose, onDone }: EntryProps) {
  const { t } = useWords();
  const known = useKnown();
  const authority = useResource(request.authority === "" ? null : `authority ${request.authority}`, (signal) => readAuthority(request.authority, request.received, signal));
  const [kind, setKind] = useState("docket");
  const [result, setResult] = useState("supports");
  const [contact, setContact] = useState("");
  const [source, setSource] = useState("");
  const [sha256, setSha256] = useState("");
  const [note, setNote] = useState("");
  const contacts = (authority.data?.contacts ?? []).filter((each) => each.usable.counts);
  const send = async () => {
    await act(request.id, "/evidence", { kind, result, contact, source: source.trim(), sha256: sha256.trim(), note: note.trim() });
    onDone();
  };
  return (
    <FormDialog title={t("requests.enterTitle")} act={t("requests.enterAct")} missing={note.trim() === "" ? t("requests.textMissing") : undefined} onClose={onClose} onSend={send}>
      <p className="second">{t("requests.enterWhy")}</p>
      <Choice label={t("requests.kindHead")} value={kind} onChange={setKind} options={KINDS.map((value) => ({ value, label: known("kind", value) }))} />
      <Choice label={t("requests.resultHead")} value={result} onChange={setResult} options={RESULTS.map((value) => ({ value, label: known("result", value) }))} />
      <Choice label={t("requests.contact")} help={t("requests.contactHelp")} value={contact} onChange={setContact} options={[{ value: "", label: t("common.none") }, ...contacts.map((each) => ({ value: each.id, label: `${each.value} ${each.office}`.trim() }))]} />
      <Field label={t("requests.source")} help={t("requests.sourceHelp")} value={source} onChange={setSource} maxLength={500} autoComplete="off" />
      <Field label={t("requests.sha256")} mono value={sha256} onChange={setSha256} maxLength={64} autoComplete="off" />
      <Field label={t("requests.found")} value={note} onChange={setNote} maxLength={1000} autoComplete="off" />
    </FormDialog>
  );
}
