// SPDX-License-Identifier: Apache-2.0
/* What is stopped on every account, above every page while it is. */

import { Link } from "react-router";

import { client, type Schemas, unwrap } from "../../api/client";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { type Resource, useResource } from "../../use-resource";
import { Banner } from "../banner";
import { Time } from "../time";

export type Brake = Schemas["BrakeView"];

const EVERY = 15_000;

/** The brakes that stand, read again every 15 s. */
export function useBrakes(): Resource<Schemas["BrakeList"]> {
  const { may } = useSession();
  return useResource(may("staff:read") ? "brakes" : null, (signal) => unwrap(client.GET("/v1/brakes", { signal })), EVERY);
}

/** One banner for the newest brake, with how many more there are. */
export function Brakes() {
  const { t } = useWords();
  const [first, ...more] = useBrakes().data?.items ?? [];
  if (first === undefined) return null;
  return (
    <div className="brakes">
      <Banner tone="warn" icon="snow" live action={<Link to="/settings?part=brakes">{t("brakes.see")}</Link>}>
        <b>{t(`brakes.stopped.${first.kind}`, { about: first.about })}</b>{" "}
        {first.until === null ? (
          t("brakes.endless")
        ) : (
          <>
            {t("brakes.until")} <Time at={first.until} form="end" />.
          </>
        )}{" "}
        {first.reason} {more.length > 0 && t("brakes.more", { n: more.length })}
      </Banner>
    </div>
  );
}
