// SPDX-License-Identifier: Apache-2.0
/* The reaction window: colour, pattern and word, always together. For nothing but reaction time. */

import type { ComponentProps, CSSProperties } from "react";

import { windowClass } from "../format";
import { useWords } from "../i18n";

export interface WindowValue {
  /** Hours between the owner's first notice and the loss; null: the outflow cannot be reached. */
  hours: number | null;
  /** No notice reaches the owner at all. */
  silent?: boolean;
  /** It was not decided: never shown as safe. */
  unknown?: boolean;
}

const classOf = ({ hours, silent = false, unknown = false }: WindowValue) => (unknown ? "unknown" : windowClass(hours, silent));

/** The words on the chip. */
export function useWindowLabel(): (value: WindowValue) => string {
  const { t } = useWords();
  return ({ hours, silent = false, unknown = false }) => {
    if (unknown) return t("common.unknown");
    if (silent) return t("common.window.silent");
    if (hours === null) return t("common.window.never");
    return t("common.window.hours", { h: Math.floor(hours) });
  };
}

const share = (hours: number | null): CSSProperties => ({ "--h": hours ?? 0 }) as CSSProperties;

/** A chip. */
export function Window(value: WindowValue) {
  const label = useWindowLabel();
  return (
    <span className="win" data-w={classOf(value)} style={share(value.hours)}>
      {label(value)}
    </span>
  );
}

/** A chip that can be pressed: a cell of the heat table. */
export function WindowButton({ value, ...rest }: { value: WindowValue } & Omit<ComponentProps<"button">, "value">) {
  const label = useWindowLabel();
  return (
    <button type="button" {...rest} className="win" data-w={classOf(value)} style={share(value.hours)}>
      {label(value)}
    </button>
  );
}

/** What the five steps mean. */
export function WindowLegend() {
  const { t } = useWords();
  return (
    <p className="win-legend">
      <span><Window hours={null} silent /> {t("common.window.silentMeans")}</span>
      <span><Window hours={0} /> {t("common.window.zeroMeans")}</span>
      <span><Window hours={12} /> {t("common.window.shortMeans")}</span>
      <span><Window hours={36} /> {t("common.window.okMeans")}</span>
      <span><Window hours={null} /> {t("common.window.neverMeans")}</span>
    </p>
  );
}
