// SPDX-License-Identifier: Apache-2.0
/* What happened, the newest first, and what followed for the accounts that it names. */

import { Link } from "react-router";

import { Events, Id, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { type FollowUp, readOf } from "./read";
import type { Part } from "./request-page";
import { useKnown, usePerson } from "./words";

/** History, then follow-up. */
export function HistoryTab(part: Part) {
  const { t } = useWords();
  const { who } = useSession();
  const known = useKnown();
  const person = usePerson(who?.staff);
  const { request } = part.report;
  const entries = request.history
    .map((each, index) => ({
      key: `${each.at}-${index}`,
      at: <Time at={each.at} form="absolute" />,
      actor: "platform" as const,
      body: (
        <>
          <div>
            {each.what.replaceAll("_", " ")} {each.state !== null && <b>{known("state", each.state)}</b>}
          </div>
          <div className="small second">
            {person(each.by)}
            {each.note !== "" && `: ${each.note}`}
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
  const asked = useResource(`follow-up ${request.id} ${request.state}`, (signal) => readOf<FollowUp>(request.id, "/follow-up", signal));
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
            <Time at={each.at} form="absolute" /> {each.event.replaceAll("_", " ")}
            {each.void !== "" && <span className="small req-late"> {each.void}</span>}
            <ul className="small second req-faults">
              {each.steps.map((step, index) => (
                <li key={index}>
                  {step.what.replaceAll("_", " ")} {step.account} {step.result}
                </li>
              ))}
            </ul>
          </li>
        ))}
        {asked.data?.siblings.map((each) => (
          <li key={each.request}>
            {t("requests.sibling")} <Link to={`/requests/${each.request}`}>{each.reference}</Link> <span className="small second">{each.traits.join(", ")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
