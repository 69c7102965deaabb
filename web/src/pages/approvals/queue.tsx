// SPDX-License-Identifier: Apache-2.0
/* The queue of approvals in four views. */

import { Link, useNavigate } from "react-router";

import { Badge, Button, type Column, Empty, Icon, Page, Panel, Segment, Table, Time, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { type Approval, VIEWS, type View, belongs, isOpen, namesIn, readApprovals } from "./read";
import { TONES, useApprovalWords } from "./words";

const EVERY = 15_000;

/** The table; Enter opens an approval. */
export function Queue() {
  const { t } = useWords();
  const { who, may } = useSession();
  const navigate = useNavigate();
  const [asked, setView] = useFilter("view");
  const view = VIEWS.find((each) => each === asked) ?? "mine";
  const list = useResource("approvals", readApprovals, EVERY);
  const me = `staff:${who?.staff.id ?? ""}`;
  const reach = (approval: Approval) => approval.scopes.every(may);
  const of = (each: View) => (list.data ?? []).filter((approval) => belongs(approval, each, me, reach));
  const rows = of(view);
  const columns = useColumns(namesIn(rows), view);
  return (
    <Page title={t("approvals.title")} meta={<span>{t("approvals.lead")}</span>}>
      <div className="appr">
        <Segment
          label={t("approvals.views")}
          value={view}
          options={VIEWS.map((value) => ({ value, label: t(`approvals.${value}`), ...(list.data && value !== "done" ? { count: of(value).length } : {}) }))}
          onChange={(next) => setView(next === "mine" ? "" : next)}
        />
        <Panel title={t(`approvals.${view}`)} bare>
          <Table
            caption={t("approvals.list")}
            className="appr-list"
            columns={columns}
            rows={rows}
            rowKey={(approval) => approval.id}
            from={list}
            onOpen={(approval) => void navigate(`/approvals/${approval.id}`)}
            empty={<Nothing view={view} hidden={of("open").length} onShow={() => setView("open")} />}
          />
        </Panel>
      </div>
    </Page>
  );
}

function useColumns(names: ReadonlyMap<string, string>, view: View): Column<Approval>[] {
  const { t } = useWords();
  const words = useApprovalWords(names);
  const columns: Column<Approval>[] = [
    { key: "what", head: t("approvals.what"), cell: (each) => <Link to={`/approvals/${each.id}`}>{words.title(each)}</Link>, className: "wrap" },
    { key: "why", head: t("approvals.why"), cell: (each) => <span className="small second">{each.reason}</span>, className: "wrap appr-wide" },
    { key: "who", head: t("approvals.who"), cell: (each) => <span className="nowrap">{words.person(each.proposed_by)}</span>, className: "appr-wide" },
    { key: "signed", head: t("approvals.signed"), cell: (each) => <Badge icon="people" tone={each.signatures.length === 2 ? "ok" : "plain"}>{t("approvals.n_of_two", { n: each.signatures.length })}</Badge> },
    { key: "state", head: t("approvals.state"), cell: (each) => <Badge tone={TONES[each.status]}>{t(`approvals.status.${each.status}`)}</Badge> },
    {
      key: "until",
      head: t(view === "done" ? "approvals.ended" : "approvals.until"),
      numeric: true,
      className: "appr-wide",
      cell: (each) => <Time at={each.ended ?? each.expires} form={isOpen(each) ? "relative" : "absolute"} />,
    },
  ];
  return columns;
}

function Nothing({ view, hidden, onShow }: { view: View; hidden: number; onShow: () => void }) {
  const { t } = useWords();
  const filtered = view === "mine" && hidden > 0;
  const action = filtered ? (
    <Button onClick={onShow}>
      <Icon name="list" /> {t("approvals.show_open")}
    </Button>
  ) : undefined;
  return (
    <Empty icon={filtered ? "filter" : "people"} title={t(`approvals.empty_${view}`)} action={action}>
      {filtered ? t("approvals.empty_mine_hidden", { n: hidden }) : t(`approvals.empty_${view}_text`)}
    </Empty>
  );
}
