// SPDX-License-Identifier: Apache-2.0
/* What a browser says about itself, in two words. It may say anything: only to tell one's own sessions apart. */

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[^ ]* .*Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** "Chrome 140, Linux"; what is not known is left as it came, cut to 40 characters. */
export function agentName(agent: string): string {
  const browser = BROWSERS.map(([pattern, name]) => ({ name, found: pattern.exec(agent) })).find((each) => each.found !== null);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser?.found?.[1] === undefined) return agent.slice(0, 40);
  return [`${browser.name} ${browser.found[1]}`, system].filter(Boolean).join(", ");
}
