// SPDX-License-Identifier: Apache-2.0
/** Lines of two texts side by side: what was taken out, what came in, what stayed. */

export type DiffKind = "same" | "added" | "removed";

/** `before`, `after`: the line's number in each text, null where it is not there. */
export interface DiffLine {
  kind: DiffKind;
  before: number | null;
  after: number | null;
  text: string;
}

/** A run of lines that stayed and are left out. */
export interface Gap {
  kind: "gap";
  count: number;
}

const CONTEXT = 3;
/** Beyond this many pairs of lines what differs is shown as taken out and put in whole. */
const MOST = 4_000_000;

/** The lines of a text; the end of the last line begins no further one. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** The longest common subsequence of lines, after what is common at both ends was put aside. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const lines: DiffLine[] = before.slice(0, head).map((text, at) => ({ kind: "same", before: at + 1, after: at + 1, text }));
  lines.push(...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail), head));
  for (let back = tail; back > 0; back -= 1) {
    lines.push({ kind: "same", before: before.length - back + 1, after: after.length - back + 1, text: before[before.length - back] ?? "" });
  }
  return lines;
}

function between(before: readonly string[], after: readonly string[], offset: number): DiffLine[] {
  const rows = before.length;
  const columns = after.length;
  const width = columns + 1;
  const common = rows * columns > MOST ? undefined : new Uint32Array((rows + 1) * width); // of what is left from a pair on
  for (let row = rows - 1; row >= 0 && common !== undefined; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const at = row * width + column;
      common[at] = before[row] === after[column] ? 1 + (common[at + width + 1] ?? 0) : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const at = row * width + column;
    if (common !== undefined && row < rows && column < columns && before[row] === after[column]) {
      lines.push({ kind: "same", before: offset + row + 1, after: offset + column + 1, text: before[row] ?? "" });
      row += 1;
      column += 1;
    } else if (row < rows && (column >= columns || common === undefined || (common[at + width] ?? 0) >= (common[at + 1] ?? 0))) {
      lines.push({ kind: "removed", before: offset + row + 1, after: null, text: before[row] ?? "" });
      row += 1;
    } else {
      lines.push({ kind: "added", before: null, after: offset + column + 1, text: after[column] ?? "" });
      column += 1;
    }
  }
  return lines;
}

/** What differs with three lines around it; the rest as gaps. Empty: nothing differs. */
export function folded(lines: readonly DiffLine[]): (DiffLine | Gap)[] {
  const near = new Set<number>();
  lines.forEach((line, at) => {
    if (line.kind === "same") return;
    for (let each = at - CONTEXT; each <= at + CONTEXT; each += 1) near.add(each);
  });
  if (near.size === 0) return [];
  const shown: (DiffLine | Gap)[] = [];
  lines.forEach((line, at) => {
    const last = shown.at(-1);
    if (near.has(at)) shown.push(line);
    else if (last?.kind === "gap") last.count += 1;
    else shown.push({ kind: "gap", count: 1 });
  });
  return shown;
}
