// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import { Button, type Column, Confirm, Empty, Field, Panel, ProblemBanner, Table, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { assertPasskey, createPasskey } from "../../webauthn";

type Passkey = Schemas["PasskeyView"];

/** One's own passkeys. A new one needs the yes of one that is there; the last one stays. */
export function PasskeysPanel() {
  const { t } = useWords();
  const asked = useResource("passkeys", (signal) => unwrap(client.GET("/v1/staff/passkeys", { signal })));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const { problem, run } = useAct();
  const rows = asked.data?.items ?? [];
  const remove = async (passkey: Passkey) => {
    await run(() => unwrap(client.POST("/v1/staff/passkeys/{passkey}/remove", { params: { ...keyed(), path: { passkey: passkey.id } } })));
    setRemoving(null);
    asked.reload();
  };
  const columns: Column<Passkey>[] = [
    { key: "name", head: t("settings.name"), cell: (passkey) => passkey.name },
    { key: "created", head: t("settings.registered"), cell: (passkey) => <Time at={passkey.created} /> },
    { key: "last", head: t("settings.lastUsed"), cell: (passkey) => (passkey.last === 0 ? t("settings.neverUsed") : <Time at={passkey.last} />) },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (passkey) =>
        rows.length > 1 && (
          <Button kind="quiet" aria-label={t("settings.removeOf", { name: passkey.name })} onClick={() => setRemoving(passkey)}>
            {t("settings.remove")}
          </Button>
        ),
    },
  ];
  return (
    <Panel bare title={t("settings.passkeys")} note={t("settings.passkeysNote")} actions={<Button onClick={() => setAdding(true)}>{t("settings.addPasskey")}</Button>}>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Table caption={t("settings.passkeys")} columns={columns} rows={rows} rowKey={(passkey) => passkey.id} from={asked} empty={<Empty icon="passkey" title={t("common.none")} />} />
      {adding && (
        <PasskeyDialog
          onClose={() => {
            setAdding(false);
            asked.reload();
          }}
        />
      )}
      {removing !== null && (
        <Confirm
          title={t("settings.removeAsk", { name: removing.name })}
          effects={[{ text: t("settings.removeEffect"), icon: "passkey" }, { text: t("settings.removeSessions") }]}
          keep={t("settings.keep")}
          act={t("settings.removeAct")}
          word={removing.name}
          onKeep={() => setRemoving(null)}
          onAct={() => remove(removing)}
        />
      )}
    </Panel>
  );
}

function PasskeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [name, setName] = useState("");
  const add = async () => {
    const options = await unwrap(client.POST("/v1/staff/passkeys/options", { params: keyed() }));
    const proof = await assertPasskey(options.prove);
    const made = await createPasskey(options.create);
    await unwrap(client.POST("/v1/staff/passkeys", { params: keyed(), body: { proof, made, name: name.trim() } }));
  };
  return (
    <FormDialog title={t("settings.addTitle")} act={t("settings.addAct")} missing={name.trim() === "" ? t("settings.addMissing") : undefined} onClose={onClose} onSend={add}>
      <Field label={t("enrol.name")} help={t("enrol.nameHelp")} value={name} onChange={setName} maxLength={64} autoComplete="off" />
      <p className="small second">{t("settings.addWhy")}</p>
    </FormDialog>
  );
}
