// SPDX-License-Identifier: Apache-2.0
/* What one administrator may do alone: renew the secret, disable, send again what failed. */

import { useState } from "react";

import { Effects } from "../../components";
import { FormDialog, SecretDialog } from "../../components/form-dialog";
import { useClock } from "../../clock";
import { type Key, useWords } from "../../i18n";
import { Choice } from "../settings/brakes-part";
import { acts, type Endpoint } from "./read";

interface ActDialogProps {
  endpoint: Endpoint;
  onClose: () => void;
}

/** A new secret, shown once. */
export function RenewDialog({ endpoint, onClose }: ActDialogProps) {
  const { t } = useWords();
  const [secret, setSecret] = useState<string | null>(null);
  const send = async () => setSecret((await acts.renew(endpoint.id)).secret ?? "");
  if (secret !== null) return <SecretDialog title={t("webhooks.secretTitle")} help={t("webhooks.secretHelp")} secret={secret} onClose={onClose} />;
  return (
    <FormDialog stays title={t("webhooks.renewAsk")} act={t("webhooks.renewAct")} onClose={onClose} onSend={send}>
      <Effects items={[{ text: t("webhooks.renewOnce"), icon: "key" }, { text: t("webhooks.renewBoth"), icon: "clock" }, { text: t("webhooks.renewTwice") }]} />
    </FormDialog>
  );
}

/** Nothing is sent from now on. */
export function DisableDialog({ endpoint, onClose }: ActDialogProps) {
  const { t } = useWords();
  return (
    <FormDialog title={t("webhooks.disableAsk")} act={t("webhooks.disable")} onClose={onClose} onSend={() => acts.disable(endpoint.id)}>
      <Effects items={[{ text: t("webhooks.disableStops"), icon: "pause" }, { text: t("webhooks.disableWaits"), icon: "clock" }, { text: t("webhooks.disableBack") }]} />
    </FormDialog>
  );
}

const HOUR = 3_600_000;
const SPANS = { hour: HOUR, day: 24 * HOUR, week: 168 * HOUR, kept: Infinity } as const;
type Span = keyof typeof SPANS | "failing";

/** Send again what failed since a moment. `onSent`: how many messages go out. */
export function ReplayDialog({ endpoint, onClose, onSent }: ActDialogProps & { onSent: (count: number) => void }) {
  const { t } = useWords();
  const { now } = useClock();
  const [span, setSpan] = useState<Span>(endpoint.failing_since === null ? "day" : "failing");
  const spans: readonly Span[] = [...(endpoint.failing_since === null ? [] : (["failing"] as const)), "hour", "day", "week", "kept"];
  const send = async () => {
    const since = span === "failing" ? (endpoint.failing_since ?? 0) : Math.max(0, now - SPANS[span]);
    onSent((await acts.replayFailed(endpoint.id, Math.floor(since))).count);
  };
  return (
    <FormDialog title={t("webhooks.replayAsk")} act={t("webhooks.replayAct")} onClose={onClose} onSend={send}>
      <Choice label={t("webhooks.since")} value={span} options={spans.map((each) => [each, t(`webhooks.since.${each}` satisfies Key)])} onChange={setSpan} />
      <Effects items={[{ text: t("webhooks.replaySame") }, { text: t("webhooks.replayLeft") }]} />
    </FormDialog>
  );
}
