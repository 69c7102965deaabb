// SPDX-License-Identifier: Apache-2.0
/* A CSV file: first what it would enter, line by line with alarms; then a draft that two officers sign. */

import { useRef, useState } from "react";

import { Problem } from "../../api/client";
import { Badge, Banner, Button, type Column, Empty, Panel, ProblemBanner, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { ProposeDialog } from "../account/propose-dialog";
import { useSaid } from "../requests/words";
import { handIn, type Import, readImports, tryImport } from "./read";

type Step = Import["steps"][number];

/** Dry run, then hand in. `hands`: may hand in. */
export function ImportPanel({ hands }: { hands: boolean }) {
  const { t } = useWords();
  const { busy, problem, run, clear } = useAct();
  const [file, setFile] = useState<File | null>(null);
  const [tried, setTried] = useState<Import | null>(null);
  const [proposing, setProposing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const imports = useResource("registry imports", readImports);
  const choose = async (chosen: File) => {
    setFile(chosen);
    setTried(null);
    await run(async () => setTried(await tryImport(chosen)));
  };
  const hand = async () => {
    if (file === null) return;
    if (await run(async () => setTried(await handIn(file)))) imports.reload();
  };
  const draft = tried?.draft ?? null;
  return (
    <Panel
      bare
      title={t("registry.import")}
      note={t("registry.importNote")}
      actions={
        <>
          <input
            ref={input}
            type="file"
            accept=".csv,text/csv"
            className="vh"
            tabIndex={-1}
            aria-label={t("registry.chooseFile")}
            onChange={(event) => {
              const chosen = event.target.files?.[0];
              event.target.value = "";
              if (chosen !== undefined) void choose(chosen);
            }}
          />
          <Button icon="doc" busy={busy} onClick={() => input.current?.click()}>
            {t("registry.tryFile")}
          </Button>
        </>
      }
      foot={<span className="small">{t("registry.importFoot")}</span>}
    >
      {problem !== null && <Faults problem={problem} onClose={clear} />}
      {tried === null ? (
        problem === null && (
          <Empty icon="doc" title={t("registry.noFile")}>
            {t("registry.noFileWhy")} <code className="mono">authority,name,country,role,kind,value,uses,source,source_date</code>
          </Empty>
        )
      ) : (
        <>
          <div className="reg-pad">
            <Banner tone={tried.marks.length > 0 ? "warn" : "ok"} live>
              {t(draft === null ? "registry.wouldEnter" : "registry.draftOf", { n: tried.steps.length, known: tried.known, alarms: tried.marks.length })}
            </Banner>
          </div>
          <Steps steps={tried.steps} />
          {hands && (
            <p className="reg-pad">
              {draft === null ? (
                <Button size="lg" busy={busy} onClick={() => void hand()}>
                  {t("registry.handIn")}
                </Button>
              ) : (
                <Button size="lg" kind="primary" onClick={() => setProposing(true)}>
                  {t("registry.apply")}
                </Button>
              )}
            </p>
          )}
        </>
      )}
      {(imports.data?.items.length ?? 0) > 0 && (
        <ul className="reg-roster reg-pad small">
          {imports.data?.items.map((each) => (
            <li key={each.id}>
              <span className="mono">{each.id}</span> <Time at={each.received} form="absolute" /> <Badge tone={each.applied === null ? "warn" : "ok"}>{t(each.applied === null ? "registry.waitsForTwo" : "registry.applied")}</Badge>
            </li>
          ))}
        </ul>
      )}
      {proposing && draft !== null && tried !== null && (
        <ProposeDialog
          proposal={{ title: t("registry.applyTitle"), effects: ["registry.applyEffect", "registry.applyWait"], operation: `POST /v1/desk/registry/imports/${draft.id}/apply`, body: { digest: tried.digest, accepts: tried.marks } }}
          onClose={() => setProposing(false)}
        />
      )}
    </Panel>
  );
}

function Faults({ problem, onClose }: { problem: Problem; onClose: () => void }) {
  const { t } = useWords();
  if (problem.faults.length === 0) {
    return (
      <div className="reg-pad">
        <ProblemBanner problem={problem} />
      </div>
    );
  }
  return (
    <div className="reg-pad">
      <Banner tone="danger" live action={<Button onClick={onClose}>{t("common.close")}</Button>}>
        {t("registry.faults", { n: problem.faults.length })}
      </Banner>
      <ul className="reg-faults small">
        {problem.faults.map((each) => (
          <li key={each.pointer}>
            <span className="mono second">{each.pointer}</span> {each.detail}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Steps({ steps }: { steps: readonly Step[] }) {
  const { t } = useWords();
  const said = useSaid();
  const columns: Column<Step>[] = [
    { key: "line", head: t("registry.line"), numeric: true, cell: (each) => each.line },
    { key: "what", head: t("registry.what"), cell: (each) => each.what.replaceAll("_", " ") },
    { key: "authority", head: t("registry.authority"), className: "mono", cell: (each) => each.authority },
    { key: "value", head: t("registry.value"), className: "mono reg-wrap", cell: (each) => each.value },
    {
      key: "alarms",
      head: t("registry.alarms"),
      className: "reg-wrap",
      cell: (each) => (each.alarms.length === 0 ? <span className="second">{t("common.none")}</span> : each.alarms.map((one) => said(one.sentence, "")).join("; ")),
    },
  ];
  return <Table caption={t("registry.import")} columns={columns} rows={steps} rowKey={(each) => `${each.line} ${each.what} ${each.value}`} empty={<Empty title={t("registry.nothingNew")}>{t("registry.nothingNewWhy")}</Empty>} />;
}
