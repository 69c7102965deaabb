// SPDX-License-Identifier: Apache-2.0
/* The event log: latest checkpoint, the check of this browser, entries with their proofs. */

import { useCallback, useEffect, useRef, useState } from "react";

import { Button, Empty, Icon, Loading, Page, Panel, ProblemBanner } from "../../components";
import { Problem } from "../../api/client";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { type Kept, type Report, checkLog } from "./check";
import { CheckPanel } from "./check-panel";
import { CheckpointPanel } from "./checkpoint-panel";
import { EntriesPanel } from "./entries-panel";
import "./log.css";
import { parseCheckpoint, splitNote } from "./note";
import { WitnessesPanel } from "./witnesses-panel";
import { anyPosition, readKept, server, writeKept } from "./source";

interface Head {
  note: string;
  key: string;
}

async function readHead(): Promise<Head> {
  const [note, { key }] = await Promise.all([server.checkpoint(), server.key()]);
  return { note, key };
}

/** The page. It checks once when it opens, and again when asked. */
export default function LogPage() {
  const { t } = useWords();
  const { may } = useSession();
  const head = useResource("log head", readHead);
  const check = useCheck(head.reload);
  const nothing = head.error?.status === 404;
  const actions = (
    <Button kind="primary" size="lg" icon="refresh" busy={check.busy} onClick={() => check.verify(null)}>
      {t(check.busy ? "log.verifying" : "log.verify")}
    </Button>
  );
  return (
    <Page title={t("log.title")} meta={<span>{t("log.lead")}</span>} actions={nothing ? undefined : actions}>
      <div className="log">
        {nothing ? (
          <Panel title={t("log.checkpoint")}>
            <Empty icon="list" title={t("log.no_checkpoint")} action={<Button onClick={head.reload}>{t("common.retry")}</Button>}>
              {t("log.no_checkpoint_text")}
            </Empty>
          </Panel>
        ) : (
          <>
            <div className="log__top">
              <HeadPanel data={head.data} error={head.error} retry={head.reload} />
              <CheckPanel report={check.report} problem={check.problem} busy={check.busy} kept={check.kept} onVerify={() => check.verify(null)} onForget={check.forget} />
            </div>
            {may("audit:read") && <WitnessesPanel />}
            {head.data && <Entries note={head.data.note} checked={check.report?.position ?? -1} onCheck={check.verify} />}
          </>
        )}
        <Offline />
      </div>
    </Page>
  );
}

function HeadPanel({ data, error, retry }: { data: Head | undefined; error: Problem | undefined; retry: () => void }) {
  const { t } = useWords();
  if (data !== undefined) return <CheckpointPanel note={data.note} checkpoint={parseCheckpoint(splitNote(data.note).text)} logKey={data.key} />;
  return <Panel title={t("log.checkpoint")}>{error === undefined ? <Loading lines={6} /> : <ProblemBanner problem={error} retry={retry} />}</Panel>;
}

function Entries({ note, checked, onCheck }: { note: string; checked: number; onCheck: (position: number) => void }) {
  return <EntriesPanel size={parseCheckpoint(splitNote(note).text).size} checked={checked} onCheck={onCheck} />;
}

interface Check {
  report: Report | null;
  problem: Problem | null;
  busy: boolean;
  kept: Kept | null;
  verify: (position: number | null) => void;
  forget: () => void;
}

/** Runs the check; what it keeps is written only when everything held. */
function useCheck(onGood: () => void): Check {
  const { now } = useClock();
  const time = useRef(now);
  useEffect(() => {
    time.current = now;
  }, [now]);
  const [state, setState] = useState<Pick<Check, "report" | "problem" | "busy">>({ report: null, problem: null, busy: true });
  const [kept, setKept] = useState<Kept | null>(readKept);
  const begun = useRef(false);
  const verify = useCallback(
    async (position: number | null) => {
      setState((before) => ({ ...before, problem: null, busy: true }));
      try {
        const report = await checkLog(server, readKept(), position, anyPosition, time.current);
        if (report.kept !== null) {
          writeKept(report.kept);
          setKept(report.kept);
          if (position === null) onGood();
        }
        setState({ report, problem: null, busy: false });
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0, "failed", String(error));
        setState((before) => ({ ...before, problem: problem.status === 404 ? null : problem, busy: false }));
      }
    },
    [onGood],
  );
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    void verify(null);
  }, [verify]);
  const forget = () => {
    writeKept(null);
    setKept(null);
    setState({ report: null, problem: null, busy: false });
  };
  return { ...state, kept, verify: (position) => void verify(position), forget };
}

function Offline() {
  const { t } = useWords();
  const lines = [
    { text: t("log.offline_1"), command: "counterseal log export log.jsonl" },
    { text: t("log.offline_2"), command: "counterseal log verify log.jsonl --key KEY" },
    { text: t("log.offline_3"), command: "counterseal log verify log.jsonl --checkpoint checkpoint.txt --max-age 10m" },
  ];
  return (
    <Panel
      title={t("log.offline")}
      foot={
        <>
          <Icon name="info" /> {t("log.offline_exit")}
        </>
      }
    >
      <p>{t("log.offline_text")}</p>
      <ol className="log-offline">
        {lines.map(({ text, command }) => (
          <li key={command}>
            <span>{text}</span>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus */}
            <pre className="code" tabIndex={0}>
              {command}
            </pre>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
