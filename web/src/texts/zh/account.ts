// SPDX-License-Identifier: Apache-2.0
import type { account as english } from "../en/account";

export const account: Record<keyof typeof english, string> = {
  "account.title": "账户",
};
