// SPDX-License-Identifier: Apache-2.0
import { useCallback, useState } from "react";

import { Problem } from "./api/client";

interface Act {
  busy: boolean;
  problem: Problem | null;
  /** Run a write; true if it went well. What is no Problem is a fault of ours and is thrown on. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** A write that a person starts: running, refused, or done. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setProblem(null), []);
  return { busy, problem, run, clear };
}
