// SPDX-License-Identifier: Apache-2.0
/* The policy as it was loaded, with line numbers. Read-only. */

import { useEffect, useRef } from "react";

import { Icon, Id } from "../../components";
import { useWords } from "../../i18n";
import { spansOf } from "./yaml";

interface TextPanelProps {
  name: string;
  digest: string;
  text: string;
  /** Lines of the path in sight. */
  hits: ReadonlySet<number>;
  /** A reason below one line. */
  lens: { line: number; text: string } | undefined;
  /** The line to show, counted from 1, and how often it was asked for. */
  shown: { line: number; asked: number };
}

/** Scrolls to the line that is asked for. */
export function TextPanel({ name, digest, text, hits, lens, shown }: TextPanelProps) {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  const lines = text.endsWith("\n") ? text.slice(0, -1).split("\n") : text.split("\n");
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(`[data-line="${shown.line}"]`);
    if (!box.current || !line) return;
    box.current.scrollTop = line.offsetTop - box.current.clientHeight / 3;
    if (shown.asked > 0) box.current.scrollIntoView({ block: "nearest" });
  }, [shown]);
  return (
    <section className="lab__editor" aria-labelledby="policy-text">
      <div className="lab__bar">
        <h2 className="mono" id="policy-text">
          {name}.yaml
        </h2>
        <span className="second">{t("policies.lines", { n: lines.length })}</span>
        <span className="push second">
          <Icon name="lock" size={12} /> {t("policies.read_only")}
        </span>
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus */}
      <div className="editor" ref={box} tabIndex={0} role="group" aria-label={t("policies.text_of", { name })}>
        <ol>
          {lines.map((line, index) => (
            <Line key={index} number={index + 1} text={line} hit={hits.has(index + 1)} lens={lens?.line === index + 1 ? lens.text : undefined} />
          ))}
        </ol>
      </div>
      <div className="lab__bar lab__bar--foot">
        <span>{t("policies.digest")}</span>
        <span className="push">
          <Id value={digest} short />
        </span>
      </div>
    </section>
  );
}

function Line({ number, text, hit, lens }: { number: number; text: string; hit: boolean; lens: string | undefined }) {
  return (
    <li data-line={number} className={hit ? "hit" : undefined}>
      <span className="d" />
      <span className="ln">{number}</span>
      <span className="fold" />
      <span>{spansOf(text).map((span, at) => (span.kind === "" ? span.text : <span key={at} className={span.kind}>{span.text}</span>))}</span>
      {lens !== undefined && (
        <span className="lens">
          <Icon name="warn" size={12} /> {lens}
        </span>
      )}
    </li>
  );
}
