// SPDX-License-Identifier: Apache-2.0
/* One primary a page or dialog. Off only with its reason beside it: aria-disabled can be focused and read. */

import type { ComponentPropsWithRef, ReactNode } from "react";

import { Icon, type IconName } from "./icon";

export type ButtonKind = "primary" | "default" | "quiet" | "danger" | "danger-solid";

interface ButtonProps extends Omit<ComponentPropsWithRef<"button">, "disabled"> {
  kind?: ButtonKind;
  size?: "normal" | "lg" | "touch" | "icon";
  icon?: IconName;
  /** Working: shows the turning sign, presses do nothing. */
  busy?: boolean;
  /** Why it cannot be pressed now; give the same words beside it, or use it as the title. */
  off?: string | undefined;
  pressed?: boolean;
  children?: ReactNode;
}

/** Verb and object; "…" at the end if a dialog follows. */
export function Button({ kind = "default", size = "normal", icon, busy, off, pressed, children, onClick, className, ...rest }: ButtonProps) {
  const classes = ["btn", kind !== "default" && `btn--${kind}`, size !== "normal" && `btn--${size}`, pressed === true && "btn--on", className];
  return (
    <button
      type="button"
      {...rest}
      className={classes.filter(Boolean).join(" ")}
      aria-disabled={off === undefined ? undefined : true}
      aria-busy={busy === true ? true : undefined}
      aria-pressed={pressed}
      title={off ?? rest.title}
      onClick={(event) => {
        if (off !== undefined || busy === true) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy === true ? <Icon name="spin" size={12} /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
