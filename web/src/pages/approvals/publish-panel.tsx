// SPDX-License-Identifier: Apache-2.0
/* A version of the policy before two sign it: what becomes weaker in words, what fails, whether it still applies. */

import { Link } from "react-router";

import { Banner, Id, Loading, Panel, Time } from "../../components";
import { Rich, useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { GainSentences } from "../policies/gains";
import { readVersion, readVersions, type Verdict, type Version, versionOf } from "../policies/publishing";
import { Said } from "../policies/verdict-panel";
import "../policies/publishing.css";
import { type Approval, isOpen } from "./read";

const EVERY = 10_000;
const SAID = 12;

/** Read again every ten seconds: another policy may come into force meanwhile. */
export function PublishPanel({ approval, version }: { approval: Approval; version: string }) {
  const { t } = useWords();
  const asked = useResource(`version ${version}`, (signal) => readVersion(version, signal), EVERY);
  const list = useResource("versions", readVersions, EVERY);
  const found = asked.data;
  return (
    <Panel title={t("approvals.publish.title")} {...(found === undefined ? {} : { actions: <Link to={`/policies/versions/${version}`}>{t("approvals.publish.open")}</Link> })}>
      {found !== undefined && list.data !== undefined ? (
        <Changes approval={approval} found={found} inForce={list.data.in_force} />
      ) : asked.error !== undefined || list.error !== undefined ? (
        <Banner tone="danger">{t("approvals.publish.gone")}</Banner>
      ) : (
        <Loading lines={4} />
      )}
    </Panel>
  );
}

function Changes({ approval, found, inForce }: { approval: Approval; found: Version; inForce: string }) {
  const { t } = useWords();
  const body = approval.body ?? {};
  const replaces = typeof body["replaces"] === "string" ? body["replaces"] : "";
  const before = approval.status === "used" ? found.publications.slice(0, -1).at(-1) : found.publications.at(-1);
  const signed = found.proof?.digest === body["verdict"] ? found.proof : null;
  return (
    <>
      {isOpen(approval) && <Hindered found={found} stale={replaces !== inForce} other={signed === null} />}
      {before !== undefined && (
        <p>
          <Rich k="approvals.publish.again" parts={{ at: <Time at={before.at} form="absolute" /> }} />
        </p>
      )}
      {found.note !== "" && <blockquote className="quote">{found.note}</blockquote>}
      {signed !== null && <Signed proof={signed} />}
      <dl className="kv">
        <dt>{t("approvals.publish.name")}</dt>
        <dd>{t("publishing.numbered", { name: found.name, number: found.number })}</dd>
        <dt>{t("approvals.publish.author")}</dt>
        <dd>{found.author === "settings" ? t("publishing.bySettings") : found.author}</dd>
        <dt>{t("approvals.publish.replaces")}</dt>
        <dd>
          <Id value={versionOf(replaces)} to={`/policies/versions/${versionOf(replaces)}`} short />
        </dd>
      </dl>
    </>
  );
}

/** Why carrying it out would be refused, as far as it can be told now. */
function Hindered({ found, stale, other }: { found: Version; stale: boolean; other: boolean }) {
  const { t } = useWords();
  if (found.state === "in_force") return <Banner tone="info">{t("approvals.publish.done")}</Banner>;
  if (stale) return <Banner tone="danger">{t("approvals.publish.stale")}</Banner>;
  return other ? <Banner tone="danger">{t("approvals.publish.other_verdict")}</Banner> : null;
}

/** The verdict that is signed, in words. */
function Signed({ proof }: { proof: Verdict }) {
  const { t } = useWords();
  const failing = proof.properties.filter((each) => each.fails.length + each.undecided.length > 0).map((each) => each.name);
  return (
    <>
      <Said proof={proof} />
      {proof.gained.length > 0 && <GainSentences gains={proof.gained} most={SAID} />}
      {failing.length > 0 && <p>{t("publishing.sayFailing", { n: failing.length, names: failing.join(", ") })}</p>}
    </>
  );
}
