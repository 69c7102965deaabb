// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { texts as en } from "../src/texts/en";
import { server, texts as zh } from "../src/texts/zh";

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();

describe("texts", () => {
  it("have the same keys", () => expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort()));

  it.each(Object.keys(en) as (keyof typeof en)[])("%s has the same values in both languages", (key) => {
    const english = en[key].split(" | ").at(-1) ?? "";
    expect(names(zh[key])).toEqual(names(english));
    expect(zh[key]).not.toBe("");
  });

  it.each(Object.entries(en))("%s follows the tone of voice", (_key, text) => {
    expect(text).not.toMatch(/!|\bplease\b|\boops\b|e-mail|Yes\b|Submit/i);
  });

  it.each([...Object.entries(zh), ...Object.entries(server as Record<string, string>)])("%s uses full-width punctuation and a space beside Latin", (_key, text) => {
    expect(text).not.toMatch(/[\u4e00-\u9fff][,;:?!]/);
    const words = text.replace(/\{\w+\}/g, ""); // a value brings its own language
    expect(words).not.toMatch(/[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]/);
  });
});
