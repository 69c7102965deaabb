// SPDX-License-Identifier: Apache-2.0
/* What is asked before something is written on a request. */

import { useState } from "react";

import { Confirm, Effects, Field, ProblemBanner } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { ProposeDialog } from "../account/propose-dialog";
import { CallDialog } from "./call-dialog";
import { EvidenceDialog } from "./evidence-dialog";
import { Choice, Lines } from "./intake-dialog";
import { ExtendDialog, RevokeDialog, SilenceDialog } from "./package-dialogs";
import { act, type CallSheet, type Clock, type Disclosure, operationOf, type Report } from "./read";
import { TriageDialog } from "./triage-dialog";
import { useCoded } from "./words";

type Simple = "clarify" | "answer" | "reject";
type Two = "confirm-forged" | "clear";

export type Asked =
  | { kind: "triage" | "review" | "evidence" | "suspect" | Simple | Two }
  | { kind: "call"; sheet: CallSheet }
  | { kind: "resolve"; evidence: string }
  | { kind: "extend"; clock: Clock; more: string }
  | { kind: "revoke"; disclosure: Disclosure }
  | { kind: "silence"; disclosure: Disclosure; longest: number | null }
  | { kind: "approve"; digest: string };

interface DialogsProps {
  report: Report;
  asked: Asked;
  onClose: () => void;
  onDone: () => void;
}

/** The one dialog that is open. */
export function RequestDialogs({ report, asked, onClose, onDone }: DialogsProps) {
  const { t } = useWords();
  const { who } = useSession();
  const { request } = report;
  const values = { reference: request.reference };
  if (asked.kind === "triage") return <TriageDialog request={request} me={who?.staff.id ?? ""} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "review") return <ReviewDialog report={report} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "evidence") return <EvidenceDialog request={request} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "call") return <CallDialog request={request} sheet={asked.sheet} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "suspect") return <SuspectDialog report={report} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "extend") return <ExtendDialog request={request} clock={asked.clock} more={asked.more} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "revoke") return <RevokeDialog disclosure={asked.disclosure} onClose={onClose} onDone={onDone} />;
  if (asked.kind === "silence") return <SilenceDialog disclosure={asked.disclosure} longest={asked.longest} onClose={onClose} />;
  if (asked.kind === "approve") {
    const effects: Key[] = ["requests.effect.release", "requests.effect.voided"];
    return <ProposeDialog proposal={{ title: t("requests.approveTitle", values), effects, operation: operationOf(request.id, "/approve"), body: { digest: asked.digest } }} onClose={onClose} />;
  }
  if (asked.kind === "resolve") {
    const operation = operationOf(request.id, `/evidence/${encodeURIComponent(asked.evidence)}/resolve`);
    return <ProposeDialog proposal={{ title: t("requests.resolveTitle"), effects: ["requests.effect.resolve", "requests.effect.voided"], operation, body: (reason) => ({ reason }) }} onClose={onClose} />;
  }
  if (asked.kind === "confirm-forged" || asked.kind === "clear") {
    const confirmed = asked.kind === "confirm-forged";
    const effects: Key[] = confirmed ? ["requests.effect.shieldLong", "requests.effect.told"] : ["requests.effect.cleared"];
    const title = t(confirmed ? "requests.confirmTitle" : "requests.clearTitle", values);
    return <ProposeDialog proposal={{ title, effects, operation: operationOf(request.id, `/${asked.kind}`), body: (reason) => ({ reason }) }} onClose={onClose} />;
  }
  return <SimpleDialog report={report} kind={asked.kind} onClose={onClose} onDone={onDone} />;
}

type DoneProps = Omit<DialogsProps, "asked">;

function SimpleDialog({ report, kind, onClose, onDone }: DoneProps & { kind: Simple }) {
  const { t } = useWords();
  const [text, setText] = useState("");
  const send = async () => {
    await act(report.request.id, `/${kind}`, kind === "reject" ? { reason: text.trim() } : { note: text.trim() });
    onDone();
  };
  const values = { reference: report.request.reference };
  return (
    <FormDialog title={t(`requests.${kind}Title`, values)} act={t(`requests.${kind}Act`)} missing={text.trim() === "" ? t("requests.textMissing") : undefined} onClose={onClose} onSend={send}>
      <p className="second">{t(`requests.${kind}Why`)}</p>
      <Lines label={t(kind === "reject" ? "requests.reason" : "requests.note")} value={text} onChange={setText} />
    </FormDialog>
  );
}

function ReviewDialog({ report, onClose, onDone }: DoneProps) {
  const { t } = useWords();
  const coded = useCoded();
  const { request } = report;
  const [passed, setPassed] = useState("yes");
  const [reason, setReason] = useState("");
  const send = async () => {
    await act(request.id, "/review", { passed: passed === "yes", basis: request.legal_basis, reason: reason.trim() });
    onDone();
  };
  return (
    <FormDialog title={t("requests.reviewTitle", { reference: request.reference })} act={t("requests.reviewAct")} missing={reason.trim() === "" ? t("requests.textMissing") : undefined} onClose={onClose} onSend={send}>
      <dl className="kv">
        <dt>{t("requests.basis")}</dt>
        <dd>{request.legal_basis === "" ? t("common.none") : request.legal_basis.replaceAll("_", " ")}</dd>
        <dt>{t("requests.categories")}</dt>
        <dd>{request.categories.length === 0 ? t("common.none") : request.categories.map((each) => coded("category", each)).join(", ")}</dd>
      </dl>
      <Choice
        label={t("requests.reviewResult")}
        value={passed}
        onChange={setPassed}
        options={[
          { value: "yes", label: t("requests.reviewYes") },
          { value: "no", label: t("requests.reviewNo") },
        ]}
      />
      <Field label={t("requests.reason")} value={reason} onChange={setReason} maxLength={1000} autoComplete="off" />
      <Effects items={[{ text: t("requests.effect.review") }]} />
    </FormDialog>
  );
}

function SuspectDialog({ report, onClose, onDone }: DoneProps) {
  const { t } = useWords();
  const { request } = report;
  const { problem, run } = useAct();
  const [reason, setReason] = useState("");
  const said = reason.trim();
  const effects = [
    { icon: "shield" as const, text: t("requests.effect.shield", { n: request.accounts.length }) },
    { icon: "lock" as const, text: t("requests.effect.noAnswer") },
    { icon: "campaign" as const, text: t("requests.effect.siblings") },
  ];
  const go = async () => {
    if (!(await run(() => act(request.id, "/suspect", { reason: said === "" ? t("requests.suspectPlain") : said })))) return;
    onDone();
    onClose();
  };
  return (
    <Confirm title={t("requests.suspectTitle", { reference: request.reference })} effects={effects} word={request.reference} keep={t("requests.keep")} act={t("requests.suspectAct")} onKeep={onClose} onAct={go}>
      <Field label={t("requests.reason")} value={reason} onChange={setReason} maxLength={1000} autoComplete="off" />
      <p className="small second">{t("requests.suspectFoot")}</p>
      {problem !== null && <ProblemBanner problem={problem} />}
    </Confirm>
  );
}
