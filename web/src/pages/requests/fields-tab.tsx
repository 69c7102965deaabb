// SPDX-License-Identifier: Apache-2.0
/* What would be handed out, field by field with its reason; what the rule pack refuses; packages that were built. */

import { Button, type Column, Empty, Id, Panel, ProblemBanner, Table } from "../../components";
import { type Tell, useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { call } from "../../api/client";
import { act, type Disclosure, pathOf, type Preview, type Proposal, readOf, WORKING } from "./read";
import { Packages } from "./packages-panel";
import type { Part } from "./request-page";
import { useCoded, useSaid } from "./words";

/** Proposal, chosen fields as the platform would answer them, and packages. */
export function FieldsTab(part: Part) {
  const { request } = part.report;
  return (
    <>
      {WORKING.has(request.state) && <Allowed {...part} />}
      <Chosen {...part} />
      <Packages {...part} />
    </>
  );
}

function Allowed({ report, reload, writes }: Part) {
  const { t } = useWords();
  const said = useSaid();
  const { request } = report;
  const { busy, problem, run } = useAct();
  const asked = useResource(`proposal ${request.id} ${request.legal_basis} ${request.categories.join()} ${request.accounts.join()}`, (signal) => readOf<Proposal>(request.id, "/fields", signal));
  const fields = asked.data?.fields ?? [];
  const choose = async () => {
    if (await run(() => act(request.id, "/fields", { fields: null }))) reload();
  };
  return (
    <Panel title={t("requests.allowed")} note={t("requests.allowedNote")}>
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {problem !== null && <ProblemBanner problem={problem} />}
      {asked.data !== undefined && <p>{t("requests.allowedCount", { n: fields.length })}</p>}
      {fields.length > 0 && <p className="mono small req-codes">{[...new Set(fields.map((each) => `${each.name} ${each.tier}`))].join(" · ")}</p>}
      {(asked.data?.faults.length ?? 0) > 0 && (
        <>
          <p className="small">{t("requests.refused")}</p>
          <ul className="small second req-faults">
            {asked.data?.faults.map((each, index) => (
              <li key={index}>
                {each.field !== "" && <span className="mono">{each.field} </span>}
                {said(each.sentence, each.chinese)}
              </li>
            ))}
          </ul>
        </>
      )}
      {writes && fields.length > 0 && (
        <Button busy={busy} onClick={() => void choose()}>
          {t(request.fields.length === 0 ? "requests.chooseFields" : "requests.chooseAgain")}
        </Button>
      )}
    </Panel>
  );
}

type Field = Preview["fields"][number];

function Chosen({ report, reload, writes }: Part) {
  const { t } = useWords();
  const coded = useCoded();
  const { request } = report;
  const { busy, problem, run } = useAct();
  const asked = useResource(request.fields.length === 0 ? null : `preview ${request.id} ${request.fields.length} ${request.state}`, (signal) => readOf<Preview>(request.id, "/disclosure-preview", signal));
  const plain: Field[] = request.fields.map((each) => ({ ...each, present: false, rows: 0, outside: 0, masked: "", refused: "" }));
  const columns: Column<Field>[] = [
    { key: "name", head: t("requests.field"), className: "mono", cell: (each) => each.name },
    { key: "account", head: t("requests.account"), cell: (each) => <Id value={each.account} /> },
    { key: "tier", head: t("requests.tier"), cell: (each) => each.tier },
    { key: "value", head: t("requests.value"), className: "req-wrap", cell: (each) => <Value field={each} read={asked.data !== undefined} /> },
    { key: "reason", head: t("requests.because"), className: "mono small req-wrap", cell: (each) => each.reason },
  ];
  const build = async () => {
    if (await run(() => call<Disclosure>("POST", pathOf(request.id, "/disclosures")))) reload();
  };
  const ready = request.state === "approved" && writes;
  return (
    <Panel bare title={t("requests.chosen")} note={t("requests.chosenNote")} foot={<span className="small">{t("requests.chosenFoot")}</span>}>
      {asked.error !== undefined && (
        <div className="req-pad">
          <ProblemBanner problem={asked.error} retry={asked.reload} />
        </div>
      )}
      {problem !== null && (
        <div className="req-pad">
          <ProblemBanner problem={problem} />
        </div>
      )}
      <Table
        caption={t("requests.chosen")}
        columns={columns}
        rows={asked.data?.fields ?? plain}
        rowKey={(each) => `${each.account} ${each.name}`}
        empty={
          <Empty icon="list" title={t("requests.noFields")}>
            {t("requests.noFieldsWhy")}
          </Empty>
        }
      />
      {(ready || asked.data?.fault !== undefined) && (
        <div className="req-pad req-build">
          {asked.data !== undefined && asked.data.fault !== "" && <span className="small second">{t("requests.notBuilt", { why: coded("why", asked.data.fault) })}</span>}
          {asked.data?.key && (
            <span className="small second">
              {t("requests.sealedFor", { kind: asked.data.key.kind })} <span className="mono">{asked.data.key.spoken.slice(0, 4).join(" ")}</span>
            </span>
          )}
          {ready && (
            <Button size="lg" kind="primary" busy={busy} onClick={() => void build()}>
              {t("requests.build")}
            </Button>
          )}
        </div>
      )}
    </Panel>
  );
}

function Value({ field, read }: { field: Field; read: boolean }) {
  const { t, tell } = useWords();
  const coded = useCoded();
  if (field.refused !== "") return <span className="second">{t("requests.staysHere", { why: coded("why", field.refused) })}</span>;
  if (!read) return <span className="second">{t("requests.notRead")}</span>;
  if (!field.present) return <span className="second">{t("requests.absent")}</span>;
  return (
    <>
      <span className="mono">{masked(field.masked, tell)}</span>
      {field.rows > 0 && <span className="small second"> {t("requests.rows", { n: field.rows })}</span>}
      {field.outside > 0 && <span className="small second"> {t("requests.outside", { n: field.outside })}</span>}
    </>
  );
}

/** "a… (16 characters)" as the server masks a text, with its length in the language of the page. */
function masked(text: string, tell: Tell): string {
  return text.replace(/\((\d+) characters\)$/, (whole, n: string) => tell("masked.characters", whole, { n: Number(n) }));
}
