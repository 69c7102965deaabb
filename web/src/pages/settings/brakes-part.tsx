// SPDX-License-Identifier: Apache-2.0
/* What is stopped on every account; two officers stop and lift. */

import { useState } from "react";

import { Button, type Column, Empty, Field, Panel, Table, Time } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { type Brake, useBrakes } from "../../components/shell/brakes";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { ProposeDialog } from "../account/propose-dialog";
import { usePropose } from "./propose";

const HOUR = 3_600_000;
const KINDS = ["asset", "destination", "action"] as const;
const LENGTHS: readonly (readonly [number, Key])[] = [
  [0, "brakes.length.endless"],
  [HOUR, "brakes.length.hour"],
  [24 * HOUR, "brakes.length.day"],
];

export function BrakesPart() {
  const { t } = useWords();
  const { may } = useSession();
  const asked = useBrakes();
  const [open, setOpen] = useState<Brake | "set" | null>(null);
  const acts = may("approvals:write") && may("staff:officer");
  const columns: Column<Brake>[] = [
    { key: "kind", head: t("brakes.what"), cell: (brake) => t(`brakes.kind.${brake.kind}`) },
    { key: "about", head: t("brakes.about"), cell: (brake) => <code className="mono">{brake.about}</code> },
    { key: "since", head: t("brakes.since"), cell: (brake) => <Time at={brake.since} /> },
    { key: "until", head: t("brakes.end"), cell: (brake) => (brake.until === null ? t("brakes.length.endless") : <Time at={brake.until} form="end" />) },
    { key: "why", head: t("brakes.why"), cell: (brake) => brake.reason },
    {
      key: "act",
      head: <span className="vh">{t("brakes.acts")}</span>,
      numeric: true,
      cell: (brake) => acts && <Button onClick={() => setOpen(brake)}>{t("brakes.lift")}</Button>,
    },
  ];
  return (
    <>
      <Panel
        bare
        title={t("brakes.title")}
        note={t("brakes.note")}
        actions={acts ? <Button onClick={() => setOpen("set")}>{t("brakes.set")}</Button> : undefined}
        foot={<span className="small">{t("brakes.foot")}</span>}
      >
        <Table
          caption={t("brakes.title")}
          columns={columns}
          rows={asked.data?.items ?? []}
          rowKey={(brake) => brake.id}
          from={asked}
          empty={
            <Empty icon="check" title={t("brakes.none")}>
              {t("brakes.noneWhy")}
            </Empty>
          }
        />
      </Panel>
      {open === "set" && <SetDialog onClose={() => setOpen(null)} />}
      {open !== null && open !== "set" && <LiftDialog brake={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function LiftDialog({ brake, onClose }: { brake: Brake; onClose: () => void }) {
  const { t } = useWords();
  const proposal = {
    title: t("brakes.liftAsk", { about: brake.about }),
    effects: ["approvals.effect.brake_goes_on", "approvals.effect.brake_waits"] as const,
    operation: `POST /v1/brakes/${brake.id}/lift`,
    body: (reason: string) => ({ reason }),
  };
  return <ProposeDialog proposal={proposal} onClose={onClose} />;
}

function SetDialog({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const propose = usePropose();
  const [kind, setKind] = useState<Brake["kind"]>("asset");
  const [about, setAbout] = useState("");
  const [chain, setChain] = useState("");
  const [length, setLength] = useState(0);
  const [reason, setReason] = useState("");
  const missing = about.trim() === "" || reason.trim() === "" ? t("brakes.missing") : undefined;
  const send = () => {
    const name = about.trim();
    const what = kind === "destination" ? { destination: { address: name, chain: chain.trim() } } : { [kind]: name };
    return propose("POST /v1/brakes", { ...what, ...(length > 0 ? { duration: length } : {}), reason: reason.trim() }, reason.trim());
  };
  return (
    <FormDialog title={t("brakes.setAsk")} act={t("account.propose")} missing={missing} onClose={onClose} onSend={send}>
      <Choice label={t("brakes.what")} value={kind} options={KINDS.map((each) => [each, t(`brakes.kind.${each}`)])} onChange={setKind} />
      <Field label={t("brakes.about")} value={about} onChange={setAbout} mono autoComplete="off" maxLength={256} />
      {kind === "destination" && <Field label={t("brakes.chain")} help={t("brakes.chainHelp")} value={chain} onChange={setChain} mono autoComplete="off" maxLength={64} />}
      <Choice label={t("brakes.length")} value={String(length)} options={LENGTHS.map(([each, text]) => [String(each), t(text)])} onChange={(value) => setLength(Number(value))} />
      <Field label={t("account.reason")} help={t("account.reasonHelp")} value={reason} onChange={setReason} maxLength={200} autoComplete="off" />
    </FormDialog>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

/** One of a few. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className="field">
      {label}
      <select className="select" value={value} onChange={(event) => onChange(options.find(([each]) => each === event.target.value)?.[0] ?? value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
