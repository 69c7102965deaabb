// SPDX-License-Identifier: Apache-2.0
/* What can be asked for: pure. */

export const STANDINGS = ["all", "frozen", "pending", "disputed"] as const;
export type Standing = (typeof STANDINGS)[number];

const BEGINNING = /^[A-Za-z0-9._~-]{0,128}$/;

/** Whether an account's id can begin so. */
export function canBegin(query: string): boolean {
  return BEGINNING.test(query);
}

/** The queue that a word of the URL names; all of them else. */
export function standingOf(word: string): Standing {
  return STANDINGS.find((each) => each === word) ?? "all";
}
