// SPDX-License-Identifier: Apache-2.0
/* One counterexample: a sentence, the prover's picture, the steps as a table. */

import { useEffect, useState } from "react";

import { Button, Capabilities, type Column, Empty, Icon, Loading, Panel, ProblemBanner, Table, Window } from "../../components";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { useHours } from "./hours";
import { type Picture, pictureOf } from "./picture";
import type { Attack, PathStep } from "./proof";
import { readPicture } from "./read";

interface PathPanelProps {
  attack: Attack | undefined;
  /** What was asked for: the attack may be of a smaller set that does the same. */
  asked: { capabilities: readonly string[]; outflow: string } | undefined;
  profile: string;
  digest: string;
  place: { at: number; of: number };
  onMove: (by: number) => void;
  onLine: (line: number) => void;
}

/** Says so where no path is kept for a cell. */
export function PathPanel({ attack, asked, profile, digest, place, onMove, onLine }: PathPanelProps) {
  const { t } = useWords();
  const move = place.of > 0 && (
    <>
      <Button size="icon" aria-label={t("policies.previous")} off={place.at <= 0 ? t("policies.first_path") : undefined} onClick={() => onMove(-1)}>
        <Icon name="left" />
      </Button>
      <span className="num second nowrap">{t("policies.place", { at: place.at + 1, of: place.of })}</span>
      <Button size="icon" aria-label={t("policies.next")} off={place.at >= place.of - 1 ? t("policies.last_path") : undefined} onClick={() => onMove(1)}>
        <Icon name="chev" />
      </Button>
    </>
  );
  if (attack === undefined) {
    return (
      <Panel title={t("policies.path")} id="path" actions={move}>
        <Empty icon="right" title={t(asked === undefined ? "policies.no_path" : "policies.no_path_cell")}>
          {t(asked === undefined ? "policies.no_path_text" : "policies.no_path_cell_text")}
        </Empty>
      </Panel>
    );
  }
  const smaller = asked !== undefined && asked.capabilities.length > attack.capabilities.length;
  return (
    <section className="panel" aria-labelledby="path-title" id="path">
      <div className="panel__head">
        <h2 id="path-title">{t("policies.path")}</h2>
        <Capabilities names={attack.capabilities} />
        <Icon name="right" size={12} />
        <span className="mono">{attack.outflow}</span>
        <Window hours={attack.window_hours} silent={attack.silent} />
        <span className="push">{move}</span>
      </div>
      <div className="panel__body">
        <Sentence attack={attack} />
        {smaller && <p className="second">{t("policies.smaller", { names: asked.capabilities.join(" + ") })}</p>}
        <Drawing attack={attack} profile={profile} digest={digest} />
      </div>
      <div className="line-top">
        <Steps steps={attack.path} onLine={onLine} />
      </div>
    </section>
  );
}

function Sentence({ attack }: { attack: Attack }) {
  const { t, language } = useWords();
  const said = useHours();
  if (language === "en") return <p className="say">{attack.finding}</p>;
  const who = attack.capabilities.join(" + ") || t("policies.nothing");
  const hours = attack.window_hours ?? 0;
  return <p className="say">{t(attack.silent ? "policies.finding_silent" : "policies.finding", { who, outflow: attack.outflow, time: said(hours) })}</p>;
}

/** Whether the page is dark now; follows the switch and the system. */
function useDark(): boolean {
  const read = () => {
    const theme = document.documentElement.dataset["theme"];
    return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  };
  const [dark, setDark] = useState(read);
  useEffect(() => {
    const again = () => setDark(read());
    const observer = new MutationObserver(again);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", again);
    return () => {
      observer.disconnect();
      media.removeEventListener("change", again);
    };
  }, []);
  return dark;
}

function Drawing({ attack, profile, digest }: { attack: Attack; profile: string; digest: string }) {
  const { t } = useWords();
  const dark = useDark();
  const key = `${digest} ${profile} ${attack.capabilities.join("+")} ${attack.outflow} ${String(attack.window_hours)}`;
  const svg = useResource(key, (signal) => readPicture(profile, attack, signal));
  if (svg.data === undefined) return svg.error === undefined ? <Loading lines={4} /> : <ProblemBanner problem={svg.error} retry={svg.reload} />;
  let picture: Picture;
  try {
    picture = pictureOf(svg.data, dark);
  } catch {
    return <p className="second">{t("policies.picture_bad")}</p>;
  }
  const name = `${attack.capabilities.join("-")}-${attack.outflow}.svg`;
  return (
    <figure className="path-picture">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus */}
      <div className="scroll-x" tabIndex={0} role="group" aria-label={t("policies.picture")}>
        <img src={picture.source} alt={picture.title} />
      </div>
      <figcaption>
        <a className="btn btn--quiet" href={picture.source} download={name}>
          <Icon name="dl" /> {t("policies.download_svg")}
        </a>
        <span className="second small">{t("policies.picture_note")}</span>
      </figcaption>
    </figure>
  );
}

function Steps({ steps, onLine }: { steps: readonly PathStep[]; onLine: (line: number) => void }) {
  const { t } = useWords();
  const hours = useHours();
  const rows = steps.map((step, index) => ({ step, number: index + 1 }));
  const columns: Column<(typeof rows)[number]>[] = [
    { key: "n", head: "#", numeric: true, cell: (row) => <span className="muted">{row.number}</span> },
    { key: "action", head: t("policies.action"), names: true, cell: (row) => <span className="mono">{row.step.action}</span> },
    { key: "proof", head: t("policies.proof_used"), cell: (row) => <Uses step={row.step} /> },
    { key: "notice", head: t("policies.notice"), cell: (row) => <Notice step={row.step} /> },
    {
      key: "at",
      head: t("policies.at"),
      numeric: true,
      cell: ({ step }) => (
        <>
          {hours(step.at_hours)}
          {step.effect_hours > step.at_hours && <span className="muted"> {t("policies.effect_at", { time: hours(step.effect_hours) })}</span>}
        </>
      ),
    },
    {
      key: "line",
      head: t("policies.line"),
      numeric: true,
      cell: ({ step }) => (
        <button type="button" className="line-link mono" aria-label={t("policies.show_line", { line: step.line })} onClick={() => onLine(step.line)}>
          {step.line}
        </button>
      ),
    },
  ];
  return <Table caption={t("policies.steps")} columns={columns} rows={rows} rowKey={(row) => String(row.number)} empty={null} />;
}

function Uses({ step }: { step: PathStep }) {
  const { t } = useWords();
  if (step.uses.length === 0) {
    const by = step.facts.length > 0 ? t("policies.by_facts", { names: step.facts.join(", ") }) : "";
    return (
      <span>
        {t("policies.no_proof")} <span className="muted">{by}</span>
      </span>
    );
  }
  return (
    <span>
      {step.uses.map((use, index) => (
        <span key={`${use.factor}${index}`}>
          {index > 0 && " + "}
          {use.factor} {use.source !== "" && <span className="muted">{t("policies.from", { source: use.source })}</span>}
        </span>
      ))}
    </span>
  );
}

function Notice({ step }: { step: PathStep }) {
  const { t } = useWords();
  if (step.notice === "reached") {
    return (
      <span className="notice">
        <span className="told">
          <Icon name="mail" /> {t("policies.reached", { names: step.reached.join(", ") })}
        </span>
      </span>
    );
  }
  if (step.notice === "muted") {
    return (
      <span className="notice">
        <span className="muted">
          <Icon name="belloff" /> {t("policies.muted")}
        </span>
      </span>
    );
  }
  return <span className="muted">{t("policies.no_notice")}</span>;
}
