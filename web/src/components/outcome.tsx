// SPDX-License-Identifier: Apache-2.0
/* Outcome of a decision or result of a check: icon and lower-case word. */

import { useWords } from "../i18n";
import { Icon, type IconName } from "./icon";

export const OUTCOMES = ["allow", "challenge", "hold", "deny"] as const;
export const RESULTS = ["pass", "fail", "supports", "contradicts", "neutral", "waiting", "todo"] as const;
export type OutcomeName = (typeof OUTCOMES)[number] | (typeof RESULTS)[number];

const ICONS: Record<OutcomeName, IconName> = {
  allow: "check",
  challenge: "key",
  hold: "clock",
  deny: "x",
  pass: "check",
  fail: "x",
  supports: "check",
  contradicts: "x",
  neutral: "minus",
  waiting: "clock",
  todo: "minus",
};

/** Whether a word of the API is an outcome that we know. */
export function isOutcome(word: string): word is OutcomeName {
  return word in ICONS;
}

/** `<Outcome name="hold" />` */
export function Outcome({ name, shadow = false }: { name: OutcomeName; shadow?: boolean }) {
  const { t } = useWords();
  return (
    <span className={shadow ? "out out--shadow" : "out"} data-o={name}>
      <Icon name={ICONS[name]} />
      {t(`common.outcome.${name}`)}
    </span>
  );
}
