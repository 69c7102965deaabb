// SPDX-License-Identifier: Apache-2.0
import type { watch as english } from "../en/watch";

export const watch: Record<keyof typeof english, string> = {
  "watch.title": "实时监看",
};
