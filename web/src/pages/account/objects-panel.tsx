// SPDX-License-Identifier: Apache-2.0
/* Sessions, devices, addresses, keys: what they carry and how old that is. */

import { Badge, type Column, Duration, Empty, Id, Panel, Table, Time } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import type { Account } from "./read";

interface Row {
  kind: string;
  id: string;
  fact: Account["objects"][number]["facts"][number];
}

/** One row a fact; an age runs from the first notice that somebody accepted. */
export function ObjectsPanel({ account }: { account: Account }) {
  const { t } = useWords();
  const rows = account.objects.flatMap(({ kind, id, facts }) => facts.map((fact) => ({ kind, id, fact })));
  const columns: Column<Row>[] = [
    {
      key: "object",
      head: t("account.object"),
      cell: (row) => (
        <>
          <span className="second">{row.kind}</span> <Id value={row.id} short={row.id.length > 28} />
        </>
      ),
    },
    {
      key: "fact",
      head: t("account.fact"),
      cell: (row) => (
        <span className="badges">
          <span className="mono">{row.fact.name}</span>
          {row.fact.doubtful && <Badge tone="warn" icon="warn">{t("account.doubtful")}</Badge>}
          {row.fact.imported && <Badge>{t("account.imported")}</Badge>}
        </span>
      ),
    },
    { key: "age", head: t("account.age"), cell: (row) => <Age started={row.fact.started} /> },
    { key: "expires", head: t("account.expires"), cell: (row) => (row.fact.expires === null ? <span className="muted">{t("account.noExpiry")}</span> : <Time at={row.fact.expires} form="end" />) },
  ];
  return (
    <Panel title={t("account.objects")} note={t("account.objectsNote")} bare>
      <Table
        caption={t("account.objects")}
        className="acct-table"
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.kind} ${row.id} ${row.fact.name}`}
        empty={
          <Empty icon="device" title={t("account.noObjects")}>
            {t("account.noObjectsWhy")}
          </Empty>
        }
      />
    </Panel>
  );
}

function Age({ started }: { started: number | null }) {
  const { t } = useWords();
  const { now } = useClock();
  if (started === null) return <Badge tone="warn" icon="belloff">{t("account.untold")}</Badge>;
  return <Duration ms={now - started} />;
}
