// SPDX-License-Identifier: Apache-2.0
/* One account: how it stands, what waits, what it is worth to an attacker, what happened. Opened with a purpose. */

import { useState } from "react";
import { useParams } from "react-router";

import { client, unwrap } from "../../api/client";
import { Badge, Button, Empty, Id, Loading, Page, ProblemBanner, Stale, Time } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { purposeOf, setPurpose } from "../../purpose";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import "./account.css";
import { ContactsPanel, FactorsPanel } from "./factors-panel";
import { Acts, Standing } from "./head";
import { NoticesPanel } from "./notices-panel";
import { ObjectsPanel } from "./objects-panel";
import { PendingPanel } from "./pending-panel";
import { PosturePanel } from "./posture-panel";
import { PurposeForm } from "./purpose-form";
import { type Account, freezesOf } from "./read";
import { ClocksPanel, LocksPanel, SuspicionsPanel } from "./side-panels";
import { TimelinePanel } from "./timeline-panel";

const EVERY = 15_000;

/** The page of `/accounts/:account`; another account begins anew. */
export default function AccountPage() {
  const { account = "" } = useParams();
  return <AccountView key={account} account={account} />;
}

function AccountView({ account }: { account: string }) {
  const { t } = useWords();
  const { may } = useSession();
  const crumbs = [{ label: t("accounts.title"), to: "/accounts" }];
  const [purpose, setGiven] = useState(() => purposeOf(account));
  const allowed = may("accounts:read");
  const asked = useResource(allowed && purpose !== "" ? `account ${account} ${purpose}` : null, (signal) => unwrap(client.GET("/v1/accounts/{account}", { params: { path: { account } }, signal })), EVERY);
  const page = { title: account, heading: <Id value={account} />, crumbs };
  if (!allowed) {
    return (
      <Page {...page}>
        <Empty icon="lock" title={t("accounts.notYours")}>
          {t("accounts.notYoursWhy")}
        </Empty>
      </Page>
    );
  }
  const give = (said: string) => {
    setPurpose(account, said);
    setGiven(said);
  };
  if (purpose === "" || asked.error?.code === "purpose_missing") {
    return (
      <Page {...page}>
        <div className="acct acct--ask">
          <PurposeForm account={account} onGiven={give} />
        </div>
      </Page>
    );
  }
  if (asked.data === undefined) {
    const missing = asked.error?.status === 404;
    return (
      <Page {...page}>
        {missing ? (
          <Empty icon="user" title={t("account.missing", { account })}>
            {t("account.missingWhy")}
          </Empty>
        ) : (
          <div className="acct acct--ask">{asked.error === undefined ? <Loading lines={8} /> : <ProblemBanner problem={asked.error} retry={asked.reload} />}</div>
        )}
      </Page>
    );
  }
  return (
    <Page
      {...page}
      badges={<Badges account={asked.data} />}
      meta={<Meta account={asked.data} purpose={purpose} onChange={() => setGiven("")} />}
      actions={<Acts account={asked.data} onDone={asked.reload} />}
    >
      {asked.stale && <Stale at={asked.at} retry={asked.reload} />}
      <Whole account={asked.data} onDone={asked.reload} />
    </Page>
  );
}

function Badges({ account }: { account: Account }) {
  const { t } = useWords();
  const { now } = useClock();
  const disputed = account.actions.some((action) => action.status === "disputed");
  return (
    <>
      {freezesOf(account, now).length > 0 && <Badge tone="info" icon="snow">{t("accounts.isFrozen")}</Badge>}
      {disputed && <Badge tone="danger" icon="warn">{t("account.status.disputed")}</Badge>}
    </>
  );
}

function Meta({ account, purpose, onChange }: { account: Account; purpose: string; onChange: () => void }) {
  const { t } = useWords();
  return (
    <>
      <span>
        {t("account.registered")} <Time at={account.registered} form="absolute" />
      </span>
      <span>{t(account.language === "zh" ? "account.speaksZh" : "account.speaksEn")}</span>
      <span>
        {t("account.purpose.label")}: {purpose}
        <Button kind="quiet" onClick={onChange}>
          {t("account.purpose.change")}
        </Button>
      </span>
    </>
  );
}

function Whole({ account, onDone }: { account: Account; onDone: () => void }) {
  const { may } = useSession();
  const staff = may("decisions:staff");
  const state = JSON.stringify([account.freezes, account.actions.length, account.suspicions.length]);
  return (
    <div className="acct">
      <div className="acct__top">
        <Standing account={account} onDone={onDone} />
      </div>
      <div className="acct__main">
        <PendingPanel account={account} />
        <FactorsPanel account={account} />
        <ObjectsPanel account={account} />
        {staff && <TimelinePanel account={account.account} state={state} />}
      </div>
      <div className="acct__side">
        {staff && <SuspicionsPanel account={account} />}
        {staff && <PosturePanel account={account.account} />}
        <ClocksPanel account={account} />
        <ContactsPanel account={account} />
        {staff && <NoticesPanel account={account.account} state={state} />}
        <LocksPanel account={account} />
      </div>
    </div>
  );
}
