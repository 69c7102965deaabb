// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";

import { Icon, type IconName } from "./icon";

export type Tone = "plain" | "danger" | "warn" | "ok" | "info";

interface BadgeProps {
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
}

/** State of a case. At most two beside a title. */
export function Badge({ tone = "plain", icon, children }: BadgeProps) {
  return (
    <span className={tone === "plain" ? "badge" : `badge badge--${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}
