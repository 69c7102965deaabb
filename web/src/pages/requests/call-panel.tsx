// SPDX-License-Identifier: Apache-2.0
/* The call-back. The number is the registry's; the one in the request is shown as text and is never called. */

import { Banner, Button, Loading, Panel, ProblemBanner, Time } from "../../components";
import { Rich, useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { type CallSheet, readOf, WORKING } from "./read";
import type { Part } from "./request-page";
import { useCoded, useSaid } from "./words";

/** Numbers that count, and those that do not yet with the reason. */
export function CallPanel(part: Part) {
  const { t } = useWords();
  const { request } = part.report;
  const asked = useResource(`call ${request.id} ${request.authority} ${request.evidence.length}`, (signal) => readOf<CallSheet>(request.id, "/call-back", signal));
  return (
    <Panel title={t("requests.callBack")} note={request.authority}>
      {asked.data !== undefined ? <Sheet sheet={asked.data} part={part} /> : asked.error !== undefined ? <ProblemBanner problem={asked.error} retry={asked.reload} /> : <Loading lines={3} />}
    </Panel>
  );
}

function Sheet({ sheet, part }: { sheet: CallSheet; part: Part }) {
  const { t, tell } = useWords();
  const said = useSaid();
  const coded = useCoded();
  const usable = sheet.contacts.filter((each) => each.counts);
  const { request } = part.report;
  const open = part.writes && WORKING.has(request.state);
  return (
    <div className="req-call">
      {usable.length === 0 && <Banner tone="warn">{t("requests.noNumber")}</Banner>}
      {sheet.contacts.map((each) => (
        <div key={each.id}>
          {each.counts && <div className="small second">{t("requests.ring")}</div>}
          <div className={each.counts ? "req-number mono" : "mono second req-number--off"}>{each.value}</div>
          <div className="small second">
            {[each.office, each.person, each.uses.map((use) => coded("use", use)).join(", ")].filter((text) => text !== "").join(" · ")}
            {!each.counts && (
              <>
                <br />
                {said(tell(`reason.${each.reason}`, each.sentence), "")}
                {each.when !== null && (
                  <>
                    {" "}
                    {t("requests.from")} <Time at={each.when} form="absolute" />
                  </>
                )}
              </>
            )}
          </div>
        </div>
      ))}
      {sheet.claimed_phone !== "" && (
        <Banner tone="warn">
          <Rich k="requests.claimed" parts={{ phone: <span className="mono req-claimed">{sheet.claimed_phone}</span> }} />
        </Banner>
      )}
      {sheet.alarms.map((each) => (
        <Banner key={`${each.code}${each.value}`} tone="danger">
          {said(tell(`alarm.${each.code}`, each.sentence, { value: each.value, other: each.other }), "")}
        </Banner>
      ))}
      {open && usable.length > 0 && (
        <Button size="lg" icon="call" onClick={() => part.ask({ kind: "call", sheet })}>
          {t("requests.recordCall")}
        </Button>
      )}
    </div>
  );
}
