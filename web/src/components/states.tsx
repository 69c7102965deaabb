// SPDX-License-Identifier: Apache-2.0
/* Nothing here yet, still loading, read some time ago. */

import { type ReactNode, useEffect, useState } from "react";

import { useWords } from "../i18n";
import { duration } from "../format";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

interface EmptyProps {
  icon?: IconName;
  title: ReactNode;
  /** What will come here, or which filter hides it. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Says what will come, or which filter hides it. */
export function Empty({ icon = "info", title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <Icon name={icon} size={24} />
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

const QUIET = 200;

/** True once `waiting` has lasted 200 ms: what comes sooner should not flash. */
export function useDelayed(waiting: boolean): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setShown(true), QUIET);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [waiting]);
  return waiting && shown;
}

/** A grey bar in place of a text. `width` in per cent. */
export function Skeleton({ width = 70 }: { width?: number }) {
  return <span className="sk" style={{ width: `${width}%` }} />;
}

/** Some lines in place of a panel's content, after 200 ms. */
export function Loading({ lines = 3 }: { lines?: number }) {
  const { t } = useWords();
  const shown = useDelayed(true);
  return (
    <div className="loading" role="status">
      <span className="vh">{t("common.loading")}</span>
      {shown && Array.from({ length: lines }, (_, index) => <Skeleton key={index} width={90 - 14 * (index % 4)} />)}
    </div>
  );
}

/** Over rows that could not be read again: their age, and a button. */
export function Stale({ at, retry }: { at: number; retry: () => void }) {
  const { t, language } = useWords();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="strip strip--warn" role="status">
      <Icon name="warn" />
      <span>{t("common.stale", { age: duration(now - at, language) })}</span>
      <Button kind="quiet" onClick={retry}>
        {t("common.retry")}
      </Button>
    </div>
  );
}
