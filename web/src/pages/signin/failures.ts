// SPDX-License-Identifier: Apache-2.0
import type { Problem } from "../../api/client";
import type { Key, Translate } from "../../i18n";

const SAID: Record<string, Key> = {
  passkey_cancelled: "signin.cancelled",
  passkey_known: "signin.known",
  passkey_failed: "signin.failed",
  sign_in_refused: "signin.refused",
  cross_site: "signin.crossSite",
  oidc_refused: "signin.oidc_refused",
  oidc_denied: "signin.oidc_denied",
  oidc_state: "signin.oidc_state",
  oidc_unreachable: "signin.oidc_unreachable",
  throttled: "signin.manyTries",
  unreachable: "common.problem.unreachable",
};

/** What to say about a ceremony that did not end well; it never says which part was wrong. */
export function failureText(problem: Problem, t: Translate): string {
  if (problem.status === 429) return t("signin.throttled", { seconds: problem.retryAfter ?? 60 });
  const key = SAID[problem.code];
  if (key !== undefined) return t(key);
  return problem.status >= 500 ? t("common.problem.server") : t("signin.refused");
}
