// SPDX-License-Identifier: Apache-2.0
/* What is suspected, which clocks run, what the owner has locked. */

import { useState } from "react";

import { Amount, Badge, Button, Capabilities, Empty, Panel, Time } from "../../components";
import { useClock } from "../../clock";
import { duration } from "../../format";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { type Proposal, ProposeDialog } from "./propose-dialog";
import { type Account, suspicionsOf } from "./read";

/** Each with its evidence and end. What is sealed shows nowhere. */
export function SuspicionsPanel({ account }: { account: Account }) {
  const { t } = useWords();
  const { now: time } = useClock();
  const { may } = useSession();
  const [asking, setAsking] = useState<Proposal | null>(null);
  const { now, over } = suspicionsOf(account, time);
  const withdraw = (id: string, capability: string): Proposal => ({
    title: t("account.clearAsk", { capability }),
    effects: ["account.effect.clear", "account.effect.clearKept"],
    operation: `POST /v1/accounts/${account.account}/suspicions/${id}/clear`,
    body: null,
  });
  return (
    <Panel title={t("account.suspicions")} note={now.length === 0 ? undefined : String(now.length)} bare>
      {now.length === 0 && (
        <Empty icon="shield" title={t("account.noSuspicions")}>
          {t("account.noSuspicionsWhy")}
        </Empty>
      )}
      <ul className="rows">
        {now.map((each) => (
          <li key={each.id} className="susp">
            <div className="pair">
              <Capabilities names={[each.capability]} suspected />
              <span className="small second">{t(`account.strength.${each.strength === "weak" || each.strength === "confirmed" ? each.strength : "strong"}`)}</span>
            </div>
            <p>{each.evidence === "" ? t("account.noEvidence") : each.evidence}</p>
            <p className="small second">
              {each.instance !== null && <>{t("account.onlyFor", { instance: each.instance })} · </>}
              {t("account.from")} <Time at={each.since} form="absolute" /> · {t("account.ends")} <Time at={each.until} form="end" />
            </p>
            {may("approvals:write") && (
              <div>
                <Button kind="quiet" onClick={() => setAsking(withdraw(each.id, each.capability))}>
                  {t("account.clear")}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {over.length > 0 && <p className="panel__foot small">{t("account.overSuspicions", { n: over.length, names: [...new Set(over.map((each) => each.capability))].join(", ") })}</p>}
      {asking !== null && <ProposeDialog proposal={asking} onClose={() => setAsking(null)} />}
    </Panel>
  );
}

/** Clocks: when their verb was done, and since when the wait counts. */
export function ClocksPanel({ account }: { account: Account }) {
  const { t, language } = useWords();
  const { now } = useClock();
  const waits = [...account.waits].sort((a, b) => b.at - a.at);
  return (
    <Panel title={t("account.clocks")} bare foot={<span className="small">{t("account.clocksFoot")}</span>}>
      {waits.length === 0 && <Empty icon="clock" title={t("account.noClocks")} />}
      <ul className="rows">
        {waits.map((wait) => (
          <li key={wait.clock} className="pair">
            <span>
              <span className="mono">{wait.clock}</span>
              <span className="small second">
                {" "}
                <Time at={wait.at} form="absolute" />
              </span>
            </span>
            {wait.started === null ? <Badge tone="warn" icon="belloff">{t("account.untold")}</Badge> : <span className="time">{t("account.runsFor", { age: duration(now - wait.started, language) })}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The owner's own stricter rules. */
export function LocksPanel({ account }: { account: Account }) {
  const { t, language } = useWords();
  return (
    <Panel title={t("account.locks")} bare>
      {account.locks.length === 0 && (
        <Empty icon="lock" title={t("account.noLocks")}>
          {t("account.noLocksWhy")}
        </Empty>
      )}
      <ul className="rows">
        {account.locks.map((lock) => (
          <li key={lock.outflow} className="pair">
            <span className="mono">{lock.outflow}</span>
            <span className="second">
              {lock.off && t("account.lockOff")}
              {lock.limit !== null && (
                <>
                  {t("account.lockLimit")} <Amount value={lock.limit} />{" "}
                </>
              )}
              {lock.delay > 0 && t("account.lockDelay", { delay: duration(lock.delay, language) })}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
