// SPDX-License-Identifier: Apache-2.0
/* Who is here with which roles, who is invited. Changes that could put four eyes into one head go to two people. */

import { useState } from "react";

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import { Badge, Button, type Column, Confirm, Empty, Panel, ProblemBanner, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { InviteDialog, ReasonDialog, RolesDialog } from "./staff-dialogs";

export type Person = Schemas["StaffView"];
type Invitation = Schemas["InvitationView"];
type Open = { kind: "invite" } | { kind: "roles" | "renew" | "disable" | "enable"; person: Person };

export function StaffPart() {
  const { t } = useWords();
  const { may, who } = useSession();
  const admin = may("staff:admin");
  const asked = useResource("staff", (signal) => unwrap(client.GET("/v1/staff", { signal })));
  const [open, setOpen] = useState<Open | null>(null);
  const { problem, run } = useAct();
  const close = () => {
    setOpen(null);
    asked.reload();
  };
  const disable = async (person: Person) => {
    await run(() => unwrap(client.POST("/v1/staff/{staff}/disable", { params: { ...keyed(), path: { staff: person.id } } })));
    close();
  };
  const columns: Column<Person>[] = [
    {
      key: "name",
      head: t("settings.name"),
      cell: (person) => (
        <span>
          {person.name} {person.id === who?.staff.id && <Badge tone="info">{t("settings.you")}</Badge>} {person.disabled && <Badge tone="warn">{t("settings.disabled")}</Badge>}
        </span>
      ),
    },
    { key: "email", head: t("settings.email"), cell: (person) => person.email },
    { key: "roles", head: t("settings.roles"), cell: (person) => <Roles roles={person.roles} /> },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (person) => admin && <Acts person={person} onOpen={(kind) => setOpen({ kind, person })} />,
    },
  ];
  const invite = admin ? <Button onClick={() => setOpen({ kind: "invite" })}>{t("settings.invite")}</Button> : undefined;
  const invitations = asked.data?.invitations ?? [];
  return (
    <>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Panel bare title={t("settings.staff")} note={t("settings.staffNote")} actions={invite} foot={<span className="small">{t("settings.duties")}</span>}>
        <Table
          caption={t("settings.staff")}
          columns={columns}
          rows={asked.data?.items ?? []}
          rowKey={(person) => person.id}
          from={asked}
          rowClass={(person) => (person.disabled ? "gone" : undefined)}
          empty={<Empty icon="people" title={t("settings.nobody")} />}
        />
      </Panel>
      {admin && <Invitations items={invitations} onChange={asked.reload} />}
      {open?.kind === "invite" && <InviteDialog onClose={close} />}
      {open?.kind === "roles" && <RolesDialog person={open.person} onClose={close} />}
      {(open?.kind === "renew" || open?.kind === "enable") && <ReasonDialog person={open.person} kind={open.kind} onClose={close} />}
      {open?.kind === "disable" && (
        <Confirm
          title={t("settings.disableAsk", { name: open.person.name })}
          effects={[{ text: t("settings.disableSessions") }, { text: t("settings.disableSignatures") }, { text: t("settings.disableBack"), icon: "people" }]}
          keep={t("settings.keep")}
          act={t("settings.disable")}
          word={open.person.name}
          onKeep={() => setOpen(null)}
          onAct={() => disable(open.person)}
        />
      )}
    </>
  );
}

/** Roles as badges. */
export function Roles({ roles }: { roles: readonly Person["roles"][number][] }) {
  const { t } = useWords();
  return (
    <span className="badges">
      {roles.map((role) => (
        <Badge key={role}>{t(`common.role.${role}`)}</Badge>
      ))}
    </span>
  );
}

function Acts({ person, onOpen }: { person: Person; onOpen: (kind: "roles" | "renew" | "disable" | "enable") => void }) {
  const { t } = useWords();
  const of = { name: person.name };
  if (person.disabled) {
    return (
      <span className="acts">
        <Button kind="quiet" aria-label={t("settings.enableOf", of)} onClick={() => onOpen("enable")}>
          {t("settings.enable")}
        </Button>
      </span>
    );
  }
  return (
    <span className="acts">
      <Button kind="quiet" aria-label={t("settings.rolesOf", of)} onClick={() => onOpen("roles")}>
        {t("settings.changeRoles")}
      </Button>
      <Button kind="quiet" aria-label={t("settings.renewOf", of)} onClick={() => onOpen("renew")}>
        {t("settings.renew")}
      </Button>
      <Button kind="quiet" aria-label={t("settings.disableOf", of)} onClick={() => onOpen("disable")}>
        {t("settings.disableDots")}
      </Button>
    </span>
  );
}

function Invitations({ items, onChange }: { items: readonly Invitation[]; onChange: () => void }) {
  const { t } = useWords();
  const { busy, problem, run } = useAct();
  const withdraw = async (each: Invitation) => {
    const params = { ...keyed(), path: { invitation: each.id } };
    if (await run(() => unwrap(client.POST("/v1/staff/invitations/{invitation}/revoke", { params })))) onChange();
  };
  const columns: Column<Invitation>[] = [
    { key: "name", head: t("settings.name"), cell: (each) => (each.renews ? t("settings.newKeyFor", { name: each.name }) : each.name) },
    { key: "email", head: t("settings.email"), cell: (each) => each.email },
    { key: "roles", head: t("settings.roles"), cell: (each) => <Roles roles={each.roles} /> },
    { key: "ends", head: t("settings.ends"), cell: (each) => <Time at={each.expires} form="end" /> },
    {
      key: "act",
      head: <span className="vh">{t("settings.acts")}</span>,
      numeric: true,
      cell: (each) => (
        <Button kind="quiet" busy={busy} onClick={() => void withdraw(each)}>
          {t("settings.withdraw")}
        </Button>
      ),
    },
  ];
  return (
    <Panel bare title={t("settings.invitations")} note={t("settings.invitationsNote")}>
      {problem !== null && <ProblemBanner problem={problem} />}
      <Table caption={t("settings.invitations")} columns={columns} rows={items} rowKey={(each) => each.id} empty={<Empty icon="mail" title={t("settings.noInvitations")} />} />
    </Panel>
  );
}
