// SPDX-License-Identifier: Apache-2.0
import type { settings as english } from "../en/settings";

export const settings: Record<keyof typeof english, string> = {
  "settings.title": "设置",
};
