// SPDX-License-Identifier: Apache-2.0
/* Sums of the last half hour; each is also a filter. */

import { type Schemas } from "../../api/client";
import { Outcome, OUTCOMES, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { share } from "./feed";

/** Four sums. Before the first answer the places are there, without a number. */
export function Tiles({ sums }: { sums: Schemas["OutcomesView"] | undefined }) {
  const { t } = useWords();
  const [outcome, setOutcome] = useFilter("outcome");
  const total = sums === undefined ? 0 : sums.allow + sums.challenge + sums.hold + sums.deny;
  return (
    <div className="tiles" role="group" aria-label={t("watch.tiles")}>
      {OUTCOMES.map((name) => (
        <button key={name} type="button" className="tile" aria-pressed={outcome === name} onClick={() => setOutcome(outcome === name ? "" : name)}>
          <Outcome name={name} />
          <b className="num">{sums === undefined ? "…" : t("watch.count", { count: sums[name] })}</b>
          <span className="muted small tile__d">{t("watch.share", { share: sums === undefined ? "…" : share(sums[name], total) })}</span>
        </button>
      ))}
    </div>
  );
}
