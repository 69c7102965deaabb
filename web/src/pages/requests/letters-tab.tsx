// SPDX-License-Identifier: Apache-2.0
/* Letters to the authority: written from what is known, edited, and sent by two to a contact of the registry. */

import { useState } from "react";

import { call } from "../../api/client";
import { Badge, Button, Check, Empty, Field, Panel, ProblemBanner, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { ProposeDialog } from "../account/propose-dialog";
import { Choice, Lines } from "./intake-dialog";
import { type Letter, type LetterOptions, pathOf, readOf } from "./read";
import type { Part } from "./request-page";
import { useKnown, useSaid } from "./words";

const EVERY = 5_000; // a letter that two signed goes out by itself
const KINDS = ["acknowledgement", "clarification", "refusal", "partial", "delivery"] as const;
const TONES: Partial<Record<string, "warn" | "info" | "ok" | "danger">> = { draft: "warn", approved: "info", sent: "ok", failed: "danger" };

type Open = { kind: "write" } | { kind: "edit" | "send"; letter: Letter };

/** The letters of a request, the newest first. */
export function LettersTab({ report, writes }: Part) {
  const { t } = useWords();
  const { request } = report;
  const [open, setOpen] = useState<Open | null>(null);
  const asked = useResource(`letters ${request.id}`, (signal) => readOf<{ items: Letter[] }>(request.id, "/letters", signal), EVERY);
  const close = () => setOpen(null);
  const write = writes && request.state !== "received" ? <Button onClick={() => setOpen({ kind: "write" })}>{t("requests.writeLetter")}</Button> : undefined;
  return (
    <Panel bare title={t("requests.letters")} note={t("requests.lettersNote")} actions={write}>
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {asked.data?.items.length === 0 && (
        <Empty icon="mail" title={t("requests.noLetters")}>
          {t("requests.noLettersWhy")}
        </Empty>
      )}
      {asked.data?.items.map((each) => <One key={each.id} letter={each} writes={writes} onOpen={setOpen} />)}
      {open?.kind === "write" && <WriteDialog request={request.id} language={request.language} onClose={close} onDone={asked.reload} />}
      {open?.kind === "edit" && <EditDialog letter={open.letter} onClose={close} onDone={asked.reload} />}
      {open?.kind === "send" && (
        <ProposeDialog
          proposal={{ title: t("requests.sendTitle"), effects: ["requests.effect.send", "requests.effect.letterDigest"], operation: `POST /v1/desk/letters/${open.letter.id}/send`, body: { digest: open.letter.digest } }}
          onClose={close}
        />
      )}
    </Panel>
  );
}

function One({ letter, writes, onOpen }: { letter: Letter; writes: boolean; onOpen: (open: Open) => void }) {
  const { t } = useWords();
  const known = useKnown();
  const written = letter.edits[0]?.at;
  return (
    <article className="req-letter">
      <div className="req-ev__top">
        <h3>{known("letter", letter.kind)}</h3>
        <Badge tone={TONES[letter.state] ?? "plain"}>{known("letterState", letter.state)}</Badge>
        <span className="second small">{written !== undefined && <Time at={letter.sent ?? written} form="absolute" />}</span>
      </div>
      <p className="small second">
        {t("requests.letterTo")} {letter.to ?? (letter.way === "portal" ? t("requests.portalOnly") : t("requests.noRecipient"))}
      </p>
      <div className="req-paper" lang={letter.language}>
        <p>
          <b>{letter.subject}</b>
        </p>
        {letter.text.split("\n").map((line, index) => (
          <p key={index}>{line}</p>
        ))}
      </div>
      {letter.error !== null && <p className="small req-late">{letter.error}</p>}
      {writes && letter.state === "draft" && (
        <p className="req-buttons">
          <Button onClick={() => onOpen({ kind: "edit", letter })}>{t("requests.edit")}</Button>
          <Button onClick={() => onOpen({ kind: "send", letter })}>{t("requests.send")}</Button>
        </p>
      )}
    </article>
  );
}

interface WriteProps {
  request: string;
  language: string;
  onClose: () => void;
  onDone: () => void;
}

function WriteDialog({ request, language, onClose, onDone }: WriteProps) {
  const { t } = useWords();
  const known = useKnown();
  const said = useSaid();
  const options = useResource(`letter options ${request}`, (signal) => readOf<LetterOptions>(request, "/letter-options", signal));
  const [kind, setKind] = useState<(typeof KINDS)[number]>("acknowledgement");
  const [spoken, setSpoken] = useState(language.startsWith("zh") ? "zh" : "en");
  const [contact, setContact] = useState("");
  const [reasons, setReasons] = useState<readonly string[]>([]);
  const words = kind === "clarification" ? options.data?.clarification : kind === "refusal" || kind === "partial" ? options.data?.refusal : undefined;
  const send = async () => {
    await call<Letter>("POST", pathOf(request, "/letters"), { body: { kind, language: spoken, contact, reasons: words === undefined ? [] : reasons } });
    onDone();
  };
  return (
    <FormDialog title={t("requests.writeLetterTitle")} act={t("requests.writeLetterAct")} onClose={onClose} onSend={send}>
      <Choice
        label={t("requests.letterKind")}
        value={kind}
        onChange={(value) => {
          setKind(value as (typeof KINDS)[number]);
          setReasons([]);
        }}
        options={KINDS.map((value) => ({ value, label: known("letter", value) }))}
      />
      <Choice
        label={t("requests.letterLanguage")}
        value={spoken}
        onChange={setSpoken}
        options={[
          { value: "en", label: "English" },
          { value: "zh", label: "中文" },
        ]}
      />
      <Choice
        label={t("requests.letterTo")}
        help={t("requests.letterToHelp")}
        value={contact}
        onChange={setContact}
        options={[{ value: "", label: t("requests.portalOnly") }, ...(options.data?.recipients ?? []).map((each) => ({ value: each.contact, label: `${each.value} ${each.office}`.trim() }))]}
      />
      {words !== undefined && (
        <fieldset className="req-ticks">
          <legend>{t("requests.letterReasons")}</legend>
          {words.map((each) => (
            <Check key={each.code} label={said(each.english, each.chinese)} checked={reasons.includes(each.code)} onChange={(on) => setReasons(on ? [...reasons, each.code] : reasons.filter((one) => one !== each.code))} />
          ))}
        </fieldset>
      )}
      {options.error !== undefined && <ProblemBanner problem={options.error} />}
    </FormDialog>
  );
}

function EditDialog({ letter, onClose, onDone }: { letter: Letter; onClose: () => void; onDone: () => void }) {
  const { t } = useWords();
  const [subject, setSubject] = useState(letter.subject);
  const [text, setText] = useState(letter.text);
  const send = async () => {
    await call<Letter>("POST", `/v1/desk/letters/${letter.id}/edits`, { body: { subject, text } });
    onDone();
  };
  return (
    <FormDialog title={t("requests.editTitle")} act={t("common.save")} onClose={onClose} onSend={send}>
      <Field label={t("requests.letterSubject")} value={subject} onChange={setSubject} maxLength={200} />
      <Lines label={t("requests.letterText")} help={t("requests.letterSlots")} value={text} onChange={setText} rows={12} />
    </FormDialog>
  );
}
