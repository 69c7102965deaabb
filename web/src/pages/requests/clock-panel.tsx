// SPDX-License-Identifier: Apache-2.0
/* Time left, the end, and what happens then. A clock never releases anything. */

import { useEffect, useRef } from "react";

import { Button, Panel, Time } from "../../components";
import { useClock } from "../../clock";
import { duration } from "../../format";
import { useWords } from "../../i18n";
import { type Clock, deadlineOf, extension, nextClock, passed } from "./read";
import type { Part } from "./request-page";
import { useCoded } from "./words";

const WARN = 0.75;

/** The next clock large, the others below it. */
export function ClockPanel(part: Part) {
  const { t } = useWords();
  const coded = useCoded();
  const { request } = part.report;
  const next = nextClock(request.clocks);
  const others = request.clocks.filter((each) => each !== next);
  return (
    <Panel title={t("requests.clocks")} foot={<span className="small">{t("requests.clocksFoot")}</span>}>
      {next === undefined ? <p className="second">{t(request.clocks.length === 0 ? "requests.noClockYet" : "requests.allMet")}</p> : <Big clock={next} part={part} />}
      {others.length > 0 && (
        <dl className="kv small req-clocks">
          {others.map((each) => (
            <div key={`${each.name}${each.due}`}>
              <dt>{coded("clock", each.name)}</dt>
              <dd>
                {each.met === null ? <Time at={each.due} form="end" /> : t("requests.met")} {each.met !== null && <Time at={each.met} form="absolute" />} <Extend clock={each} part={part} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

function Big({ clock, part }: { clock: Clock; part: Part }) {
  const { t, tell, language } = useWords();
  const coded = useCoded();
  const { legal_basis, received } = part.report.request;
  const { now } = useClock();
  const bar = useRef<HTMLElement>(null);
  const share = passed(received, clock.due, now);
  const late = clock.due <= now;
  const chinese = deadlineOf(part.pack, legal_basis, clock.name)?.chinese ?? "";
  const then = language === "zh" && chinese !== "" ? chinese : tell(`then.${clock.name}`, clock.then);
  useEffect(() => {
    bar.current?.style.setProperty("width", `${100 * share}%`);
  }, [share]);
  return (
    <div className="clock">
      <div className="clock__top">
        <span className={late ? "clock__left req-late" : "clock__left"}>{late ? t("requests.late", { time: duration(now - clock.due, language) }) : duration(clock.due - now, language)}</span>
        <span className="second">
          {coded("clock", clock.name).replace(/ until$/, "")}{language === "zh" ? "，" : ", "}{t("requests.until")} <Time at={clock.due} form="absolute" />
        </span>
      </div>
      <div className={share >= WARN ? "bar bar--warn" : "bar"} role="meter" aria-label={t("requests.timeUsed")} aria-valuenow={Math.round(100 * share)} aria-valuemin={0} aria-valuemax={100}>
        <i ref={bar} />
      </div>
      <p className="small second">
        {then}
        {clock.source !== "" && ` (${clock.source})`}
      </p>
      <Extend clock={clock} part={part} />
    </div>
  );
}

/** Where the rule pack lets it be made longer, once. */
function Extend({ clock, part }: { clock: Clock; part: Part }) {
  const { t } = useWords();
  const { request } = part.report;
  const more = extension(part.pack, request.legal_basis, clock);
  if (more === null || !part.writes) return null;
  return <Button onClick={() => part.ask({ kind: "extend", clock, more })}>{t("requests.extend")}</Button>;
}
