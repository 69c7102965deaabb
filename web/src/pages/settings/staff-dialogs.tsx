// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { client, keyed, Problem, unwrap } from "../../api/client";
import { Banner, Check, Field } from "../../components";
import { FormDialog, SecretDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { usePropose } from "./propose";
import type { Person } from "./staff-part";

type Role = Person["roles"][number];

const ROLES: readonly Role[] = ["viewer", "support", "fraud", "legal", "incident", "policy_editor", "policy_publisher", "administrator"];
const SEES_ACCOUNTS: ReadonlySet<Role> = new Set<Role>(["viewer", "support", "fraud", "legal", "incident"]);

/** Which duties stay apart; the server says so too. */
export function conflict(roles: readonly Role[]): "settings.apartPolicy" | "settings.apartAdmin" | null {
  if (roles.includes("policy_editor") && roles.includes("policy_publisher")) return "settings.apartPolicy";
  if (roles.includes("administrator") && roles.some((role) => SEES_ACCOUNTS.has(role))) return "settings.apartAdmin";
  return null;
}

function RoleChoice({ roles, onChange }: { roles: readonly Role[]; onChange: (roles: Role[]) => void }) {
  const { t } = useWords();
  const wrong = conflict(roles);
  return (
    <fieldset>
      <legend>{t("settings.roles")}</legend>
      <div className="choices">
        {ROLES.map((role) => (
          <Check
            key={role}
            label={t(`common.role.${role}`)}
            checked={roles.includes(role)}
            onChange={(on) => onChange(ROLES.filter((each) => (each === role ? on : roles.includes(each))))}
          />
        ))}
      </div>
      {wrong !== null && <Banner tone="warn">{t(wrong)}</Banner>}
    </fieldset>
  );
}

const EMAIL = /^[^\s@]+@[^\s@]+$/;
const NEEDS_TWO = "approval_needed";

/** A new person. Where two must approve whoever may approve, the invitation becomes an approval first. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [account, setAccount] = useState("");
  const [roles, setRoles] = useState<Role[]>([]);
  const [link, setLink] = useState<string | null>(null);

  const send = async () => {
    const body = { name: name.trim(), email: email.trim(), roles, ...(account.trim() === "" ? {} : { account: account.trim() }) };
    try {
      const made = await unwrap(client.POST("/v1/staff/invitations", { params: keyed(), body }));
      setLink(made.link);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== NEEDS_TWO) throw error;
      await propose("POST /v1/staff/invitations", body, t("settings.inviteReason", { name: body.name }));
    }
  };
  if (link !== null) return <SecretDialog title={t("settings.invited", { name })} help={t("settings.invitedHelp")} secret={link} onClose={onClose} />;
  const ready = name.trim() !== "" && EMAIL.test(email.trim()) && roles.length > 0 && conflict(roles) === null;
  return (
    <FormDialog stays title={t("settings.inviteTitle")} act={t("settings.inviteAct")} missing={ready ? undefined : t("settings.inviteMissing")} onClose={onClose} onSend={send}>
      <Field label={t("settings.name")} value={name} onChange={setName} maxLength={100} autoComplete="off" />
      <Field label={t("settings.email")} value={email} onChange={setEmail} type="email" maxLength={254} autoComplete="off" />
      <RoleChoice roles={roles} onChange={setRoles} />
      <Field mono label={t("settings.ownAccount")} help={t("settings.ownAccountHelp")} value={account} onChange={setAccount} maxLength={128} autoComplete="off" />
    </FormDialog>
  );
}

/** Other roles for a person: two others approve it. */
export function RolesDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [roles, setRoles] = useState<Role[]>(person.roles);
  const [reason, setReason] = useState("");
  const same = roles.length === person.roles.length && roles.every((role) => person.roles.includes(role));
  const ready = !same && roles.length > 0 && conflict(roles) === null && reason.trim() !== "";
  return (
    <FormDialog
      title={t("settings.rolesOf", { name: person.name })}
      act={t("settings.propose")}
      missing={ready ? undefined : t("settings.rolesMissing")}
      onClose={onClose}
      onSend={() => propose(`PUT /v1/staff/${person.id}/roles`, { roles }, reason.trim())}
    >
      <RoleChoice roles={roles} onChange={setRoles} />
      <Field label={t("settings.reason")} value={reason} onChange={setReason} maxLength={500} autoComplete="off" />
      <Banner tone="info" icon="people">
        {t("settings.twoApprove")}
      </Banner>
    </FormDialog>
  );
}

/** A new passkey for somebody, or letting them back: two others approve it. */
export function ReasonDialog({ person, kind, onClose }: { person: Person; kind: "renew" | "enable"; onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [reason, setReason] = useState("");
  return (
    <FormDialog
      title={t(kind === "renew" ? "settings.renewAsk" : "settings.enableAsk", { name: person.name })}
      act={t("settings.propose")}
      missing={reason.trim() === "" ? t("settings.reasonMissing") : undefined}
      onClose={onClose}
      onSend={() => propose(`POST /v1/staff/${person.id}/${kind}`, null, reason.trim())}
    >
      <p>{t(kind === "renew" ? "settings.renewEffect" : "settings.enableEffect")}</p>
      <Field label={t("settings.reason")} value={reason} onChange={setReason} maxLength={500} autoComplete="off" />
      <Banner tone="info" icon="people">
        {t("settings.twoApprove")}
      </Banner>
    </FormDialog>
  );
}
