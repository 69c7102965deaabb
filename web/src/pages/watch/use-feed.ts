// SPDX-License-Identifier: Apache-2.0
/* The stream of decisions: the newest page first, then server-sent events from where the log stood. */

import { useCallback, useEffect, useReducer, useRef, useState } from "react";

import { call, Problem } from "../../api/client";
import type { Schemas } from "../../api/client";
import { useSession } from "../../session";
import { type Decision, EMPTY, type Feed, feed } from "./feed";

const PAGE = 100;
/** Silent for longer than the browser's own coming back takes: say so. */
const PATIENCE = 6_000;
const AGAIN = 5_000;

export interface Wanted {
  outcome: string;
  action: string;
  account: string;
}

/** asking: nothing yet; live; again: the browser is coming back; lost: it has been trying for a while. */
export type Link = "asking" | "live" | "again" | "lost";

export interface Live extends Feed {
  link: Link;
  /** When the connection was lost, in this browser's time. */
  since: number;
  problem: Problem | null;
  retry: () => void;
  pause: () => void;
  resume: () => void;
  more: () => Promise<void>;
  loadingMore: boolean;
}

/** Follow the decisions that `wanted` lets through. Another `wanted` begins anew. */
export function useFeed(wanted: Wanted): Live {
  const key = JSON.stringify(wanted);
  const [held, setHeld] = useState(key);
  const [state, dispatch] = useReducer((before: Feed, event: Parameters<typeof feed>[1] | "reset") => (event === "reset" ? { ...EMPTY, paused: before.paused } : feed(before, event)), EMPTY);
  const [link, setLink] = useState<{ name: Link; since: number }>({ name: "asking", since: 0 });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, setRound] = useState(0);
  const { refresh } = useSession();
  const told = useRef(refresh);
  useEffect(() => {
    told.current = refresh;
  }, [refresh]);

  if (held !== key) {
    setHeld(key);
    dispatch("reset");
    setLink({ name: "asking", since: 0 });
    setProblem(null);
  }

  useEffect(() => {
    const connection = new Connection(JSON.parse(key) as Wanted, {
      page: (rows, next) => {
        setProblem(null);
        dispatch({ type: "page", rows, next });
      },
      decision: (row) => dispatch({ type: "decision", row }),
      link: (name) => setLink((before) => (before.name === name ? before : { name, since: name === "lost" && before.since > 0 ? before.since : Date.now() })),
      failed: (found) => {
        setProblem(found);
        if (found.status === 401) told.current();
      },
    });
    return () => connection.close();
  }, [key, round]);

  const [loadingMore, setLoadingMore] = useState(false);
  const { older } = state;
  const more = useCallback(async () => {
    if (older === null) return;
    setLoadingMore(true);
    dispatch({ type: "pause" }); // else what comes would push out what is being read
    try {
      const page = await readPage(JSON.parse(key) as Wanted, older);
      dispatch({ type: "older", rows: page.decisions, next: page.next });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setLoadingMore(false);
    }
  }, [key, older]);
  return {
    ...state,
    link: link.name,
    since: link.since,
    problem,
    retry: () => setRound((n) => n + 1),
    pause: () => dispatch({ type: "pause" }),
    resume: () => dispatch({ type: "continue" }),
    more,
    loadingMore,
  };
}

function readPage(wanted: Wanted, after: number | null, signal?: AbortSignal): Promise<Schemas["DecisionsView"]> {
  const query = { ...wanted, limit: PAGE, ...(after === null ? {} : { after }) };
  return call("GET", "/v1/decisions", signal === undefined ? { query } : { query, signal });
}

interface Listener {
  page: (rows: readonly Decision[], next: number | null) => void;
  decision: (row: Decision) => void;
  link: (name: Link) => void;
  failed: (problem: Problem) => void;
}

/** One connection with its coming back. */
class Connection {
  readonly #wanted: Wanted;
  readonly #tell: Listener;
  readonly #abort = new AbortController();
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(wanted: Wanted, tell: Listener) {
    this.#wanted = wanted;
    this.#tell = tell;
    void this.#begin();
  }

  close(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    this.#source?.close();
  }

  /** Where the log stands, then the newest page, then what comes behind that place: nothing falls between. */
  async #begin(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const { log_size } = await call<Schemas["OverviewView"]>("GET", "/v1/overview", { signal });
      const page = await readPage(this.#wanted, null, signal);
      if (signal.aborted) return;
      this.#tell.page(page.decisions, page.next);
      this.#follow(Math.max(0, log_size - 1));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.#tell.failed(error);
      if (error.status === 0 || error.status >= 500) this.#later();
    }
  }

  #follow(after: number): void {
    const query = new URLSearchParams({ after: String(after) });
    for (const [name, value] of Object.entries(this.#wanted) as [string, string][]) if (value !== "") query.set(name, value);
    const source = new EventSource(`/v1/decisions/stream?${query}`);
    this.#source = source;
    source.addEventListener("open", () => {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      this.#tell.link("live");
    });
    source.addEventListener("decision", (event: MessageEvent<string>) => this.#tell.decision(JSON.parse(event.data) as Decision));
    source.addEventListener("gap", () => void this.#again());
    source.addEventListener("error", () => this.#broken(source));
  }

  /** The stream ends every five minutes, so a short break is nothing to tell. */
  #broken(source: EventSource): void {
    if (this.#patience === undefined) {
      this.#tell.link("again");
      this.#patience = setTimeout(() => this.#tell.link("lost"), PATIENCE);
    }
    if (source.readyState === EventSource.CLOSED) this.#later(); // refused: the browser does not come back by itself
  }

  #later(): void {
    this.#source?.close();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#begin(), AGAIN);
  }

  /** Too far behind: what was left out is read as a page. */
  async #again(): Promise<void> {
    try {
      const page = await readPage(this.#wanted, null, this.#abort.signal);
      if (!this.#abort.signal.aborted) this.#tell.page(page.decisions, page.next);
    } catch (error) {
      if (error instanceof Problem) this.#tell.failed(error);
    }
  }
}
