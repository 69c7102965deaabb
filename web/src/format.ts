// SPDX-License-Identifier: Apache-2.0
/* Times, durations and amounts as GUIDE says. Pure: the time now and the language are arguments. */

import { type Language, LOCALE } from "./i18n";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Record<Language, readonly [string, number][]> = {
  en: [["d", DAY], ["h", HOUR], ["min", MINUTE], ["s", SECOND]],
  zh: [["天", DAY], ["小时", HOUR], ["分钟", MINUTE], ["秒", SECOND]],
};

/** Two units at most: "9 d 19 h". `ms` below a second is "0 s". */
export function duration(ms: number, language: Language): string {
  const units = UNITS[language];
  let left = Math.max(0, Math.floor(ms / SECOND) * SECOND);
  const first = units.findIndex(([, size]) => left >= size);
  if (first < 0) return `0 ${units[3]?.[0] ?? ""}`;
  const said: string[] = [];
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) said.push(`${count} ${name}`);
  }
  return said.join(" ");
}

/** One unit: "3 h ago", "in 9 h". */
export function relative(at: number, now: number, language: Language): string {
  const apart = Math.abs(at - now);
  const units = UNITS[language];
  const [name, size] = units.find(([, each]) => apart >= each) ?? units[3] ?? ["s", SECOND];
  const said = `${Math.floor(apart / size)} ${name}`;
  if (language === "zh") return at <= now ? `${said}前` : `${said}后`;
  return at <= now ? `${said} ago` : `in ${said}`;
}

/** "04:52:15" today, "9 Jun, 04:52" this year, "9 Jun 2024, 04:52" else; in the browser's zone. */
export function absolute(at: number, now: number, language: Language, seconds = true): string {
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return clockTime(at, language, seconds);
  return `${day(at, now, language)}${language === "zh" ? " " : ", "}${clockTime(at, language, false)}`;
}

/** "04:52:15" or "04:52". */
export function clockTime(at: number, language: Language, seconds = true): string {
  const parts: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) parts.second = "2-digit";
  return new Intl.DateTimeFormat(LOCALE[language], parts).format(at);
}

/** "9 Jun", with the year where it is another one. */
export function day(at: number, now: number, language: Language): string {
  const parts: Intl.DateTimeFormatOptions = { day: "numeric", month: language === "zh" ? "long" : "short" };
  if (new Date(at).getFullYear() !== new Date(now).getFullYear()) parts.year = "numeric";
  return new Intl.DateTimeFormat(LOCALE[language], parts).format(at);
}

/** "UTC+8", "UTC−3:30". */
export function zone(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const sign = minutes < 0 ? "−" : "+";
  return minutes === 0 ? "UTC" : `UTC${sign}${hours}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
}

/** "180,490.69": a decimal in a string, grouped, nothing rounded, minus as "−". Never through a float. */
export function amount(decimal: string): string {
  const found = /^([+-]?)(\d+)(\.\d+)?$/.exec(decimal);
  if (found === null) return decimal;
  const [, sign = "", whole = "", rest = ""] = found;
  return `${sign === "-" ? "−" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest}`;
}

/** Middle out, for hashes and addresses only: "9f8e…a1b2". */
export function shorten(text: string, keep = 6): string {
  return text.length <= 2 * keep + 1 ? text : `${text.slice(0, keep)}…${text.slice(-keep)}`;
}

/** The class of a reaction window in hours; null = not reachable. */
export function windowClass(hours: number | null, silent: boolean): "silent" | "zero" | "short" | "ok" | "never" {
  if (silent) return "silent";
  if (hours === null) return "never";
  if (hours <= 0) return "zero";
  return hours < 24 ? "short" : "ok";
}
