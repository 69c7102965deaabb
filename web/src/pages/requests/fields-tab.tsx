// SPDX-License-Identifier: Apache-2.0
/* What would be handed out, field by field with its reason; what the rule pack refuses; packages that were built. */

import { Banner, Button, type Column, Empty, Id, Panel, ProblemBanner, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { call } from "../../api/client";
import { bytesText } from "../desk/read";
import { act, type Disclosure, type JudicialRequest, pathOf, type Preview, type Proposal, readOf, WORKING } from "./read";
import type { Part } from "./request-page";
import { useSaid } from "./words";

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
          {asked.data !== undefined && asked.data.fault !== "" && <span className="small second">{t("requests.notBuilt", { why: asked.data.fault.replaceAll("_", " ") })}</span>}
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
  const { t } = useWords();
  if (field.refused !== "") return <span className="second">{t("requests.staysHere", { why: field.refused.replaceAll("_", " ") })}</span>;
  if (!read) return <span className="second">{t("requests.notRead")}</span>;
  if (!field.present) return <span className="second">{t("requests.absent")}</span>;
  return (
    <>
      <span className="mono">{field.masked}</span>
      {field.rows > 0 && <span className="small second"> {t("requests.rows", { n: field.rows })}</span>}
      {field.outside > 0 && <span className="small second"> {t("requests.outside", { n: field.outside })}</span>}
    </>
  );
}

function Packages({ report: { request } }: Part) {
  const { t } = useWords();
  const asked = useResource(request.disclosures.length === 0 ? null : `disclosures ${request.id} ${request.state}`, (signal) => call<{ items: Disclosure[] }>("GET", "/v1/desk/disclosures", { query: { request: request.id }, signal }));
  if (request.disclosures.length === 0) return null;
  return (
    <Panel title={t("requests.packages")} note={t("requests.packagesNote")}>
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {asked.data?.items.map((each) => <Package key={each.id} disclosure={each} request={request} />)}
    </Panel>
  );
}

function Package({ disclosure, request }: { disclosure: Disclosure; request: JudicialRequest }) {
  const { t } = useWords();
  return (
    <dl className="kv">
      <dt>{t("requests.package")}</dt>
      <dd>
        <Id value={disclosure.id} /> {t("requests.packageSize", { size: bytesText(disclosure.size), n: disclosure.fields.length })}
      </dd>
      <dt>{t("requests.built")}</dt>
      <dd>
        <Time at={disclosure.built} />
      </dd>
      <dt>{t("requests.fetched")}</dt>
      <dd>{disclosure.fetched !== null ? <Time at={disclosure.fetched} /> : disclosure.ended !== "" ? disclosure.ended : <Expires at={disclosure.expires} />}</dd>
      <dt>{t("requests.ownerTold")}</dt>
      <dd>
        {disclosure.told_at !== null ? <Time at={disclosure.told_at} /> : request.silence === null ? t("requests.onDelivery") : <Time at={request.silence.until} form="end" />}
      </dd>
      <dt>SHA-256</dt>
      <dd>
        <Id value={disclosure.package_sha256} short />
      </dd>
    </dl>
  );
}

function Expires({ at }: { at: number }) {
  const { t } = useWords();
  return (
    <Banner tone="info">
      {t("requests.waitsUntil")} <Time at={at} form="end" />
    </Banner>
  );
}
