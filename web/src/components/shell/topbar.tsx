// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";

import { useClock } from "../../clock";
import { zone } from "../../format";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { Avatar } from "../approvals";
import { Icon } from "../icon";
import { useSlash } from "../filters";
import { usePlace } from "./page";
import { LogLine, Navigation } from "./rail";
import { LanguageLink, ThemeSwitch } from "./switches";

/** Crumbs, time zone, search, who is signed in. */
export function Topbar() {
  const { t } = useWords();
  const place = usePlace();
  const { may } = useSession();
  const { now, simulated } = useClock();
  const { pathname } = useLocation();
  return (
    <header className="topbar">
      <nav className="crumbs" aria-label={t("common.crumbs")}>
        {place.crumbs.map((crumb) => (
          <span key={crumb.label}>
            {crumb.to === undefined ? crumb.label : <Link to={crumb.to}>{crumb.label}</Link>} <span aria-hidden="true">/</span>
          </span>
        ))}
        <span className="here" aria-current="page">
          {place.title}
        </span>
      </nav>
      <div className="topbar__end">
        {simulated && <span className="badge badge--warn tz">{t("common.simulated")}</span>}
        <span className="tz small">{t("common.zone", { zone: zone(now) })}</span>
        {may("accounts:read") && <Find />}
        <StaffMenu key={pathname} />
      </div>
    </header>
  );
}

/** Search from everywhere: leads to the accounts whose id begins with what was typed. */
function Find() {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const field = useRef<HTMLInputElement>(null);
  const here = pathname === "/accounts"; // that page has a field of its own
  return (
    <form
      role="search"
      hidden={here}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== "") void navigate(`/accounts?query=${encodeURIComponent(typed.trim())}`);
        setTyped("");
      }}
    >
      {!here && <Slash field={field} />}
      <label className="search">
        <Icon name="search" />
        <span className="vh">{t("common.find")}</span>
        <input ref={field} type="search" value={typed} placeholder={t("common.find")} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
        <kbd aria-hidden="true">/</kbd>
      </label>
    </form>
  );
}

function Slash({ field }: { field: React.RefObject<HTMLInputElement | null> }) {
  useSlash(field);
  return null;
}

/** Who is signed in; on a phone, the whole navigation. */
function StaffMenu() {
  const { t } = useWords();
  const { who, signOut } = useSession();
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const outside = event instanceof KeyboardEvent ? event.key === "Escape" : !box.current?.contains(event.target as Node);
      if (outside && box.current?.open) {
        const inside = box.current.contains(document.activeElement);
        box.current.open = false;
        if (inside) box.current.querySelector("summary")?.focus();
      }
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, []);
  const name = who?.staff.name ?? "";
  return (
    <details className="staff-menu" ref={box}>
      <summary>
        <span className="vh">{t("common.menuOf", { name })}</span>
        <Avatar name={name} />
        <span className="only-menu">
          <Icon name="menu" size={20} />
        </span>
      </summary>
      <div className="menu__sheet">
        <nav className="menu__nav" aria-label={t("common.nav.main")}>
          <Navigation />
        </nav>
        <div className="menu__who">
          <b>{name}</b>
          <span className="small second">{who?.staff.roles.map((role) => t(`common.role.${role}`)).join(", ")}</span>
        </div>
        <div className="menu__foot">
          <div className="menu__log small">
            <LogLine />
            <div className="rail__switches">
              <ThemeSwitch name="theme-menu" />
              <LanguageLink />
            </div>
          </div>
          <Link className="btn" to="/settings?part=sessions">
            {t("common.mySessions")}
          </Link>
          <button type="button" className="btn" onClick={() => void signOut()}>
            {t("common.signOut")}
          </button>
        </div>
      </div>
    </details>
  );
}
