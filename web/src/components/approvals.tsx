// SPDX-License-Identifier: Apache-2.0
/* Two slots, each a person and a moment. Void ones stay, struck through, with the cause. */

import type { ReactNode } from "react";

import { useWords } from "../i18n";
import { Icon } from "./icon";
import { Time } from "./time";

export interface Slot {
  /** The member of staff who signed, by name. */
  who: string;
  id?: string;
  at: number;
  /** Why it no longer counts. */
  voided?: string;
}

interface SlotsProps {
  signed: readonly Slot[];
  needed?: number;
  /** Who may fill the next slot, or why nobody can now. */
  open?: ReactNode;
}

/** The two letters that stand for a person. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]].map((word) => word?.[0] ?? "") : [name.slice(0, 2)];
  return letters.join("").toUpperCase();
}

/** A person as two letters; the name stands beside it or in the title. */
export function Avatar({ name, size = "normal" }: { name: string; size?: "normal" | "sm" }) {
  return (
    <span className={size === "sm" ? "avatar avatar--sm" : "avatar"} title={name} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** Signed slots, then the open ones. */
export function Slots({ signed, needed = 2, open }: SlotsProps) {
  const { t } = useWords();
  const valid = signed.filter((slot) => slot.voided === undefined).length;
  return (
    <ul className="approvals">
      {signed.map((slot) => (
        <li key={`${slot.who}${slot.at}`} className={slot.voided === undefined ? "approval" : "approval approval--void"}>
          <Avatar name={slot.who} />
          <span>
            <span className="who">{slot.who}</span> {slot.id !== undefined && slot.id !== slot.who && <span className="mono small second">{slot.id}</span>}
            <br />
            <span className="small second">{slot.voided ?? <Time at={slot.at} />}</span>
          </span>
          {slot.voided === undefined && <Icon name="check" />}
        </li>
      ))}
      {Array.from({ length: Math.max(0, needed - valid) }, (_, index) => (
        <li key={index} className="approval approval--open">
          <span className="avatar avatar--open" aria-hidden="true">
            {valid + index + 1}
          </span>
          <span>{open ?? t("common.approvalOpen")}</span>
        </li>
      ))}
    </ul>
  );
}
