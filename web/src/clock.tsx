// SPDX-License-Identifier: Apache-2.0
/* The server's time. "3 h ago" is measured against it, since a simulation may be years away from this machine. */

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";

import { call } from "./api/client";

interface Clock {
  now: number;
  simulated: boolean;
  trusted: boolean;
}

const TICK = 1_000;
const ASK = 30_000;
const ClockContext = createContext<Clock>({ now: 0, simulated: false, trusted: true });

/** Gives everything below the server's time, once a second. */
export function ClockProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState(() => ({ server: Date.now(), here: Date.now(), simulated: false, trusted: true }));
  const [here, setHere] = useState(() => Date.now());
  useEffect(() => {
    const ask = () =>
      call<Clock>("GET", "/v1/clock").then(
        (found) => setAsked({ server: found.now, here: Date.now(), simulated: found.simulated, trusted: found.trusted }),
        () => undefined, // the log state in the rail says that the server does not answer
      );
    void ask();
    const asking = setInterval(() => void ask(), ASK);
    const ticking = setInterval(() => setHere(Date.now()), TICK);
    return () => {
      clearInterval(asking);
      clearInterval(ticking);
    };
  }, []);
  const passed = asked.simulated ? 0 : Math.max(0, here - asked.here);
  const now = asked.server + passed;
  const clock = useMemo(() => ({ now, simulated: asked.simulated, trusted: asked.trusted }), [now, asked]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** The server's clock; `now` in ms since the epoch. */
export function useClock(): Clock {
  return use(ClockContext);
}
