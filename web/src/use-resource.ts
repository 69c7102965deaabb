// SPDX-License-Identifier: Apache-2.0
/* One thing read from the server: loading, there, failed, or there but old since the last reading failed. */

import { useCallback, useEffect, useRef, useState } from "react";

import { Problem } from "./api/client";

export interface Resource<T> {
  data: T | undefined;
  error: Problem | undefined;
  /** No answer yet, neither good nor bad. */
  loading: boolean;
  /** Shown rows are of `at`, and reading them again failed. */
  stale: boolean;
  /** When `data` was read, in this browser's time (ms). */
  at: number;
  reload: () => void;
}

type Read<T> = (signal: AbortSignal) => Promise<T>;
interface Held<T> {
  key: string;
  data: T | undefined;
  error: Problem | undefined;
  at: number;
}

/**
 * Read `read` whenever `key` changes, and every `every` ms while the tab is visible.
 * `key` names what is read; null reads nothing. Rows of the same key stay while they are read again.
 */
export function useResource<T>(key: string | null, read: Read<T>, every?: number): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ key: "", data: undefined, error: undefined, at: 0 });
  const [round, setRound] = useState(0);
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setHeld({ key, data, error: undefined, at: Date.now() });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, "failed", String(error));
        setHeld((before) => (before.key === key ? { ...before, error: problem } : { key, data: undefined, error: problem, at: 0 }));
      },
    );
    return () => abort.abort();
  }, [key, round]);
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setRound((n) => n + 1);
    }, every);
    return () => clearInterval(timer);
  }, [every]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const mine = held.key === key;
  const data = mine ? held.data : undefined;
  const error = mine ? held.error : undefined;
  return {
    data,
    error,
    loading: key !== null && data === undefined && error === undefined,
    stale: data !== undefined && error !== undefined,
    at: mine ? held.at : 0,
    reload,
  };
}
