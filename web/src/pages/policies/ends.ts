// SPDX-License-Identifier: Apache-2.0
/* How actions end, and how they would have: the words of the shadow run and of the checker. */

import { type Key, useWords } from "../../i18n";

const ENDS: Record<string, Key> = {
  open: "publishing.end.open",
  pending: "publishing.end.pending",
  disputed: "publishing.end.disputed",
  ready: "publishing.end.ready",
  sealed: "publishing.end.sealed",
  redeemed: "publishing.end.redeemed",
  done: "publishing.end.done",
  refused: "publishing.end.refused",
  cancelled: "publishing.end.cancelled",
  expired: "publishing.end.expired",
  allow: "common.outcome.allow",
  challenge: "common.outcome.challenge",
  hold: "common.outcome.hold",
  deny: "common.outcome.deny",
  same: "publishing.now.same",
  challenged: "publishing.now.challenged",
  held: "publishing.now.held",
  denied: "publishing.now.denied",
  allowed: "publishing.now.allowed",
  not_determined: "publishing.now.not_determined",
  not_replayed: "publishing.now.not_replayed",
};

/** A word of the server in the language of the page; one that we do not know is shown as it came. */
export function useEnd(): (word: string) => string {
  const { t } = useWords();
  return (word) => {
    const key = ENDS[word];
    return key === undefined ? word.replaceAll("_", " ") : t(key);
  };
}
