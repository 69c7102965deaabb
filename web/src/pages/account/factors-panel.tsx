// SPDX-License-Identifier: Apache-2.0
/* What the owner proves with, and where notices go. */

import { Badge, type Column, Empty, Panel, Table, Time } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import type { Account } from "./read";

type Factor = Account["factors"][number];
type Contact = Account["contacts"][number];

/** Factors that count, then removed ones. */
export function FactorsPanel({ account }: { account: Account }) {
  const { t } = useWords();
  const rows = [...account.factors].sort((a, b) => Number(a.removed !== null) - Number(b.removed !== null) || a.since - b.since);
  const columns: Column<Factor>[] = [
    {
      key: "factor",
      head: t("account.factor"),
      cell: (row) => (
        <>
          <span className="mono">{row.factor}</span> {row.label !== "" && <span className="second">{row.label}</span>}
        </>
      ),
    },
    { key: "state", head: t("account.state"), cell: (row) => <FactorState row={row} /> },
    { key: "since", head: t("account.enrolled"), cell: (row) => <Time at={row.since} form="absolute" /> },
    { key: "used", head: t("account.lastUse"), cell: (row) => (row.used === null ? <span className="muted">{t("account.neverUsed")}</span> : <Time at={row.used} />) },
  ];
  return (
    <Panel title={t("account.factors")} bare>
      <Table
        caption={t("account.factors")}
        className="acct-table"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        rowClass={(row) => (row.removed === null ? undefined : "gone")}
        empty={
          <Empty icon="key" title={t("account.noFactors")}>
            {t("account.noFactorsWhy")}
          </Empty>
        }
      />
    </Panel>
  );
}

function FactorState({ row }: { row: Factor }) {
  const { t } = useWords();
  const { now } = useClock();
  const until = row.counts_from !== null && row.counts_from > now ? row.counts_from : undefined;
  if (row.removed !== null) {
    return (
      <span className="small">
        {t("account.removed")} <Time at={row.removed} form="absolute" />
      </span>
    );
  }
  return (
    <span className="badges">
      {row.doubtful ? <Badge tone="warn" icon="warn">{t("account.doubtful")}</Badge> : until === undefined && <Badge>{t("account.counts")}</Badge>}
      {until !== undefined && <Badge tone="danger" icon="x">{t("account.notCounting")}</Badge>}
      {until !== undefined && (
        <span className="small second">
          {t("account.countsFrom")} <Time at={until} form="absolute" />
        </span>
      )}
      {row.imported && <Badge>{t("account.imported")}</Badge>}
    </span>
  );
}

/** Masked: enough to recognise a contact on the phone. */
export function ContactsPanel({ account }: { account: Account }) {
  const { t } = useWords();
  return (
    <Panel title={t("account.contacts")} bare foot={<span className="small">{t("account.contactsFoot")}</span>}>
      {account.contacts.length === 0 ? (
        <Empty icon="belloff" title={t("account.noContacts")}>
          {t("account.noContactsWhy")}
        </Empty>
      ) : (
        <ul className="rows">
          {account.contacts.map((contact) => (
            <ContactRow key={contact.id} contact={contact} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ContactRow({ contact }: { contact: Contact }) {
  const { t } = useWords();
  return (
    <li className="pair">
      <span>
        <span className="mono">{contact.channel}</span> <span className="second">{contact.hint}</span>
      </span>
      <span className="small second">
        {t(contact.replaced_at === null ? "account.since" : "account.replaced")} <Time at={contact.replaced_at ?? contact.since} form="absolute" />
      </span>
    </li>
  );
}
