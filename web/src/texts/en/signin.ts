// SPDX-License-Identifier: Apache-2.0
export const signin = {
  "signin.title": "Sign in to the console",
} as const;
