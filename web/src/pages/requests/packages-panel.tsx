// SPDX-License-Identifier: Apache-2.0
/* Packages that were built: fetched or not, whether the owners know, and until when they are not told. */

import { call } from "../../api/client";
import { Banner, Button, Id, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { bytesText } from "../desk/read";
import { type Disclosure, silenceOpen } from "./read";
import type { Part } from "./request-page";
import { useCoded, useListed, usePerson } from "./words";

const EVERY = 15_000;

/** The newest first. */
export function Packages(part: Part) {
  const { t } = useWords();
  const { request } = part.report;
  const none = request.disclosures.length === 0;
  const asked = useResource(none ? null : `disclosures ${request.id} ${request.history.length}`, (signal) => call<{ items: Disclosure[] }>("GET", "/v1/desk/disclosures", { query: { request: request.id }, signal }), EVERY);
  if (none) return null;
  return (
    <Panel bare title={t("requests.packages")} note={t("requests.packagesNote")}>
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {asked.data?.items.map((each) => <Package key={each.id} disclosure={each} part={part} />)}
    </Panel>
  );
}

function Package({ disclosure, part }: { disclosure: Disclosure; part: Part }) {
  const { t } = useWords();
  const { may } = useSession();
  const waits = disclosure.ended === "";
  const known = part.pack !== undefined;
  const longest = part.pack?.silence ?? null;
  const off = known && longest === null ? t("requests.noSilence") : undefined;
  return (
    <div className="req-package">
      <dl className="kv">
        <dt>{t("requests.package")}</dt>
        <dd>
          <Id value={disclosure.id} /> {t("requests.packageSize", { size: bytesText(disclosure.size), n: disclosure.fields.length })}
        </dd>
        <dt>{t("requests.mark")}</dt>
        <dd>
          <Id value={disclosure.mark} />
        </dd>
        <dt>{t("requests.built")}</dt>
        <dd>
          <Time at={disclosure.built} />
        </dd>
        <dt>{t("requests.fetched")}</dt>
        <dd>
          <Fetched disclosure={disclosure} />
        </dd>
        <dt>{t("requests.ownerTold")}</dt>
        <dd>
          <Told disclosure={disclosure} />
        </dd>
        <dt>SHA-256</dt>
        <dd>
          <Id value={disclosure.package_sha256} short />
        </dd>
      </dl>
      <p className="req-buttons">
        {waits && part.writes && <Button onClick={() => part.ask({ kind: "revoke", disclosure })}>{t("requests.revoke")}</Button>}
        {silenceOpen(disclosure) && may("staff:officer") && (
          <Button off={off} aria-describedby={off === undefined ? undefined : `why-${disclosure.id}`} onClick={() => part.ask({ kind: "silence", disclosure, longest })}>
            {t(disclosure.silence.until === null ? "requests.silence" : "requests.silenceAgain")}
          </Button>
        )}
      </p>
      {silenceOpen(disclosure) && off !== undefined && (
        <p className="small second" id={`why-${disclosure.id}`}>
          {off}
        </p>
      )}
    </div>
  );
}

function Fetched({ disclosure }: { disclosure: Disclosure }) {
  const { t } = useWords();
  const coded = useCoded();
  const person = usePerson(disclosure.people);
  if (disclosure.fetched !== null) return <Time at={disclosure.fetched} />;
  if (disclosure.ended === "") {
    return (
      <Banner tone="info">
        {t("requests.waitsUntil")} <Time at={disclosure.expires} form="end" />
      </Banner>
    );
  }
  return (
    <>
      {coded("ended", disclosure.ended)}
      {disclosure.ended_at !== null && (
        <>
          {" "}
          <Time at={disclosure.ended_at} form="absolute" />
        </>
      )}
      {disclosure.ended === "revoked" && <span className="small second"> {t("requests.byWhy", { who: person(disclosure.ended_by), why: disclosure.ended_reason })}</span>}
    </>
  );
}

function Told({ disclosure }: { disclosure: Disclosure }) {
  const { t } = useWords();
  const person = usePerson(disclosure.people);
  const listed = useListed();
  const { ended, silence } = disclosure;
  if (ended === "expired" || ended === "revoked") return <>{t("requests.nothingToTell")}</>;
  if (disclosure.told_at !== null) return <Time at={disclosure.told_at} />;
  if (silence.until === null) return <>{t("requests.onDelivery")}</>;
  return (
    <>
      <Time at={silence.until} form="end" />
      <br />
      <span className="small second">
        {t("requests.silenceBasis", { basis: silence.basis })}
        {silence.officers.length > 0 && ` ${t("requests.silenceBy", { who: listed(silence.officers.map(person)) })}`}
      </span>
    </>
  );
}
