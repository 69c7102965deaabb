// SPDX-License-Identifier: Apache-2.0
/* How the account stands, and what staff can do about it. Protecting is one step, loosening takes two people. */

import { useState } from "react";
import { Link } from "react-router";

import { call, idempotencyKey } from "../../api/client";
import { Banner, Button, Confirm, ProblemBanner, Time } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { describe } from "../approvals/operations";
import { readApprovals } from "../approvals/read";
import { GlassBanner, GlassDialog } from "./glass";
import { type Proposal, ProposeDialog } from "./propose-dialog";
import { type Account, freezesOf } from "./read";

/** Banners of freezes and of approvals that are open. */
export function Standing({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useWords();
  const { now } = useClock();
  return (
    <>
      {freezesOf(account, now).map((freeze) => (
        <Banner key={freeze.id} tone="info" icon="snow">
          <b>{t(freeze.kind === "staff" ? "account.frozenStaff" : freeze.kind === "link" ? "account.frozenLink" : "account.frozenOwner")}</b> <Time at={freeze.at} />.{" "}
          {t(freeze.kind === "staff" ? "account.frozenAll" : "account.frozenOut")}{" "}
          {freeze.until === null ? (
            t("account.frozenEndless")
          ) : (
            <>
              {t("account.frozenUntil")} <Time at={freeze.until} form="end" />.
            </>
          )}
        </Banner>
      ))}
      <GlassBanner account={account} onDone={onDone} />
      <OpenApprovals account={account.account} />
    </>
  );
}

const EVERY = 30_000;

function OpenApprovals({ account }: { account: string }) {
  const { t } = useWords();
  const { may } = useSession();
  const list = useResource(may("approvals:write") ? "approvals" : null, readApprovals, EVERY);
  const open = (list.data ?? []).filter((each) => each.account === account && (each.status === "open" || each.status === "approved"));
  return open.map((each) => {
    const { kind, subject } = describe(each.operation, each.body);
    return (
      <Banner key={each.id} tone="warn" icon="people" action={<Link to={`/approvals/${each.id}`}>{t("account.openApproval")}</Link>}>
        {t("account.approvalWaits", { what: t(`approvals.op.${kind}`, { subject }), n: each.signatures.length })}
      </Banner>
    );
  });
}

/** Buttons beside the title. */
export function Acts({ account, onDone }: { account: Account; onDone: () => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const { now } = useClock();
  const [asking, setAsking] = useState<"freeze" | "glass" | Proposal | null>(null);
  const frozen = freezesOf(account, now);
  const path = `/v1/accounts/${account.account}`;
  const lift: Proposal = { title: t("account.liftAsk", { account: account.account }), effects: ["account.effect.lift", "account.effect.liftWait", "account.effect.told"], operation: `POST ${path}/unfreeze`, body: null };
  const staff: Proposal = { title: t("account.staffAsk", { account: account.account }), effects: ["account.effect.staff", "account.effect.until", "account.effect.told"], operation: `POST ${path}/staff-freeze`, body: null };
  return (
    <>
      {account.glass === null && may("approvals:write") && may("staff:officer") && (
        <Button size="lg" onClick={() => setAsking("glass")}>
          {t("glass.act")}
        </Button>
      )}
      {frozen.length > 0 && may("approvals:write") && (
        <Button size="lg" icon="undo" onClick={() => setAsking(lift)}>
          {t("account.lift")}
        </Button>
      )}
      {!frozen.some((each) => each.kind === "staff") && may("approvals:write") && (
        <Button size="lg" icon="people" onClick={() => setAsking(staff)}>
          {t("account.staffFreeze")}
        </Button>
      )}
      {!frozen.some((each) => each.until === null) && may("accounts:freeze") && (
        <Button size="lg" kind="primary" icon="snow" onClick={() => setAsking("freeze")}>
          {t("account.freeze")}
        </Button>
      )}
      {asking === "freeze" && <FreezeDialog account={account.account} onClose={() => setAsking(null)} onDone={onDone} />}
      {asking === "glass" && <GlassDialog account={account.account} onClose={() => setAsking(null)} />}
      {asking !== null && asking !== "freeze" && asking !== "glass" && <ProposeDialog proposal={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function FreezeDialog({ account, onClose, onDone }: { account: string; onClose: () => void; onDone: () => void }) {
  const { t } = useWords();
  const { problem, run } = useAct();
  const [key] = useState(idempotencyKey);
  const act = async () => {
    const sent = await run(() => call("POST", `/v1/accounts/${encodeURIComponent(account)}/freeze`, { body: { kind: "owner" }, headers: { "Idempotency-Key": key } }));
    if (!sent) return;
    onClose();
    onDone();
  };
  return (
    <Confirm
      title={t("account.freezeAsk", { account })}
      effects={[{ text: t("account.effect.out") }, { text: t("account.effect.until") }, { text: t("account.effect.word") }, { text: t("account.effect.told") }]}
      keep={t("common.cancel")}
      act={t("account.freezeAct")}
      kind="primary"
      onKeep={onClose}
      onAct={act}
    >
      {problem !== null && <ProblemBanner problem={problem} />}
    </Confirm>
  );
}
