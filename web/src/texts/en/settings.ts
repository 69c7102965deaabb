// SPDX-License-Identifier: Apache-2.0
export const settings = {
  "settings.title": "Settings",
} as const;
