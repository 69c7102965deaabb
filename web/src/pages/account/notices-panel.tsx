// SPDX-License-Identifier: Apache-2.0
/* What the owner was told, where, and whether a channel took it. Where nobody was reached, waits do not run. */

import { useState } from "react";

import { client, unwrap } from "../../api/client";
import { Badge, Banner, Button, Empty, Loading, Panel, ProblemBanner, Stale, Time } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { type Proposal, ProposeDialog } from "./propose-dialog";
import { type Delivery, type Notice, namesOf } from "./read";

const LIMIT = 10;
const EVERY = 15_000;

/** Newest first; older pages below each other. `state`: anything that changes with the account. */
export function NoticesPanel({ account, state }: { account: string; state: string }) {
  const { t } = useWords();
  const [afters, setAfters] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState<Proposal | null>(null);
  const reached = (notice: Notice): Proposal => ({
    title: t("account.reachedAsk", { account }),
    effects: ["account.effect.reached", "account.effect.reachedWait"],
    operation: `POST /v1/accounts/${account}/notices/${notice.id}/confirm`,
    body: null,
  });
  const chunks = [undefined, ...afters];
  return (
    <Panel title={t("account.notices")} bare foot={<span className="small">{t("account.noticesFoot")}</span>}>
      {chunks.map((after, index) => (
        <Chunk
          key={after ?? ""}
          account={account}
          after={after}
          state={state}
          last={index === chunks.length - 1}
          lively={chunks.length === 1}
          onMore={(next) => setAfters([...afters, next])}
          onReached={(notice) => setAsking(reached(notice))}
        />
      ))}
      {asking !== null && <ProposeDialog proposal={asking} onClose={() => setAsking(null)} />}
    </Panel>
  );
}

interface ChunkProps {
  account: string;
  after: string | undefined;
  state: string;
  last: boolean;
  lively: boolean;
  onMore: (next: string) => void;
  onReached: (notice: Notice) => void;
}

function Chunk({ account, after, state, last, lively, onMore, onReached }: ChunkProps) {
  const { t } = useWords();
  const query = { limit: LIMIT, ...(after === undefined ? {} : { after }) };
  const key = `notices ${account} ${after ?? ""} ${lively ? state : ""}`;
  const asked = useResource(key, (signal) => unwrap(client.GET("/v1/accounts/{account}/notices", { params: { path: { account }, query }, signal })), lively ? EVERY : undefined);
  if (asked.data === undefined) {
    return asked.error === undefined ? (
      <Loading />
    ) : (
      <div className="panel__body">
        <ProblemBanner problem={asked.error} retry={asked.reload} />
      </div>
    );
  }
  const { notices, next, people } = asked.data;
  if (notices.length === 0) {
    return after === undefined ? (
      <Empty icon="bell" title={t("account.noNotices")}>
        {t("account.noNoticesWhy")}
      </Empty>
    ) : null;
  }
  return (
    <>
      {asked.stale && <Stale at={asked.at} retry={asked.reload} />}
      <ul className="rows told" aria-label={t("account.notices")}>
        {notices.map((notice) => (
          <Row key={notice.id} notice={notice} people={people} onReached={onReached} />
        ))}
      </ul>
      {last && next !== null && (
        <div className="panel__foot">
          <Button onClick={() => onMore(next)}>{t("account.older")}</Button>
        </div>
      )}
    </>
  );
}

interface RowProps {
  notice: Notice;
  people: Record<string, string>;
  onReached: (notice: Notice) => void;
}

function Row({ notice, people, onReached }: RowProps) {
  const { t } = useWords();
  return (
    <li>
      <div className="pair">
        <span className="mono">{notice.kind}</span>
        <span className="small second">
          <Time at={notice.at} />
        </span>
      </div>
      <ul className="told__ways">
        {notice.deliveries.map((each) => (
          <Way key={each.contact} delivery={each} />
        ))}
      </ul>
      {notice.officers.length > 0 && <p className="small second">{t("account.reachedBy", { names: namesOf(notice.officers, people) })}</p>}
      {notice.confirm_from !== null && <Unreached notice={notice} from={notice.confirm_from} onReached={onReached} />}
    </li>
  );
}

const TONES = { accepted: "ok", waiting: "warn", failed: "danger" } as const;
const ICONS = { accepted: "check", waiting: "clock", failed: "x" } as const;

function Way({ delivery }: { delivery: Delivery }) {
  const { t } = useWords();
  const { state, at, retry_at } = delivery;
  return (
    <li className="told__way">
      <span>
        {delivery.channel === "" ? (
          <span className="second">{t("account.forgotten")}</span>
        ) : (
          <>
            <span className="mono">{delivery.channel}</span> <span className="second">{delivery.hint}</span>
          </>
        )}
      </span>
      <span className="badges">
        <Badge tone={TONES[state]} icon={ICONS[state]}>
          {t(`account.told.${state}`)}
        </Badge>
        {at !== null && (
          <span className="small second">
            <Time at={at} form="absolute" />
          </span>
        )}
        {state === "waiting" && retry_at !== null && (
          <span className="small second">
            {t("account.retry")} <Time at={retry_at} form="absolute" />
          </span>
        )}
      </span>
      {delivery.error !== "" && (
        <p className="told__error small second">
          {delivery.attempts > 0 && `${t("account.tries", { n: delivery.attempts })} `}
          {delivery.error}
        </p>
      )}
    </li>
  );
}

/** No channel took it: the waits that were for it stand still. After seven days two officers may state that they reached the owner. */
function Unreached({ notice, from, onReached }: { notice: Notice; from: number; onReached: (notice: Notice) => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const { now } = useClock();
  const unreached = t(notice.deliveries.some((each) => each.state === "accepted") ? "account.unreachedOther" : "account.unreached");
  if (now < from) {
    return (
      <p className="small second">
        {unreached} {t("account.unreachedFrom")} <Time at={from} form="end" />
      </p>
    );
  }
  const act = may("approvals:write") && <Button onClick={() => onReached(notice)}>{t("account.reached")}</Button>;
  return (
    <Banner tone="warn" icon="belloff" action={act || undefined}>
      {unreached} {t("account.unreachedNow")}
    </Banner>
  );
}
