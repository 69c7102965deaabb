// SPDX-License-Identifier: Apache-2.0
/* Signing in: with a passkey, or by the platform's identity provider where one is set up. */

import { useCallback, useEffect, useState } from "react";
import { Navigate, useSearchParams } from "react-router";

import { client, Problem, unwrap } from "../../api/client";
import { Banner, Button, Icon } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { type Answer, assertPasskey, canAutofill, obstacle, stopPasskey } from "../../webauthn";
import { failureText } from "./failures";
import { SignInFrame } from "./frame";
import { ObstacleBanner } from "./obstacle-banner";

/** Where to go after signing in: an address of this console, never of another site. */
export function destination(to: string | null): string {
  return to !== null && /^\/(?![/\\])/.test(to) ? to : "/";
}

const FRESH = 4 * 60_000; // a challenge lives five minutes

export default function SignInPage() {
  const { t } = useWords();
  const { who, refresh } = useSession();
  const [params] = useSearchParams();
  const ways = useResource("signin", (signal) => unwrap(client.GET("/v1/staff/signin", { signal })));
  const [problem, setProblem] = useState<Problem | null>(() => cameBack(params.get("failed")));
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const blocked = obstacle() !== null;

  useEffect(() => {
    document.title = `${t("signin.tab")} · Counterseal`;
  }, [t]);

  const finish = useCallback(
    async (answer: Answer) => {
      await unwrap(client.POST("/v1/staff/signin", { body: answer }));
      refresh();
    },
    [refresh],
  );
  const autofill = useAutofill(!blocked && who === null && !busy, round, finish, setProblem);

  if (who) return <Navigate to={destination(params.get("to"))} replace />;

  const press = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { public_key } = await unwrap(client.POST("/v1/staff/signin/options"));
      await finish(await assertPasskey(public_key));
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else throw error;
    } finally {
      setBusy(false);
      setRound((n) => n + 1);
    }
  };
  const sso = ways.data?.single_sign_on ?? null;
  return (
    <SignInFrame platform={ways.data?.name}>
      <h1>{t("signin.title")}</h1>
      <ObstacleBanner />
      {problem !== null && problem.code !== "passkey_stopped" && (
        <Banner tone="danger" live>
          {failureText(problem, t)}
        </Banner>
      )}
      <div className="si__form">
        {autofill && (
          <label className="field">
            <span className="field__label">{t("signin.field")}</span>
            <input className="input" type="text" autoComplete="username webauthn" aria-describedby="autofill-help" />
            <span className="field__help" id="autofill-help">
              {t("signin.fieldHelp")}
            </span>
          </label>
        )}
        <Button kind="primary" size="lg" icon="passkey" busy={busy} off={blocked ? t("signin.off") : undefined} onClick={() => void press()}>
          {t("signin.press")}
        </Button>
        {sso !== null && (
          <a className="btn btn--lg" href={`/v1/staff/oidc/start?to=${encodeURIComponent(destination(params.get("to")))}`}>
            <Icon name="people" />
            {sso}
          </a>
        )}
      </div>
      <p className="small second">{t("signin.help")}</p>
      <p className="small second">{t("signin.logged")}</p>
    </SignInFrame>
  );
}

/** Single sign-on that led nowhere comes back with a code; the address is anybody's, so only known ones have a text. */
function cameBack(code: string | null): Problem | null {
  return code === null ? null : new Problem(401, code, "this did not work");
}

/** Offer passkeys in the field while nothing else runs, with a challenge that never grows old. */
function useAutofill(on: boolean, round: number, finish: (answer: Answer) => Promise<void>, failed: (problem: Problem) => void): boolean {
  const [can, setCan] = useState(false);
  useEffect(() => {
    void canAutofill().then(setCan);
  }, []);
  useEffect(() => {
    if (!can || !on) return;
    const left = new AbortController();
    const stopped = () => left.signal.aborted;
    const offer = async () => {
      try {
        const { public_key } = await unwrap(client.POST("/v1/staff/signin/options"));
        if (stopped()) return;
        const answer = await assertPasskey(public_key, true);
        if (!stopped()) await finish(answer);
      } catch (error) {
        const quiet = error instanceof Problem && ["passkey_stopped", "passkey_cancelled", "passkey_failed"].includes(error.code);
        if (!stopped() && error instanceof Problem && !quiet) failed(error);
      }
    };
    void offer();
    const renewing = setInterval(() => void offer(), FRESH);
    return () => {
      left.abort();
      clearInterval(renewing);
      stopPasskey();
    };
  }, [can, on, round, finish, failed]);
  return can;
}
