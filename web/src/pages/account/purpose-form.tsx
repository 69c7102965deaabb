// SPDX-License-Identifier: Apache-2.0
/* Why somebody looks at an account. Asked before anything of it is read. */

import { useState } from "react";

import { Button, Field, Panel } from "../../components";
import { useWords } from "../../i18n";

const USUAL = ["owner", "alert", "request", "incident"] as const;
const MOST = 200;

/** The form; `onGiven` gets the purpose as it will stand in the log. */
export function PurposeForm({ account, onGiven }: { account: string; onGiven: (purpose: string) => void }) {
  const { t } = useWords();
  const [chosen, setChosen] = useState<string>("");
  const [more, setMore] = useState("");
  const usual = USUAL.find((each) => each === chosen);
  const said = [usual === undefined ? "" : t(`account.purpose.${usual}`), more.trim()].filter(Boolean).join(": ");
  const missing = chosen === "" ? t("account.purpose.missing") : said === "" ? t("account.purpose.missingOther") : undefined;
  return (
    <Panel title={t("account.purpose.title")} note={account} className="purpose">
      <form
        className="purpose__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === undefined) onGiven(said.slice(0, MOST));
        }}
      >
        <p>{t("account.purpose.why")}</p>
        <fieldset>
          <legend className="field__label">{t("account.purpose.legend")}</legend>
          {[...USUAL, "other"].map((each) => (
            <label key={each} className="radio">
              <input type="radio" name="purpose" value={each} checked={chosen === each} onChange={() => setChosen(each)} />
              {t(each === "other" ? "account.purpose.other" : `account.purpose.${each as (typeof USUAL)[number]}`)}
            </label>
          ))}
        </fieldset>
        <Field label={t(chosen === "other" ? "account.purpose.what" : "account.purpose.more")} help={t("account.purpose.help")} value={more} onChange={setMore} maxLength={120} autoComplete="off" />
        {missing !== undefined && <p className="small second">{missing}</p>}
        <div>
          <Button type="submit" kind="primary" size="lg" off={missing}>
            {t("account.purpose.open")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
