// SPDX-License-Identifier: Apache-2.0
import "./styles/index.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { firstLanguage, loadTexts } from "./i18n";
import { applyTheme, storedTheme } from "./theme";

async function start(): Promise<void> {
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  applyTheme(storedTheme());
  const language = firstLanguage();
  const loaded = await loadTexts(language);
  createRoot(root).render(
    <StrictMode>
      <App language={language} {...loaded} />
    </StrictMode>,
  );
}

void start();
