// SPDX-License-Identifier: Apache-2.0
/* Where messages go: all endpoints, or one of them. */

import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { Badge, Button, type Column, Empty, Page, Panel, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { EndpointPage } from "./endpoint";
import { EndpointDialog } from "./endpoint-dialog";
import { type Endpoint, readEndpoints, STATES } from "./read";
import "./webhooks.css";

const EVERY = 10_000;

export default function WebhooksPage() {
  const { webhook } = useParams();
  return webhook === undefined ? <Endpoints /> : <EndpointPage key={webhook} id={webhook} />;
}

/** A state as a badge; a word that we do not know is shown as it is. */
export function State({ state }: { state: string }) {
  const { t } = useWords();
  const known = STATES[state];
  return <Badge tone={known?.tone ?? "plain"}>{known === undefined ? state : t(known.text)}</Badge>;
}

function Endpoints() {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const asked = useResource("webhooks", readEndpoints, EVERY);
  const [creating, setCreating] = useState(false);
  const proposes = may("admin") && may("approvals:write");
  const columns: Column<Endpoint>[] = [
    { key: "url", head: t("webhooks.endpoint"), className: "wh-url", cell: (each) => <Address endpoint={each} /> },
    { key: "types", head: t("webhooks.types"), className: "wh-wide", cell: (each) => (each.types.length === 0 ? t("webhooks.allTypes") : t("webhooks.nTypes", { n: each.types.length })) },
    { key: "state", head: t("webhooks.state"), cell: (each) => <State state={each.state} /> },
    { key: "ok", head: t("webhooks.succeeded"), className: "wh-wide", cell: (each) => (each.succeeded_at === null ? t("webhooks.never") : <Time at={each.succeeded_at} />) },
    { key: "failing", head: t("webhooks.failingSince"), cell: (each) => (each.failing_since === null ? <span className="second">{t("webhooks.notFailing")}</span> : <Time at={each.failing_since} />) },
  ];
  return (
    <Page title={t("webhooks.title")} meta={<span>{t("webhooks.lead")}</span>} actions={proposes ? <Button onClick={() => setCreating(true)}>{t("webhooks.create")}</Button> : undefined}>
      <div className="page-body wh">
        <Panel bare title={t("webhooks.endpoints")} note={t("webhooks.endpointsNote")} foot={<span className="small">{t("webhooks.foot")}</span>}>
          <Table
            caption={t("webhooks.endpoints")}
            className="wh-list"
            columns={columns}
            rows={asked.data?.items ?? []}
            rowKey={(each) => each.id}
            from={asked}
            onOpen={(each) => void navigate(`/webhooks/${each.id}`)}
            empty={
              <Empty icon="globe" title={t("webhooks.none")}>
                {t("webhooks.noneWhy")}
              </Empty>
            }
          />
        </Panel>
      </div>
      {creating && asked.data !== undefined && <EndpointDialog types={asked.data.types} onClose={() => setCreating(false)} />}
    </Page>
  );
}

function Address({ endpoint }: { endpoint: Endpoint }) {
  return (
    <span className="wh-lines">
      <Link className="mono" to={`/webhooks/${endpoint.id}`}>
        {endpoint.url}
      </Link>
      {endpoint.description !== "" && <span className="small second">{endpoint.description}</span>}
    </span>
  );
}
