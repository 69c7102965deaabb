// SPDX-License-Identifier: Apache-2.0
/* Who is signed in and what they may do. The cookie itself is out of reach of scripts. */

import { createContext, type ReactNode, use, useCallback, useMemo } from "react";

import { client, keyed, type Problem, type Schemas, unwrap } from "./api/client";
import { clearPurposes } from "./purpose";
import { useResource } from "./use-resource";

/** The reply of GET /v1/staff/session: who, their roles (`staff.roles`) and scopes, and until when. */
export type StaffSession = Schemas["SessionView"];

interface Session {
  /** Null: nobody is signed in. Undefined: not known yet. */
  who: StaffSession | null | undefined;
  error: Problem | undefined;
  may: (scope: string) => boolean;
  refresh: () => void;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);
const UNAUTHENTICATED = 401;

/** Asks once who is signed in, and again when told to. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const asked = useResource("session", (signal) => unwrap(client.GET("/v1/staff/session", { signal })));
  const { data, error, reload } = asked;
  const nobody = error?.status === UNAUTHENTICATED;
  const who = nobody ? null : data;
  const signOut = useCallback(async () => {
    await unwrap(client.DELETE("/v1/staff/session", { params: keyed() }));
    clearPurposes();
    reload();
  }, [reload]);
  const session = useMemo<Session>(() => {
    const scopes = new Set<string>(who?.scopes);
    return { who, error: nobody ? undefined : error, may: (scope) => scopes.has(scope), refresh: reload, signOut };
  }, [who, nobody, error, reload, signOut]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session: `const { who, may } = useSession()`. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of SessionProvider");
  return session;
}
