// SPDX-License-Identifier: Apache-2.0
/* English is the source: its keys are the type that every other language has to fill. */

import type { texts } from "./en";

export type Key = keyof typeof texts;
export type Texts = Record<Key, string>;

/** `server`: what the server says in English only, by area and code ("reason.waiting"); in English there is none. */
export interface Loaded {
  texts: Texts;
  server: Readonly<Partial<Record<string, string>>>;
}
