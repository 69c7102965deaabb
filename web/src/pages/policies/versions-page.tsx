// SPDX-License-Identifier: Apache-2.0
/* Every version of the policy: which decides, since when and by whom, and what is proved of each. */

import { Link, useNavigate } from "react-router";

import { Badge, Banner, type Column, Empty, Id, Loading, Page, Panel, ProblemBanner, Table, Time } from "../../components";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import "./publishing.css";
import { PolicyTabs } from "./tabs";
import { readVersion, readVersions, type Row, shortOf, STATES, versionOf } from "./publishing";

const EVERY = 5_000;

export default function VersionsPage() {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const asked = useResource("versions", readVersions, EVERY);
  const { data } = asked;
  const previous = data?.items.find((row) => row.digest === data.previous);
  const columns: Column<Row>[] = [
    { key: "version", head: t("publishing.version"), className: "pub-name", cell: (row) => <Name row={row} /> },
    { key: "state", head: t("publishing.state"), cell: (row) => <StateBadge state={row.state} /> },
    { key: "verdict", head: t("publishing.verdict"), className: "pub-wrap", cell: (row) => <Proved row={row} /> },
    { key: "author", head: t("publishing.author"), className: "pub-wide pub-wrap", cell: (row) => <Author name={row.author} /> },
    { key: "at", head: t("publishing.uploaded"), className: "pub-wide", cell: (row) => <Time at={row.at} /> },
  ];
  return (
    <Page
      title={t("publishing.versions")}
      crumbs={[{ label: t("policies.title"), to: "/policies" }]}
      meta={<span>{t("publishing.lead")}</span>}
      actions={
        <>
          {may("policy:publish") && previous !== undefined && (
            <Link className="btn btn--lg" to={`/policies/versions/${previous.version}`}>
              {t("publishing.rollback", { number: previous.number })}
            </Link>
          )}
          {may("policy:write") && (
            <Link className="btn btn--primary btn--lg" to="/policies/versions/new">
              {t("publishing.upload")}
            </Link>
          )}
        </>
      }
    >
      <PolicyTabs at="versions" />
      <div className="page-body pub">
        {data !== undefined && <InForce digest={data.in_force} settings={data.settings} />}
        <Panel bare title={t("publishing.all")} note={t("publishing.newest")} foot={<span className="small">{t("publishing.foot")}</span>}>
          <Table
            caption={t("publishing.all")}
            className="pub-list"
            columns={columns}
            rows={data?.items ?? []}
            rowKey={(row) => row.version}
            from={asked}
            onOpen={(row) => void navigate(`/policies/versions/${row.version}`)}
            empty={
              <Empty icon="lab" title={t("publishing.none")}>
                {t("publishing.noneWhy")}
              </Empty>
            }
          />
        </Panel>
      </div>
    </Page>
  );
}

/** A state as a badge. */
export function StateBadge({ state }: { state: Row["state"] }) {
  const { t } = useWords();
  const known = STATES[state];
  return <Badge tone={known.tone}>{t(known.text)}</Badge>;
}

/** Whoever wrote a version; the first one comes from the settings. */
export function Author({ name }: { name: string }) {
  const { t } = useWords();
  return name === "settings" ? t("publishing.bySettings") : name;
}

function Name({ row }: { row: Row }) {
  const { t } = useWords();
  return (
    <span className="pub-lines">
      <span>
        <Link to={`/policies/versions/${row.version}`}>{t("publishing.numbered", { name: row.name, number: row.number })}</Link>{" "}
        <code className="second">{shortOf(row.version)}</code>
      </span>
      {row.note !== "" && <span className="small second">{row.note}</span>}
    </span>
  );
}

/** What the prover said of a version, in a few words. */
function Proved({ row }: { row: Row }) {
  const { t } = useWords();
  if (row.examining) return <span role="status">{t("publishing.examining")}</span>;
  if (row.fault !== "") return <span className="pub-bad">{t("publishing.faulty", { why: row.fault })}</span>;
  if (row.verdict === "") return <span className="second">{t(row.state === "in_force" ? "publishing.seeProof" : "publishing.notExamined")}</span>;
  const words: Key = row.weaker ? "publishing.weaker" : "publishing.notWeaker";
  return (
    <span>
      <span className={row.weaker ? "pub-bad" : undefined}>{t(words)}</span>
      {row.failing > 0 && <span className="second"> · {t("publishing.nFailing", { n: row.failing })}</span>}
    </span>
  );
}

function InForce({ digest, settings }: { digest: string; settings: string }) {
  const { t } = useWords();
  const version = versionOf(digest);
  const asked = useResource(version === "" ? null : `version ${version}`, (signal) => readVersion(version, signal));
  if (asked.data === undefined) return asked.error === undefined ? <Loading lines={2} /> : <ProblemBanner problem={asked.error} retry={asked.reload} />;
  const found = asked.data;
  const last = found.publications.at(-1);
  return (
    <Panel title={t("publishing.inForce")}>
      <dl className="kv">
        <dt>{t("publishing.version")}</dt>
        <dd>
          <Link to={`/policies/versions/${version}`}>{t("publishing.numbered", { name: found.name, number: found.number })}</Link>
        </dd>
        {last !== undefined && (
          <>
            <dt>{t("publishing.since")}</dt>
            <dd>
              <Time at={last.at} />
            </dd>
            <dt>{t("publishing.by")}</dt>
            <dd>{last.by.length === 0 ? t("publishing.bySettings") : last.by.join(", ")}</dd>
          </>
        )}
        <dt>{t("policies.digest")}</dt>
        <dd className="pub-whole">
          <Id value={digest} />
        </dd>
      </dl>
      {settings !== digest && <Banner tone="info">{t("publishing.settingsOther")}</Banner>}
    </Panel>
  );
}
