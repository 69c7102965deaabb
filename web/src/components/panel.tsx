// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useId } from "react";

interface PanelProps {
  title: ReactNode;
  /** One grey note beside the title. */
  note?: ReactNode;
  actions?: ReactNode;
  foot?: ReactNode;
  /** The content brings its own padding: a table, a list of rows. */
  bare?: boolean;
  id?: string;
  className?: string;
  children: ReactNode;
}

/** Title, one note, content, a foot for caveats. No panel in a panel. */
export function Panel({ title, note, actions, foot, bare = false, id, className, children }: PanelProps) {
  const heading = useId();
  return (
    <section className={className === undefined ? "panel" : `panel ${className}`} aria-labelledby={heading} id={id}>
      <div className="panel__head">
        <h2 id={heading}>{title}</h2>
        {note !== undefined && <span className="note">{note}</span>}
        {actions !== undefined && <span className="push">{actions}</span>}
      </div>
      {bare ? children : <div className="panel__body">{children}</div>}
      {foot !== undefined && <div className="panel__foot">{foot}</div>}
    </section>
  );
}
