// SPDX-License-Identifier: Apache-2.0
/* Channels to owners: which go out here, and a test message to an address of one's own. */

import { useState } from "react";

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import { Badge, Banner, Button, Empty, Loading, Panel, ProblemBanner } from "../../components";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";

type Channel = Schemas["ChannelView"];

export function NoticesPart() {
  const { t } = useWords();
  const asked = useResource("channels", (signal) => unwrap(client.GET("/v1/channels", { signal })));
  const foot = <span className="small">{t("settings.noticesFoot")}</span>;
  return (
    <Panel bare title={t("settings.notices")} note={t("settings.noticesNote")} foot={foot}>
      {asked.loading && <Loading />}
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {asked.data?.outbox === true && (
        <Banner tone="info" action={<a href="/outbox">{t("settings.openOutbox")}</a>}>
          {t("settings.outbox")}
        </Banner>
      )}
      {asked.data?.items.length === 0 && <Empty icon="bell" title={t("settings.noChannels")} />}
      <ul className="rows channels">
        {asked.data?.items.map((channel) => (
          <ChannelRow key={channel.name} channel={channel} />
        ))}
      </ul>
    </Panel>
  );
}

function ChannelRow({ channel }: { channel: Channel }) {
  const { t } = useWords();
  const [to, setTo] = useState("");
  const [sent, setSent] = useState("");
  const { busy, problem, run } = useAct();
  const test = async () => {
    const params = { ...keyed(), path: { channel: channel.name } };
    setSent("");
    if (await run(() => unwrap(client.POST("/v1/channels/{channel}/test", { params, body: { to: to.trim() } })))) setSent(to.trim());
  };
  return (
    <li>
      <code>{channel.name}</code>
      <div>
        <Badge tone={channel.ready ? "ok" : "warn"} icon={channel.ready ? "check" : "warn"}>
          {t(channel.ready ? "settings.channelReady" : "settings.channelMissing")}
        </Badge>
        {sent !== "" && (
          <span role="status" className="small">
            {" "}
            {t("settings.testSent", { to: sent })}
          </span>
        )}
        {problem !== null && <ProblemBanner problem={problem} />}
      </div>
      {channel.ready && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy && to.trim() !== "") void test();
          }}
        >
          <input className="input" aria-label={t("settings.testTo", { channel: channel.name })} placeholder={t(channel.name === "email" ? "settings.testMail" : "settings.testAddress")} value={to} maxLength={254} autoComplete="off" onChange={(event) => setTo(event.target.value)} />
          <Button type="submit" busy={busy} off={to.trim() === "" ? t("settings.testMissing") : undefined}>
            {t("settings.test")}
          </Button>
        </form>
      )}
    </li>
  );
}
