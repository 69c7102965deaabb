// SPDX-License-Identifier: Apache-2.0
/** Path pictures: SVG of the prover, shown as an image so that nothing in it can run, in the page's own theme. */

/** A picture that can be shown: `source` for an <img>, `title` in one sentence, `description` for those who hear it. */
export interface Picture {
  source: string;
  title: string;
  description: string;
}

const ALLOWED = new Set(["svg", "title", "desc", "defs", "pattern", "rect", "g", "text", "tspan", "path", "circle", "line", "polyline", "polygon"]);
// Styles stay in the image; the page's policy would complain about them in a document that is only looked through.
const STYLE = /<style>[^<]*<\/style>/g;
const DARK_RULE = /@media \(prefers-color-scheme:\s*dark\)\s*\{((?:[^{}]*\{[^{}]*\})*)\}/g;

/** Read an SVG of the server. Throws if it is no SVG or holds anything that a drawing does not need. */
export function pictureOf(svg: string, dark: boolean): Picture {
  const parsed = new DOMParser().parseFromString(svg.replace(STYLE, ""), "image/svg+xml");
  const root = parsed.documentElement;
  if (root.nodeName !== "svg") throw new Error("the picture is not an SVG");
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (!ALLOWED.has(element.nodeName)) throw new Error(`the picture holds an element ${element.nodeName}`);
    for (const attribute of element.attributes) {
      const name = attribute.name.toLowerCase();
      if (name.startsWith("on") || name.endsWith("href")) throw new Error(`the picture holds an attribute ${name}`);
    }
  }
  return {
    source: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(themed(svg, dark))}`,
    title: root.querySelector("title")?.textContent ?? "",
    description: root.querySelector("desc")?.textContent ?? "",
  };
}

/** The page's theme overrides the system's, also inside the picture. */
export function themed(svg: string, dark: boolean): string {
  return svg.replace(DARK_RULE, (_whole, rules: string) => (dark ? rules : ""));
}
