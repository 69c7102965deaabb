// SPDX-License-Identifier: Apache-2.0
import { amount } from "../format";

/** "1,234.00 USDT"; the decimals are the asset's own. Never coloured. */
export function Amount({ value, asset }: { value: string; asset?: string | undefined }) {
  return (
    <span className="num nowrap">
      {amount(value)}
      {asset === undefined ? "" : ` ${asset}`}
    </span>
  );
}
