// SPDX-License-Identifier: Apache-2.0
/* Where one can go, what waits there, and how the log stands. */

import { Link, NavLink } from "react-router";

import { call, client, unwrap } from "../../api/client";
import { useClock } from "../../clock";
import { duration } from "../../format";
import { type Key, useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { Icon, type IconName, Mark } from "../icon";
import { LanguageLink, ThemeSwitch } from "./switches";

interface Target {
  to: string;
  text: Key;
  icon: IconName;
  /** Shown to those who hold one of these scopes; empty: to everybody. */
  scopes: readonly string[];
  count?: "approvals";
}

interface Group {
  title?: Key;
  targets: readonly Target[];
}

const GROUPS: readonly Group[] = [
  {
    targets: [
      { to: "/", text: "common.nav.watch", icon: "watch", scopes: ["decisions:staff"] },
      { to: "/accounts", text: "common.nav.accounts", icon: "user", scopes: ["accounts:read"] },
      { to: "/approvals", text: "common.nav.approvals", icon: "people", scopes: ["approvals:write"], count: "approvals" },
    ],
  },
  { title: "common.nav.policy", targets: [{ to: "/policies", text: "common.nav.policies", icon: "lab", scopes: [] }] },
  {
    title: "desk.nav",
    targets: [
      { to: "/requests", text: "requests.title", icon: "gov", scopes: ["desk:read"] },
      { to: "/desk", text: "desk.title", icon: "doc", scopes: ["desk:read"] },
      { to: "/registry", text: "registry.title", icon: "book", scopes: ["desk:read"] },
      { to: "/transparency", text: "report.title", icon: "filter", scopes: ["desk:read"] },
    ],
  },
  {
    title: "common.nav.record",
    targets: [
      { to: "/log", text: "common.nav.log", icon: "list", scopes: [] },
      { to: "/webhooks", text: "webhooks.title", icon: "globe", scopes: ["audit:read"] },
      { to: "/settings", text: "common.nav.settings", icon: "key", scopes: [] },
    ],
  },
];

/** The links, in groups. The server decides what may be read; this only leaves out what would be refused. */
export function Navigation() {
  const { t } = useWords();
  const { may } = useSession();
  const counts = useCounts();
  return GROUPS.map((group) => {
    const shown = group.targets.filter((target) => target.scopes.length === 0 || target.scopes.some(may));
    if (shown.length === 0) return null;
    return (
      <div className="nav" key={group.targets[0]?.to}>
        {group.title !== undefined && <div className="nav__title">{t(group.title)}</div>}
        {shown.map((target) => {
          const count = target.count === undefined ? 0 : (counts[target.count] ?? 0);
          return (
            <NavLink key={target.to} to={target.to} end={target.to === "/"}>
              <Icon name={target.icon} />
              {t(target.text)}
              {count > 0 && (
                <span className="count" title={t("common.openWork", { n: count })}>
                  {count}
                </span>
              )}
            </NavLink>
          );
        })}
      </div>
    );
  });
}

const COUNT_EVERY = 30_000;

/** Approvals that this person can sign now; of the newest hundred. */
function useCounts(): { approvals?: number } {
  const { may } = useSession();
  const key = may("approvals:write") ? "approvals-open" : null;
  const query = { status: "open", limit: 100 } as const;
  const asked = useResource(key, (signal) => unwrap(client.GET("/v1/approvals", { params: { query }, signal })), COUNT_EVERY);
  return asked.data === undefined ? {} : { approvals: asked.data.items.filter((each) => each.can_sign).length };
}

interface LogState {
  size: number;
  time: number | null;
}

const LOG_EVERY = 10_000;
const LATE = 60_000;

/** Size and time out of a checkpoint: a C2SP note whose body is origin, size, root hash and extension lines. */
export function readCheckpoint(note: string): LogState {
  const lines = (note.split("\n\n")[0] ?? "").split("\n");
  const time = lines.slice(3).map((line) => /^time[ :=](\d+)/.exec(line)?.[1]).find((found) => found !== undefined);
  return { size: Number(lines[1] ?? 0), time: time === undefined ? null : Number(time) };
}

/** How old the newest signed checkpoint is. Always in sight. */
export function LogLine() {
  const { t, language } = useWords();
  const { now } = useClock();
  const asked = useResource("checkpoint", (signal) => call<string>("GET", "/v1/log/checkpoint", { signal }), LOG_EVERY);
  if (asked.data === undefined) {
    const text = asked.error === undefined ? "common.log.asking" : asked.error.status === 404 ? "common.log.unsigned" : "common.log.silent";
    return (
      <div>
        <span className={asked.error === undefined ? "dot dot--off" : "dot dot--warn"} />
        {t(text)}
      </div>
    );
  }
  const { size, time } = readCheckpoint(asked.data);
  const age = time === null ? null : Math.max(0, now - time);
  const late = asked.stale || (age !== null && age > LATE);
  return (
    <>
      <div>
        <span className={late ? "dot dot--warn" : "dot"} />
        {asked.stale ? t("common.log.silent") : t("common.log.signed", { age: age === null ? "" : duration(age, language) })}
      </div>
      <div className="num">{t("common.log.size", { size })}</div>
    </>
  );
}

/** The brand, which leads home. */
export function Brand() {
  return (
    <Link className="brand" to="/">
      <Mark />
      Counterseal
    </Link>
  );
}

/** The left side of every page. */
export function Rail() {
  const { t } = useWords();
  return (
    <nav className="rail" aria-label={t("common.nav.main")}>
      <Brand />
      <Navigation />
      <div className="rail__foot">
        <LogLine />
        <div className="rail__switches">
          <ThemeSwitch name="theme-rail" />
          <LanguageLink />
        </div>
      </div>
    </nav>
  );
}
