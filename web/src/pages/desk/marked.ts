// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

import type { Mark } from "./findings";
import { type Finding, numbered } from "./read";

interface Marked {
  marks: readonly Mark[];
  marked: number | null;
  page: number;
  onMark: (number: number) => void;
  onPage: (page: number) => void;
}

/** Findings with their numbers, the one that is marked, and the page shown: marking one leads to its page. */
export function useMarked(findings: readonly Finding[]): Marked {
  const [marked, setMarked] = useState<number | null>(null);
  const [page, setPage] = useState(1);
  const marks = numbered(findings);
  const onMark = (number: number) => {
    setMarked(number);
    setPage(marks.find((each) => each.number === number)?.finding.boxes[0]?.page ?? page);
  };
  return { marks, marked, page, onMark, onPage: setPage };
}
