// SPDX-License-Identifier: Apache-2.0
/* Why this member of staff reads an account. Asked once for each account and tab; the log keeps it. */

const PREFIX = "counterseal.purpose.";

/** The purpose given for an account in this tab, or "". */
export function purposeOf(account: string): string {
  return sessionStorage.getItem(PREFIX + account) ?? "";
}

/** Remember why an account is read, until the tab is closed. */
export function setPurpose(account: string, purpose: string): void {
  sessionStorage.setItem(PREFIX + account, purpose.trim());
}

/** Forget all purposes: at sign-out. */
export function clearPurposes(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
