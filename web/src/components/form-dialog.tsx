// SPDX-License-Identifier: Apache-2.0
/* A dialog that asks for something and sends it: fields, what was refused, cancel at the left of the act. */

import { type ReactNode, useId } from "react";

import { useWords } from "../i18n";
import { useAct } from "../use-act";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemBanner } from "./problem";

interface FormDialogProps {
  title: string;
  act: string;
  /** What is missing before it can be sent. */
  missing?: string | undefined;
  onClose: () => void;
  /** Sends it; the dialog closes itself if this resolves and `stays` is not set. */
  onSend: () => Promise<unknown>;
  /** The caller shows something else afterwards. */
  stays?: boolean;
  children: ReactNode;
}

/** Open while it is rendered. */
export function FormDialog({ title, act, missing, onClose, onSend, stays = false, children }: FormDialogProps) {
  const { t } = useWords();
  const { busy, problem, run } = useAct();
  const form = useId();
  const send = async () => {
    if ((await run(onSend)) && !stays) onClose();
  };
  const foot = (
    <>
      <Button size="lg" onClick={onClose}>
        {t("common.cancel")}
      </Button>
      <Button size="lg" kind="primary" type="submit" form={form} busy={busy} off={missing}>
        {act}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} foot={foot}>
      <form
        id={form}
        className="dialog__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && missing === undefined) void send();
        }}
      >
        {children}
        {missing !== undefined && <p className="small second">{missing}</p>}
      </form>
      {problem !== null && <ProblemBanner problem={problem} />}
    </Dialog>
  );
}

/** Something that is shown once and never again: a token, a link. */
export function SecretDialog({ title, help, secret, onClose }: { title: string; help: string; secret: string; onClose: () => void }) {
  const { t } = useWords();
  const foot = (
    <Button size="lg" kind="primary" onClick={onClose}>
      {t("common.kept")}
    </Button>
  );
  return (
    <Dialog title={title} onClose={onClose} foot={foot}>
      <p>{help}</p>
      <div className="secret">
        <code>{secret}</code>
        <CopyButton text={secret} />
      </div>
    </Dialog>
  );
}

function CopyButton({ text }: { text: string }) {
  const { t } = useWords();
  return (
    <Button icon="copy" onClick={() => void navigator.clipboard.writeText(text)}>
      {t("common.copyThis")}
    </Button>
  );
}
