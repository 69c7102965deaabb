// SPDX-License-Identifier: Apache-2.0
/* A document to edit, with line numbers. Lines with faults are marked, and each fault leads to its place. */

import { useId, useRef } from "react";

import { Icon } from "../../components";
import { useWords } from "../../i18n";
import { linesOf } from "./diff";
import type { TextFault } from "./publishing";

interface TextEditorProps {
  label: string;
  value: string;
  faults: readonly TextFault[];
  /** Rows in sight. */
  rows: number;
  onChange: (value: string) => void;
}

/** A plain field: every key works as in any other, also for readers. */
export function TextEditor({ label, value, faults, rows, onChange }: TextEditorProps) {
  const { t } = useWords();
  const own = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n");
  const bad = new Set(faults.map((fault) => fault.line));
  const follow = () => {
    if (field.current && gutter.current) gutter.current.scrollTop = field.current.scrollTop;
  };
  const goTo = (fault: TextFault) => {
    const area = field.current;
    if (area === null) return;
    const at = lines.slice(0, fault.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + Math.max(0, fault.column - 1);
    area.focus();
    area.setSelectionRange(at, at);
    area.scrollTop = Math.max(0, (fault.line - rows / 2) * Number.parseFloat(getComputedStyle(area).lineHeight));
    area.scrollLeft = 0;
  };
  return (
    <div className="pub-edit">
      <label className="field__label" htmlFor={own}>
        {label}
      </label>
      {faults.length > 0 && <Faults faults={faults} text={value} onOpen={goTo} id={`${own}-f`} />}
      <div className="pub-edit__box">
        <div className="pub-edit__gutter" ref={gutter} aria-hidden="true">
          {lines.map((_, at) => (
            <span key={at} className={bad.has(at + 1) ? "bad" : undefined}>
              {at + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={field}
          id={own}
          rows={rows}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          value={value}
          aria-invalid={faults.length > 0 || undefined}
          aria-describedby={faults.length > 0 ? `${own}-f` : undefined}
          onScroll={follow}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
      <p className="small second">{t("policies.lines", { n: linesOf(value).length })}</p>
    </div>
  );
}

const BEFORE = 28;

/** So much of what stands before a fault that the fault is in sight on a phone. */
function shortened(text: string): string {
  return text.length <= BEFORE ? text : `…${text.slice(-BEFORE)}`;
}

interface FaultsProps {
  faults: readonly TextFault[];
  text: string;
  id: string;
  onOpen: (fault: TextFault) => void;
}

/** Each fault with its line as it stands in the field, and a mark at the column. */
function Faults({ faults, text, id, onOpen }: FaultsProps) {
  const { t } = useWords();
  const lines = text.split("\n");
  return (
    <ul className="pub-faults" id={id}>
      {faults.map((fault, at) => {
        const line = lines[fault.line - 1] ?? "";
        const column = Math.min(Math.max(0, fault.column - 1), line.length);
        return (
          <li key={at}>
            <Icon name="x" />
            <div>
              {fault.line > 0 && (
                <button type="button" className="link" onClick={() => onOpen(fault)}>
                  {t("publishing.place", { line: fault.line, column: fault.column })}
                </button>
              )}{" "}
              {fault.sentence}
              {line.trim() !== "" && (
                <pre className="pub-faults__line" aria-hidden="true">
                  {shortened(line.slice(0, column).trimStart())}
                  <mark>{line.slice(column, column + 1) || " "}</mark>
                  {line.slice(column + 1)}
                </pre>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
