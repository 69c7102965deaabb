// SPDX-License-Identifier: Apache-2.0
/* One approval: what will happen, the exact object and its hash, the two signatures, and what can be done now. */

import { useEffect, useState } from "react";

import { Badge, Banner, Effects, Id, Loading, Page, Panel, ProblemBanner, Time } from "../../components";
import { SecretDialog } from "../../components/form-dialog";
import { type Key, useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { Acts, type Said } from "./acts";
import { operationDigest } from "./canonical";
import type { Operation, SubjectKind } from "./operations";
import { type Approval, namesIn, readApproval } from "./read";
import { PublishPanel } from "./publish-panel";
import { SignaturesPanel } from "./signatures";
import { type ApprovalWords, TONES, useApprovalWords } from "./words";

const EVERY = 10_000;

/** The page of one approval; read again every ten seconds, since a colleague may sign meanwhile. */
export function Detail({ id }: { id: string }) {
  const { t } = useWords();
  const asked = useResource(`approval ${id}`, (signal) => readApproval(id, signal), EVERY);
  const names = namesIn(asked.data === undefined ? [] : [asked.data]);
  const words = useApprovalWords(names);
  const [said, setSaid] = useState<Said | null>(null);
  const approval = asked.data;
  const crumbs = [{ label: t("approvals.title"), to: "/approvals" }];
  if (approval === undefined) {
    return (
      <Page title={t("approvals.title")} crumbs={crumbs}>
        <div className="appr">{asked.error === undefined ? <Loading lines={6} /> : <ProblemBanner problem={asked.error} retry={asked.reload} />}</div>
      </Page>
    );
  }
  const meta = (
    <>
      <span>
        {t("approvals.proposed_by")} {words.person(approval.proposed_by)} <PersonId caller={approval.proposed_by} />
      </span>
      <Time at={approval.created} />
      <Id value={approval.id} />
    </>
  );
  return (
    <Page title={words.title(approval)} crumbs={crumbs} badges={<Badge tone={TONES[approval.status]}>{t(`approvals.status.${approval.status}`)}</Badge>} meta={meta}>
      {said?.secret !== undefined && <SecretDialog title={t("webhooks.secretTitle")} help={t("webhooks.secretHelp")} secret={said.secret} onClose={() => setSaid({ tone: said.tone, text: said.text })} />}
      <div className="appr appr--one">
        {said !== null && (
          <div className="appr__said">
            <Banner tone={said.tone} live>
              {said.text} {said.link !== undefined && <Id value={said.link} />}
            </Banner>
          </div>
        )}
        <div className="appr__main">
          <WillHappen approval={approval} operation={words.operation(approval)} words={words} />
          {words.operation(approval).subjectKind === "policy" && <PublishPanel approval={approval} version={words.operation(approval).subject} />}
          <ExactObject approval={approval} />
        </div>
        <div className="appr__side">
          <SignaturesPanel approval={approval} names={names} words={words}>
            <Acts
              approval={approval}
              words={words}
              onDone={(next) => {
                setSaid(next);
                asked.reload();
              }}
            />
          </SignaturesPanel>
        </div>
      </div>
    </Page>
  );
}

/** The id beside a name; a token's id stands in its words already. */
function PersonId({ caller }: { caller: string }) {
  return caller.startsWith("staff:") ? <span className="mono small second">{caller.slice("staff:".length)}</span> : null;
}

const SUBJECTS: Record<SubjectKind, Key> = {
  account: "approvals.account",
  action: "approvals.action",
  staff: "approvals.staff",
  person: "approvals.person",
  brake: "approvals.brake",
  webhook: "webhooks.url",
  policy: "approvals.policy",
  request: "approvals.request",
  letter: "approvals.letter",
  authority: "approvals.authority",
  path: "approvals.path",
};

function aboutKey(operation: Operation): Key {
  if (operation.kind === "clear_suspicion" || operation.kind === "confirm_notice" || operation.kind === "request_resolve") return `approvals.about.${operation.kind}`;
  if (operation.kind === "webhook_change") return "webhooks.endpoint";
  return "approvals.about.roles";
}

function WillHappen({ approval, operation, words }: { approval: Approval; operation: Operation; words: ApprovalWords }) {
  const { t } = useWords();
  const account = operation.subjectKind === "account" ? operation.subject : approval.account;
  return (
    <Panel title={t("approvals.will")}>
      <p className="say">{words.title(approval)}</p>
      <Effects items={operation.effects.map((effect) => ({ icon: operation.word === null ? "right" : "warn", text: t(`approvals.effect.${effect}` as Key) }))} />
      <dl className="kv">
        {operation.subjectKind !== "account" && (
          <>
            <dt>{t(SUBJECTS[operation.subjectKind])}</dt>
            <dd className={operation.subjectKind === "policy" ? "pub-whole" : undefined}>
              {operation.subjectKind === "request" ? <Id value={operation.subject} to={`/requests/${encodeURIComponent(operation.subject)}`} /> : <Id value={operation.subject} />}
            </dd>
          </>
        )}
        {account !== null && (
          <>
            <dt>{t("approvals.account")}</dt>
            <dd>
              <Id value={account} to={`/accounts/${encodeURIComponent(account)}`} />
            </dd>
          </>
        )}
        {operation.about !== "" && (
          <>
            <dt>{t(aboutKey(operation))}</dt>
            <dd className="mono">{operation.about}</dd>
          </>
        )}
        <dt>{t("approvals.expires")}</dt>
        <dd>
          <Time at={approval.expires} form="end" />
        </dd>
        <dt>{t("approvals.needs")}</dt>
        <dd className="mono">{["approvals:write", ...approval.scopes].join(", ")}</dd>
        <dt>{t("approvals.reason")}</dt>
        <dd>
          <blockquote className="quote">{approval.reason}</blockquote>
        </dd>
      </dl>
    </Panel>
  );
}

function ExactObject({ approval }: { approval: Approval }) {
  const { t } = useWords();
  const computed = useDigest(approval);
  const cut = approval.operation.indexOf(" ");
  const body = approval.body === null ? t("approvals.no_body") : JSON.stringify(approval.body, null, 2);
  return (
    <Panel title={t("approvals.object")} note={t("approvals.object_note")} className="approval-object">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus */}
      <pre className="code" tabIndex={0} role="group" aria-label={t("approvals.object")}>
        <b>{approval.operation.slice(0, cut)}</b> {approval.operation.slice(cut + 1)}
        {"\n\n"}
        {body}
      </pre>
      <dl className="kv">
        <dt>{t("approvals.hash")}</dt>
        <dd className="hash">
          <Id value={approval.digest} />
        </dd>
      </dl>
      {computed === null ? (
        <p className="small second">{t("approvals.hash_computing")}</p>
      ) : (
        <Banner tone={computed === approval.digest ? "ok" : "danger"}>{t(computed === approval.digest ? "approvals.hash_same" : "approvals.hash_other")}</Banner>
      )}
    </Panel>
  );
}

/** The digest of what is shown, computed here; null while it is not there yet. */
function useDigest(approval: Approval): string | null {
  const [found, setFound] = useState<string | null>(null);
  const { operation, body } = approval;
  const shown = JSON.stringify(body);
  useEffect(() => {
    let current = true;
    const cut = operation.indexOf(" ");
    void operationDigest(operation.slice(0, cut), operation.slice(cut + 1), JSON.parse(shown)).then((digest) => {
      if (current) setFound(digest);
    });
    return () => {
      current = false;
    };
  }, [operation, shown]);
  return found;
}
