// SPDX-License-Identifier: Apache-2.0
/* Moments and durations, measured against the server's clock. */

import { useClock } from "../clock";
import { absolute, clockTime, duration, relative } from "../format";
import { useWords } from "../i18n";

interface TimeProps {
  /** ms since the epoch */
  at: number;
  /** both: "3 h ago 04:52:15"; stream: "04:52:15"; end: absolute first, for ends of waits */
  form?: "both" | "relative" | "stream" | "absolute" | "end";
}

/** A moment; the whole date stands in its title. */
export function Time({ at, form = "both" }: TimeProps) {
  const { language } = useWords();
  const { now } = useClock();
  const said = relative(at, now, language);
  const exact = absolute(at, now, language, form !== "end");
  const whole = { dateTime: new Date(at).toISOString(), title: new Date(at).toISOString() };
  if (form === "stream") return <time className="time" {...whole}>{clockTime(at, language)}</time>;
  if (form === "absolute") return <time className="time" {...whole}>{exact}</time>;
  if (form === "relative") return <time className="time" {...whole}>{said}</time>;
  const [first, then] = form === "end" ? [exact, said] : [said, exact];
  return (
    <time className="time" {...whole}>
      {first} <small>{then}</small>
    </time>
  );
}

/** A length of time: "9 d 19 h". */
export function Duration({ ms }: { ms: number }) {
  const { language } = useWords();
  return <span className="time">{duration(ms, language)}</span>;
}
