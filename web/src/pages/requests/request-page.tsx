// SPDX-License-Identifier: Apache-2.0
/* One request: evidence and who could forge it, clocks, call-back, what is missing, fields, letters, history. */

import { useState } from "react";
import { Link } from "react-router";

import { Badge, Banner, Button, Empty, Id, Loading, Page, ProblemBanner, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { ApprovalsPanel } from "./approvals-panel";
import { CallPanel } from "./call-panel";
import { ClockPanel } from "./clock-panel";
import { type Asked, RequestDialogs } from "./dialogs";
import { DocumentsTab } from "./documents-tab";
import { EvidencePanel } from "./evidence-panel";
import { FieldsTab } from "./fields-tab";
import { HistoryTab } from "./history-tab";
import { LettersTab } from "./letters-tab";
import { act, CAN_SUBMIT, contradicts, ENDED, type Pack, readPack, readRequest, type Report, WORKING } from "./read";
import { StateBadge } from "./requests-page";
import { RulePanel } from "./rule-panel";
import { useKnown } from "./words";

const EVERY = 15_000;

/** The page of one request. */
export function RequestPage({ id }: { id: string }) {
  const { t } = useWords();
  const asked = useResource(`request ${id}`, (signal) => readRequest(id, signal), EVERY);
  if (asked.data !== undefined) return <Known report={asked.data} reload={asked.reload} />;
  return (
    <Page title={t("requests.request")} crumbs={[{ label: t("requests.title"), to: "/requests" }]}>
      <div className="page-body">
        {asked.error?.status === 404 ? (
          <Empty icon="gov" title={t("requests.unknown")} action={<Link to="/requests">{t("requests.toAll")}</Link>}>
            {t("requests.unknownWhy")}
          </Empty>
        ) : asked.error !== undefined ? (
          <ProblemBanner problem={asked.error} retry={asked.reload} />
        ) : (
          <Loading lines={8} />
        )}
      </div>
    </Page>
  );
}

/** What every part of the page gets. */
export interface Part {
  report: Report;
  reload: () => void;
  ask: (asked: Asked) => void;
  /** May change it. */
  writes: boolean;
  /** Its rule pack, once it is read. */
  pack: Pack | undefined;
}

const TABS = ["evidence", "documents", "fields", "letters", "history"] as const;
type Tab = (typeof TABS)[number];

function Known({ report, reload }: { report: Report; reload: () => void }) {
  const { t, language } = useWords();
  const { may } = useSession();
  const known = useKnown();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [given] = useFilter("tab");
  const tab: Tab = TABS.find((each) => each === given) ?? "evidence";
  const { request } = report;
  const pack = useResource(request.pack === "" ? null : `pack ${request.pack}`, (signal) => readPack(request.pack, signal));
  const over = (ENDED as readonly string[]).includes(request.state);
  const against = request.evidence.filter(contradicts).length;
  const part: Part = { report, reload, ask: setAsked, writes: may("desk:write") && !over, pack: pack.data };
  return (
    <Page
      title={request.reference}
      heading={
        <>
          <Id value={request.reference} /> {known("type", request.type)}
          {request.claim.authority !== "" && `${language === "zh" ? "，" : ", "}${request.claim.authority}`}
        </>
      }
      crumbs={[{ label: t("requests.title"), to: "/requests" }]}
      badges={
        <>
          <StateBadge state={request.state} />
          {against > 0 && (
            <Badge tone="danger" icon="x">
              {t("requests.contradictions", { n: against })}
            </Badge>
          )}
        </>
      }
      meta={<Meta report={report} />}
      actions={part.writes ? <Actions {...part} /> : undefined}
    >
      <nav className="tabs" aria-label={t("requests.request")}>
        {TABS.map((each) => (
          <Link key={each} to={each === "evidence" ? "?" : `?tab=${each}`} replace aria-current={each === tab ? "page" : undefined}>
            {t(`requests.tab.${each}`)}
            <span className="num">{counted(each, report)}</span>
          </Link>
        ))}
      </nav>
      <div className="page-body req-grid">
        <div className="req-main">
          <Standing {...part} />
          {tab === "evidence" && <EvidencePanel {...part} />}
          {tab === "documents" && <DocumentsTab {...part} />}
          {tab === "fields" && <FieldsTab {...part} />}
          {tab === "letters" && <LettersTab {...part} />}
          {tab === "history" && <HistoryTab {...part} />}
        </div>
        <div className="req-side">
          <ClockPanel {...part} />
          {request.authority !== "" && !over && <CallPanel {...part} />}
          <RulePanel {...part} />
          <ApprovalsPanel {...part} />
        </div>
      </div>
      {asked !== null && <RequestDialogs report={report} asked={asked} onClose={() => setAsked(null)} onDone={reload} />}
    </Page>
  );
}

function counted(tab: Tab, { request }: Report): string {
  if (tab === "evidence") return String(request.evidence.length);
  if (tab === "documents") return String(request.documents.length);
  if (tab === "fields") return String(request.fields.length);
  return tab === "history" ? String(request.history.length) : "";
}

function Meta({ report: { request } }: { report: Report }) {
  const { t } = useWords();
  return (
    <>
      <span>
        {t("requests.received")} <Time at={request.received} />
      </span>
      {request.case_number !== "" && <span>{t("requests.case", { number: request.case_number })}</span>}
      {request.about !== "" && (
        <span>
          {t("requests.about")} <Link to={`/requests/${request.about}`}>{request.about}</Link>
        </span>
      )}
    </>
  );
}

function Actions({ report, ask, reload }: Part) {
  const { t } = useWords();
  const { busy, problem, run } = useAct();
  const { request, decision } = report;
  const go = async (rest: string) => {
    if (await run(() => act(request.id, rest))) reload();
  };
  const working = WORKING.has(request.state);
  return (
    <>
      {problem !== null && <ProblemBanner problem={problem} />}
      {request.state === "received" && (
        <Button size="lg" kind="primary" onClick={() => ask({ kind: "triage" })}>
          {t("requests.triage")}
        </Button>
      )}
      {CAN_SUBMIT.has(request.state) && decision?.ready === true && (
        <Button size="lg" kind="primary" busy={busy} onClick={() => void go("/submit")}>
          {t("requests.submit")}
        </Button>
      )}
      {working && request.state !== "received" && request.state !== "decision_pending" && (
        <Button size="lg" onClick={() => ask({ kind: "triage" })}>
          {t("requests.triageAgain")}
        </Button>
      )}
      {working && (
        <Button size="lg" onClick={() => ask({ kind: request.state === "clarification" ? "answer" : "clarify" })}>
          {t(request.state === "clarification" ? "requests.answer" : "requests.clarify")}
        </Button>
      )}
      {working && (
        <Button size="lg" onClick={() => ask({ kind: "reject" })}>
          {t("requests.reject")}
        </Button>
      )}
      {request.state === "suspected_forged" ? (
        <>
          <Button size="lg" onClick={() => ask({ kind: "clear" })}>
            {t("requests.clear")}
          </Button>
          <Button size="lg" kind="danger" onClick={() => ask({ kind: "confirm-forged" })}>
            {t("requests.confirmForged")}
          </Button>
        </>
      ) : (
        <Button size="lg" kind="danger" onClick={() => ask({ kind: "suspect" })}>
          {t("requests.suspect")}
        </Button>
      )}
    </>
  );
}

function Standing({ report: { request, decision } }: Part) {
  const { t } = useWords();
  if (request.state === "suspected_forged" || request.state === "confirmed_forged") {
    return (
      <Banner tone="danger">
        {t("requests.forgedWhy")}
      </Banner>
    );
  }
  if (decision === null) return <Banner tone="warn">{t("requests.notServed")}</Banner>;
  if (request.type === "preservation" && (decision.cut.size_rule ?? 0) === 1) return <Banner tone="info">{t("requests.keepsOnly")}</Banner>;
  if (decision.rule !== "" && decision.cut.size_rule !== null && decision.cut.size_rule < 2) return <Banner tone="danger">{t("requests.broken", { rule: decision.rule })}</Banner>;
  return null;
}
