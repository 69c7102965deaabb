// SPDX-License-Identifier: Apache-2.0
/* Time line: one column, the mark's shape tells who acted. A gap is an entry of its own. */

import type { ReactNode } from "react";

import { useWords } from "../i18n";

export type Actor = "attacker" | "owner" | "platform" | "gap";

export interface TimelineEntry {
  key: string;
  at: ReactNode;
  actor: Actor;
  body: ReactNode;
}

/** Entries in the order given. */
export function Events({ entries, label }: { entries: readonly TimelineEntry[]; label: string }) {
  const { t } = useWords();
  return (
    <ol className="events" aria-label={label}>
      {entries.map((entry) => (
        <li key={entry.key}>
          <span className="at">{entry.at}</span>
          <i className="mark" data-a={entry.actor} />
          <div className="evt">
            <span className="vh">{t(`common.actor.${entry.actor}`)}: </span>
            {entry.body}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Which shape is whose. */
export function ActorLegend() {
  const { t } = useWords();
  return (
    <span className="actors">
      {(["attacker", "owner", "platform", "gap"] as const).map((actor) => (
        <span key={actor}>
          <i className="mark" data-a={actor} />
          {t(`common.actor.${actor}`)}
        </span>
      ))}
    </span>
  );
}
