// SPDX-License-Identifier: Apache-2.0
/* A new version: written here or read from a file, kept as a draft, examined at once. Nothing decides by it. */

import { useRef, useState } from "react";
import { Link, useNavigate } from "react-router";

import { Banner, Button, Check, Empty, Field, Loading, Page, Panel, ProblemBanner, useFilter } from "../../components";
import { Problem } from "../../api/client";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import "./publishing.css";
import { PolicyTabs } from "./tabs";
import { acts, faultsOf, readVersion, readVersions, type TextFault, type Version, versionOf } from "./publishing";
import { TextEditor } from "./text-editor";
import { crumbsOf } from "./version-page";

const ROWS = 26;
const WORDS_ROWS = 12;

export default function DraftPage() {
  const { t } = useWords();
  const { may } = useSession();
  const [from] = useFilter("from");
  const list = useResource("versions", readVersions);
  const base = from !== "" ? from : versionOf(list.data?.in_force ?? "");
  const asked = useResource(base === "" ? null : `version ${base}`, (signal) => readVersion(base, signal));
  const error = asked.error ?? list.error;
  return (
    <Page title={t("publishing.newTitle")} crumbs={crumbsOf(t("policies.title"), t("publishing.versions"))} meta={<span>{t("publishing.newLead")}</span>}>
      <PolicyTabs at="versions" />
      <div className="page-body pub">
        {!may("policy:write") ? (
          <Empty icon="lock" title={t("publishing.noEditor")} action={<Link to="/policies/versions">{t("publishing.toAll")}</Link>}>
            {t("publishing.noEditorWhy")}
          </Empty>
        ) : error !== undefined ? (
          <ProblemBanner problem={error} retry={asked.reload} />
        ) : asked.data === undefined ? (
          <Loading lines={10} />
        ) : (
          <Draft key={asked.data.version} base={asked.data} />
        )}
      </div>
    </Page>
  );
}

interface Refused {
  problem: Problem;
  faults: TextFault[];
}

/** Begins with the text of another version. Uploading leads to the new version's page. */
function Draft({ base }: { base: Version }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const [text, setText] = useState(base.text);
  const [words, setWords] = useState(base.vocabulary);
  const [same, setSame] = useState(true);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const unchanged = text === base.text && (same || words === base.vocabulary);
  const off = unchanged ? t("publishing.unchanged", { number: base.number }) : undefined;
  const vocabulary = same ? base.vocabulary : words;
  const send = async () => {
    setBusy(true);
    setRefused(null);
    try {
      const made = await acts.upload({ text, note: note.trim(), ...(vocabulary === "" ? {} : { vocabulary }) });
      await navigate(`/policies/versions/${made.version}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const faults = error.code === "policy_invalid" ? faultsOf(error) : [];
      if (faults.some((fault) => fault.field === "vocabulary")) setSame(false);
      setRefused({ problem: error, faults });
    } finally {
      setBusy(false);
    }
  };
  const faults = (field: TextFault["field"]) => (refused?.faults ?? []).filter((fault) => fault.field === field);
  return (
    <Panel title={t("publishing.draft")} note={t("publishing.beginsWith", { name: base.name, number: base.number })} actions={<FromFile onText={setText} />}>
      <form
        className="pub-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (off === undefined && !busy) void send();
        }}
      >
        {refused !== null && <Why refused={refused} />}
        <TextEditor label={t("publishing.policyText")} value={text} faults={faults("text")} rows={ROWS} onChange={setText} />
        <Check label={t("publishing.sameVocabulary", { number: base.number })} help={t("publishing.sameVocabularyHelp")} checked={same} onChange={setSame} />
        {!same && <TextEditor label={t("publishing.vocabulary")} value={words} faults={faults("vocabulary")} rows={WORDS_ROWS} onChange={setWords} />}
        <Field label={t("publishing.note")} help={t("publishing.noteHelp")} value={note} onChange={setNote} maxLength={500} autoComplete="off" />
        <div className="pub-acts">
          <Button type="submit" kind="primary" size="lg" busy={busy} off={off} aria-describedby={off === undefined ? undefined : "why-not"}>
            {t("publishing.uploadAct")}
          </Button>
          {off !== undefined && (
            <p className="small second" id="why-not">
              {off}
            </p>
          )}
        </div>
      </form>
    </Panel>
  );
}

/** What was refused, said at once; the faults stand at the field. */
function Why({ refused }: { refused: Refused }) {
  const { t } = useWords();
  if (refused.faults.length === 0) return refused.problem.code === "version_exists" ? <Banner tone="danger" live>{t("publishing.exists")}</Banner> : <ProblemBanner problem={refused.problem} />;
  return (
    <Banner tone="danger" live>
      {t("publishing.nFaults", { n: refused.faults.length })}
    </Banner>
  );
}

function FromFile({ onText }: { onText: (text: string) => void }) {
  const { t } = useWords();
  const field = useRef<HTMLInputElement>(null);
  const read = async (file: File | undefined) => {
    if (file !== undefined) onText(await file.text());
    if (field.current) field.current.value = ""; // the same file may be read again
  };
  return (
    <>
      <input ref={field} className="vh" type="file" accept=".yaml,.yml,text/yaml,text/plain" aria-label={t("publishing.fromFile")} tabIndex={-1} onChange={(event) => void read(event.target.files?.[0])} />
      <Button icon="doc" onClick={() => field.current?.click()}>
        {t("publishing.fromFile")}
      </Button>
    </>
  );
}
