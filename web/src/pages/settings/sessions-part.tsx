// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import { Badge, Button, type Column, Confirm, Empty, Panel, ProblemBanner, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { agentName } from "./agent";
import { PasskeysPanel } from "./passkeys-panel";

type Line = Schemas["SessionLine"];

/** Where I am signed in, and a way to end it. */
export function SessionsPart() {
  const { t } = useWords();
  const { refresh } = useSession();
  const asked = useResource("sessions", (signal) => unwrap(client.GET("/v1/staff/sessions", { params: { query: {} }, signal })));
  const { busy, problem, run } = useAct();
  const [leaving, setLeaving] = useState(false);

  const end = (line: Line) =>
    run(async () => {
      await unwrap(client.POST("/v1/staff/sessions/{session}/revoke", { params: { ...keyed(), path: { session: line.id } } }));
      if (line.here) refresh();
      else asked.reload();
    });
  const everywhere = async () => {
    const done = await run(() => unwrap(client.POST("/v1/staff/sessions/revoke", { params: keyed() })));
    setLeaving(false);
    if (done) refresh();
  };
  const columns: Column<Line>[] = [
    {
      key: "agent",
      head: t("settings.browser"),
      cell: (line) => (
        <span title={line.agent}>
          {agentName(line.agent)} {line.here && <Badge tone="info">{t("settings.here")}</Badge>}
        </span>
      ),
    },
    { key: "how", head: t("settings.by"), cell: (line) => t(line.assurance === "passkey" ? "settings.byPasskey" : "settings.bySso") },
    { key: "began", head: t("settings.began"), cell: (line) => <Time at={line.created} /> },
    { key: "last", head: t("settings.last"), cell: (line) => <Time at={line.last} form="relative" /> },
    { key: "ends", head: t("settings.ends"), cell: (line) => <Time at={line.expires} form="end" /> },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (line) => (
        <Button kind="quiet" busy={busy} onClick={() => void end(line)}>
          {t(line.here ? "common.signOut" : "settings.end")}
        </Button>
      ),
    },
  ];
  return (
    <>
      <PasskeysPanel />
      <Panel
        bare
        title={t("settings.sessions")}
        note={t("settings.sessionsNote")}
        actions={<Button onClick={() => setLeaving(true)}>{t("settings.everywhere")}</Button>}
        foot={<span className="small">{t("settings.keysLost")}</span>}
      >
        {problem !== null && <ProblemBanner problem={problem} />}
        <Table caption={t("settings.sessions")} columns={columns} rows={asked.data?.items ?? []} rowKey={(line) => line.id} from={asked} empty={<Empty title={t("common.none")} />} />
        {leaving && (
          <Confirm
            title={t("settings.everywhereAsk")}
            effects={[{ text: t("settings.everywhereEffect", { n: asked.data?.items.length ?? 1 }) }, { text: t("settings.everywhereBack"), icon: "passkey" }]}
            keep={t("settings.stay")}
            act={t("settings.everywhereAct")}
            kind="primary"
            onKeep={() => setLeaving(false)}
            onAct={everywhere}
          />
        )}
      </Panel>
    </>
  );
}
