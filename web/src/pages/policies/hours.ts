// SPDX-License-Identifier: Apache-2.0
/* Hours of a proof: "0 h", "26.5 h"; beyond three days as days and hours. */

import { duration } from "../../format";
import { useWords } from "../../i18n";

const HOUR = 3_600_000;
const LONG = 72;

/** Words for a number of hours. */
export function useHours(): (hours: number) => string {
  const { t, language } = useWords();
  return (hours) => (hours > LONG ? duration(hours * HOUR, language) : t("common.window.hours", { h: Math.round(hours * 10) / 10 }));
}
