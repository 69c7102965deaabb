// SPDX-License-Identifier: Apache-2.0
/* A version's document with line numbers, alone or against another version's. */

import { useEffect, useMemo, useRef } from "react";

import { Empty, Loading, Panel, ProblemBanner, Segment, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { type DiffLine, diffLines, folded, type Gap, linesOf } from "./diff";
import { readVersion, readVersions, type Version, versionOf } from "./publishing";
import { spansOf } from "./yaml";

/** The part of the page about the documents. View, base and line live in the URL. */
export function VersionText({ found }: { found: Version }) {
  const { t } = useWords();
  const [view, setView] = useFilter("text");
  const [base, setBase] = useFilter("base");
  const [asked] = useFilter("line");
  const versions = useResource("versions", readVersions);
  const others = (versions.data?.items ?? []).filter((row) => row.version !== found.version);
  const usual = versionOf(found.proof?.against ?? found.publications.at(-1)?.replaced ?? versions.data?.in_force ?? "");
  const chosen = others.some((row) => row.version === base) ? base : others.some((row) => row.version === usual) ? usual : (others[0]?.version ?? "");
  const shown = view === "diff" || view === "vocabulary" ? view : "text";
  const line = /^\d{1,6}$/.test(asked) ? Number(asked) : 0;
  return (
    <Panel
      bare
      title={t("publishing.document")}
      actions={
        <Segment
          label={t("publishing.document")}
          value={shown}
          options={[
            { value: "text", label: t("publishing.text") },
            { value: "diff", label: t("publishing.diff") },
            { value: "vocabulary", label: t("publishing.vocabulary") },
          ]}
          onChange={(next) => setView(next === "text" ? "" : next)}
        />
      }
    >
      {shown === "diff" && others.length > 0 && (
        <div className="filters pub-bar">
          <label htmlFor="base">{t("publishing.comparedWith")}</label>
          <select id="base" className="select" value={chosen} onChange={(event) => setBase(event.target.value)}>
            {others.map((row) => (
              <option key={row.version} value={row.version}>
                {t("publishing.numbered", { name: row.name, number: row.number })}
              </option>
            ))}
          </select>
          {chosen !== usual && <span className="small second">{t("publishing.otherBase")}</span>}
        </div>
      )}
      {shown === "diff" ? <Against found={found} base={chosen} /> : <Listing label={t("policies.text_of", { name: found.name })} text={shown === "text" ? found.text : found.vocabulary} hit={shown === "text" ? line : 0} />}
    </Panel>
  );
}

/** Lines with numbers; scrolls to the one that is asked for. */
function Listing({ label, text, hit }: { label: string; text: string; hit: number }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>(`[data-line="${hit}"]`);
    if (!box.current || !line) return;
    box.current.scrollTop = line.offsetTop - box.current.clientHeight / 3;
    box.current.scrollIntoView({ block: "nearest" });
  }, [hit]);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus
    <div className="editor pub-text" ref={box} tabIndex={0} role="group" aria-label={label}>
      <ol>
        {linesOf(text).map((line, at) => (
          <li key={at} data-line={at + 1} className={hit === at + 1 ? "hit" : undefined}>
            <span className="d" />
            <span className="ln">{at + 1}</span>
            <span className="fold" />
            <Coloured text={line} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Coloured({ text }: { text: string }) {
  return <span>{spansOf(text).map((span, at) => (span.kind === "" ? span.text : <span key={at} className={span.kind}>{span.text}</span>))}</span>;
}

function Against({ found, base }: { found: Version; base: string }) {
  const { t } = useWords();
  const asked = useResource(base === "" ? null : `version ${base}`, (signal) => readVersion(base, signal));
  if (base === "") return <Empty icon="doc" title={t("publishing.nothingToCompare")} />;
  if (asked.data === undefined) return <div className="panel__body">{asked.error === undefined ? <Loading lines={6} /> : <ProblemBanner problem={asked.error} retry={asked.reload} />}</div>;
  return (
    <>
      <Changes label={t("publishing.diffOf", { from: asked.data.number, to: found.number })} before={asked.data.text} after={found.text} />
      {asked.data.vocabulary !== found.vocabulary && (
        <>
          <h3 className="pub-pad">{t("publishing.vocabulary")}</h3>
          <Changes label={t("publishing.vocabulary")} before={asked.data.vocabulary} after={found.vocabulary} />
        </>
      )}
    </>
  );
}

/** Lines taken out and put in, with three around them. */
function Changes({ label, before, after }: { label: string; before: string; after: string }) {
  const { t } = useWords();
  const shown = useMemo(() => folded(diffLines(linesOf(before), linesOf(after))), [before, after]);
  if (shown.length === 0) return <Empty icon="check" title={t("publishing.sameText")} />;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus
    <div className="editor pub-text pub-diff" tabIndex={0} role="group" aria-label={label}>
      <ol>
        {shown.map((line, at) => (
          <Changed key={at} line={line} />
        ))}
      </ol>
    </div>
  );
}

const SIGNS = { same: "", added: "+", removed: "−" } as const;

function Changed({ line }: { line: DiffLine | Gap }) {
  const { t } = useWords();
  if (line.kind === "gap") return <li className="pub-gap">{t("publishing.sameLines", { n: line.count })}</li>;
  return (
    <li data-change={line.kind}>
      <span className="ln">{line.before}</span>
      <span className="ln">{line.after}</span>
      <span className="fold" aria-hidden="true">
        {SIGNS[line.kind]}
      </span>
      <span>
        {line.kind !== "same" && <span className="vh">{t(line.kind === "added" ? "publishing.added" : "publishing.removed")}: </span>}
        <Coloured text={line.text} />
      </span>
    </li>
  );
}
