// SPDX-License-Identifier: Apache-2.0
/* What was seen, the worst first: in words, where, what it proves, and who could have made it. */

import { Capabilities, Empty, Icon } from "../../components";
import { useWords } from "../../i18n";
import { EFFECTS, type Finding, seen } from "./read";

export interface Mark {
  finding: Finding;
  number: number;
}

interface FindingsProps {
  marks: readonly Mark[];
  marked: number | null;
  onMark: (number: number) => void;
}

/** The list; a finding that stands on a page leads there. */
export function Findings({ marks, marked, onMark }: FindingsProps) {
  const { t } = useWords();
  if (marks.length === 0) {
    return (
      <Empty icon="clock" title={t("desk.noFindings")}>
        {t("desk.noFindingsWhy")}
      </Empty>
    );
  }
  return (
    <ol className="desk-findings">
      {marks.map((mark) => (
        <Line key={mark.number} mark={mark} marked={mark.number === marked} onMark={onMark} />
      ))}
    </ol>
  );
}

function Line({ mark, marked, onMark }: { mark: Mark; marked: boolean; onMark: (number: number) => void }) {
  const { t, language } = useWords();
  const { finding, number } = mark;
  const effect = EFFECTS[finding.effect];
  const sentence = language === "zh" && finding.chinese !== "" ? finding.chinese : upper(finding.sentence);
  const page = seen(finding)[0]?.page;
  return (
    <li className={marked ? "desk-finding desk-finding--marked" : "desk-finding"} id={`finding-${number}`}>
      <span className="out" data-o={effect?.tag ?? "none"}>
        <Icon name={effect?.icon ?? "info"} />
      </span>
      <div>
        <p>
          <span className="vh">{effect === undefined ? finding.effect : t(effect.text)}: </span>
          {sentence}
        </p>
        {finding.where !== "" && <p className="small second desk-whole">{finding.where}</p>}
        {finding.proves !== "" && <p className="small second">{t("desk.proves", { what: finding.proves })}</p>}
        {finding.forgeable_by.length > 0 && (
          <p className="small desk-forgers">
            {t("desk.forgeable")}
            {finding.forgeable_by.map((name) => (
              <Capabilities key={name} names={[name]} />
            ))}
          </p>
        )}
        {page !== undefined && (
          <button type="button" className="link small" aria-pressed={marked} onClick={() => onMark(number)}>
            {t("desk.show", { number, page })}
          </button>
        )}
      </div>
      <code className="desk-finding__code">{finding.code}</code>
    </li>
  );
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
