// SPDX-License-Identifier: Apache-2.0
import type { accounts as english } from "../en/accounts";

export const accounts: Record<keyof typeof english, string> = {
  "accounts.title": "账户",
};
