// SPDX-License-Identifier: Apache-2.0
export const watch = {
  "watch.title": "Live watch",
} as const;
