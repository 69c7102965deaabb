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

/** Accounts that were opened with a purpose in this tab, in the order of their ids. */
export function opened(): string[] {
  return Object.keys(sessionStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length))
    .sort();
}

/** Forget all purposes: at sign-out. */
export function clearPurposes(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
