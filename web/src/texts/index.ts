// SPDX-License-Identifier: Apache-2.0
/* English is the source: its keys are the type that every other language has to fill. */

import type { texts } from "./en";

export type Key = keyof typeof texts;
export type Texts = Record<Key, string>;
