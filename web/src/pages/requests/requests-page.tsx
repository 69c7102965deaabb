// SPDX-License-Identifier: Apache-2.0
/* The inbox of requests: what is asked, by whom, what is missing, and which clock ends next. */

import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { Badge, Button, type Column, Empty, FilterBar, FilterChip, Page, Panel, Segment, SelectFilter, Table, Time, useFilter } from "../../components";
import { useClock } from "../../clock";
import { duration } from "../../format";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { IntakeDialog } from "./intake-dialog";
import { ENDED, lookOf, OPEN_STATES, readInbox, type RequestLine, TYPES } from "./read";
import { RequestPage } from "./request-page";
import { useCoded, useKnown } from "./words";
import "./requests.css";

const EVERY = 15_000;
const SHOWN_MISSING = 3;

export default function RequestsPage() {
  const { request } = useParams();
  return request === undefined ? <Inbox /> : <RequestPage key={request} id={request} />;
}

/** A state as a badge. */
export function StateBadge({ state }: { state: string }) {
  const known = useKnown();
  const look = lookOf(state);
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {known("state", state)}
    </Badge>
  );
}

function Inbox() {
  const { t } = useWords();
  const { may, who } = useSession();
  const navigate = useNavigate();
  const [view, setView] = useFilter("view");
  const [state] = useFilter("state");
  const [type] = useFilter("type");
  const [assigned] = useFilter("assigned");
  const [after, setAfter] = useFilter("after");
  const [asking, setAsking] = useState(false);
  const known = useKnown();
  const open = view !== "all";
  const mine = assigned === "me" ? (who?.staff.id ?? "") : "";
  const asked = useResource(`requests ${view} ${state} ${type} ${mine} ${after}`, (signal) => readInbox({ open, state, type, assigned: mine, after }, signal), EVERY);
  const filtered = state !== "" || type !== "" || assigned !== "" || after !== "";
  const states = open ? OPEN_STATES : [...OPEN_STATES, ...ENDED];
  const columns: Column<RequestLine>[] = [
    { key: "reference", head: t("requests.request"), className: "req-name", cell: (each) => <Name line={each} /> },
    { key: "authority", head: t("requests.authority"), className: "req-wrap", cell: (each) => <Authority line={each} /> },
    { key: "state", head: t("requests.stateHead"), cell: (each) => <StateBadge state={each.state} /> },
    { key: "missing", head: t("requests.missingHead"), className: "req-wrap", cell: (each) => <Missing line={each} /> },
    { key: "clock", head: t("requests.clockHead"), className: "req-wrap", cell: (each) => <Next line={each} /> },
  ];
  const take = may("desk:write") ? (
    <Button size="lg" kind="primary" onClick={() => setAsking(true)}>
      {t("requests.take")}
    </Button>
  ) : undefined;
  return (
    <Page title={t("requests.title")} meta={<span>{t("requests.lead")}</span>} actions={take}>
      <div className="page-body">
        <FilterBar label={t("requests.filters")}>
          <Segment
            label={t("requests.views")}
            value={open ? "open" : "all"}
            options={[
              { value: "open", label: t("requests.viewOpen") },
              { value: "all", label: t("requests.viewAll") },
            ]}
            onChange={(value) => setView(value === "open" ? "" : value)}
          />
          <SelectFilter name="state" label={t("requests.stateHead")} all={t("requests.allStates")} options={states.map((value) => ({ value, label: known("state", value) }))} />
          <SelectFilter name="type" label={t("requests.typeHead")} all={t("requests.allTypes")} options={TYPES.map((value) => ({ value, label: known("type", value) }))} />
          <SelectFilter name="assigned" label={t("requests.assigned")} all={t("requests.everybody")} options={[{ value: "me", label: t("requests.me") }]} />
          {after !== "" && <FilterChip name="after" label={t("requests.later")} />}
        </FilterBar>
        <Panel bare title={t(open ? "requests.openOnes" : "requests.all")} note={t(open ? "requests.openNote" : "requests.allNote")} foot={<span className="small">{t("requests.foot")}</span>}>
          <Table
            caption={t("requests.title")}
            className="req-list"
            columns={columns}
            rows={asked.data?.items ?? []}
            rowKey={(each) => each.id}
            from={asked}
            onOpen={(each) => void navigate(`/requests/${each.id}`)}
            empty={filtered ? <Filtered /> : <Teach />}
          />
          {typeof asked.data?.next === "string" && (
            <p className="req-more">
              <Button onClick={() => setAfter(asked.data?.next ?? "")}>{t("common.more")}</Button>
            </p>
          )}
        </Panel>
      </div>
      {asking && <IntakeDialog onClose={() => setAsking(false)} onDone={(id) => void navigate(`/requests/${id}`)} />}
    </Page>
  );
}

function Filtered() {
  const { t } = useWords();
  return (
    <Empty icon="filter" title={t("requests.filtered")} action={<Link to="/requests">{t("requests.showOpen")}</Link>}>
      {t("requests.filteredWhy")}
    </Empty>
  );
}

const STEPS = ["requests.teach.take", "requests.teach.check", "requests.teach.call", "requests.teach.two"] as const;

function Teach() {
  const { t } = useWords();
  return (
    <Empty icon="gov" title={t("requests.none")}>
      {t("requests.noneWhy")}
      <span className="req-teach">
        {STEPS.map((key, index) => (
          <span key={key}>
            <b>{index + 1}</b> {t(key)}
          </span>
        ))}
      </span>
    </Empty>
  );
}

function Name({ line }: { line: RequestLine }) {
  const { t } = useWords();
  const known = useKnown();
  return (
    <span className="req-lines">
      <Link to={`/requests/${line.id}`}>{line.reference}</Link>
      <span className="small second">
        {known("type", line.type)}
        {line.case_number !== "" && `, ${t("requests.case", { number: line.case_number })}`}
      </span>
    </span>
  );
}

function Authority({ line }: { line: RequestLine }) {
  const { t } = useWords();
  const name = line.authority === "" ? line.claimed_authority : line.authority;
  return (
    <span className="req-lines">
      <span>{name === "" ? t("common.unknown") : name}</span>
      <span className="small second">
        {line.authority === "" ? t("requests.onlyClaimed") : t("requests.inRegistry")}, {t("requests.users", { n: line.users })}
      </span>
    </span>
  );
}

function Missing({ line }: { line: RequestLine }) {
  const { t } = useWords();
  const known = useKnown();
  const more = line.missing.length - SHOWN_MISSING;
  return (
    <span className="req-lines">
      {line.contradictions > 0 && (
        <Badge tone="danger" icon="x">
          {t("requests.contradictions", { n: line.contradictions })}
        </Badge>
      )}
      {line.missing.length > 0 ? (
        <span className="small">
          {line.missing
            .slice(0, SHOWN_MISSING)
            .map((code) => known("missing", code))
            .join(", ")}
          {more > 0 && ` ${t("requests.andMore", { n: more })}`}
        </span>
      ) : (
        line.contradictions === 0 && <span className="small second">{t("requests.nothingMissing")}</span>
      )}
    </span>
  );
}

function Next({ line }: { line: RequestLine }) {
  const { t, language } = useWords();
  const { now } = useClock();
  const coded = useCoded();
  const clock = line.next_clock;
  if (line.second_by !== null) {
    return (
      <span className="req-lines">
        <b className="num">{duration(line.second_by - now, language)}</b>
        <span className="small second">{t("requests.secondBy")}</span>
      </span>
    );
  }
  if (clock === null) return <span className="small second">{t("requests.noClock")}</span>;
  const late = clock.due <= now;
  return (
    <span className="req-lines">
      <b className={late ? "num req-late" : "num"}>{late ? t("requests.late", { time: duration(now - clock.due, language) }) : duration(clock.due - now, language)}</b>
      <span className="small second">
        {coded("clock", clock.name)}, <Time at={clock.due} form="absolute" />
      </span>
    </span>
  );
}
