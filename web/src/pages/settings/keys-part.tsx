// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { call, client, keyed, type Schemas, unwrap } from "../../api/client";
import { Badge, Button, type Column, Confirm, Empty, Field, Id, Panel, ProblemBanner, Table, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";

type Key = Schemas["counterseal.http.access.KeyView"];
type Jwk = Record<string, unknown>;

/** Public keys of the platform's auth service: what they sign counts as proof of a password or a session. */
export function KeysPart() {
  const { t } = useWords();
  const asked = useResource("attestation-keys", (signal) => unwrap(client.GET("/v1/attestation-keys", { params: { query: {} }, signal })));
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const { problem, run } = useAct();
  const revoke = async (key: Key) => {
    await run(() => unwrap(client.POST("/v1/attestation-keys/{key}/revoke", { params: { ...keyed(), path: { key: key.id } } })));
    setRevoking(null);
    asked.reload();
  };
  const columns: Column<Key>[] = [
    { key: "id", head: t("settings.keyId"), cell: (key) => <Id value={key.id} short /> },
    { key: "platform", head: t("settings.platform"), cell: (key) => <code>{key.platform}</code> },
    { key: "kind", head: t("settings.keyKind"), cell: (key) => key.jwk["crv"] ?? t("common.unknown") },
    { key: "created", head: t("settings.registered"), cell: (key) => <Time at={key.created} /> },
    {
      key: "state",
      head: t("settings.state"),
      cell: (key) => (key.revoked === null ? <Badge tone="ok">{t("settings.inUse")}</Badge> : <Badge tone="warn">{t("settings.revoked")}</Badge>),
    },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (key) =>
        key.revoked === null && (
          <Button kind="quiet" aria-label={t("settings.revokeOf", { name: key.id })} onClick={() => setRevoking(key)}>
            {t("settings.revoke")}
          </Button>
        ),
    },
  ];
  return (
    <Panel bare title={t("settings.keys")} note={t("settings.keysNote")} actions={<Button onClick={() => setAdding(true)}>{t("settings.registerKey")}</Button>}>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Table
        caption={t("settings.keys")}
        columns={columns}
        rows={asked.data?.items ?? []}
        rowKey={(key) => key.id}
        from={asked}
        rowClass={(key) => (key.revoked === null ? undefined : "gone")}
        empty={<Empty icon="key" title={t("settings.noKeys")}>{t("settings.noKeysWhy")}</Empty>}
      />
      {adding && (
        <KeyDialog
          onClose={() => {
            setAdding(false);
            asked.reload();
          }}
        />
      )}
      {revoking !== null && (
        <Confirm
          title={t("settings.revokeKeyAsk")}
          effects={[{ text: t("settings.revokeKeyEffect") }, { text: t("settings.revokeFinal") }]}
          keep={t("settings.keep")}
          act={t("settings.revokeKeyAct")}
          word={revoking.id.slice(0, 8)}
          onKeep={() => setRevoking(null)}
          onAct={() => revoke(revoking)}
        />
      )}
    </Panel>
  );
}

/** The public members of an Ed25519 JWK (RFC 8037), or why the text is none. */
export function readJwk(text: string): Jwk | "settings.jwkNotJson" | "settings.jwkWrong" | "settings.jwkPrivate" {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return "settings.jwkNotJson";
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) return "settings.jwkWrong";
  const jwk = read as Jwk;
  if ("d" in jwk) return "settings.jwkPrivate";
  return jwk["kty"] === "OKP" && jwk["crv"] === "Ed25519" && typeof jwk["x"] === "string" ? jwk : "settings.jwkWrong";
}

function KeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [platform, setPlatform] = useState("exchange");
  const [text, setText] = useState("");
  const jwk = readJwk(text);
  const wrong = typeof jwk === "string" ? t(jwk) : undefined;
  return (
    <FormDialog
      title={t("settings.keyTitle")}
      act={t("settings.keyAct")}
      missing={wrong === undefined ? undefined : t("settings.keyMissing")}
      onClose={onClose}
      onSend={() => call("POST", "/v1/attestation-keys", { body: { platform, jwk } })}
    >
      <Field mono label={t("settings.platform")} value={platform} onChange={setPlatform} maxLength={63} autoComplete="off" />
      <Field mono label={t("settings.jwk")} help={t("settings.jwkHelp")} value={text} onChange={setText} autoComplete="off" spellCheck={false} {...(text === "" || wrong === undefined ? {} : { error: wrong })} />
    </FormDialog>
  );
}
