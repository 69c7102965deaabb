// SPDX-License-Identifier: Apache-2.0
/* Outside parties that remember checkpoints: what each took last. Without one, a rollback shows only to browsers that saw more. */

import { client, type Schemas, unwrap } from "../../api/client";
import { Badge, type Column, Empty, Panel, Table, Time } from "../../components";
import { useClock } from "../../clock";
import { duration } from "../../format";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";

type Witness = Schemas["WitnessView"];

const EVERY = 15_000;
const LATE = 3; // pushes in a row that were not taken

/** The witnesses of the settings. */
export function WitnessesPanel() {
  const { t, language } = useWords();
  const asked = useResource("witnesses", (signal) => unwrap(client.GET("/v1/log/witnesses", { signal })), EVERY);
  const every = asked.data?.every ?? 0;
  const columns: Column<Witness>[] = [
    { key: "name", head: t("log.witness"), cell: (row) => <span className="mono">{row.name}</span> },
    { key: "state", head: t("log.witness_state"), cell: (row) => <State row={row} every={every} /> },
    { key: "size", head: t("log.size"), numeric: true, cell: (row) => (row.size === null ? t("log.none") : t("log.count", { size: row.size })) },
    { key: "taken", head: t("log.witness_taken"), cell: (row) => (row.taken === null ? <span className="muted">{t("log.witness_never")}</span> : <Time at={row.taken} />) },
    { key: "error", head: t("log.witness_error"), className: "wrap", cell: (row) => <span className="small second">{row.error}</span> },
  ];
  return (
    <Panel bare title={t("log.witnesses")} note={every === 0 ? undefined : t("log.witness_every", { every: duration(every, language) })}>
      <Table
        caption={t("log.witnesses")}
        columns={columns}
        rows={asked.data?.witnesses ?? []}
        rowKey={(row) => row.name}
        from={asked}
        empty={
          <Empty icon="shield" title={t("log.witness_empty")}>
            {t("log.witness_empty_why")}
          </Empty>
        }
      />
    </Panel>
  );
}

function State({ row, every }: { row: Witness; every: number }) {
  const { t } = useWords();
  const { now } = useClock();
  if (row.tried === null) return <Badge>{t("log.witness_untried")}</Badge>;
  if (row.error !== "") return <Badge tone="danger" icon="x">{t("log.witness_refused")}</Badge>;
  if (row.taken !== null && now - row.taken > LATE * every) return <Badge tone="warn" icon="clock">{t("log.witness_late")}</Badge>;
  return <Badge tone="ok" icon="check">{t("log.witness_good")}</Badge>;
}
