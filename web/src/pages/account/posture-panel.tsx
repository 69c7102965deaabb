// SPDX-License-Identifier: Apache-2.0
/* If one or two capabilities turn on this account: how long its owner has, by which outflow, and what would help. */

import { client, unwrap } from "../../api/client";
import { Amount, Capabilities, Icon, Loading, Panel, ProblemBanner, Window } from "../../components";
import { duration } from "../../format";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { type Exposure, exposures, type Posture, windowOf, worst } from "./read";

const SHOWN = 8;

/** Computed by the prover from the account as it stands; windows are lower bounds. */
export function PosturePanel({ account }: { account: string }) {
  const { t } = useWords();
  const asked = useResource(`posture ${account}`, (signal) => unwrap(client.GET("/v1/accounts/{account}/posture", { params: { path: { account } }, signal })));
  const posture = asked.data?.posture;
  const foot = posture && <span className="small">{t("account.postureFoot", { policy: posture.policy })}</span>;
  return (
    <Panel title={t("account.posture")} note={t("account.postureNote")} bare {...(foot === undefined ? {} : { foot })}>
      {posture === undefined ? (
        asked.error === undefined ? (
          <Loading lines={4} />
        ) : (
          <div className="panel__body">
            <ProblemBanner problem={asked.error} retry={asked.reload} />
          </div>
        )
      ) : (
        <Rows posture={posture} />
      )}
    </Panel>
  );
}

function Rows({ posture }: { posture: Posture }) {
  const { t } = useWords();
  const { open, closed } = exposures(posture);
  const helps = posture.advice.filter((each) => each.helps);
  return (
    <>
      <ul className="rows">
        {open.slice(0, SHOWN).map((each) => (
          <Row key={each.capabilities.join()} exposure={each} currency={posture.currency} />
        ))}
        {open.length > SHOWN && <li className="small second">{t("account.morePairs", { n: open.length - SHOWN })}</li>}
        {closed.length > 0 && (
          <li className="po-row">
            <details className="closed">
              <summary>{t("account.closed", { n: closed.length })}</summary>
              <p className="small second mono">{closed.join(", ")}</p>
            </details>
            <Window hours={null} />
          </li>
        )}
      </ul>
      {helps.length > 0 && (
        <div className="panel__body helps">
          <h3>{t("account.helps")}</h3>
          <ul>
            {helps.map((each) => (
              <li key={`${each.kind} ${each.name}`}>
                {each.kind === "end" ? t("account.endForeign") : t("account.enrol", { name: each.name })}
                <ul className="small">
                  {each.better.slice(0, 3).map((change) => (
                    <li key={change.capabilities.join()}>
                      <Capabilities names={change.capabilities} />
                      <span className="change">
                        <Window {...windowOf(change.before)} /> <Icon name="right" size={12} />
                        <span className="vh">{t("account.becomes")}</span> <Window {...windowOf(change.after)} />
                      </span>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Row({ exposure, currency }: { exposure: Exposure; currency: string }) {
  const { t, language } = useWords();
  const way = worst(exposure.ways);
  const later = way !== null && way.earliest !== null && way.earliest > 0 ? t("account.notBefore", { delay: duration(way.earliest, language) }) : "";
  return (
    <li className="po-row">
      <div>
        {exposure.capabilities.length === 0 ? <p>{t("account.already")}</p> : <Capabilities names={exposure.capabilities} />}
        <p className="small second">
          <span className="mono">{exposure.ways.map((each) => each.outflow).join(", ")}</span>
          {" · "}
          {exposure.loss === null ? t("account.lossUnlimited") : <>{t("account.loss")} <Amount value={exposure.loss} asset={currency} /></>}
          {later !== "" && ` · ${later}`}
          {way?.exact === false && ` · ${t("account.atLeast")}`}
        </p>
      </div>
      <Window {...windowOf(way)} />
    </li>
  );
}
