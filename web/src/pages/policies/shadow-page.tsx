// SPDX-License-Identifier: Apache-2.0
/* The shadow run: what a version would have made of everything that happens, beside what was. */

import { useState } from "react";
import { Link } from "react-router";

import { Badge, Banner, Button, type Column, Effects, Loading, Page, Panel, ProblemBanner, Table, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import "./publishing.css";
import { PolicyTabs } from "./tabs";
import { acts, percent, readShadow, readVersions, type Row, type Shadow, shareOf, shortOf } from "./publishing";
import { CellsPanel, ExamplesPanel } from "./shadow-tables";

const EVERY = 3_000;

export default function ShadowPage() {
  const { t } = useWords();
  const { may } = useSession();
  const asked = useResource("shadow", readShadow, EVERY);
  const [open, setOpen] = useState<"stop" | "clear" | null>(null);
  const run = asked.data;
  const there = run !== undefined && run !== null && run.state !== "cleared";
  const buttons = there && may("policy:write") && (
    <>
      {run.state === "running" && <Button onClick={() => setOpen("stop")}>{t("publishing.stop")}</Button>}
      <Button onClick={() => setOpen("clear")}>{t("publishing.clear")}</Button>
    </>
  );
  const close = () => {
    setOpen(null);
    asked.reload();
  };
  return (
    <Page title={t("publishing.shadow")} crumbs={[{ label: t("policies.title"), to: "/policies" }]} badges={there ? <RunBadge run={run} /> : undefined} meta={<span>{t("publishing.shadowLead")}</span>} actions={buttons === false ? undefined : buttons}>
      <PolicyTabs at="shadow" />
      <div className="page-body pub">
        {run === undefined ? (
          asked.error === undefined ? (
            <Loading lines={6} />
          ) : (
            <ProblemBanner problem={asked.error} retry={asked.reload} />
          )
        ) : there ? (
          <Ran run={run} />
        ) : (
          <None onStarted={asked.reload} />
        )}
      </div>
      {open === "stop" && there && (
        <FormDialog title={t("publishing.stopAsk")} act={t("publishing.stopAct")} onClose={close} onSend={() => acts.stop(run.version)}>
          <Effects items={[{ text: t("publishing.stopTakes"), icon: "pause" }, { text: t("publishing.stopKeeps") }, { text: t("publishing.stopEnds") }]} />
        </FormDialog>
      )}
      {open === "clear" && there && (
        <FormDialog title={t("publishing.clearAsk")} act={t("publishing.clearAct")} onClose={close} onSend={() => acts.clear(run.version)}>
          <Effects items={[{ text: t("publishing.clearRemoves"), icon: "warn" }, { text: t("publishing.clearAgain") }]} />
        </FormDialog>
      )}
    </Page>
  );
}

function RunBadge({ run }: { run: Shadow }) {
  const { t } = useWords();
  return run.state === "running" ? <Badge tone="info">{t("publishing.running")}</Badge> : <Badge>{t("publishing.stopped")}</Badge>;
}

/** What a shadow run is, and where one begins. */
function None({ onStarted }: { onStarted: () => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const { busy, problem, run } = useAct();
  const asked = useResource("versions", readVersions);
  const startable = (asked.data?.items ?? []).filter((row) => row.state !== "in_force");
  const start = async (row: Row) => {
    if (await run(() => acts.start(row.version))) onStarted();
  };
  const columns: Column<Row>[] = [
    { key: "name", head: t("publishing.version"), className: "pub-name", cell: (row) => <Link to={`/policies/versions/${row.version}`}>{t("publishing.numbered", { name: row.name, number: row.number })}</Link> },
    { key: "note", head: t("publishing.note"), className: "pub-wrap", cell: (row) => row.note },
    { key: "act", head: <span className="vh">{t("settings.acts")}</span>, numeric: true, cell: (row) => may("policy:write") && <Button busy={busy} aria-label={t("publishing.startOf", { number: row.number })} onClick={() => void start(row)}>{t("publishing.start")}</Button> },
  ];
  return (
    <>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Panel title={t("publishing.noShadow")}>
        <Effects items={[{ text: t("publishing.shadowTakes"), icon: "right" }, { text: t("publishing.shadowOwn"), icon: "shield" }, { text: t("publishing.shadowSee"), icon: "list" }]} />
        <p className="second">{t(may("policy:write") ? "publishing.shadowFrom" : "publishing.shadowFromEditor")}</p>
      </Panel>
      {startable.length > 0 && (
        <Panel bare title={t("publishing.startable")}>
          <Table caption={t("publishing.startable")} className="pub-list" columns={columns} rows={startable} rowKey={(row) => row.version} from={asked} empty={null} />
        </Panel>
      )}
    </>
  );
}

function Ran({ run }: { run: Shadow }) {
  const { t } = useWords();
  const skipped = Object.entries(run.skipped);
  return (
    <>
      <Share run={run} />
      <CellsPanel run={run} />
      <ExamplesPanel run={run} />
      <Panel title={t("publishing.aboutRun")}>
        <dl className="kv">
          <dt>{t("publishing.version")}</dt>
          <dd>
            <Link to={`/policies/versions/${run.version}`}>{run.name}</Link> <code className="second">{shortOf(run.version)}</code>
          </dd>
          <dt>{t("publishing.startedBy")}</dt>
          <dd>
            {run.by} <Time at={run.started} />
          </dd>
          {run.ended !== null && (
            <>
              <dt>{t("publishing.endedAt")}</dt>
              <dd>
                <Time at={run.ended} />
              </dd>
            </>
          )}
          <dt>{t("publishing.taken")}</dt>
          <dd>{t("publishing.takenOf", { inputs: run.inputs, n: run.accounts })}</dd>
          <dt>{t("publishing.stepTime")}</dt>
          <dd className="num">{t("publishing.stepTimes", { mean: run.mean / 1_000, slowest: run.slowest / 1_000 })}</dd>
          {skipped.length > 0 && (
            <>
              <dt>{t("publishing.skipped")}</dt>
              <dd>{skipped.map(([code, count]) => `${code} (${count})`).join(", ")}</dd>
            </>
          )}
        </dl>
      </Panel>
    </>
  );
}

/** The one figure: how many actions would end otherwise. And how old the states are that say so. */
function Share({ run }: { run: Shadow }) {
  const { t } = useWords();
  const { known, differ, unknown } = shareOf(run.cells);
  return (
    <Panel title={t("publishing.wouldChange")}>
      <p className="pub-figure">
        <b className="num">{known === 0 ? t("common.unknown") : percent(differ, known)}</b> <span>{t("publishing.ofActions", { differ, n: known })}</span>
      </p>
      {unknown > 0 && <p className="second">{t("publishing.nUnknown", { n: unknown })}</p>}
      {run.state === "running" ? (
        <Banner tone={run.lag > 0 ? "warn" : "ok"} icon={run.lag > 0 ? "clock" : "check"}>
          {run.lag > 0 ? t("publishing.lags", { n: run.lag }) : t("publishing.upToDate")}
        </Banner>
      ) : (
        <Banner tone="info" icon="pause">
          {t("publishing.stoppedAge")} {run.ended !== null && <Time at={run.ended} />}
        </Banner>
      )}
    </Panel>
  );
}
