// SPDX-License-Identifier: Apache-2.0
/* The frame around every page of a signed-in member of staff. */

import { Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";

import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { ProblemBanner } from "../problem";
import { Loading } from "../states";
import { Brakes } from "./brakes";
import { PlaceProvider } from "./page";
import { Rail } from "./rail";
import { Topbar } from "./topbar";

/** Shows the page if somebody is signed in, else leads to the sign-in and back. */
export function Shell() {
  const { t } = useWords();
  const { who, error, may, refresh } = useSession();
  const { pathname, search, hash } = useLocation();
  if (who === null) {
    const back = pathname === "/" && search === "" ? "" : `?to=${encodeURIComponent(pathname + search + hash)}`;
    return <Navigate to={`/signin${back}`} replace />;
  }
  if (who === undefined) {
    return (
      <main className="si" id="main">
        <div className="si__card">{error === undefined ? <Loading lines={2} /> : <ProblemBanner problem={error} retry={refresh} />}</div>
      </main>
    );
  }
  // Whoever may not watch decisions begins where their own work is.
  if (pathname === "/" && !may("decisions:staff")) return <Navigate to={may("approvals:write") ? "/approvals" : "/policies"} replace />;
  return (
    <PlaceProvider>
      <a className="skip" href="#main">
        {t("common.skip")}
      </a>
      <div className="shell">
        <Rail />
        <div className="main">
          <Topbar />
          <Brakes />
          <main id="main" tabIndex={-1}>
            <Suspense fallback={<Loading lines={4} />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
    </PlaceProvider>
  );
}
