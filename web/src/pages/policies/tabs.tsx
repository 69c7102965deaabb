// SPDX-License-Identifier: Apache-2.0
/* The parts of the policy: what is in force, its versions, the shadow run, the checker. */

import { Link } from "react-router";

import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";

export type PolicyTab = "in_force" | "versions" | "shadow" | "check";

const TABS: readonly { name: PolicyTab; to: string; text: Key; scopes: readonly string[] }[] = [
  { name: "in_force", to: "/policies", text: "publishing.tab.in_force", scopes: [] },
  { name: "versions", to: "/policies/versions", text: "publishing.tab.versions", scopes: ["audit:read"] },
  { name: "shadow", to: "/policies/shadow", text: "publishing.tab.shadow", scopes: ["audit:read"] },
  { name: "check", to: "/policies/check", text: "publishing.tab.check", scopes: ["accounts:read", "decisions:staff"] },
];

/** Leaves out what the server would refuse. */
export function PolicyTabs({ at }: { at: PolicyTab }) {
  const { t } = useWords();
  const { may } = useSession();
  return (
    <nav className="tabs" aria-label={t("policies.title")}>
      {TABS.filter((tab) => tab.scopes.every(may)).map((tab) => (
        <Link key={tab.name} to={tab.to} aria-current={tab.name === at ? "page" : undefined}>
          {t(tab.text)}
        </Link>
      ))}
    </nav>
  );
}
