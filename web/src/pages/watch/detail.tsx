// SPDX-License-Identifier: Apache-2.0
/* One decision in full: outcome, all reasons, what would do, where the rule stands. Opened by `?decision=`. */

import { useEffect, useRef } from "react";
import { Link } from "react-router";

import { call, type Schemas } from "../../api/client";
import { Amount, Banner, Button, Capabilities, Icon, Id, Loading, Outcome, ProblemBanner, Time, Window } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import type { Decision } from "./feed";
import { useReasonText } from "./reasons";

interface DetailProps {
  position: string;
  /** The decision, where the list has it. */
  row: Decision | undefined;
  /** Digest of the policy in force: lines of another one are not linked. */
  digest: string | undefined;
  onClose: () => void;
}

const HOUR = 3_600_000;

/** The panel at the right; under the list where there is no room. */
export function Detail({ position, row, digest, onClose }: DetailProps) {
  const { t } = useWords();
  const valid = /^\d{1,15}$/.test(position);
  const asked = useResource(row === undefined && valid ? `decision ${position}` : null, (signal) =>
    call<Schemas["DecisionsView"]>("GET", "/v1/decisions", { query: { after: Number(position) + 1, limit: 1 }, signal }),
  );
  const got = asked.data?.decisions[0];
  const found = row ?? (String(got?.position) === position ? got : undefined);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (matchMedia("(max-width: 1180px)").matches) panel.current?.scrollIntoView({ block: "start" });
  }, [position]);
  return (
    <aside className="account decision" aria-label={t("watch.detail")} ref={panel}>
      <div className="account__head">
        <h2>{t("watch.detail")}</h2>
        <Button kind="quiet" size="icon" icon="x" aria-label={t("watch.closeDetail")} onClick={onClose} />
      </div>
      {found !== undefined ? (
        <Whole row={found} digest={digest} />
      ) : asked.error !== undefined ? (
        <ProblemBanner problem={asked.error} retry={asked.reload} />
      ) : asked.loading ? (
        <Loading lines={5} />
      ) : (
        <Banner tone="warn">{t("watch.noDecision", { position })}</Banner>
      )}
    </aside>
  );
}

function Whole({ row, digest }: { row: Decision; digest: string | undefined }) {
  const { t } = useWords();
  const { may } = useSession();
  const line = t("watch.line", { rule: row.rule, line: row.line });
  return (
    <>
      <div className="decision__top">
        <Outcome name={row.outcome} />
        <Time at={row.at} />
      </div>
      {may("accounts:read") && (
        <Link className="btn btn--lg" to={`/accounts/${encodeURIComponent(row.account)}`}>
          <Icon name="user" /> {t("watch.openAccount")}
        </Link>
      )}
      <Facts row={row} />
      <Reasons row={row} />
      <Alternatives row={row} />
      <section>
        <h3>{t("watch.rule")}</h3>
        <p>{row.policy === digest ? <Link to={`/policies?line=${row.line}`}>{line}</Link> : line}</p>
        <p className="small second">
          {t("watch.policy")} <Id value={row.policy} short />
        </p>
      </section>
    </>
  );
}

function Facts({ row }: { row: Decision }) {
  const { t } = useWords();
  const { payment } = row;
  return (
    <section>
      <h3>
        <span className="mono">{row.rule}</span> {payment && <Amount value={payment.amount} asset={payment.asset} />}
      </h3>
      <dl className="kv">
        <dt>{t("watch.account")}</dt>
        <dd>
          <Id value={row.account} />
        </dd>
        {payment !== null && payment.destination !== "" && (
          <>
            <dt>{t("watch.destination")}</dt>
            <dd>
              <span className="mono">{payment.destination}</span> {payment.chain !== "" && <span className="muted">{payment.chain}</span>}
              {payment.memo !== "" && <span className="muted"> {t("watch.memo", { memo: payment.memo })}</span>}
            </dd>
          </>
        )}
        {payment !== null && (
          <>
            <dt>{t("watch.value")}</dt>
            <dd>{payment.value === null ? t("common.unknown") : <Amount value={payment.value} />}</dd>
          </>
        )}
        <dt>{t("watch.actor")}</dt>
        <dd>{t(`watch.actor.${row.actor}`)}</dd>
        <dt>{t("watch.decidedOn")}</dt>
        <dd>{row.kind.replaceAll("_", " ")}</dd>
        {row.source !== "" && (
          <>
            <dt>{t("watch.source")}</dt>
            <dd className="mono">{row.source}</dd>
          </>
        )}
        {Object.entries(row.objects).map(([kind, id]) => (
          <Fact key={kind} name={kind} value={id} />
        ))}
        {row.action !== null && <Fact name={t("watch.actionId")} value={row.action} />}
        <dt>{t("watch.position")}</dt>
        <dd>
          <Link to={`/log?at=${row.position}`} className="num">
            {row.position}
          </Link>
        </dd>
        {row.window !== null && (
          <>
            <dt>{t("watch.window")}</dt>
            <dd>
              <Window hours={row.window / HOUR} />
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Id value={value} />
      </dd>
    </>
  );
}

function Reasons({ row }: { row: Decision }) {
  const { t } = useWords();
  const said = useReasonText();
  return (
    <section>
      <h3>
        {t("watch.reasons")} <span className="muted num">{row.reasons.length}</span>
      </h3>
      {row.reasons.length === 0 && <p className="second">{t(row.outcome === "allow" ? "watch.noReasons" : "watch.onlyProof")}</p>}
      <ul className="reasons">
        {row.reasons.map((reason, index) => (
          <li key={index}>
            <p>{said(reason)}</p>
            <p className="small second">
              {reason.until !== null && (
                <>
                  {t("watch.ends")} <Time at={reason.until} form="end" />{" "}
                </>
              )}
              <code>{reason.code}</code>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Alternatives({ row }: { row: Decision }) {
  const { t } = useWords();
  if (row.alternatives.length === 0) return null;
  return (
    <section>
      <h3>{t("watch.alternatives")}</h3>
      <ul className="ways">
        {row.alternatives.map((set) => (
          <li key={set.join()}>
            <Capabilities names={set} />
          </li>
        ))}
      </ul>
    </section>
  );
}
