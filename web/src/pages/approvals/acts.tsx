// SPDX-License-Identifier: Apache-2.0
/* Sign, reject, carry out. What cannot be done now says why beside it. */

import { useState } from "react";

import { Problem } from "../../api/client";
import { Banner, Button, Confirm, Field, Time } from "../../components";
import { type Key, type Translate, useWords } from "../../i18n";
import { useSession } from "../../session";
import { type Approval, carryOut, isOpen, reject } from "./read";
import { sign } from "./sign";
import type { ApprovalWords } from "./words";

/** What to tell after an act. `link`, `secret`: shown once. */
export interface Said {
  tone: "ok" | "warn" | "danger";
  text: string;
  link?: string;
  secret?: string;
}

interface ActsProps {
  approval: Approval;
  words: ApprovalWords;
  onDone: (said: Said) => void;
}

/** The buttons of an approval. */
export function Acts({ approval, words, onDone }: ActsProps) {
  const { t } = useWords();
  const [asking, setAsking] = useState<"reject" | "carry" | null>(null);
  if (!isOpen(approval)) return <Ended approval={approval} words={words} />;
  return (
    <>
      {approval.status === "open" ? (
        <Sign approval={approval} words={words} onDone={onDone} />
      ) : (
        <Carry approval={approval} onAsk={() => setAsking("carry")} />
      )}
      <Button size="lg" onClick={() => setAsking("reject")}>
        {t("approvals.reject")}…
      </Button>
      {asking === "reject" && <Reject approval={approval} words={words} onDone={onDone} onClose={() => setAsking(null)} />}
      {asking === "carry" && <CarryDialog approval={approval} words={words} onDone={onDone} onClose={() => setAsking(null)} />}
    </>
  );
}

function Ended({ approval, words }: { approval: Approval; words: ApprovalWords }) {
  const { t } = useWords();
  const name = words.person(approval.ended_by);
  return (
    <Banner tone={approval.status === "used" ? "ok" : "info"}>
      {t(`approvals.end_${approval.status}` as Key, { name })} {approval.ended !== null && <Time at={approval.ended} form="absolute" />}
      {approval.ended_reason !== "" && <p className="quote">{approval.ended_reason}</p>}
    </Banner>
  );
}

function Sign({ approval, words, onDone }: ActsProps) {
  const { t } = useWords();
  const { who } = useSession();
  const [busy, setBusy] = useState(false);
  const without = who?.assurance === "passkey" ? "" : "insufficient_user_authentication";
  const off = approval.can_sign && without === "" ? undefined : (words.obstacle(approval, approval.obstacle || without) ?? approval.obstacle);
  const run = async () => {
    setBusy(true);
    try {
      const next = await sign(approval);
      onDone({ tone: "ok", text: t(next.status === "approved" ? "approvals.approved_now" : "approvals.signed_now") });
    } catch (error) {
      const stopped = error instanceof Problem && (error.code === "passkey_cancelled" || error.code === "passkey_stopped");
      onDone({ tone: stopped ? "warn" : "danger", text: words.failed(approval, error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button kind="primary" size="lg" icon="passkey" busy={busy} off={off} aria-describedby={off === undefined ? undefined : "why-not"} onClick={() => void run()}>
        {t(busy ? "approvals.signing" : "approvals.sign")}
      </Button>
      {off !== undefined && (
        <p className="small second" id="why-not">
          {off}
        </p>
      )}
    </>
  );
}

function Carry({ approval, onAsk }: { approval: Approval; onAsk: () => void }) {
  const { t } = useWords();
  const { may } = useSession();
  const off = approval.scopes.every(may) ? undefined : t("approvals.obstacle.officer", { scopes: approval.scopes.join(", ") });
  return (
    <>
      <Button kind="primary" size="lg" off={off} aria-describedby={off === undefined ? undefined : "why-not"} onClick={onAsk}>
        {t("approvals.carry_out")}…
      </Button>
      {off !== undefined && (
        <p className="small second" id="why-not">
          {off}
        </p>
      )}
    </>
  );
}

interface DialogProps extends ActsProps {
  onClose: () => void;
}

function CarryDialog({ approval, words, onDone, onClose }: DialogProps) {
  const { t } = useWords();
  const operation = words.operation(approval);
  const harms = operation.word !== null;
  const act = async () => {
    try {
      onDone(told(await carryOut(approval), t));
    } catch (error) {
      onDone({ tone: "danger", text: words.failed(approval, error) });
    }
    onClose();
  };
  return (
    <Confirm
      title={t("approvals.carry_title", { what: words.title(approval) })}
      effects={operation.effects.map((effect) => ({ icon: harms ? "warn" : "right", text: t(`approvals.effect.${effect}` as Key) }))}
      {...(operation.word === null ? {} : { word: operation.word })}
      keep={t("approvals.carry_keep")}
      act={t("approvals.carry_out")}
      kind={harms ? "danger-solid" : "primary"}
      onKeep={onClose}
      onAct={act}
    />
  );
}

/** What was done, and what the reply shows this once: a link, or a secret, which a repeated write shows no more. */
function told(reply: unknown, t: Translate): Said {
  const shown = typeof reply === "object" && reply !== null ? (reply as Partial<Record<string, unknown>>) : {};
  const done = t("approvals.used_now");
  if (typeof shown["link"] === "string") return { tone: "ok", text: `${done} ${t("approvals.link")}`, link: shown["link"] };
  if (typeof shown["secret"] === "string") return { tone: "ok", text: done, secret: shown["secret"] };
  return shown["secret"] === null ? { tone: "warn", text: `${done} ${t("webhooks.secretGone")}` } : { tone: "ok", text: done };
}

function Reject({ approval, words, onDone, onClose }: DialogProps) {
  const { t } = useWords();
  const [reason, setReason] = useState("");
  const act = async () => {
    try {
      await reject(approval, reason.trim());
      onDone({ tone: "ok", text: t("approvals.rejected_now") });
    } catch (error) {
      onDone({ tone: "danger", text: words.failed(approval, error) });
    }
    onClose();
  };
  return (
    <Confirm
      title={t("approvals.reject_title")}
      effects={[{ icon: "info", text: t("approvals.reject_effect") }]}
      keep={t("approvals.reject_keep")}
      act={t("approvals.reject")}
      kind="primary"
      onKeep={onClose}
      onAct={act}
    >
      <Field label={t("approvals.reject_reason")} help={t("approvals.reject_help")} value={reason} onChange={setReason} maxLength={100} autoComplete="off" />
    </Confirm>
  );
}
