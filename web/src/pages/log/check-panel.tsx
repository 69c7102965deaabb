// SPDX-License-Identifier: Apache-2.0
/* The check that this browser makes itself, one line for each step. */

import { useState } from "react";

import { Banner, Button, Confirm, Icon, Panel, ProblemBanner, Time } from "../../components";
import type { Problem } from "../../api/client";
import { type Key, useWords } from "../../i18n";
import { type Kept, type Report, STEPS, type StepName, type StepResult } from "./check";

interface CheckPanelProps {
  report: Report | null;
  problem: Problem | null;
  busy: boolean;
  kept: Kept | null;
  onVerify: () => void;
  onForget: () => void;
}

/** Result, steps, and "forget what was seen". */
export function CheckPanel({ report, problem, busy, kept, onVerify, onForget }: CheckPanelProps) {
  const { t } = useWords();
  const [asking, setAsking] = useState(false);
  return (
    <Panel
      title={t("log.check")}
      note={t("log.check_note")}
      foot={
        kept !== null && (
          <>
            <span className="second">
              {t("log.kept")} <Time at={kept.at} />
            </span>
            <Button kind="quiet" onClick={() => setAsking(true)}>
              {t("log.forget")}…
            </Button>
          </>
        )
      }
    >
      {problem !== null && <ProblemBanner problem={problem} retry={onVerify} />}
      {report === null ? (
        problem === null && <p className="second">{t(busy ? "log.verifying" : "log.never_checked")}</p>
      ) : (
        <>
          <Banner tone={report.good ? "ok" : "danger"} live>
            <b>{t(report.good ? "log.good" : "log.bad")}</b>
            {report.good && report.first && <p>{t("log.first_seen")}</p>}
          </Banner>
          <ol className="rule log-steps">
            {STEPS.map((name) => (
              <StepLine key={name} name={name} step={report.steps.find((each) => each.name === name)} position={report.position} />
            ))}
          </ol>
        </>
      )}
      {asking && (
        <Confirm
          title={t("log.forget_title")}
          effects={[{ icon: "warn", text: t("log.forget_effect") }]}
          keep={t("log.forget_keep")}
          act={t("log.forget_act")}
          onKeep={() => setAsking(false)}
          onAct={() => {
            onForget();
            setAsking(false);
          }}
        />
      )}
    </Panel>
  );
}

const SENTENCE: Record<StepName, Key> = {
  key: "log.step_key",
  signature: "log.step_signature",
  forward: "log.step_forward",
  consistency: "log.step_consistency",
  inclusion: "log.step_inclusion",
};

function StepLine({ name, step, position }: { name: StepName; step: StepResult | undefined; position: number }) {
  const { t } = useWords();
  const state = step === undefined || step.result === "empty" ? "neutral" : step.result;
  const icon = state === "pass" ? "check" : state === "fail" ? "x" : "minus";
  return (
    <li>
      <span className="out" data-o={state}>
        <Icon name={icon} />
      </span>
      <span>
        <span className="vh">{t(`common.outcome.${state}`)}: </span>
        {name === "inclusion" && position < 0 ? t("log.step_inclusion_any") : t(SENTENCE[name], { position })}
      </span>
      <span className="why">{step === undefined ? t("log.not_done") : t(step.why, step.values)}</span>
    </li>
  );
}
