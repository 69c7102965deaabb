// SPDX-License-Identifier: Apache-2.0
/* An id: whole, monospace, with a button that copies it. */

import { useState } from "react";
import { Link } from "react-router";

import { shorten } from "../format";
import { useWords } from "../i18n";
import { Icon } from "./icon";

interface IdProps {
  value: string;
  /** Where the id leads. */
  to?: string;
  /** Hashes and addresses only: middle out. The copy is whole. */
  short?: boolean;
}

const SHOWN = 1_500;

/** `<Id value="acc_7Q4MX2ND" to="/accounts/acc_7Q4MX2ND" />` */
export function Id({ value, to, short = false }: IdProps) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const text = short ? shorten(value) : value;
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN);
  };
  return (
    <span className="id" title={short ? value : undefined}>
      {to === undefined ? text : <Link to={to}>{text}</Link>}
      <button type="button" aria-label={t(copied ? "common.copied" : "common.copy", { what: value })} onClick={() => void copy()}>
        <Icon name={copied ? "check" : "copy"} size={12} />
      </button>
    </span>
  );
}
