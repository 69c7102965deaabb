// SPDX-License-Identifier: Apache-2.0
export const policies = {
  "policies.title": "Policies",
} as const;
