// SPDX-License-Identifier: Apache-2.0
/* Everything a page is made of: one component per block of the style guide. */

export { Amount } from "./amount";
export { Avatar, initials, type Slot, Slots } from "./approvals";
export { Badge, type Tone } from "./badge";
export { Banner } from "./banner";
export { Button, type ButtonKind } from "./button";
export { Capabilities } from "./capability";
export { Confirm, Dialog, Effects } from "./dialog";
export { type Actor, ActorLegend, Events, type TimelineEntry } from "./events";
export { Check, Field } from "./field";
export { currentParams, FilterBar, FilterChip, SearchFilter, Segment, SelectFilter, useFilter, useSlash } from "./filters";
export { type HeatRow, HeatTable } from "./heat-table";
export { Icon, type IconName, Mark } from "./icon";
export { Id } from "./id";
export { isOutcome, Outcome, type OutcomeName, OUTCOMES } from "./outcome";
export { Panel } from "./panel";
export { ProblemBanner, useProblemText } from "./problem";
export { Page } from "./shell/page";
export { Empty, Loading, Skeleton, Stale, useDelayed } from "./states";
export { type Column, Table } from "./table";
export { Duration, Time } from "./time";
export { useWindowLabel, Window, WindowLegend, type WindowValue } from "./window";
