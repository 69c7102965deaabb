// SPDX-License-Identifier: Apache-2.0
/* Accounts: search by the beginning of an id, or one queue. */

import { Link, useNavigate, useSearchParams } from "react-router";

import { client, type Schemas, unwrap } from "../../api/client";
import { Badge, Button, type Column, currentParams, Empty, FilterBar, Icon, Id, Page, Panel, SearchFilter, Segment, Table, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { opened } from "../../purpose";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import "./accounts.css";
import { canBegin, type Standing as Queue, STANDINGS, standingOf } from "./search";

type Row = Schemas["AccountRow"];

const EVERY = 15_000;
const LIMIT = 50;

/** The page; search, queue and place in the list live in the URL. */
export default function AccountsPage() {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const [query] = useFilter("query");
  const [from, setAfter] = useFilter("after");
  const after = from.startsWith(query) ? from : ""; // another search begins at its first
  const [asked] = useFilter("standing");
  const standing = standingOf(asked);
  const good = canBegin(query);
  const wanted = { query, standing, limit: LIMIT, ...(after === "" ? {} : { after }) };
  const allowed = may("accounts:read");
  const list = useResource(allowed && good ? JSON.stringify(wanted) : null, (signal) => unwrap(client.GET("/v1/accounts", { params: { query: wanted }, signal })), EVERY);
  const { next = null } = list.data ?? {};
  const columns = useColumns();
  if (!allowed) {
    return (
      <Page title={t("accounts.title")}>
        <Empty icon="lock" title={t("accounts.notYours")}>
          {t("accounts.notYoursWhy")}
        </Empty>
      </Page>
    );
  }
  const foot = (after !== "" || next !== null) && (
    <>
      {after !== "" && (
        <Button icon="left" onClick={() => setAfter("")}>
          {t("accounts.first")}
        </Button>
      )}
      {next !== null && (
        <Button onClick={() => setAfter(next)}>
          {t("accounts.next")} <Icon name="chev" />
        </Button>
      )}
    </>
  );
  return (
    <Page title={t("accounts.title")} meta={<span>{t("accounts.lead")}</span>}>
      <div className="accts">
        <Search good={good} />
        <Recent />
        <Panel title={t(`accounts.${standing}`)} note={query === "" ? undefined : t("accounts.beginning", { query })} bare {...(foot === false ? {} : { foot })}>
          {good ? (
            <Table
              caption={t("accounts.title")}
              className="accts-list"
              columns={columns}
              rows={list.data?.accounts ?? []}
              rowKey={(row) => row.account}
              from={list}
              onOpen={(row) => void navigate(pathOf(row.account))}
              empty={<Nothing query={query} standing={standing} />}
            />
          ) : (
            <Empty icon="warn" title={t("accounts.noId")}>
              {t("accounts.noIdWhy")}
            </Empty>
          )}
        </Panel>
      </div>
    </Page>
  );
}

function pathOf(account: string): string {
  return `/accounts/${encodeURIComponent(account)}`;
}

function Search({ good }: { good: boolean }) {
  const { t } = useWords();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const choose = (standing: Queue) => {
    const next = currentParams();
    next.delete("after");
    if (standing === "all") next.delete("standing");
    else next.set("standing", standing);
    setParams(next, { replace: true });
  };
  const sums = useResource(may("decisions:staff") ? "overview" : null, (signal) => unwrap(client.GET("/v1/overview", { signal })), EVERY);
  const counts: Partial<Record<string, number>> = sums.data === undefined ? {} : { frozen: sums.data.frozen_accounts, pending: sums.data.pending_accounts, disputed: sums.data.disputed_accounts };
  return (
    <FilterBar label={t("accounts.search")}>
      <SearchFilter name="query" label={t("accounts.searchBy")} />
      <Segment
        label={t("accounts.standing")}
        value={standingOf(params.get("standing") ?? "")}
        options={STANDINGS.map((value) => ({ value, label: t(`accounts.${value}`), ...(counts[value] === undefined ? {} : { count: counts[value] }) }))}
        onChange={choose}
      />
      {!good && (
        <span className="field__error" role="status">
          <Icon name="warn" /> {t("accounts.noId")}
        </span>
      )}
    </FilterBar>
  );
}

/** What was opened in this tab, with a purpose. */
function Recent() {
  const { t } = useWords();
  const accounts = opened();
  if (accounts.length === 0) return null;
  return (
    <nav className="accts-recent" aria-label={t("accounts.recent")}>
      <span className="second">{t("accounts.recent")}</span>
      {accounts.map((account) => (
        <Link key={account} className="mono" to={pathOf(account)}>
          {account}
        </Link>
      ))}
    </nav>
  );
}

function useColumns(): Column<Row>[] {
  const { t } = useWords();
  return [
    { key: "account", head: t("accounts.account"), cell: (row) => <Id value={row.account} to={pathOf(row.account)} /> },
    { key: "state", head: t("accounts.state"), cell: (row) => <Standing row={row} /> },
    { key: "pending", head: t("accounts.pendingChanges"), cell: (row) => row.pending, numeric: true },
    { key: "disputed", head: t("accounts.disputedChanges"), cell: (row) => row.disputed, numeric: true },
    { key: "registered", head: t("accounts.registered"), cell: (row) => <Time at={row.registered} form="absolute" />, className: "second" },
  ];
}

function Standing({ row }: { row: Row }) {
  const { t } = useWords();
  if (!row.frozen) return <span className="muted">{t("accounts.active")}</span>;
  return (
    <>
      <Badge tone="info" icon="snow">
        {t("accounts.isFrozen")}
      </Badge>{" "}
      {row.frozen_until !== null && (
        <span className="small second">
          {t("accounts.until")} <Time at={row.frozen_until} form="absolute" />
        </span>
      )}
    </>
  );
}

function Nothing({ query, standing }: { query: string; standing: string }) {
  const { t } = useWords();
  const [, setQuery] = useFilter("query");
  if (query !== "") {
    return (
      <Empty icon="filter" title={t("accounts.noneBegin", { query })} action={<Button onClick={() => setQuery("")}>{t("accounts.removeSearch")}</Button>}>
        {t("accounts.noneBeginWhy")}
      </Empty>
    );
  }
  const waits = standing !== "all";
  return (
    <Empty icon={waits ? "check" : "user"} title={t(waits ? "accounts.noneWaits" : "accounts.none")}>
      {t(waits ? "accounts.noneWaitsWhy" : "accounts.noneWhy")}
    </Empty>
  );
}
