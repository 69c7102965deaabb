// SPDX-License-Identifier: Apache-2.0
/* Head of a page: title, facts, actions. It also names the tab and the crumbs of the bar. */

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";

export interface Crumb {
  label: string;
  to?: string;
}

interface Place {
  title: string;
  crumbs: readonly Crumb[];
}

interface Places {
  place: Place;
  setPlace: (place: Place) => void;
}

const PlaceContext = createContext<Places | null>(null);

/** Holds where the page in sight stands. */
export function PlaceProvider({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<Place>({ title: "", crumbs: [] });
  const value = useMemo(() => ({ place, setPlace }), [place]);
  return <PlaceContext value={value}>{children}</PlaceContext>;
}

/** The page in sight. */
export function usePlace(): Place {
  return use(PlaceContext)?.place ?? { title: "", crumbs: [] };
}

interface PageProps {
  /** The h1; a string, since it also names the tab. */
  title: string;
  /** In place of the title as text: an id with its copy button. */
  heading?: ReactNode;
  /** Pages above this one. */
  crumbs?: readonly Crumb[];
  /** At most two badges. */
  badges?: ReactNode;
  /** One line of facts below the title. */
  meta?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

const NONE: readonly Crumb[] = [];

/** Every page of the shell is one of these. */
export function Page({ title, heading, crumbs = NONE, badges, meta, actions, children }: PageProps) {
  const setPlace = use(PlaceContext)?.setPlace;
  const trail = JSON.stringify(crumbs);
  useEffect(() => {
    document.title = `${title} · Counterseal`;
    setPlace?.({ title, crumbs: JSON.parse(trail) as Crumb[] });
  }, [title, trail, setPlace]);
  return (
    <>
      <div className="page-head">
        <div className="page-head__text">
          <div className="page-head__title">
            <h1>{heading ?? title}</h1>
            {badges}
          </div>
          {meta !== undefined && <div className="page-head__meta">{meta}</div>}
        </div>
        {actions !== undefined && <div className="page-head__actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}
