// SPDX-License-Identifier: Apache-2.0
/* Files handed in one after the other; each says what came of it. */

import { type DragEvent, useId, useRef, useState } from "react";
import { Link } from "react-router";

import { Problem } from "../../api/client";
import { Button, Icon, Panel, useProblemText } from "../../components";
import { useWords } from "../../i18n";
import { VerdictBadge } from "./desk-page";
import { bytesText, handIn, MOST_BYTES } from "./read";

interface Sent {
  key: number;
  file: File;
  /** Undefined while it is sent. */
  result?: { id: string; verdict: string } | Problem;
}

/** A place to drop files, and what became of them. */
export function HandIn({ onDone }: { onDone: () => void }) {
  const { t } = useWords();
  const [sent, setSent] = useState<readonly Sent[]>([]);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const help = useId();
  const next = useRef(0);
  const take = async (files: readonly File[]) => {
    const added = files.map((file) => ({ key: (next.current += 1), file }));
    setSent((before) => [...added, ...before]);
    for (const { key, file } of added) {
      const result = await one(file);
      setSent((before) => before.map((each) => (each.key === key ? { ...each, result } : each)));
      onDone();
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take([...event.dataTransfer.files]);
  };
  return (
    <Panel title={t("desk.handIn")} note={t("desk.handInNote")}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- dropping is one way more; the button is the way for keys */}
      <div
        className={over ? "desk-drop desk-drop--over" : "desk-drop"}
        role="group"
        aria-label={t("desk.handIn")}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="doc" size={24} />
        <div>
          <p>{t("desk.drop")}</p>
          <p className="small second" id={help}>
            {t("desk.dropHelp", { most: bytesText(MOST_BYTES) })}
          </p>
        </div>
        <input
          ref={input}
          className="vh"
          type="file"
          multiple
          tabIndex={-1}
          aria-label={t("desk.choose")}
          accept=".pdf,.eml,.asice,.asics,.sce,.scs,.xml"
          onChange={(event) => {
            void take([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <Button kind="primary" aria-describedby={help} onClick={() => input.current?.click()}>
          {t("desk.choose")}
        </Button>
      </div>
      <ul className="desk-sent" aria-live="polite">
        {sent.map((each) => (
          <SentLine key={each.key} sent={each} />
        ))}
      </ul>
    </Panel>
  );
}

function SentLine({ sent }: { sent: Sent }) {
  const { t } = useWords();
  const problemText = useProblemText();
  const { file, result } = sent;
  return (
    <li>
      <span className="desk-sent__name">{result !== undefined && !(result instanceof Problem) ? <Link to={`/desk/${result.id}`}>{file.name}</Link> : file.name}</span>
      {result === undefined ? (
        <span className="second">
          <Icon name="spin" size={12} /> {t("desk.sending")}
        </span>
      ) : result instanceof Problem ? (
        <span className="desk-sent__failed">{problemText(result)}</span>
      ) : (
        <VerdictBadge verdict={result.verdict} />
      )}
    </li>
  );
}

async function one(file: File): Promise<{ id: string; verdict: string } | Problem> {
  if (file.size > MOST_BYTES) return new Problem(413, "body_too_large", `${file.name}: ${bytesText(file.size)}`);
  try {
    const { document } = await handIn(file);
    return { id: document.id, verdict: document.verdict };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
