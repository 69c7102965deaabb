// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "react";
import { RouterProvider } from "react-router/dom";

import { ClockProvider } from "./clock";
import { type Language, WordsProvider } from "./i18n";
import { makeRouter } from "./router";
import { SessionProvider } from "./session";
import type { Texts } from "./texts";

/** The whole console, in a language whose texts are there already. */
export function App({ language, texts }: { language: Language; texts: Texts }) {
  const router = useMemo(() => makeRouter(), []);
  return (
    <WordsProvider first={language} texts={texts}>
      <ClockProvider>
        <SessionProvider>
          <RouterProvider router={router} />
        </SessionProvider>
      </ClockProvider>
    </WordsProvider>
  );
}
