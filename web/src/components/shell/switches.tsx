// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import { useWords } from "../../i18n";
import { applyTheme, storedTheme, THEMES } from "../../theme";
import { Icon, type IconName } from "../icon";

const ICONS: Record<(typeof THEMES)[number], IconName> = { system: "auto", light: "sun", dark: "moon" };

/** As the system, light, dark. `name`: of the radio group, unique on the page. */
export function ThemeSwitch({ name }: { name: string }) {
  const { t } = useWords();
  const [theme, setTheme] = useState(storedTheme);
  return (
    <span className="theme" role="radiogroup" aria-label={t("common.theme")}>
      {THEMES.map((each) => (
        <label key={each} title={t(`common.theme.${each}`)}>
          <input
            type="radio"
            name={name}
            aria-label={t(`common.theme.${each}`)}
            checked={theme === each}
            onChange={() => {
              applyTheme(each);
              setTheme(each);
            }}
          />
          <Icon name={ICONS[each]} size={12} />
        </label>
      ))}
    </span>
  );
}

/** The other language, named in itself. */
export function LanguageLink() {
  const { language, setLanguage } = useWords();
  const other = language === "en" ? "zh" : "en";
  return (
    <button type="button" className="link" lang={other === "zh" ? "zh-Hans" : "en"} onClick={() => setLanguage(other)}>
      {other === "zh" ? "中文" : "English"}
    </button>
  );
}
