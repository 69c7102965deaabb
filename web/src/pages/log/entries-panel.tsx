// SPDX-License-Identifier: Apache-2.0
/* Entries, newest first: commitments only. Each can be checked here and its proof saved. */

import { type SubmitEvent, useState } from "react";

import { Button, type Column, Empty, Field, Icon, Id, Panel, Table, Time, useFilter } from "../../components";
import { Problem } from "../../api/client";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { proofFile } from "./check";
import { type Row, readEntries, rowOf, saveFile, server } from "./source";

const PAGE = 50;

interface EntriesPanelProps {
  size: number;
  checked: number;
  onCheck: (position: number) => void;
}

/** The table with its paging; `?at=` in the URL is the newest position shown. */
export function EntriesPanel({ size, checked, onCheck }: EntriesPanelProps) {
  const { t } = useWords();
  const [at, setAt] = useFilter("at");
  const asked = /^\d{1,15}$/.test(at) ? Number(at) : size - 1;
  const last = Math.max(0, Math.min(size - 1, asked));
  const first = Math.max(0, last - PAGE + 1);
  const page = useResource(`entries ${first} ${last} ${size}`, (signal) => readEntries(first, last - first + 1, signal));
  const rows = (page.data?.entries ?? []).map(rowOf).reverse();
  const [said, setSaid] = useState("");
  const columns = useColumns(onCheck, setSaid);
  if (page.error?.status === 403 || page.error?.status === 401) {
    return (
      <Panel title={t("log.entries")}>
        <Empty icon="lock" title={t("log.no_access")}>
          {t("log.no_access_text")}
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel title={t("log.entries")} note={t("log.entries_note")} bare className="log-entries">
      <div className="panel__body">
        <Paging first={first} last={last} size={size} onGo={(to) => setAt(to >= size - 1 ? "" : String(Math.max(0, to)))} />
        <p className="vh" role="status">
          {said}
        </p>
      </div>
      <Table
        caption={t("log.entries")}
        columns={columns}
        rows={rows}
        rowKey={(row) => String(row.position)}
        from={page}
        selected={checked < 0 ? undefined : String(checked)}
        onOpen={(row) => onCheck(row.position)}
        empty={
          <Empty icon="list" title={t("log.empty")}>
            {t("log.empty_text")}
          </Empty>
        }
      />
    </Panel>
  );
}

function useColumns(onCheck: (position: number) => void, say: (text: string) => void): Column<Row>[] {
  const { t } = useWords();
  const download = async (position: number) => {
    try {
      saveFile(`counterseal-entry-${position}.json`, await proofFile(server, position));
      say(t("log.proof_downloaded", { position }));
    } catch (error) {
      say(error instanceof Problem ? error.detail : String(error));
    }
  };
  return [
    { key: "position", head: t("log.position"), cell: (row) => row.position, className: "num" },
    { key: "at", head: t("log.at"), cell: (row) => (row.at === null ? t("log.none") : <Time at={row.at} form="absolute" />) },
    { key: "kind", head: t("log.kind"), cell: (row) => <span className="mono">{row.kind}</span> },
    { key: "subject", head: t("log.subject"), cell: (row) => (row.subject === "" ? <span className="muted">{t("log.none")}</span> : <Id value={row.subject} />) },
    { key: "hash", head: t("log.hash"), cell: (row) => <Id value={row.hash} short /> },
    {
      key: "proof",
      head: t("log.proof"),
      className: "end nowrap",
      cell: (row) => (
        <>
          <Button kind="quiet" aria-label={t("log.check_of", { position: row.position })} onClick={() => onCheck(row.position)}>
            {t("log.check_entry")}
          </Button>
          <Button kind="quiet" size="icon" aria-label={t("log.download_of", { position: row.position })} title={t("log.download")} onClick={() => void download(row.position)}>
            <Icon name="dl" />
          </Button>
        </>
      ),
    },
  ];
}

interface PagingProps {
  first: number;
  last: number;
  size: number;
  onGo: (last: number) => void;
}

function Paging({ first, last, size, onGo }: PagingProps) {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  const wanted = /^\d{1,15}$/.test(typed.trim()) ? Number(typed.trim()) : Number.NaN;
  const wrong = typed.trim() !== "" && !(wanted < size);
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    if (typed.trim() !== "" && !wrong) onGo(wanted);
  };
  return (
    <div className="filters log-paging">
      <span className="num second">{t("log.range", { first, last, size })}</span>
      <Button icon="left" off={last >= size - 1 ? t("log.newest") : undefined} onClick={() => onGo(last + PAGE)}>
        {t("log.newer")}
      </Button>
      <Button off={first === 0 ? t("log.oldest") : undefined} onClick={() => onGo(first - 1)}>
        {t("log.older")} <Icon name="chev" />
      </Button>
      <form className="log-go" onSubmit={go}>
        <Field label={t("log.go")} value={typed} onChange={setTyped} inputMode="numeric" autoComplete="off" error={wrong ? t("log.go_range", { last: size - 1 }) : undefined} />
        <Button type="submit">{t("log.go_act")}</Button>
      </form>
    </div>
  );
}
