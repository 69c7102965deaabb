// SPDX-License-Identifier: Apache-2.0
import type { policies as english } from "../en/policies";

export const policies: Record<keyof typeof english, string> = {
  "policies.title": "策略",
};
