// SPDX-License-Identifier: Apache-2.0
/* What happened, newest first, looks at the account by staff included. The mark's shape says who did it. */

import { useEffect, useState } from "react";

import { client, unwrap } from "../../api/client";
import { Button, Empty, isOutcome, Loading, Outcome, Panel, ProblemBanner, Stale } from "../../components";
import { useClock } from "../../clock";
import { clockTime, day, duration } from "../../format";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { useReasonText } from "../watch/reasons";
import { type Event, namesOf, timeline } from "./read";

const LIMIT = 50;
const EVERY = 15_000;
const ACTORS = ["unknown", "owner", "staff", "platform"] as const;

/** Pages below each other; the first one is read again until older ones are asked for. `state`: anything that changes
 * with the account. */
export function TimelinePanel({ account, state }: { account: string; state: string }) {
  const { t } = useWords();
  const [afters, setAfters] = useState<readonly number[]>([]);
  const legend = (
    <span className="actors">
      {ACTORS.map((actor) => (
        <span key={actor}>
          <i className="mark" data-a={actor} />
          {t(`account.actor.${actor}`)}
        </span>
      ))}
    </span>
  );
  return (
    <Panel title={t("account.timeline")} actions={legend} bare className="acct-time">
      <Chunk account={account} state={state} last={afters.length === 0} lively={afters.length === 0} onMore={(next) => setAfters([next])} />
      {afters.map((after, index) => (
        <Chunk key={after} account={account} state="" after={after} last={index === afters.length - 1} lively={false} onMore={(next) => setAfters([...afters, next])} />
      ))}
    </Panel>
  );
}

interface ChunkProps {
  account: string;
  state: string;
  after?: number;
  last: boolean;
  lively: boolean;
  onMore: (next: number) => void;
}

function Chunk({ account, state, after, last, lively, onMore }: ChunkProps) {
  const { t, language } = useWords();
  const { now } = useClock();
  const query = { limit: LIMIT, language, ...(after === undefined ? {} : { after }) };
  const asked = useResource(`events ${account} ${JSON.stringify(query)}`, (signal) => unwrap(client.GET("/v1/accounts/{account}/events", { params: { path: { account }, query }, signal })), lively ? EVERY : undefined);
  const { reload } = asked;
  useEffect(() => {
    if (lively) reload();
  }, [state, lively, reload]);
  if (asked.data === undefined) {
    if (asked.error === undefined) return <Loading lines={6} />;
    return (
      <div className="panel__body">
        <ProblemBanner problem={asked.error} retry={asked.reload} />
      </div>
    );
  }
  const { events, next, people } = asked.data;
  if (events.length === 0) return after === undefined ? <Empty icon="list" title={t("account.noEvents")} /> : null;
  return (
    <>
      {asked.stale && <Stale at={asked.at} retry={asked.reload} />}
      <ol className="events" aria-label={t("account.timeline")}>
        {timeline(events).map((entry) => {
          if (entry.kind === "day") {
            return (
              <li key={`day ${entry.at}`} className="day">
                {day(entry.at, now, language)}
              </li>
            );
          }
          if (entry.kind === "gap") {
            return (
              <li key={`gap ${entry.from}`} className="gap">
                <span className="at" />
                <i className="mark" data-a="gap" />
                <span className="small second">{t("account.gap", { age: duration(entry.to - entry.from, language) })}</span>
              </li>
            );
          }
          return <Happened key={entry.event.position} event={entry.event} people={people} />;
        })}
      </ol>
      {last && next !== null && (
        <div className="panel__foot">
          <Button onClick={() => onMore(next)}>{t("account.older")}</Button>
        </div>
      )}
    </>
  );
}

function Happened({ event, people }: { event: Event; people: Record<string, string> }) {
  const { t, language } = useWords();
  const said = useReasonText();
  const [first] = event.reasons;
  return (
    <li>
      <time className="at" dateTime={new Date(event.at).toISOString()} title={new Date(event.at).toISOString()}>
        {clockTime(event.at, language)}
      </time>
      <i className="mark" data-a={event.actor} />
      <div className="evt">
        <p>
          <span className="vh">{t(`account.actor.${event.actor}`)}: </span>
          {event.sentence} {event.outcome !== null && isOutcome(event.outcome) && <Outcome name={event.outcome} />}
        </p>
        {(first !== undefined || event.officers.length > 0) && (
          <p className="small second">
            {first !== undefined && said(first)}
            {event.reasons.length > 1 && ` ${t("watch.moreReasons", { n: event.reasons.length - 1 })}`}
            {event.officers.length > 0 && ` ${t("account.officers", { names: namesOf(event.officers, people) })}`}
          </p>
        )}
      </div>
    </li>
  );
}
