// SPDX-License-Identifier: Apache-2.0
/* What failed, what it means, what to do, and the id to name when asking. */

import type { Problem } from "../api/client";
import { type Key, useWords } from "../i18n";
import { Banner } from "./banner";
import { Button } from "./button";
import { Id } from "./id";

const SAID: Record<string, Key> = {
  unreachable: "common.problem.unreachable",
  scope_missing: "common.problem.forbidden",
  insufficient_scope: "common.problem.forbidden",
};

/** The sentence of a problem, in the language of the page where we have one, else the server's own. */
export function useProblemText(): (problem: Problem) => string {
  const { t, tell } = useWords();
  return (problem) => {
    const key = SAID[problem.code];
    if (key !== undefined) return t(key);
    const told = tell(`problem.${problem.code}`, "");
    if (told !== "") return told;
    if (problem.status >= 500) return t("common.problem.server");
    const said = problem.detail.charAt(0).toUpperCase() + problem.detail.slice(1);
    return said.endsWith(".") ? said : `${said}.`;
  };
}

/** A problem as a banner, with "try again" where that may help. */
export function ProblemBanner({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const { t, tell } = useWords();
  const text = useProblemText();
  const again = retry === undefined ? undefined : <Button onClick={retry}>{t("common.retry")}</Button>;
  return (
    <Banner tone="danger" live action={again}>
      {text(problem)} {tell(`problem.${problem.code}`, "") === "" && problem.hint}
      {problem.requestId !== "" && (
        <>
          {" "}
          <span className="small second">
            {t("common.problem.id")} <Id value={problem.requestId} />
          </span>
        </>
      )}
    </Banner>
  );
}
