// SPDX-License-Identifier: Apache-2.0
/* What an ask would be answered now, by the policy in force and by another version. Nothing is done. */

import { useId, useState } from "react";
import { Link } from "react-router";

import { Problem } from "../../api/client";
import { Button, Empty, Field, Loading, Page, Panel, ProblemBanner, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { purposeOf, setPurpose } from "../../purpose";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { PurposeForm } from "../account/purpose-form";
import { AnswerPanel } from "./answer-panel";
import "./publishing.css";
import { type PolicyView, readPolicy } from "./read";
import { PolicyTabs } from "./tabs";
import { check, type Checked, objectsOf, readVersions, type Row } from "./publishing";

export default function CheckPage() {
  const { t } = useWords();
  const { may } = useSession();
  const policy = useResource("policy", readPolicy);
  const list = useResource("versions", readVersions);
  const allowed = may("accounts:read") && may("decisions:staff");
  const error = policy.error ?? list.error;
  return (
    <Page title={t("publishing.checker")} crumbs={[{ label: t("policies.title"), to: "/policies" }]} meta={<span>{t("publishing.checkerLead")}</span>}>
      <PolicyTabs at="check" />
      <div className="page-body pub">
        {!allowed ? (
          <Empty icon="lock" title={t("publishing.noCheck")} action={<Link to="/policies">{t("policies.title")}</Link>}>
            {t("publishing.noCheckWhy")}
          </Empty>
        ) : policy.data !== undefined && list.data !== undefined ? (
          <Checker policy={policy.data} versions={list.data.items} />
        ) : error !== undefined ? (
          <ProblemBanner problem={error} retry={policy.reload} />
        ) : (
          <Loading lines={6} />
        )}
      </div>
    </Page>
  );
}

type Answer = { ok: Checked } | { problem: Problem };

interface Answers {
  action: string;
  current: Answer;
  other: { row: Row; answer: Answer } | null;
}

interface Fields {
  action: string;
  account: string;
  objects: string;
  asset: string;
  amount: string;
  chain: string;
  destination: string;
}

function Checker({ policy, versions }: { policy: PolicyView; versions: readonly Row[] }) {
  const { t } = useWords();
  const [account, setAccount] = useFilter("account");
  const [version, setVersion] = useFilter("version");
  const [fields, setFields] = useState<Omit<Fields, "account">>({ action: policy.rules[0]?.name ?? "", objects: "", asset: "", amount: "", chain: "", destination: "" });
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [answers, setAnswers] = useState<Answers | null>(null);
  const outflow = policy.rules.find((rule) => rule.name === fields.action)?.outflow ?? false;
  const given = { ...fields, account: account.trim() };
  const body = bodyOf(given, outflow);
  const others = versions.filter((row) => row.state !== "in_force");
  const compared = others.find((row) => row.version === version);
  const missing = given.account === "" || body === undefined ? t(outflow ? "publishing.missingOutflow" : "publishing.missing") : undefined;
  const send = async () => {
    if (body === undefined) return;
    setBusy(true);
    try {
      const [current, other] = await Promise.all([answerOf(body), compared === undefined ? null : answerOf({ ...body, policy: compared.digest })]);
      setAnswers({ action: fields.action, current, other: compared === undefined || other === null ? null : { row: compared, answer: other } });
    } finally {
      setBusy(false);
    }
  };
  const submit = () => {
    if (missing !== undefined || busy) return;
    if (purposeOf(given.account) === "") setAsking(true);
    else void send();
  };
  const set = (name: keyof Omit<Fields, "account">) => (value: string) => setFields((before) => ({ ...before, [name]: value }));
  if (asking) {
    return (
      <PurposeForm
        account={given.account}
        onGiven={(purpose) => {
          setPurpose(given.account, purpose);
          setAsking(false);
          void send();
        }}
      />
    );
  }
  return (
    <div className="pub-check">
      <Panel title={t("publishing.ask")}>
        <form
          className="pub-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Field mono label={t("watch.account")} value={account} onChange={setAccount} autoComplete="off" spellCheck={false} maxLength={128} />
          <Choose label={t("policies.action")} value={fields.action} options={policy.rules.map((rule) => [rule.name, rule.name])} onChange={set("action")} />
          {outflow && (
            <>
              <div className="pub-two">
                <Field mono label={t("publishing.amount")} value={fields.amount} onChange={set("amount")} inputMode="decimal" autoComplete="off" maxLength={62} />
                <Field mono label={t("publishing.asset")} value={fields.asset} onChange={set("asset")} autoComplete="off" maxLength={32} />
              </div>
              <Field mono label={t("publishing.chain")} help={t("publishing.chainHelp")} value={fields.chain} onChange={set("chain")} autoComplete="off" maxLength={64} />
              <Field mono label={t("watch.destination")} value={fields.destination} onChange={set("destination")} autoComplete="off" spellCheck={false} maxLength={256} />
            </>
          )}
          <Field mono label={t("publishing.objects")} help={t("publishing.objectsHelp")} value={fields.objects} onChange={set("objects")} autoComplete="off" spellCheck={false} {...(objectsOf(fields.objects) === undefined ? { error: t("publishing.objectsWrong") } : {})} />
          <Choose label={t("publishing.andUnder")} value={compared?.version ?? ""} options={[["", t("publishing.noOther")], ...others.map((row): [string, string] => [row.version, t("publishing.numbered", { name: row.name, number: row.number })])]} onChange={setVersion} />
          <div className="pub-acts">
            <Button type="submit" kind="primary" size="lg" busy={busy} off={missing} aria-describedby={missing === undefined ? undefined : "why-not"}>
              {t("publishing.check")}
            </Button>
            {missing !== undefined && (
              <p className="small second" id="why-not">
                {missing}
              </p>
            )}
          </div>
        </form>
      </Panel>
      <div className="pub-answers" aria-live="polite">
        {answers === null ? (
          <Empty icon="search" title={t("publishing.noAnswer")}>
            {t("publishing.noAnswerWhy")}
          </Empty>
        ) : (
          <>
            <Shown title={t("publishing.underCurrent")} answer={answers.current} />
            {answers.other !== null && <Shown title={t("publishing.numbered", { name: answers.other.row.name, number: answers.other.row.number })} answer={answers.other.answer} />}
          </>
        )}
      </div>
    </div>
  );
}

/** The body of the question; undefined: something is missing. */
function bodyOf(given: Fields, outflow: boolean): (Record<string, unknown> & { account: string }) | undefined {
  const objects = objectsOf(given.objects);
  if (objects === undefined) return undefined;
  const body = { account: given.account, action: given.action, objects };
  if (!outflow) return body;
  const payment = { asset: given.asset.trim(), amount: given.amount.trim(), chain: given.chain.trim(), destination: given.destination.trim() };
  return payment.asset === "" || !/^\d+(\.\d+)?$/.test(payment.amount) ? undefined : { ...body, payment };
}

async function answerOf(body: Record<string, unknown> & { account: string }): Promise<Answer> {
  try {
    return { ok: await check(body) };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

function Shown({ title, answer }: { title: string; answer: Answer }) {
  return "ok" in answer ? <AnswerPanel title={title} found={answer.ok} /> : <Panel title={title}><ProblemBanner problem={answer.problem} /></Panel>;
}

interface ChooseProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

function Choose({ label, value, options, onChange }: ChooseProps) {
  const own = useId();
  return (
    <div className="field">
      <label htmlFor={own}>{label}</label>
      <select id={own} className="select" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
