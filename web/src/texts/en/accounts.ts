// SPDX-License-Identifier: Apache-2.0
export const accounts = {
  "accounts.title": "Accounts",
} as const;
