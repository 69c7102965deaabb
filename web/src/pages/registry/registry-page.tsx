// SPDX-License-Identifier: Apache-2.0
/* The registry: which authorities we know, how each is reached, what has to be checked; an import as a dry run. */

import { Link, useNavigate, useParams } from "react-router";

import { Badge, Banner, type Column, Empty, FilterBar, FilterChip, Page, Panel, SelectFilter, Table, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { AuthorityPage } from "./authority-page";
import { ImportPanel } from "./import-panel";
import { type AuthorityRow, readAuthorities, readDue } from "./read";
import "./registry.css";

export default function RegistryPage() {
  const { authority } = useParams();
  return authority === undefined ? <Authorities /> : <AuthorityPage key={authority} id={authority} />;
}

function Authorities() {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const [country] = useFilter("country");
  const [after] = useFilter("after");
  const asked = useResource(`authorities ${country} ${after}`, (signal) => readAuthorities(country, after, signal));
  const rows = asked.data?.items ?? [];
  const countries = [...new Set([...rows.map((each) => each.country), ...(country === "" ? [] : [country])])].sort();
  const columns: Column<AuthorityRow>[] = [
    { key: "name", head: t("registry.authority"), className: "reg-wrap", cell: (each) => <Link to={`/registry/${each.id}`}>{each.name}</Link> },
    { key: "country", head: t("registry.country"), cell: (each) => each.country.toUpperCase() },
    { key: "role", head: t("registry.role"), className: "reg-wide", cell: (each) => each.role.replaceAll("_", " ") },
    { key: "usable", head: t("registry.usableHead"), cell: (each) => <Usable row={each} /> },
    { key: "due", head: t("registry.checks"), className: "reg-wide", cell: (each) => (each.due > 0 ? <Badge tone="warn">{t("registry.dueCount", { n: each.due })}</Badge> : <span className="second">{t("common.none")}</span>) },
  ];
  return (
    <Page title={t("registry.title")} meta={<span>{t("registry.lead")}</span>}>
      <div className="page-body">
        <FilterBar label={t("registry.filters")}>
          <SelectFilter name="country" label={t("registry.country")} all={t("registry.allCountries")} options={countries.map((value) => ({ value, label: value.toUpperCase() }))} />
          {after !== "" && <FilterChip name="after" label={t("registry.later")} />}
        </FilterBar>
        <Due />
        <Panel bare title={t("registry.authorities")} foot={<span className="small">{t("registry.foot")}</span>}>
          <Table
            caption={t("registry.authorities")}
            className="reg-list"
            columns={columns}
            rows={rows}
            rowKey={(each) => each.id}
            from={asked}
            onOpen={(each) => void navigate(`/registry/${each.id}`)}
            empty={
              <Empty icon="gov" title={t("registry.none")}>
                {t(country === "" ? "registry.noneWhy" : "registry.noneHere")}
              </Empty>
            }
          />
        </Panel>
        <ImportPanel hands={may("desk:write")} />
      </div>
    </Page>
  );
}

function Usable({ row }: { row: AuthorityRow }) {
  const { t } = useWords();
  if (row.ended !== null) return <Badge>{t("registry.ended")}</Badge>;
  return (
    <Badge tone={row.usable === 0 ? "warn" : "ok"} icon={row.usable === 0 ? "clock" : "check"}>
      {t("registry.usableOf", { usable: row.usable, all: row.contacts })}
    </Badge>
  );
}

function Due() {
  const { t } = useWords();
  const asked = useResource("registry due", readDue);
  const first = asked.data?.items[0];
  if (first === undefined) return null;
  return (
    <Banner tone="warn" icon="clock" action={<Link to={`/registry/${first.authority}`}>{first.name}</Link>}>
      {t("registry.due", { n: asked.data?.items.length ?? 0 })} <Time at={first.recheck} form="end" />
    </Banner>
  );
}
