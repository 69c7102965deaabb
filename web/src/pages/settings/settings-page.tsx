// SPDX-License-Identifier: Apache-2.0
/* Own sessions for everybody; staff, tokens, keys and notices for those whose roles reach them. */

import { Link } from "react-router";

import { Page, useFilter } from "../../components";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { BrakesPart } from "./brakes-part";
import { KeysPart } from "./keys-part";
import { NoticesPart } from "./notices-part";
import { SessionsPart } from "./sessions-part";
import { StaffPart } from "./staff-part";
import { TokensPart } from "./tokens-part";
import "./settings.css";

interface Part {
  name: string;
  text: Key;
  scope: string;
  Show: React.ComponentType;
}

const PARTS: readonly [Part, ...Part[]] = [
  { name: "sessions", text: "settings.sessions", scope: "", Show: SessionsPart },
  { name: "staff", text: "settings.staff", scope: "staff:read", Show: StaffPart },
  { name: "brakes", text: "brakes.title", scope: "staff:read", Show: BrakesPart },
  { name: "tokens", text: "settings.tokens", scope: "admin", Show: TokensPart },
  { name: "keys", text: "settings.keys", scope: "admin", Show: KeysPart },
  { name: "notices", text: "settings.notices", scope: "admin", Show: NoticesPart },
];

export default function SettingsPage() {
  const { t } = useWords();
  const { may } = useSession();
  const [chosen] = useFilter("part");
  const shown = PARTS.filter((part) => part.scope === "" || may(part.scope));
  const { name, Show } = shown.find((part) => part.name === chosen) ?? PARTS[0];
  return (
    <Page title={t("settings.title")}>
      <nav className="tabs" aria-label={t("settings.title")}>
        {shown.map((part) => (
          <Link key={part.name} to={`/settings?part=${part.name}`} aria-current={part.name === name ? "page" : undefined}>
            {t(part.text)}
          </Link>
        ))}
      </nav>
      <div className="page-body settings">
        <Show />
      </div>
    </Page>
  );
}
