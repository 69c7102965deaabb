// SPDX-License-Identifier: Apache-2.0
/* What is not over: what it waits for, and when that ends, absolute first. */

import { useState } from "react";

import { Badge, Button, Empty, Id, isOutcome, Outcome, Panel, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useReasonText } from "../watch/reasons";
import { type Proposal, ProposeDialog } from "./propose-dialog";
import { type Account, type Action, endOf, pendingOf } from "./read";

const STATUS = ["open", "pending", "disputed", "ready", "sealed"] as const;

/** Disputes first, then what ends soonest. */
export function PendingPanel({ account }: { account: Account }) {
  const { t } = useWords();
  const [asking, setAsking] = useState<Proposal | null>(null);
  const pending = pendingOf(account);
  return (
    <Panel title={t("account.pending")} note={pending.length === 0 ? undefined : t("account.pendingNote")} bare>
      {pending.length === 0 ? (
        <Empty icon="check" title={t("account.pendingNone")}>
          {t("account.pendingNoneWhy")}
        </Empty>
      ) : (
        <ul className="rows pend">
          {pending.map((action) => (
            <Row key={action.id} action={action} onAsk={setAsking} />
          ))}
        </ul>
      )}
      {asking !== null && <ProposeDialog proposal={asking} onClose={() => setAsking(null)} />}
    </Panel>
  );
}

function Row({ action, onAsk }: { action: Action; onAsk: (proposal: Proposal) => void }) {
  const { t } = useWords();
  const said = useReasonText();
  const end = endOf(action);
  const status = STATUS.find((each) => each === action.status);
  const outcome = action.decision?.outcome ?? "";
  return (
    <li>
      <div className="pend__top">
        <b className="mono">{action.action}</b>
        <Badge tone={action.status === "disputed" ? "danger" : "warn"}>{status === undefined ? action.status : t(`account.status.${status}`)}</Badge>
        {isOutcome(outcome) && <Outcome name={outcome} />}
      </div>
      <p>
        {end === null ? (
          <span className="second">{t("account.noEnd")}</span>
        ) : (
          <>
            {t(action.due === null ? "account.waitsUntil" : "account.takesEffect")} <Time at={end} form="end" />
          </>
        )}
      </p>
      {action.decision !== null && action.decision.reasons.length > 0 && (
        <ul className="pend__why small second">
          {action.decision.reasons.map((reason, index) => (
            <li key={index}>
              {said(reason)}
              {reason.until !== null && (
                <>
                  {", "}
                  {t("watch.until")} <Time at={reason.until} form="absolute" />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="small second">
        {t("account.asked")} <Time at={action.asked} /> · {action.proofs.length === 0 ? t("account.noProofs") : t("account.proofs", { factors: action.proofs.map((proof) => proof.factor).join(", ") })} · <Id value={action.id} />
      </p>
      {action.status === "disputed" && <Dispute id={action.id} name={action.action} onAsk={onAsk} />}
    </li>
  );
}

function Dispute({ id, name, onAsk }: { id: string; name: string; onAsk: (proposal: Proposal) => void }) {
  const { t } = useWords();
  const { may } = useSession();
  if (!may("approvals:write")) return null;
  const operation = `POST /v1/actions/${id}/dispute`;
  return (
    <div className="pend__acts">
      <Button onClick={() => onAsk({ title: t("account.endAsk", { name }), effects: ["account.effect.end"], operation, body: { uphold: false } })}>{t("account.end")}</Button>
      <Button onClick={() => onAsk({ title: t("account.upholdAsk", { name }), effects: ["account.effect.uphold"], operation, body: { uphold: true } })}>{t("account.uphold")}</Button>
    </div>
  );
}
