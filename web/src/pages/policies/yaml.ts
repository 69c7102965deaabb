// SPDX-License-Identifier: Apache-2.0
/** A light colouring of a policy's lines. It only marks spans; the text stays as it was loaded. */

export type SpanKind = "k" | "o" | "n" | "s" | "c" | "";

export interface Span {
  kind: SpanKind;
  text: string;
}

const TOKEN =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<key>[A-Za-z_][A-Za-z0-9_-]*(?=\s*:(?:\s|$)))|(?<operator>\b(?:and|or|k of|of|strongest|since|age)\b|>=|<=|==)|(?<number>\b[0-9][0-9_.]*(?:h|d|m|s)?\b)/gu;

/** The spans of one line; joined they are the line. */
export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const found of line.matchAll(TOKEN)) {
    if (found.index > end) spans.push({ kind: "", text: line.slice(end, found.index) });
    spans.push({ kind: kindOf(found.groups ?? {}), text: found[0] });
    end = found.index + found[0].length;
  }
  if (end < line.length) spans.push({ kind: "", text: line.slice(end) });
  return spans;
}

function kindOf(groups: Partial<Record<string, string>>): SpanKind {
  if (groups["comment"] !== undefined) return "c";
  if (groups["string"] !== undefined) return "s";
  if (groups["key"] !== undefined) return "k";
  return groups["operator"] === undefined ? "n" : "o";
}
