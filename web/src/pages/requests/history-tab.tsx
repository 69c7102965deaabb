// SPDX-License-Identifier: Apache-2.0
/* What happened, the newest first, and what followed for the accounts that it names. */

import { Link } from "react-router";

import { Events, Id, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { type FollowUp, readOf } from "./read";
import type { Part } from "./request-page";
import { named, useCoded, useKnown, usePerson } from "./words";

const EVERY = 5_000; // what follows is carried out in its own time

/** History, then follow-up. */
export function HistoryTab(part: Part) {
  const { t } = useWords();
  const known = useKnown();
  const coded = useCoded();
  const person = usePerson(part.report.people);
  const { request } = part.report;
  const entries = request.history
    .map((each, index) => ({
      key: `${each.at}-${index}`,
      at: <Time at={each.at} form="absolute" />,
      actor: "platform" as const,
      body: (
        <>
          <div>
            {each.what !== each.state && coded("what", each.what)} {each.state !== null && <b>{known("state", each.state)}</b>}
          </div>
          <div className="small second">
            {person(each.by)}
            {each.note !== "" && `: ${named(each.note, part.report.people)}`}
          </div>
        </>
      ),
    }))
    .reverse();
  return (
    <>
      <Panel title={t("requests.history")} note={t("requests.historyNote")}>
        <div className="req-history">
          <Events label={t("requests.history")} entries={entries} />
        </div>
      </Panel>
      <Followed {...part} />
    </>
  );
}

function Followed({ report: { request } }: Part) {
  const { t } = useWords();
  const coded = useCoded();
  const asked = useResource(`follow-up ${request.id} ${request.state}`, (signal) => readOf<FollowUp>(request.id, "/follow-up", signal), EVERY);
  return (
    <Panel title={t("requests.followed")} note={t("requests.followedNote")}>
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      <p>
        {t("requests.named", { n: request.accounts.length })}{" "}
        {request.accounts.map((each) => (
          <span key={each} className="req-fact">
            <Id value={each} to={`/accounts/${each}`} />
          </span>
        ))}
      </p>
      <ul className="req-faults">
        {asked.data?.acts.map((each) => (
          <li key={each.id}>
            <Time at={each.at} form="absolute" /> {coded("event", each.event)}
            {each.void !== "" && <span className="small req-late"> {t("requests.takenBack")}</span>}
            <ul className="small second req-faults">
              {each.steps.map((step, index) => (
                <li key={index}>
                  {coded("do", step.what)} {step.account !== "" && <Id value={step.account} />} {step.result === "" ? t("requests.stepOpen") : coded("done", step.result)}
                </li>
              ))}
              {each.faults.map((fault) => (
                <li key={fault} className="req-late">
                  {coded("fault", fault)}
                </li>
              ))}
            </ul>
          </li>
        ))}
        {asked.data?.siblings.map((each) => (
          <li key={each.request}>
            {t("requests.sibling")} <Link to={`/requests/${each.request}`}>{each.reference}</Link> <span className="small second">{each.traits.map((trait) => coded("trait", trait)).join(", ")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
