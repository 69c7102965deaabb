// SPDX-License-Identifier: Apache-2.0
/* Two officers approve the digest of this very request; any change voids what they signed. */

import { Link } from "react-router";

import { Button, Panel, ProblemBanner, type Slot, Slots, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { type Approval, readApprovals } from "../approvals/read";
import { act, operationOf, ORDERS } from "./read";
import type { Part } from "./request-page";
import { usePerson, useSaid, useVoid } from "./words";

const EVERY = 15_000;

/** The slots, who may not sign, and the way to the approval that is open. */
export function ApprovalsPanel(part: Part) {
  const { t } = useWords();
  const { who, may } = useSession();
  const said = useSaid();
  const person = usePerson(part.report.people);
  const why = useVoid(part.report.people);
  const { request, decision } = part.report;
  const running = useResource(may("approvals:write") ? `approvals of ${request.id}` : null, readApprovals, EVERY);
  if (decision === null) return null;
  const operation = operationOf(request.id, "/approve");
  const open = running.data?.find((each) => each.operation === operation && each.body?.["digest"] === decision.digest && (each.status === "open" || each.status === "approved"));
  const void_ = t("requests.changed");
  const signed: Slot[] = request.approvals.flatMap((each) => each.officers.map((id) => ({ who: person(id), id, at: each.at, ...(each.stands ? {} : { voided: each.void === "" ? void_ : why(each.void) }) })));
  const mine = decision.conflicts.find((each) => each.staff === who?.staff.id);
  const off = mine !== undefined ? said(mine.english, mine.chinese) : !may("staff:officer") ? t("requests.notOfficer") : undefined;
  const stands = request.approvals.some((each) => each.stands);
  return (
    <Panel title={t("requests.approvals")} note={t("requests.approvalsNote")}>
      <Slots signed={signed} needed={2} open={t("requests.slotOpen")} />
      {open !== undefined ? (
        <p>
          <Link to={`/approvals/${open.id}`}>{t("requests.openApproval", { n: open.signatures.length })}</Link>
        </p>
      ) : (
        request.state === "decision_pending" && (
          <>
            <Button size="lg" kind="primary" off={off} aria-describedby="why-approval" onClick={() => part.ask({ kind: "approve", digest: decision.digest })}>
              {t("requests.approve")}
            </Button>
            {off !== undefined && (
              <p className="small second" id="why-approval">
                {off}
              </p>
            )}
          </>
        )
      )}
      {request.type === "emergency" && open !== undefined && <Alone part={part} approval={open} digest={decision.digest} />}
      {request.state !== "decision_pending" && !stands && <p className="small second">{t("requests.notYet", { n: decision.missing.length })}</p>}
      <Conflicts part={part} />
      <Execute {...part} />
    </Panel>
  );
}

function Conflicts({ part }: { part: Part }) {
  const { t } = useWords();
  const said = useSaid();
  const person = usePerson(part.report.people);
  const conflicts = part.report.decision?.conflicts ?? [];
  if (conflicts.length === 0) return null;
  return (
    <>
      <p className="small">{t("requests.conflicts")}</p>
      <ul className="small second req-faults">
        {conflicts.map((each) => (
          <li key={`${each.staff}${each.code}`}>
            {person(each.staff)}: {said(each.english, each.chinese)}
          </li>
        ))}
      </ul>
    </>
  );
}

/** An emergency: one officer alone now, the second within four hours. */
function Alone({ part, approval, digest }: { part: Part; approval: Approval; digest: string }) {
  const { t } = useWords();
  const { who } = useSession();
  const { busy, problem, run } = useAct();
  const { request } = part.report;
  const second = request.approvals.find((each) => each.stands)?.second_by;
  if (typeof second === "number") {
    return (
      <p className="small">
        {t("requests.secondDue")} <Time at={second} form="end" />
      </p>
    );
  }
  if (approval.signatures.length !== 1 || approval.signatures[0]?.staff !== who?.staff.id) return null;
  const alone = async () => {
    if (await run(() => act(request.id, "/approve-emergency", { approval: approval.id, digest }))) part.reload();
  };
  return (
    <>
      <Button size="lg" busy={busy} onClick={() => void alone()}>
        {t("requests.alone")}
      </Button>
      <p className="small second">{t("requests.aloneWhy")}</p>
      {problem !== null && <ProblemBanner problem={problem} />}
    </>
  );
}

/** An order that is carried out here rather than answered with a package. */
function Execute(part: Part) {
  const { t } = useWords();
  const { busy, problem, run } = useAct();
  const { request, decision } = part.report;
  if (!part.writes || decision?.allowed !== true || !ORDERS.has(request.type) || request.state === "executed") return null;
  const go = async () => {
    if (await run(() => act(request.id, "/execute"))) part.reload();
  };
  return (
    <>
      <Button size="lg" kind="primary" busy={busy} onClick={() => void go()}>
        {t("requests.execute")}
      </Button>
      {problem !== null && <ProblemBanner problem={problem} />}
    </>
  );
}
