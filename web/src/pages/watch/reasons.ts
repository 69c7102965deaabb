// SPDX-License-Identifier: Apache-2.0
/* Reasons of the guard in the language of the page. English comes from the server; Chinese is said by code. */

import type { Schemas } from "../../api/client";
import { type Key, useWords } from "../../i18n";

type Reason = Schemas["ReasonView"];

const SAID: Record<string, Key> = {
  clock_untrusted: "watch.reason.clock_untrusted",
  context_missing: "watch.reason.context_missing",
  delay: "watch.reason.delay",
  disputed: "watch.reason.disputed",
  doubtful: "watch.reason.doubtful",
  expired: "watch.reason.expired",
  fact_missing: "watch.reason.fact_missing",
  frozen: "watch.reason.frozen",
  hold: "watch.reason.hold",
  limit_used: "watch.reason.limit_used",
  locked: "watch.reason.locked",
  not_enrolled: "watch.reason.not_enrolled",
  not_strongest: "watch.reason.not_strongest",
  over_limit: "watch.reason.over_limit",
  price_unknown: "watch.reason.price_unknown",
  proof_missing: "watch.reason.proof_missing",
  suspected: "watch.reason.suspected",
  too_new: "watch.reason.hold",
};

/** One sentence without marks of code: "Waits for address". Codes that we have no words for are told as they came. */
export function useReasonText(): (reason: Reason) => string {
  const { t, language } = useWords();
  return (reason) => {
    const key = SAID[reason.code];
    const unsaid = reason.text === "" ? reason.code.replaceAll("_", " ") : reason.text;
    if (language === "zh" && key !== undefined) return t(key, { about: reason.about });
    return sentenceOf(unsaid);
  };
}

/** A capital at the beginning, except where a name begins it: names stay as the policy writes them. */
export function sentenceOf(text: string): string {
  return (text.charAt(0).toUpperCase() + text.slice(1)).replaceAll("`", "");
}
