// SPDX-License-Identifier: Apache-2.0
import type { signin as english } from "../en/signin";

export const signin: Record<keyof typeof english, string> = {
  "signin.title": "登录控制台",
};
