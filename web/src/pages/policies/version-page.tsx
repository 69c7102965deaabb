// SPDX-License-Identifier: Apache-2.0
/* One version: its verdict, its text, how it differs, and what may be done with it. */

import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";

import { Banner, Button, Empty, Id, Loading, Page, Panel, ProblemBanner, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { PublishDialog } from "./publish-dialog";
import "./publishing.css";
import { PolicyTabs } from "./tabs";
import { acts, hindrance, readVersion, shortOf, type Version, versionOf } from "./publishing";
import { VerdictPanels } from "./verdict-panel";
import { VersionText } from "./version-text";
import { Author, StateBadge } from "./versions-page";

const EVERY = 10_000;
const SOON = 2_000;
const UNKNOWN = 404;

export default function VersionPage() {
  const { version = "" } = useParams();
  return <Loaded key={version} version={version} />;
}

/** Read again every two seconds while it is examined. */
function Loaded({ version }: { version: string }) {
  const { t } = useWords();
  const [working, setWorking] = useState(true);
  const asked = useResource(
    `version ${version}`,
    async (signal) => {
      const found = await readVersion(version, signal);
      setWorking(found.examining);
      return found;
    },
    working ? SOON : EVERY,
  );
  if (asked.data !== undefined) {
    return (
      <Known
        found={asked.data}
        onChange={() => {
          setWorking(true);
          asked.reload();
        }}
      />
    );
  }
  return (
    <Page title={t("publishing.version")} crumbs={crumbsOf(t("policies.title"), t("publishing.versions"))}>
      <PolicyTabs at="versions" />
      <div className="page-body pub">
        {asked.error === undefined ? (
          <Loading lines={6} />
        ) : asked.error.status === UNKNOWN ? (
          <Empty icon="lab" title={t("publishing.unknown")} action={<Link to="/policies/versions">{t("publishing.toAll")}</Link>} />
        ) : (
          <ProblemBanner problem={asked.error} retry={asked.reload} />
        )}
      </div>
    </Page>
  );
}

/** Where versions stand below the policy. */
export function crumbsOf(policies: string, versions: string) {
  return [
    { label: policies, to: "/policies" },
    { label: versions, to: "/policies/versions" },
  ];
}

function Known({ found, onChange }: { found: Version; onChange: () => void }) {
  const { t } = useWords();
  const [proposing, setProposing] = useState(false);
  return (
    <Page
      title={t("publishing.numbered", { name: found.name, number: found.number })}
      crumbs={crumbsOf(t("policies.title"), t("publishing.versions"))}
      badges={<StateBadge state={found.state} />}
      meta={
        <>
          <span>
            <Author name={found.author} />
          </span>
          <Time at={found.at} />
          <Id value={found.version} short />
        </>
      }
      actions={<Acts found={found} onPropose={() => setProposing(true)} onChange={onChange} />}
    >
      <PolicyTabs at="versions" />
      <div className="page-body pub">
        <Standing found={found} />
        <VerdictPanels found={found} onChange={onChange} />
        <VersionText found={found} />
        <History found={found} />
      </div>
      {proposing && found.proof !== null && <PublishDialog found={found} proof={found.proof} onClose={() => setProposing(false)} />}
    </Page>
  );
}

/** What waits, and what the version's note says. */
function Standing({ found }: { found: Version }) {
  const { t } = useWords();
  const { may } = useSession();
  return (
    <>
      {found.state === "proposed" && (
        <Banner tone="warn" icon="people" action={may("approvals:write") ? <Link to={`/approvals/${found.approval}`}>{t("publishing.toApproval")}</Link> : undefined}>
          {t("publishing.waits")}
        </Banner>
      )}
      {found.state === "shadow" && (
        <Banner tone="info" icon="play" action={<Link to="/policies/shadow">{t("publishing.toShadow")}</Link>}>
          {t("publishing.shadowed")}
        </Banner>
      )}
      {found.note !== "" && <blockquote className="pub-note">{found.note}</blockquote>}
    </>
  );
}

interface ActsProps {
  found: Version;
  onPropose: () => void;
  onChange: () => void;
}

function Acts({ found, onPropose, onChange }: ActsProps): ReactNode {
  const { t } = useWords();
  const { may } = useSession();
  const { busy, problem, run } = useAct();
  if (found.state === "in_force") return undefined;
  const off = hindrance(found);
  const publishes = may("policy:publish") && may("approvals:write") && found.state !== "proposed";
  const start = async () => {
    await run(() => acts.start(found.version));
    onChange();
  };
  return (
    <div className="pub-acts">
      {may("policy:write") && (
        <Link className="btn btn--lg" to={`/policies/versions/new?from=${found.version}`}>
          {t("publishing.edit")}
        </Link>
      )}
      {may("policy:write") && found.state !== "shadow" && (
        <Button size="lg" busy={busy} onClick={() => void start()}>
          {t("publishing.startShadow")}
        </Button>
      )}
      {publishes && (
        <Button size="lg" kind="primary" off={off === undefined ? undefined : t(off)} aria-describedby={off === undefined ? undefined : "why-not"} onClick={onPropose}>
          {t(found.publications.length > 0 ? "publishing.proposeRollback" : "publishing.propose")}
        </Button>
      )}
      {publishes && off !== undefined && (
        <p className="small second" id="why-not">
          {t(off)}
        </p>
      )}
      {problem !== null && <ProblemBanner problem={problem} />}
    </div>
  );
}

/** Each time that it came into force. */
function History({ found }: { found: Version }) {
  const { t } = useWords();
  const carried = Object.entries(found.carried);
  if (found.publications.length === 0) return null;
  return (
    <Panel title={t("publishing.history")}>
      <ol className="pub-rules">
        {[...found.publications].reverse().map((each) => (
          <li key={each.at}>
            <Time at={each.at} />{" "}
            <span>{each.by.length === 0 ? t("publishing.bySettings") : each.by.join(", ")}</span>
            {each.replaced !== "" && (
              <span className="second">
                {" "}
                {t("publishing.insteadOf")}{" "}
                <Link className="mono" to={`/policies/versions/${versionOf(each.replaced)}`}>
                  {shortOf(versionOf(each.replaced))}
                </Link>
              </span>
            )}
          </li>
        ))}
      </ol>
      {carried.length > 0 && <p className="small second">{t("publishing.carried", { what: carried.map(([rule, clocks]) => `${rule} (${clocks.join(", ")})`).join("; ") })}</p>}
    </Panel>
  );
}
