// SPDX-License-Identifier: Apache-2.0
/* The signed note: size, root, time, whose signatures are under it. */

import { Icon, Id, Panel, Time } from "../../components";
import { useWords } from "../../i18n";
import { shortKey } from "./check";
import type { Checkpoint } from "./note";

interface CheckpointPanelProps {
  note: string;
  checkpoint: Checkpoint;
  logKey: string;
}

/** The facts of a checkpoint and its text as it is signed. */
export function CheckpointPanel({ note, checkpoint, logKey }: CheckpointPanelProps) {
  const { t } = useWords();
  const { size, rootText, time, epoch, origin, others } = checkpoint;
  const restored = epoch ?? 0;
  const witnesses = others.map((line) => line.name).join(", ");
  return (
    <Panel title={t("log.checkpoint")} note={t("log.checkpoint_note")} bare>
      <div className="panel__body">
        <dl className="kv">
          <dt>{t("log.size")}</dt>
          <dd className="num">{t("log.count", { size })}</dd>
          <dt>{t("log.root")}</dt>
          <dd>
            <Id value={rootText} />
          </dd>
          <dt>{t("log.signed")}</dt>
          <dd>{time === null ? t("log.none") : <Time at={time} />}</dd>
          <dt>{t("log.epoch")}</dt>
          <dd>{restored === 0 ? t("log.epoch_0") : t("log.epoch_n", { n: restored })}</dd>
          <dt>{t("log.origin")}</dt>
          <dd className="mono">{origin}</dd>
          <dt>{t("log.key")}</dt>
          <dd>
            <Id value={logKey} /> <span className="vh">{shortKey(logKey)}</span>
          </dd>
          <dt>{t("log.witnesses")}</dt>
          <dd>{witnesses === "" ? t("log.witness_none") : t("log.witness_some", { names: witnesses })}</dd>
        </dl>
        <details className="log-note">
          <summary>
            <Icon name="chev" size={12} /> {t("log.note")}
          </summary>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls takes focus */}
          <pre className="code" tabIndex={0}>
            {note}
          </pre>
        </details>
      </div>
    </Panel>
  );
}
