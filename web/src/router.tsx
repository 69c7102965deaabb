// SPDX-License-Identifier: Apache-2.0
/* Every page is a chunk of its own, loaded when it is opened. */

import { createBrowserRouter, type RouteObject } from "react-router";

import { PageFailed } from "./components/shell/boundary";
import { Shell } from "./components/shell/shell";

type Load = () => Promise<{ default: React.ComponentType }>;

/** Before the first chunk is there: nothing flashes. */
function Nothing() {
  return null;
}

function page(path: string | undefined, load: Load): RouteObject {
  const route = { HydrateFallback: Nothing, lazy: async () => ({ Component: (await load()).default }), ErrorBoundary: PageFailed };
  return path === undefined ? { index: true, ...route } : { path, ...route };
}

/** All routes below /console. */
export const ROUTES: RouteObject[] = [
  page("/signin", () => import("./pages/signin/signin-page")),
  page("/enrol/:token", () => import("./pages/enrol/enrol-page")),
  {
    path: "/",
    Component: Shell,
    HydrateFallback: Nothing,
    ErrorBoundary: PageFailed,
    children: [
      page(undefined, () => import("./pages/watch/watch-page")),
      page("accounts", () => import("./pages/accounts/accounts-page")),
      page("accounts/:account", () => import("./pages/account/account-page")),
      page("approvals", () => import("./pages/approvals/approvals-page")),
      page("approvals/:approval", () => import("./pages/approvals/approvals-page")),
      page("policies", () => import("./pages/policies/policies-page")),
      page("policies/versions", () => import("./pages/policies/versions-page")),
      page("policies/versions/new", () => import("./pages/policies/draft-page")),
      page("policies/versions/:version", () => import("./pages/policies/version-page")),
      page("policies/shadow", () => import("./pages/policies/shadow-page")),
      page("policies/check", () => import("./pages/policies/check-page")),
      page("desk", () => import("./pages/desk/desk-page")),
      page("desk/:document", () => import("./pages/desk/desk-page")),
      page("requests", () => import("./pages/requests/requests-page")),
      page("requests/:request", () => import("./pages/requests/requests-page")),
      page("registry", () => import("./pages/registry/registry-page")),
      page("registry/:authority", () => import("./pages/registry/registry-page")),
      page("transparency", () => import("./pages/transparency/transparency-page")),
      page("log", () => import("./pages/log/log-page")),
      page("webhooks", () => import("./pages/webhooks/webhooks-page")),
      page("webhooks/:webhook", () => import("./pages/webhooks/webhooks-page")),
      page("settings", () => import("./pages/settings/settings-page")),
      page("*", () => import("./pages/missing/missing-page")),
    ],
  },
];

/** The router of the browser. */
export function makeRouter() {
  return createBrowserRouter(ROUTES, { basename: "/console" });
}
