// SPDX-License-Identifier: Apache-2.0
/* The newest tries of one endpoint; each can be sent again. */

import { useState } from "react";

import { Badge, Button, type Column, Empty, Id, Panel, ProblemBanner, Segment, Table, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import type { Resource } from "../../use-resource";
import { acts, type Delivery, type Endpoint, errorText, failed, lostMessages, RESULTS } from "./read";

interface DeliveriesProps {
  endpoint: Endpoint;
  asked: Resource<{ items: Delivery[] }>;
  /** Whether this person may send again. */
  admin: boolean;
  onReplayFailed: () => void;
  onSent: (count: number) => void;
}

export function DeliveriesPanel({ endpoint, asked, admin, onReplayFailed, onSent }: DeliveriesProps) {
  const { t } = useWords();
  const [result, setResult] = useFilter("result");
  const [sending, setSending] = useState("");
  const { busy, problem, run } = useAct();
  const items = asked.data?.items ?? [];
  const lost = items.filter(failed);
  const view = result === "failed" ? "failed" : "all";
  const off = endpoint.disabled_at === null ? undefined : t("webhooks.enableFirst");
  const again = async (delivery: Delivery) => {
    setSending(delivery.id);
    await run(async () => onSent((await acts.replay(endpoint.id, delivery.id)).count));
  };
  const columns: Column<Delivery>[] = [
    { key: "at", head: t("webhooks.at"), cell: (each) => <Time at={each.at} /> },
    { key: "type", head: t("webhooks.message"), names: true, cell: (each) => <Message delivery={each} /> },
    { key: "result", head: t("webhooks.result"), cell: (each) => <Result delivery={each} /> },
    { key: "status", head: t("webhooks.status"), numeric: true, cell: (each) => (each.status === 0 ? <span className="second">{t("webhooks.noAnswer")}</span> : each.status) },
    { key: "ms", head: t("webhooks.ms"), numeric: true, cell: (each) => <span className="num nowrap">{t("webhooks.nMs", { ms: each.ms })}</span> },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (each) =>
        admin && (
          <Button kind="quiet" busy={busy && sending === each.id} off={off} aria-label={t("webhooks.againOf", { type: each.type, id: each.message })} onClick={() => void again(each)}>
            {t("webhooks.again")}
          </Button>
        ),
    },
  ];
  return (
    <Panel
      bare
      title={t("webhooks.deliveries")}
      note={t("webhooks.deliveriesNote")}
      actions={
        admin && lostMessages(items).size > 0 ? (
          <Button off={off} onClick={onReplayFailed}>
            {t("webhooks.replay")}
          </Button>
        ) : undefined
      }
      foot={<span className="small">{t("webhooks.deliveriesFoot")}</span>}
    >
      {problem !== null && <ProblemBanner problem={problem} />}
      {items.length > 0 && (
        <div className="wh-filter">
          <Segment
            label={t("webhooks.result")}
            value={view}
            options={[
              { value: "all", label: t("webhooks.view.all"), count: items.length },
              { value: "failed", label: t("webhooks.view.failed"), count: lost.length },
            ]}
            onChange={(next) => setResult(next === "all" ? "" : next)}
          />
        </div>
      )}
      <Table
        caption={t("webhooks.deliveries")}
        className="wh-tries"
        columns={columns}
        rows={view === "failed" ? lost : items}
        rowKey={(each) => each.id}
        from={asked}
        empty={<Nothing hidden={items.length} onShow={() => setResult("")} />}
      />
    </Panel>
  );
}

function Nothing({ hidden, onShow }: { hidden: number; onShow: () => void }) {
  const { t } = useWords();
  if (hidden === 0) return <Empty icon="globe" title={t("webhooks.noDeliveries")}>{t("webhooks.noDeliveriesWhy")}</Empty>;
  return (
    <Empty icon="filter" title={t("webhooks.noFailed")} action={<Button onClick={onShow}>{t("webhooks.showAll")}</Button>}>
      {t("webhooks.hidden", { n: hidden })}
    </Empty>
  );
}

function Message({ delivery }: { delivery: Delivery }) {
  return (
    <span className="wh-lines">
      <code>{delivery.type}</code>
      <span className="small second">
        <Id value={delivery.message} short />
      </span>
    </span>
  );
}

/** The result as a badge, with the error below it. */
function Result({ delivery }: { delivery: Delivery }) {
  const { t } = useWords();
  const known = RESULTS[delivery.result];
  const why = errorText(delivery.error);
  return (
    <span className="wh-lines">
      <span>
        <Badge tone={known?.tone ?? "plain"}>{known === undefined ? delivery.result : t(known.text)}</Badge>{" "}
        {delivery.tries > 1 && <span className="small second">{t("webhooks.tries", { tries: delivery.tries })}</span>}
      </span>
      {delivery.error !== "" && <span className="small second">{why === undefined ? delivery.error : t(why.key, { status: why.status })}</span>}
    </span>
  );
}
