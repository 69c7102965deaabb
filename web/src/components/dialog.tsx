// SPDX-License-Identifier: Apache-2.0
/* Question as title, effects as a list, "keep" at the left of the act. Esc keeps. The browser keeps focus inside. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import { useWords } from "../i18n";
import { Button, type ButtonKind } from "./button";
import { Field } from "./field";
import { Icon, type IconName } from "./icon";

interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  foot: ReactNode;
  children: ReactNode;
}

/** A modal dialog, open while it is rendered. */
export function Dialog({ title, onClose, foot, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
      <div className="dialog__foot">{foot}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: ReactNode;
  effects: readonly { icon?: IconName; text: ReactNode }[];
  /** What must be typed before the act is possible: for what cannot be undone. */
  word?: string;
  keep: string;
  act: string;
  kind?: ButtonKind;
  onKeep: () => void;
  onAct: () => Promise<void> | void;
  children?: ReactNode;
}

/** Asks before an act: its effects, and the word to type where it cannot be undone. */
export function Confirm({ title, effects, word, keep, act, kind = "danger-solid", onKeep, onAct, children }: ConfirmProps) {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = word === undefined || typed.trim() === word;
  const run = async () => {
    setBusy(true);
    try {
      await onAct();
    } finally {
      setBusy(false);
    }
  };
  const foot = (
    <>
      <Button size="lg" onClick={onKeep}>
        {keep}
      </Button>
      <Button size="lg" kind={kind} busy={busy} off={ready ? undefined : t("common.typeFirst")} onClick={() => void run()}>
        {act}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onKeep} foot={foot}>
      <Effects items={effects} />
      {children}
      {word !== undefined && <Field label={t("common.typeToConfirm", { word })} mono value={typed} onChange={setTyped} autoComplete="off" />}
    </Dialog>
  );
}

/** What an act does, one line each. */
export function Effects({ items }: { items: readonly { icon?: IconName; text: ReactNode }[] }) {
  return (
    <ul className="bullets">
      {items.map((item, index) => (
        <li key={index}>
          <Icon name={item.icon ?? "info"} />
          <span>{item.text}</span>
        </li>
      ))}
    </ul>
  );
}
