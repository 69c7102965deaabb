// SPDX-License-Identifier: Apache-2.0
/* The pages as received, drawn in the sandbox, with the places of findings marked. */

import { useState } from "react";

import { Button, Empty } from "../../components";
import { useWords } from "../../i18n";
import type { Mark } from "./findings";
import { type Document, pageSource, seen } from "./read";

interface PagesProps {
  document: Document;
  /** How many the report counted. */
  pages: number;
  marks: readonly Mark[];
  marked: number | null;
  onMark: (number: number) => void;
  /** The one shown, from 1. */
  page: number;
  onPage: (page: number) => void;
}

/** One page at a time. */
export function Pages({ document, pages, marks, marked, onMark, page, onPage }: PagesProps) {
  const { t } = useWords();
  const drawable = document.kind === "pdf" && pages > 0;
  return (
    <section className="desk__doc" aria-labelledby="desk-doc">
      <div className="doc__bar">
        <h2 id="desk-doc">{t("desk.asReceived")}</h2>
        {drawable && (
          <>
            <span className="muted" role="status">
              {t("desk.pageOf", { page, pages })}
            </span>
            <span className="push">
              <Button size="icon" icon="left" aria-label={t("desk.before")} off={page <= 1 ? t("desk.firstPage") : undefined} onClick={() => onPage(page - 1)} />
              <Button size="icon" icon="chev" aria-label={t("desk.next")} off={page >= pages ? t("desk.lastPage") : undefined} onClick={() => onPage(page + 1)} />
            </span>
          </>
        )}
      </div>
      {drawable ? (
        <Sheet key={`${document.id} ${page}`} document={document} page={page} marks={marks} marked={marked} onMark={onMark} />
      ) : (
        <Empty icon="doc" title={t("desk.notDrawn")}>
          {t(document.kind === "mail" ? "desk.notDrawnMail" : "desk.notDrawnWhy")}
        </Empty>
      )}
    </section>
  );
}

type SheetProps = Omit<PagesProps, "pages" | "onPage">;

function Sheet({ document, page, marks, marked, onMark }: SheetProps) {
  const { t } = useWords();
  const [failed, setFailed] = useState(false);
  if (failed) {
    return (
      <Empty icon="warn" title={t("desk.notDrawn")}>
        {t("desk.notDrawnWhy")}
      </Empty>
    );
  }
  const boxes = marks.flatMap((mark) => seen(mark.finding).filter((box) => box.page === page).map((box, index) => ({ mark, box, key: `${mark.number}.${index}` })));
  return (
    <div className="desk-sheet">
      <img src={pageSource(document.id, page)} alt={t("desk.pageAlt", { page, name: document.name })} onError={() => setFailed(true)} />
      {boxes.map(({ mark, box, key }) => (
        <button
          key={key}
          type="button"
          className={mark.number === marked ? "desk-mark desk-mark--on" : "desk-mark"}
          data-effect={mark.finding.effect}
          style={{ left: percent(box.left), top: percent(box.top), width: percent(box.right - box.left), height: percent(box.bottom - box.top) }}
          aria-label={t("desk.mark", { number: mark.number, what: mark.finding.sentence })}
          onClick={() => {
            onMark(mark.number);
            globalThis.document.getElementById(`finding-${mark.number}`)?.scrollIntoView({ block: "nearest" });
          }}
        >
          <span>{mark.number}</span>
        </button>
      ))}
    </div>
  );
}

function percent(fraction: number): string {
  return `${(100 * Math.min(1, Math.max(0, fraction))).toFixed(2)}%`;
}
