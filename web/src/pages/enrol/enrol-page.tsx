// SPDX-License-Identifier: Apache-2.0
/* An invitation is taken up: name the key, make it. The link works once, for 24 hours. */

import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";

import { client, Problem, unwrap } from "../../api/client";
import { Badge, Banner, Button, Field, Loading, ProblemBanner } from "../../components";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { createPasskey, obstacle } from "../../webauthn";
import { failureText } from "../signin/failures";
import { SignInFrame } from "../signin/frame";
import { ObstacleBanner } from "../signin/obstacle-banner";

const LONGEST = 64;

export default function EnrolPage() {
  const { t } = useWords();
  const { token = "" } = useParams();
  const path = { link: token };
  const asked = useResource(`enrol ${token}`, (signal) =>
    unwrap(client.POST("/v1/staff/enrol/{link}/options", { params: { path }, signal })),
  );
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const blocked = obstacle() !== null;

  useEffect(() => {
    document.title = `${t("enrol.tab")} · Counterseal`;
  }, [t]);

  const enrol = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const fresh = await unwrap(client.POST("/v1/staff/enrol/{link}/options", { params: { path } }));
      const answer = await createPasskey(fresh.public_key);
      await unwrap(client.POST("/v1/staff/enrol/{link}", { params: { path }, body: { ...answer, name: name.trim() || t("enrol.nameless") } }));
      setDone(true);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else throw error;
    } finally {
      setBusy(false);
    }
  };

  if (done) {
    return (
      <SignInFrame>
        <h1>{t("enrol.done")}</h1>
        <Banner tone="ok" live>
          {t("enrol.doneWhy")}
        </Banner>
        <Link className="btn btn--lg btn--primary" to="/signin">
          {t("enrol.signIn")}
        </Link>
      </SignInFrame>
    );
  }
  if (asked.data === undefined) {
    const dead = asked.error !== undefined && (asked.error.status === 401 || asked.error.status === 404);
    return (
      <SignInFrame>
        <h1>{t(dead ? "enrol.dead" : "enrol.title")}</h1>
        {asked.error === undefined && <Loading lines={2} />}
        {dead && <p>{t("enrol.deadWhy")}</p>}
        {asked.error !== undefined && !dead && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      </SignInFrame>
    );
  }
  return (
    <SignInFrame platform={undefined}>
      <h1>{t("enrol.welcome", { name: asked.data.name })}</h1>
      <dl className="kv">
        <dt>{t("enrol.email")}</dt>
        <dd>{asked.data.email}</dd>
        <dt>{t("enrol.roles")}</dt>
        <dd className="si__roles">
          {asked.data.roles.map((role) => (
            <Badge key={role}>{t(`common.role.${role}`)}</Badge>
          ))}
        </dd>
      </dl>
      <ObstacleBanner />
      {problem !== null && (
        <Banner tone="danger" live>
          {failureText(problem, t)}
        </Banner>
      )}
      <form
        className="si__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && !blocked) void enrol();
        }}
      >
        <Field label={t("enrol.name")} value={name} onChange={setName} maxLength={LONGEST} autoComplete="off" help={t("enrol.nameHelp")} placeholder={t("enrol.nameless")} />
        <Button type="submit" kind="primary" size="lg" icon="passkey" busy={busy} off={blocked ? t("signin.off") : undefined}>
          {t("enrol.create")}
        </Button>
      </form>
      <p className="small second">{t("enrol.why")}</p>
    </SignInFrame>
  );
}
