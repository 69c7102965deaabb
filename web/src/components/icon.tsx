// SPDX-License-Identifier: Apache-2.0
/* Icons on a 16 px grid, 1.5 px stroke, in the colour of their text. A meaning is always said in words beside. */

import type { ReactNode } from "react";

const SHAPES = {
  auto: <><rect x="1.75" y="2.75" width="12.5" height="8.5" rx="1.25" /><path d="M5.5 13.75h5" /></>,
  bell: <path d="M8 1.75a4 4 0 0 0-4 4c0 3.5-1.5 5-1.5 5h11s-1.5-1.5-1.5-5a4 4 0 0 0-4-4zM6.6 13.25c.3.5.8.8 1.4.8s1.1-.3 1.4-.8" />,
  belloff: <path d="M4.1 5.1c-.07.2-.1.4-.1.65 0 3.5-1.5 5-1.5 5h8.25M12.9 9.6c-.5-.85-.9-2.1-.9-3.85a4 4 0 0 0-6-3.45M6.6 13.25c.3.5.8.8 1.4.8s1.1-.3 1.4-.8M2 2l12 12" />,
  book: <path d="M3.25 2.5h7.5c1.1 0 2 .9 2 2v9h-7.5a2 2 0 0 1-2-2zM3.25 11.5a2 2 0 0 1 2-2h7.5" />,
  call: <path d="M4.1 2h2l1 3-1.5 1.2a8 8 0 0 0 4.2 4.2L11 8.9l3 1v2a2 2 0 0 1-2.2 2A11.6 11.6 0 0 1 2.1 4.2 2 2 0 0 1 4.1 2z" />,
  campaign: <><circle cx="3.75" cy="4" r="1.75" /><circle cx="12.25" cy="5" r="1.75" /><circle cx="7" cy="12.25" r="1.75" /><path d="M5.4 4.3l5.1.5M4.4 5.6l1.9 5M11.2 6.4l-3.2 4.4" /></>,
  check: <path d="M3 8.5l3.25 3.25L13 4.5" />,
  chev: <path d="M6 3.5L10.5 8 6 12.5" />,
  clock: <><circle cx="8" cy="8" r="6.25" /><path d="M8 4.75V8l2.25 1.5" /></>,
  coins: <><ellipse cx="8" cy="4" rx="5.25" ry="2.25" /><path d="M2.75 4v4c0 1.25 2.35 2.25 5.25 2.25S13.25 9.25 13.25 8V4M2.75 8v4c0 1.25 2.35 2.25 5.25 2.25s5.25-1 5.25-2.25V8" /></>,
  copy: <><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M3.25 10.5A1.25 1.25 0 0 1 2.5 9.25v-5.5c0-.7.55-1.25 1.25-1.25h5.5c.5 0 .95.3 1.15.75" /></>,
  device: <><rect x="2.25" y="3" width="11.5" height="7.75" rx="1.25" /><path d="M1.25 13.25h13.5" /></>,
  dl: <path d="M8 2v8M4.75 7L8 10.25 11.25 7M2.5 13.5h11" />,
  doc: <path d="M9.25 1.75H4.5A1.25 1.25 0 0 0 3.25 3v10c0 .7.55 1.25 1.25 1.25h7c.7 0 1.25-.55 1.25-1.25V5.25zM9.25 1.75v3.5h3.5M5.75 8.5h4.5M5.75 11h2.5" />,
  filter: <path d="M2 3.75h12M4.25 8h7.5M6.5 12.25h3" />,
  flag: <path d="M3.5 14.25V2.75s1-.75 2.6-.75 2.7 1.25 4.3 1.25 2.1-.5 2.1-.5V9s-.6.5-2.1.5S7.7 8.25 6.1 8.25 3.5 9 3.5 9" />,
  globe: <><circle cx="8" cy="8" r="6.25" /><path d="M1.75 8h12.5M8 1.75c1.8 1.8 2.5 4 2.5 6.25S9.8 12.45 8 14.25C6.2 12.45 5.5 10.25 5.5 8S6.2 3.55 8 1.75" /></>,
  gov: <path d="M2 13.75h12M3.75 11.5V7M6.6 11.5V7M9.4 11.5V7M12.25 11.5V7M8 2L2 5.25h12z" />,
  info: <><circle cx="8" cy="8" r="6.25" /><path d="M8 7.5v3.5M8 5v.01" /></>,
  key: <><circle cx="5" cy="11" r="2.75" /><path d="M7 9l6-6M10.5 5.5l2 2M8.75 7.25l1.25 1.25" /></>,
  lab: <path d="M6 1.75h4M6.75 2v4L3.1 12.3a1.25 1.25 0 0 0 1.1 1.95h7.6a1.25 1.25 0 0 0 1.1-1.95L9.25 6V2M5 10.25h6" />,
  left: <path d="M10 3.5L5.5 8 10 12.5" />,
  list: <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01" />,
  lock: <><rect x="3.25" y="7" width="9.5" height="6.75" rx="1.5" /><path d="M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2" /></>,
  mail: <><rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.5" /><path d="M2.25 4.5L8 8.75l5.75-4.25" /></>,
  menu: <path d="M2 4.5h12M2 8h12M2 11.5h12" />,
  minus: <path d="M3.5 8h9" />,
  moon: <path d="M13.5 9.6A5.75 5.75 0 0 1 6.4 2.5a5.75 5.75 0 1 0 7.1 7.1z" />,
  passkey: <><circle cx="6" cy="5" r="2.75" /><path d="M1.5 13.5c.3-2.6 2-4 4.5-4 .7 0 1.35.1 1.9.35" /><circle cx="11.75" cy="8.25" r="2" /><path d="M11.75 10.25v4M11.75 12.25h1.5" /></>,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  people: <><circle cx="6" cy="5.5" r="2.25" /><path d="M1.75 13c.4-2.3 2-3.5 4.25-3.5s3.85 1.2 4.25 3.5M10.5 3.4a2.25 2.25 0 0 1 0 4.2M12 9.9c1.2.5 2 1.6 2.25 3.1" /></>,
  phone: <><rect x="4.25" y="1.5" width="7.5" height="13" rx="1.5" /><path d="M7.25 12.25h1.5" /></>,
  pin: <><path d="M8 14.25s4.5-4.2 4.5-7.75a4.5 4.5 0 0 0-9 0C3.5 10.05 8 14.25 8 14.25z" /><circle cx="8" cy="6.5" r="1.5" /></>,
  play: <path d="M5 3.25v9.5L12.75 8z" />,
  refresh: <path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3h-3" />,
  right: <path d="M2.75 8h10M9 4.25L12.75 8 9 11.75" />,
  search: <><circle cx="7" cy="7" r="4.25" /><path d="M10.25 10.25l3.5 3.5" /></>,
  shield: <path d="M8 1.75L13 3.5v4.25c0 3-2 5.25-5 6.5-3-1.25-5-3.5-5-6.5V3.5z" />,
  sim: <><path d="M4.75 1.75h4.5l3 3v8.5c0 .55-.45 1-1 1h-6.5a1 1 0 0 1-1-1V2.75c0-.55.45-1 1-1z" /><path d="M6 8h4v3.75H6zM8 8v3.75M6 9.9h4" /></>,
  sms: <><path d="M2.25 3.25h11.5v7.75h-6l-3.25 2.75V11H2.25z" /><path d="M5.25 7.1h.01M8 7.1h.01M10.75 7.1h.01" /></>,
  snow: <path d="M8 1.5v13M2.4 4.75l11.2 6.5M13.6 4.75L2.4 11.25M6.25 2.75L8 4.25l1.75-1.5M6.25 13.25L8 11.75l1.75 1.5" />,
  spin: <path d="M8 1.75a6.25 6.25 0 1 1-6.25 6.25" />,
  sun: <><circle cx="8" cy="8" r="2.75" /><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7" /></>,
  totp: <><rect x="2.25" y="4.25" width="11.5" height="7.5" rx="1.5" /><path d="M5 8h.01M8 8h.01M11 8h.01" /></>,
  undo: <path d="M5.5 2.75l-3 3 3 3M2.75 5.75h6.5a4 4 0 0 1 0 8H6" />,
  user: <><circle cx="8" cy="5.25" r="2.75" /><path d="M2.75 13.75c.6-2.6 2.7-4 5.25-4s4.65 1.4 5.25 4" /></>,
  warn: <path d="M8 2.25L14.25 13H1.75zM8 6.5v3M8 11.25v.01" />,
  watch: <path d="M1.5 8.5h2.75l2-5.5 3.25 10 2.25-4.5h2.75" />,
  x: <path d="M4 4l8 8M12 4l-8 8" />,
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

interface IconProps {
  name: IconName;
  size?: 12 | 16 | 20 | 24;
}

/** One icon; hidden from readers, since a word stands beside it. */
export function Icon({ name, size = 16 }: IconProps) {
  const sized = size === 16 ? "i" : `i i--${String(size)}`;
  return (
    <svg className={sized} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {SHAPES[name]}
    </svg>
  );
}

/** The sign of the product: two seals that overlap. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="1.75">
        <circle cx="8.75" cy="12" r="6.75" />
        <circle cx="15.25" cy="12" r="6.75" />
      </g>
      <path fill="currentColor" d="M12 6.08a6.75 6.75 0 0 1 0 11.84 6.75 6.75 0 0 1 0-11.84z" />
    </svg>
  );
}
