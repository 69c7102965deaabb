// SPDX-License-Identifier: Apache-2.0
/* Live watch: what the guard decides, as it decides it. */

import { useEffect } from "react";

import { client, unwrap } from "../../api/client";
import { Banner, Button, Empty, FilterBar, FilterChip, Icon, isOutcome, Page, ProblemBanner, SelectFilter, Time, useFilter } from "../../components";
import { useClock } from "../../clock";
import { clockTime } from "../../format";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { DecisionsTable } from "./decisions-table";
import { Detail } from "./detail";
import { isAccountId, matches, MOST_ROWS } from "./feed";
import { TextFilter } from "./text-filter";
import { Tiles } from "./tiles";
import { type Live, type Wanted, useFeed } from "./use-feed";
import "./watch.css";

const SUMS_EVERY = 5_000;

/** The page. Everything that chooses what is in sight stands in its address. */
export default function WatchPage() {
  const { t } = useWords();
  const { wanted, text, wrong } = useWanted();
  const live = useFeed(wanted);
  const sums = useResource("overview", (signal) => unwrap(client.GET("/v1/overview", { signal })), SUMS_EVERY);
  const [open, setOpen] = useFilter("decision");
  usePauseKey(live);
  useSoon(sums.reload, live.rows[0]?.position);
  const rows = live.rows.filter((row) => matches(row, text));
  return (
    <Page title={t("watch.title")} meta={<State live={live} policy={sums.data?.policy} />} actions={<PauseButton live={live} />}>
      <div className={open === "" ? "watch watch--wide" : "watch"}>
        <div className="watch__list">
          <Tiles sums={sums.data?.decisions} />
          <Filters wrong={wrong} />
          <Notes live={live} />
          <DecisionsTable
            rows={rows}
            loading={live.link === "asking" && live.problem === null}
            selected={open}
            onOpen={(row) => setOpen(String(row.position))}
            onClose={() => setOpen("")}
            empty={live.problem === null && <Nothing filtered={text !== "" || Object.values(wanted).some(Boolean)} />}
          />
          <Foot live={live} shown={rows.length} />
        </div>
        {open !== "" && <Detail position={open} digest={sums.data?.digest} row={live.rows.find((row) => String(row.position) === open)} onClose={() => setOpen("")} />}
      </div>
    </Page>
  );
}

const SOON = 400;

/** The sums follow what came, not only the clock. */
function useSoon(reload: () => void, newest: number | undefined): void {
  useEffect(() => {
    if (newest === undefined) return;
    const timer = setTimeout(reload, SOON);
    return () => clearTimeout(timer);
  }, [reload, newest]);
}

function useWanted(): { wanted: Wanted; text: string; wrong: boolean } {
  const [outcome] = useFilter("outcome");
  const [action] = useFilter("action");
  const [account] = useFilter("account");
  const [text] = useFilter("text");
  const wrong = account !== "" && !isAccountId(account);
  return { wanted: { outcome: isOutcome(outcome) ? outcome : "", action, account: wrong ? "" : account }, text, wrong };
}

function Filters({ wrong }: { wrong: boolean }) {
  const { t } = useWords();
  const policy = useResource("policy", (signal) => unwrap(client.GET("/v1/policy", { signal })));
  const actions = [...new Set((policy.data?.rules ?? []).map((each) => each.name))].sort();
  return (
    <>
      <FilterBar label={t("watch.filters")} className="watch__filters">
        <TextFilter name="account" label={t("watch.filterAccount")} icon="user" error={wrong ? t("watch.noId") : undefined} />
        <TextFilter name="text" label={t("watch.filterText")} icon="filter" />
        <SelectFilter name="action" label={t("watch.action")} all={t("watch.allActions")} options={actions.map((name) => ({ value: name, label: name }))} />
        <FilterChip name="outcome" label={t("watch.outcome")} />
      </FilterBar>
      {wrong && (
        <p className="watch__wrong field__error" role="status">
          <Icon name="warn" /> {t("watch.noId")}
        </p>
      )}
    </>
  );
}

function State({ live, policy }: { live: Live; policy: string | undefined }) {
  const { t } = useWords();
  const { now } = useClock();
  const dot = live.link === "live" ? "dot dot--live" : live.link === "asking" ? "dot dot--off" : "dot dot--warn";
  const name = live.paused ? "watch.state.paused" : (`watch.state.${live.link}` as const);
  return (
    <>
      <span role="status">
        <span className={live.paused ? "dot dot--warn" : dot} />
        {t(name)}
      </span>
      <Time at={now} form="absolute" />
      {policy !== undefined && (
        <span className="only-wide">
          {t("watch.policy")} <span className="mono">{policy}</span>
        </span>
      )}
    </>
  );
}

function PauseButton({ live }: { live: Live }) {
  const { t } = useWords();
  return (
    <Button size="lg" onClick={live.paused ? live.resume : live.pause}>
      <Icon name={live.paused ? "play" : "pause"} size={12} />
      {!live.paused ? t("watch.pause") : live.waiting === 0 ? t("watch.continue") : t("watch.continueWith", { n: live.waiting })} <kbd>{t("watch.space")}</kbd>
    </Button>
  );
}

/** Space pauses and goes on, except where it presses what has the focus. */
function usePauseKey({ paused, pause, resume }: Live): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, button, a, summary, dialog, label, [contenteditable]")) return;
      event.preventDefault();
      (paused ? resume : pause)();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

function Notes({ live }: { live: Live }) {
  const { t, language } = useWords();
  if (live.problem !== null) {
    return (
      <div className="watch__note">
        <ProblemBanner problem={live.problem} retry={live.retry} />
      </div>
    );
  }
  if (live.link === "lost") {
    return (
      <div className="watch__note">
        <Banner tone="warn" live action={<Button onClick={live.retry}>{t("common.retry")}</Button>}>
          {t("watch.lost", { at: clockTime(live.since, language) })}
        </Banner>
      </div>
    );
  }
  if (live.missed) {
    return (
      <div className="watch__note">
        <Banner tone="info" live>
          {t("watch.missed")}
        </Banner>
      </div>
    );
  }
  return null;
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { t } = useWords();
  return (
    <Empty icon={filtered ? "filter" : "watch"} title={t(filtered ? "watch.emptyFiltered" : "watch.empty")}>
      {t(filtered ? "watch.emptyFilteredWhy" : "watch.emptyWhy")}
    </Empty>
  );
}

function Foot({ live, shown }: { live: Live; shown: number }) {
  const { t } = useWords();
  const full = live.rows.length >= MOST_ROWS;
  return (
    <div className="watch__foot small second">
      <span>{t("watch.shown", { n: shown })}</span>
      {live.older !== null && !full && (
        <Button kind="quiet" busy={live.loadingMore} onClick={() => void live.more()}>
          {t("watch.older")}
        </Button>
      )}
      {full && <span>{t("watch.full")}</span>}
      <span className="push">
        <kbd>J</kbd> <kbd>K</kbd> {t("watch.keysMove")}, <kbd>Enter</kbd> {t("watch.keysOpen")}
      </span>
    </div>
  );
}
