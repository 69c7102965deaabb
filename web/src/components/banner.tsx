// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";

import { Icon, type IconName } from "./icon";

const ICONS: Record<BannerTone, IconName> = { danger: "warn", warn: "warn", info: "info", ok: "check" };
type BannerTone = "danger" | "warn" | "info" | "ok";

interface BannerProps {
  tone: BannerTone;
  icon?: IconName;
  /** One link or button. */
  action?: ReactNode;
  /** Said by readers when it appears: for what happened after a press. */
  live?: boolean;
  children: ReactNode;
}

/** One fact, one link. Danger only for what is getting worse now or has just failed. */
export function Banner({ tone, icon, action, live = false, children }: BannerProps) {
  const role = live ? (tone === "danger" ? "alert" : "status") : undefined;
  return (
    <div className={`banner banner--${tone}`} role={role}>
      <Icon name={icon ?? ICONS[tone]} />
      <div>{children}</div>
      {action !== undefined && <span className="push">{action}</span>}
    </div>
  );
}
