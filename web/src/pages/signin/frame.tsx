// SPDX-License-Identifier: Apache-2.0
/* The card in the middle of the pages before a session: brand, content, and a foot with server, log, theme, language. */

import type { ReactNode } from "react";

import { Mark } from "../../components";
import { LogLine } from "../../components/shell/rail";
import { LanguageLink, ThemeSwitch } from "../../components/shell/switches";
import { useWords } from "../../i18n";
import "./signin.css";

/** One column; `platform`: whose server this is. */
export function SignInFrame({ platform, children }: { platform?: string | undefined; children: ReactNode }) {
  const { t } = useWords();
  return (
    <div className="si">
      <main className="si__card" id="main">
        <div className="brand si__brand">
          <Mark />
          Counterseal
        </div>
        {children}
      </main>
      <footer className="si__foot small second">
        {platform !== undefined && <span>{platform}</span>}
        <div className="si__log">
          <LogLine />
        </div>
        <ThemeSwitch name="theme" />
        <LanguageLink />
        <a href="/status">{t("signin.status")}</a>
      </footer>
    </div>
  );
}
