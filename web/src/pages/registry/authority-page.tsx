// SPDX-License-Identifier: Apache-2.0
/* One authority: its contacts with source, since when and until when each counts, and its people. */

import { Link } from "react-router";

import { Badge, Banner, type Column, Empty, Icon, Id, Loading, Page, Panel, ProblemBanner, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { useSaid } from "../requests/words";
import { ContactDialogs, useContactDialog } from "./contact-dialogs";
import { type Authority, type Contact, counted, readAuthority } from "./read";

/** The page of one authority. */
export function AuthorityPage({ id }: { id: string }) {
  const { t } = useWords();
  const asked = useResource(`authority ${id}`, (signal) => readAuthority(id, undefined, signal));
  if (asked.data !== undefined) return <Known authority={asked.data} />;
  return (
    <Page title={t("registry.title")} crumbs={[{ label: t("registry.title"), to: "/registry" }]}>
      <div className="page-body">
        {asked.error?.status === 404 ? (
          <Empty icon="gov" title={t("registry.unknown")} action={<Link to="/registry">{t("registry.toAll")}</Link>}>
            {t("registry.unknownWhy")}
          </Empty>
        ) : asked.error !== undefined ? (
          <ProblemBanner problem={asked.error} retry={asked.reload} />
        ) : (
          <Loading lines={6} />
        )}
      </div>
    </Page>
  );
}

function Known({ authority }: { authority: Authority }) {
  const { t } = useWords();
  const { may } = useSession();
  const dialog = useContactDialog();
  const columns: Column<Contact>[] = [
    { key: "value", head: t("registry.contact"), className: "reg-wrap", cell: (each) => <Value contact={each} /> },
    { key: "counts", head: t("registry.counts"), className: "reg-wrap", cell: (each) => <Counts contact={each} /> },
    { key: "span", head: t("registry.span"), className: "reg-wrap reg-wide", cell: (each) => <Span contact={each} /> },
    { key: "source", head: t("registry.source"), className: "reg-wrap reg-wide", cell: (each) => <Source contact={each} /> },
    ...(may("desk:write") && may("approvals:write") ? [{ key: "act", head: t("registry.acts"), cell: (each: Contact) => <dialog.Buttons contact={each} /> }] : []),
  ];
  return (
    <Page
      title={authority.name}
      crumbs={[{ label: t("registry.title"), to: "/registry" }]}
      badges={authority.ended === null ? undefined : <Badge>{t("registry.ended")}</Badge>}
      meta={
        <>
          <Id value={authority.id} />
          <span>
            {authority.role.replaceAll("_", " ")}, {authority.country.toUpperCase()}
          </span>
          <span>
            {t("registry.entered")} <Time at={authority.entered} form="absolute" /> {t("registry.by", { who: authority.entered_by.join(", ") })}
          </span>
        </>
      }
    >
      <div className="page-body">
        {authority.near.length > 0 && <Banner tone="danger">{t("registry.near", { requests: authority.near.join(", ") })}</Banner>}
        {authority.pending.length > 0 && <Banner tone="warn">{t("registry.pending", { what: authority.pending.join(", ").replaceAll("_", " ") })}</Banner>}
        <Panel bare title={t("registry.contacts")} note={t("registry.contactsNote")} foot={<span className="small">{t("registry.contactsFoot")}</span>}>
          <Table
            caption={t("registry.contacts")}
            className="reg-list"
            columns={columns}
            rows={authority.contacts}
            rowKey={(each) => each.id}
            rowClass={(each) => (each.ended === null ? undefined : "reg-over")}
            empty={
              <Empty icon="call" title={t("registry.noContacts")}>
                {t("registry.noContactsWhy")}
              </Empty>
            }
          />
        </Panel>
        <Details authority={authority} />
        <Roster authority={authority} />
      </div>
      <ContactDialogs authority={authority} state={dialog} />
    </Page>
  );
}

function Value({ contact }: { contact: Contact }) {
  return (
    <span className="reg-lines">
      <span className="mono">{contact.value}</span>
      <span className="small second">{[contact.kind, ...contact.uses, contact.office, contact.person].filter((text) => text !== "").join(" · ").replaceAll("_", " ")}</span>
    </span>
  );
}

function Counts({ contact }: { contact: Contact }) {
  const { t } = useWords();
  const said = useSaid();
  const { counts, sentence, when } = contact.usable;
  return (
    <span className="reg-lines">
      <span className="out" data-o={counts ? "pass" : contact.ended === null ? "hold" : "none"}>
        <Icon name={counts ? "check" : contact.ended === null ? "clock" : "minus"} />
        {t(counts ? "registry.yes" : contact.ended === null ? "registry.notYet" : "registry.no")}
      </span>
      <span className="small second">
        {said(sentence, "")}
        {!counts && when !== null && (
          <>
            {" "}
            <Time at={when} form="end" />
          </>
        )}
      </span>
    </span>
  );
}

function Span({ contact }: { contact: Contact }) {
  const { t } = useWords();
  const { until } = counted(contact);
  return (
    <span className="reg-lines small">
      <span>
        {t("registry.since")} <Time at={contact.entered} form="absolute" />
      </span>
      <span className="second">
        {t(contact.ended === null ? "registry.recheck" : "registry.endedAt")} <Time at={until} form="absolute" />
      </span>
    </span>
  );
}

function Source({ contact }: { contact: Contact }) {
  const { t } = useWords();
  return (
    <span className="reg-lines small">
      <span>{contact.source.where}</span>
      {contact.second !== null && <span className="second">{t("registry.second", { where: contact.second.where })}</span>}
      <span className="second">{t("registry.by", { who: contact.entered_by.join(", ") })}</span>
    </span>
  );
}

function Details({ authority }: { authority: Authority }) {
  const { t } = useWords();
  const none = t("common.none");
  return (
    <Panel title={t("registry.details")}>
      <dl className="kv">
        <dt>{t("registry.channel")}</dt>
        <dd>{authority.channel === "" ? none : authority.channel}</dd>
        <dt>{t("registry.grammar")}</dt>
        <dd className="mono">{authority.case_grammar === "" ? none : authority.case_grammar}</dd>
        <dt>{t("registry.statutes")}</dt>
        <dd>{authority.statutes.length === 0 ? none : authority.statutes.join(", ")}</dd>
        <dt>{t("registry.languages")}</dt>
        <dd>{authority.languages.join(", ")}</dd>
      </dl>
    </Panel>
  );
}

function Roster({ authority }: { authority: Authority }) {
  const { t } = useWords();
  if (authority.roster.length === 0) return null;
  return (
    <Panel title={t("registry.roster")}>
      <ul className="reg-roster">
        {authority.roster.map((each) => (
          <li key={each.id}>
            {each.name} <span className="small second">{[each.role.replaceAll("_", " "), each.office].filter((text) => text !== "").join(", ")}</span>
            {each.ended !== null && <Badge>{t("registry.ended")}</Badge>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
