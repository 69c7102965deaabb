// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { pictureOf, themed } from "../../src/pages/policies/picture";

const svg = (inner: string, attributes = ""): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}><title>A path</title><desc>0 h: login</desc><style>svg{--a:#fff}@media (prefers-color-scheme:dark){svg{--a:#000}}@media print{svg{--a:#fff}}text{fill:red}</style>${inner}</svg>`;

describe("a picture", () => {
  it("gives its sentence and its content in words", () => {
    const found = pictureOf(svg('<g><rect x="1"/><text>login</text></g>'), false);
    expect(found.title).toBe("A path");
    expect(found.description).toBe("0 h: login");
    expect(found.source.startsWith("data:image/svg+xml")).toBe(true);
  });

  it.each([
    '<script>alert(1)</script>',
    '<a href="https://x.test"><text>x</text></a>',
    '<image href="https://x.test/a.png"/>',
    '<rect onclick="alert(1)"/>',
    '<foreignObject><div/></foreignObject>',
    '<use href="#a"/>',
    "<g><unclosed></g>",
    "<style>a{}<script>alert(1)</script></style>",
  ])("refuses %s", (inner) => {
    expect(() => pictureOf(svg(inner), false)).toThrow();
  });

  it("refuses what is no picture", () => {
    expect(() => pictureOf("<html></html>", false)).toThrow();
    expect(() => pictureOf(svg("", 'onload="x()"'), false)).toThrow();
  });

  it("follows the page's theme, not the system's", () => {
    expect(themed(svg(""), true)).toContain("svg{--a:#fff}svg{--a:#000}@media print");
    expect(themed(svg(""), false)).toContain("svg{--a:#fff}@media print");
  });
});
