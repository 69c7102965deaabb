// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import { Badge, Button, Check, type Column, Confirm, Empty, Field, Panel, ProblemBanner, Table, Time } from "../../components";
import { FormDialog, SecretDialog } from "../../components/form-dialog";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";

type Token = Schemas["TokenView"];
type Scope = Token["scopes"][number];

/** What programs of the platform may hold; staff's own scopes belong to people. */
const OFFERED: readonly Scope[] = [
  "accounts:read",
  "accounts:write",
  "accounts:import",
  "accounts:freeze",
  "actions:read",
  "actions:write",
  "decisions:staff",
  "seals:redeem",
  "signals:write",
  "prices:write",
  "notices:write",
  "audit:read",
];
const PLATFORM = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const LONGEST_DAYS = 366;

/** Tokens of the platform's programs. */
export function TokensPart() {
  const { t } = useWords();
  const { now } = useClock();
  const asked = useResource("tokens", (signal) => unwrap(client.GET("/v1/tokens", { params: { query: {} }, signal })));
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const { problem, run } = useAct();
  const revoke = async (token: Token) => {
    await run(() => unwrap(client.POST("/v1/tokens/{token}/revoke", { params: { ...keyed(), path: { token: token.id } } })));
    setRevoking(null);
    asked.reload();
  };
  const columns: Column<Token>[] = [
    { key: "name", head: t("settings.name"), cell: (token) => token.name },
    { key: "platform", head: t("settings.platform"), cell: (token) => <code>{token.platform}</code> },
    { key: "scopes", head: t("settings.scopes"), cell: (token) => <Scopes scopes={token.scopes} /> },
    { key: "expires", head: t("settings.expires"), cell: (token) => <Life token={token} now={now} /> },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (token) =>
        token.revoked === null &&
        token.expires > now && (
          <Button kind="quiet" aria-label={t("settings.revokeOf", { name: token.name })} onClick={() => setRevoking(token)}>
            {t("settings.revoke")}
          </Button>
        ),
    },
  ];
  return (
    <Panel bare title={t("settings.tokens")} note={t("settings.tokensNote")} actions={<Button onClick={() => setMaking(true)}>{t("settings.createToken")}</Button>}>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Table
        caption={t("settings.tokens")}
        columns={columns}
        rows={asked.data?.items ?? []}
        rowKey={(token) => token.id}
        from={asked}
        rowClass={(token) => (token.revoked !== null || token.expires <= now ? "gone" : undefined)}
        empty={<Empty icon="key" title={t("settings.noTokens")}>{t("settings.noTokensWhy")}</Empty>}
      />
      {making && (
        <TokenDialog
          onClose={() => {
            setMaking(false);
            asked.reload();
          }}
        />
      )}
      {revoking !== null && (
        <Confirm
          title={t("settings.revokeAsk", { name: revoking.name })}
          effects={[{ text: t("settings.revokeEffect") }, { text: t("settings.revokeFinal") }]}
          keep={t("settings.keep")}
          act={t("settings.revokeAct")}
          word={revoking.name}
          onKeep={() => setRevoking(null)}
          onAct={() => revoke(revoking)}
        />
      )}
    </Panel>
  );
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return (
    <span className="scopes small">
      {scopes.map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
    </span>
  );
}

function Life({ token, now }: { token: Token; now: number }) {
  const { t } = useWords();
  if (token.revoked !== null) {
    return (
      <>
        <Badge tone="warn">{t("settings.revoked")}</Badge> <Time at={token.revoked} form="relative" />
      </>
    );
  }
  if (token.expires <= now) return <Badge>{t("settings.expired")}</Badge>;
  return <Time at={token.expires} form="end" />;
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [name, setName] = useState("");
  const [platform, setPlatform] = useState("exchange");
  const [days, setDays] = useState("90");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [secret, setSecret] = useState<string | null>(null);
  const lifetime = Number(days);
  const good = Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= LONGEST_DAYS;
  const ready = name.trim() !== "" && PLATFORM.test(platform) && good && scopes.length > 0;
  const send = async () => {
    const body = { name: name.trim(), platform, scopes: [...scopes], lifetime_days: lifetime };
    const made = await unwrap(client.POST("/v1/tokens", { params: keyed(), body }));
    setSecret(made.token ?? "");
  };
  if (secret !== null) return <SecretDialog title={t("settings.tokenMade", { name })} help={t("settings.tokenOnce")} secret={secret} onClose={onClose} />;
  return (
    <FormDialog stays title={t("settings.tokenTitle")} act={t("settings.tokenAct")} missing={ready ? undefined : t("settings.tokenMissing")} onClose={onClose} onSend={send}>
      <Field label={t("settings.name")} help={t("settings.tokenNameHelp")} value={name} onChange={setName} maxLength={100} autoComplete="off" />
      <Field mono label={t("settings.platform")} value={platform} onChange={setPlatform} maxLength={63} autoComplete="off" {...(PLATFORM.test(platform) ? {} : { error: t("settings.platformWrong") })} />
      <Field label={t("settings.days")} inputMode="numeric" value={days} onChange={setDays} autoComplete="off" {...(good ? {} : { error: t("settings.daysWrong") })} />
      <fieldset>
        <legend>{t("settings.scopes")}</legend>
        <div className="choices">
          {OFFERED.map((scope) => (
            <Check key={scope} label={<code>{scope}</code>} checked={scopes.includes(scope)} onChange={(on) => setScopes(OFFERED.filter((each) => (each === scope ? on : scopes.includes(each))))} />
          ))}
        </div>
      </fieldset>
    </FormDialog>
  );
}
