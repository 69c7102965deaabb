// SPDX-License-Identifier: Apache-2.0
import { type RefObject, useEffect, useState } from "react";

/** Whether a box scrolls sideways now: then it must take focus, so that arrow keys can move it. */
export function useOverflowFocus(box: RefObject<HTMLElement | null>): boolean {
  const [overflowing, setOverflowing] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => setOverflowing(element.scrollWidth > element.clientWidth + 1));
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [box]);
  return overflowing;
}
