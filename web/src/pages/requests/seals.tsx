// SPDX-License-Identifier: Apache-2.0
/* Two seals: what stands, and what the rule still asks for. Below them the smallest sets that would forge each. */

import { Capabilities } from "../../components";
import { useWords } from "../../i18n";
import { type Decision, kindOf, smallest } from "./read";
import { useKnown, useListed } from "./words";

const SEALS = [
  { x: 176, text: 160 },
  { x: 244, text: 260 },
] as const;

/** The picture, and in words what it rests on. */
export function Seals({ decision }: { decision: Decision }) {
  const { t } = useWords();
  const known = useKnown();
  const listed = useListed();
  const kinds = [...new Set(decision.factors.map((each) => each.kind))].slice(0, 2);
  const { cut } = decision;
  const met = !decision.missing.some((each) => each.code === "evidence");
  const said = met ? t("requests.cut.met", { n: cut.size_standing ?? 0 }) : t("requests.cut.open", { rule: cut.size_rule ?? 0 });
  const forging = smallest(met ? cut.standing : cut.rule);
  return (
    <div className="req-seals">
      <svg className="pic req-seals__pic" viewBox="118 4 184 104" role="img" aria-label={said}>
        {SEALS.map((seal, index) => {
          const kind = kinds[index];
          return (
            <g key={seal.x}>
              <circle cx={seal.x} cy={56} r={46} className={kind === undefined ? "str dash" : "okb"} strokeWidth={1.5} />
              {kind !== undefined && <circle cx={seal.x} cy={56} r={46} className="okl" strokeWidth={1.5} />}
              <text x={seal.text} y={60} textAnchor="middle" className={kind === undefined ? "t2" : "okb-t"}>
                {kind === undefined ? t("requests.cut.seal") : t("requests.cut.stands")}
              </text>
            </g>
          );
        })}
      </svg>
      <div className="req-seals__said">
        <p>
          <b>{said}</b>
        </p>
        <p className="small second">{kinds.length === 0 ? t("requests.cut.none") : t("requests.cut.counts", { kinds: listed(kinds.map((kind) => known("kind", kind))) })}</p>
        {forging !== undefined && (
          <p className="small req-forgers">
            {t(met ? "requests.cut.standing" : "requests.cut.rule")} <Capabilities names={forging} />
          </p>
        )}
        {decision.alternatives.length > 0 && (
          <ul className="small req-ways">
            {decision.alternatives.slice(0, 4).map((each) => (
              <li key={each.join()}>{t("requests.cut.way", { kinds: each.map((factor) => known("kind", kindOf(factor))).join(" + ") })}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
