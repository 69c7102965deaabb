// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "react";
import { RouterProvider } from "react-router/dom";

import { ClockProvider } from "./clock";
import { type Language, WordsProvider } from "./i18n";
import { makeRouter } from "./router";
import { SessionProvider } from "./session";
import type { Loaded } from "./texts";

/** The whole console, in a language whose texts are there already. */
export function App({ language, texts, server }: { language: Language } & Loaded) {
  const router = useMemo(() => makeRouter(), []);
  return (
    <WordsProvider first={language} texts={texts} server={server}>
      <ClockProvider>
        <SessionProvider>
          <RouterProvider router={router} />
        </SessionProvider>
      </ClockProvider>
    </WordsProvider>
  );
}
