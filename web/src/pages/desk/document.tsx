// SPDX-License-Identifier: Apache-2.0
/* One document: the verdict, the pages as received with marks, and the findings beside them. */

import { useState } from "react";
import { Link } from "react-router";

import { Banner, Button, Empty, Id, Loading, Page, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { VerdictBadge } from "./desk-page";
import { Findings } from "./findings";
import { useMarked } from "./marked";
import { Pages } from "./pages";
import { bytesText, type Document, type DocumentReport, type Examination, examineAgain, readDocument, sourceKey, VERDICTS } from "./read";

const EVERY = 15_000;

/** The page of one document. */
export function DocumentPage({ id }: { id: string }) {
  const { t } = useWords();
  const asked = useResource(`desk ${id}`, (signal) => readDocument(id, signal), EVERY);
  if (asked.data !== undefined) return <Known report={asked.data} onChange={asked.reload} />;
  return (
    <Page title={t("desk.title")} crumbs={[{ label: t("desk.title"), to: "/desk" }]}>
      <div className="page-body desk">
        {asked.error?.status === 404 ? (
          <Empty icon="doc" title={t("desk.unknown")} action={<Link to="/desk">{t("desk.toAll")}</Link>}>
            {t("desk.unknownWhy")}
          </Empty>
        ) : asked.error !== undefined ? (
          <ProblemBanner problem={asked.error} retry={asked.reload} />
        ) : (
          <Loading lines={6} />
        )}
      </div>
    </Page>
  );
}

function Known({ report, onChange }: { report: DocumentReport; onChange: () => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const { busy, problem, run } = useAct();
  const { document, examinations } = report;
  const [chosen, setChosen] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const index = Math.min(chosen ?? examinations.length - 1, examinations.length - 1);
  const shown = examinations[index];
  const { marks, marked, page, onMark, onPage } = useMarked(shown?.findings ?? []);
  const again = async () => {
    setSaid("");
    if (await run(() => examineAgain(document.id))) setSaid(t("desk.examined"));
    setChosen(null);
    onChange();
  };
  return (
    <Page
      title={document.name}
      crumbs={[{ label: t("desk.title"), to: "/desk" }]}
      badges={<VerdictBadge verdict={document.verdict} />}
      meta={
        <>
          <span>
            {t("desk.received")} <Time at={document.received} />
          </span>
          <Id value={document.sha256} short />
        </>
      }
      actions={
        may("desk:write") ? (
          <Button icon="refresh" busy={busy} onClick={() => void again()}>
            {t("desk.again")}
          </Button>
        ) : undefined
      }
    >
      <div className="page-body desk desk--one">
        <div className="desk__said">
          <VerdictBanner verdict={shown?.verdict ?? document.verdict} older={index < examinations.length - 1} />
          {said !== "" && (
            <Banner tone="ok" live>
              {said}
            </Banner>
          )}
          {problem !== null && <ProblemBanner problem={problem} />}
        </div>
        <div className="desk__side">
          <Panel bare title={t("desk.findings")} note={t("desk.findingsNote")}>
            <Findings marks={marks} marked={marked} onMark={onMark} />
          </Panel>
          {shown !== undefined && <Signature examination={shown} />}
          <Facts document={document} />
          {examinations.length > 1 && <Examinations examinations={examinations} index={index} onChoose={setChosen} />}
        </div>
        <Pages document={document} pages={shown?.pages ?? 0} marks={marks} marked={marked} onMark={onMark} page={page} onPage={onPage} />
      </div>
    </Page>
  );
}

const BANNERS = { ok: "ok", warn: "warn", danger: "danger", info: "info", plain: "info" } as const;

function VerdictBanner({ verdict, older }: { verdict: string; older: boolean }) {
  const { t } = useWords();
  const known = VERDICTS[verdict];
  if (known === undefined) return null;
  return (
    <Banner tone={BANNERS[known.tone]} icon={known.icon}>
      <b>{t(known.text)}.</b> {t(known.why)} {older && t("desk.older")}
    </Banner>
  );
}

function Signature({ examination }: { examination: Examination }) {
  const { t } = useWords();
  const { signer, covered } = examination;
  return (
    <Panel title={t("desk.signature")}>
      {signer === null ? (
        <p className="second">{t("desk.noSigner")}</p>
      ) : (
        <dl className="kv">
          <dt>{t("desk.signer")}</dt>
          <dd>{signer.name}</dd>
          <dt>{t("desk.registry")}</dt>
          <dd>{signer.authority === "" ? t("desk.notRegistered") : t("desk.registered", { authority: signer.authority, role: signer.role.replaceAll("_", " ") })}</dd>
          {signer.issuer !== "" && (
            <>
              <dt>{t("desk.issuer")}</dt>
              <dd>{signer.issuer}</dd>
            </>
          )}
          <dt>{t("desk.signed")}</dt>
          <dd>{signer.signed !== null ? <Time at={signer.signed} /> : signer.claimed !== null ? <Claimed at={signer.claimed} /> : t("desk.noTime")}</dd>
          {signer.sha256 !== "" && (
            <>
              <dt>{t("desk.fingerprint")}</dt>
              <dd>
                <Id value={signer.sha256} short />
              </dd>
            </>
          )}
        </dl>
      )}
      {covered !== null && <p className="small second">{t(covered.whole ? "desk.coveredWhole" : "desk.covered", { bytes: covered.bytes, of: covered.of })}</p>}
    </Panel>
  );
}

function Claimed({ at }: { at: number }) {
  const { t } = useWords();
  return (
    <>
      <Time at={at} /> <span className="second">{t("desk.claimed")}</span>
    </>
  );
}

function Facts({ document }: { document: Document }) {
  const { t } = useWords();
  return (
    <Panel title={t("desk.facts")} foot={<span className="small">{t("desk.factsFoot")}</span>}>
      <dl className="kv">
        <dt>{t("desk.kind")}</dt>
        <dd>
          {document.kind}, {bytesText(document.size)}
        </dd>
        <dt>{t("desk.source")}</dt>
        <dd>{t(sourceKey(document.source))}</dd>
        {document.sender !== null && (
          <>
            <dt>{t("desk.envelope")}</dt>
            <dd className="desk-whole">{document.sender}</dd>
          </>
        )}
        {document.first !== null && (
          <>
            <dt>{t("desk.first")}</dt>
            <dd>
              <Link to={`/desk/${document.first}`}>{t("desk.firstLink")}</Link>
            </dd>
          </>
        )}
        {document.parent !== null && (
          <>
            <dt>{t("desk.parent")}</dt>
            <dd>
              <Link to={`/desk/${document.parent}`}>{t("desk.parentLink")}</Link>
            </dd>
          </>
        )}
        <dt>SHA-256</dt>
        <dd className="desk-whole">
          <Id value={document.sha256} />
        </dd>
      </dl>
    </Panel>
  );
}

interface ExaminationsProps {
  examinations: readonly Examination[];
  index: number;
  onChoose: (index: number) => void;
}

function Examinations({ examinations, index, onChoose }: ExaminationsProps) {
  const { t } = useWords();
  return (
    <Panel title={t("desk.examinations")} note={t("desk.examinationsNote")}>
      <ol className="desk-history" reversed>
        {examinations
          .map((each, at) => (
            <li key={each.at}>
              <button type="button" className="link" aria-pressed={at === index} onClick={() => onChoose(at)}>
                <Time at={each.at} />
              </button>
              <VerdictBadge verdict={each.verdict} />
            </li>
          ))
          .reverse()}
      </ol>
    </Panel>
  );
}
