// SPDX-License-Identifier: Apache-2.0
import type { approvals as english } from "../en/approvals";

export const approvals: Record<keyof typeof english, string> = {
  "approvals.title": "审批",
};
