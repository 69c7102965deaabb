// SPDX-License-Identifier: Apache-2.0
/* Words in two languages. Keys are typed: a missing translation does not compile. Only one language is loaded. */

import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";

import type { Key, Loaded, Texts } from "./texts";

export type { Key };
export type Language = "en" | "zh";
export type Values = Record<string, string | number>;
/** `t("accounts.count", { n: 3 })`; a text "1 account | {n} accounts" chooses by `n`. */
export type Translate = (key: Key, values?: Values) => string;

const STORED = "counterseal.language";
export const LOCALE: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };
const LOADERS: Record<Language, () => Promise<Loaded>> = {
  en: async () => ({ texts: (await import("./texts/en")).texts, server: {} }),
  zh: async () => {
    const { server, texts } = await import("./texts/zh");
    return { texts, server };
  },
};

/** The language that was chosen here, else the browser's. */
export function firstLanguage(): Language {
  const chosen = localStorage.getItem(STORED);
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** All texts of one language. */
export function loadTexts(language: Language): Promise<Loaded> {
  return LOADERS[language]();
}

/** Fill `{name}`s, after the form for `n` was chosen; numbers are written as the language writes them. */
export function fill(text: string, values: Values | undefined, language: Language): string {
  return pluralOf(text, values, language).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values?.[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(LOCALE[language]).format(value) : value;
  });
}

function pluralOf(text: string, values: Values | undefined, language: Language): string {
  const [one, other] = text.split(" | ");
  const n = values?.["n"];
  if (one === undefined || other === undefined || typeof n !== "number") return text;
  return new Intl.PluralRules(LOCALE[language]).select(n) === "one" ? one : other;
}

/** A sentence of the server in the language of the page, by its code; else as the server has it, in English. */
export type Tell = (code: string, english: string, values?: Values) => string;

interface Words {
  t: Translate;
  tell: Tell;
  language: Language;
  setLanguage: (language: Language) => void;
}

const WordsContext = createContext<Words | null>(null);

interface WordsProviderProps {
  first: Language;
  texts: Texts;
  server: Loaded["server"];
  children: ReactNode;
}

/** Gives every component its words. `texts` and `server`: those of `first`, loaded before anything is shown. */
export function WordsProvider({ first, texts, server, children }: WordsProviderProps) {
  const [now, setNow] = useState({ language: first, texts, server });
  useEffect(() => {
    document.documentElement.lang = now.language === "zh" ? "zh-Hans" : "en";
  }, [now.language]);
  const setLanguage = useCallback((language: Language) => {
    localStorage.setItem(STORED, language);
    void loadTexts(language).then((loaded) => setNow({ language, ...loaded }));
  }, []);
  const words = useMemo<Words>(
    () => ({
      t: (key, values) => fill(now.texts[key], values, now.language),
      tell: (code, english, values) => fill(now.server[code] ?? english, values, now.language),
      language: now.language,
      setLanguage,
    }),
    [now, setLanguage],
  );
  return <WordsContext value={words}>{children}</WordsContext>;
}

/** The words: `const { t } = useWords()`. */
export function useWords(): Words {
  const words = use(WordsContext);
  if (words === null) throw new Error("useWords outside of WordsProvider");
  return words;
}

interface RichProps {
  k: Key;
  parts: Record<string, ReactNode>;
  values?: Values;
}

/** A sentence with components in it: `<Rich k="watch.linked" parts={{ account: <Id … /> }} />`. */
export function Rich({ k, parts, values }: RichProps) {
  const { t } = useWords();
  const pieces = t(k, values).split(/\{(\w+)\}/);
  return pieces.map((piece, index) => (index % 2 === 0 ? piece : <span key={piece}>{parts[piece]}</span>));
}
