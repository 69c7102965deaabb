// SPDX-License-Identifier: Apache-2.0
/* Filters live in the URL, so that a view can be sent to a colleague. */

import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

import { useWords } from "../i18n";
import { Icon } from "./icon";

/** One filter in the URL: `const [outcome, setOutcome] = useFilter("outcome")`; "" = not set. */
export function useFilter(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParams(
        () => {
          const next = currentParams();
          if (value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [name, setParams],
  );
  return [params.get(name) ?? "", set];
}

/** The URL's parameters at this moment: those of the last render lack what was chosen since, and would undo it. */
export function currentParams(): URLSearchParams {
  return new URLSearchParams(location.search);
}

/** A row of filters. */
export function FilterBar({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    <div className={className === undefined ? "filters" : `filters ${className}`} role="search" aria-label={label}>
      {children}
    </div>
  );
}

interface SearchFilterProps {
  name: string;
  label: string;
  /** After so many ms without a key. */
  pause?: number;
}

/** A search field; the key `/` leads to it. */
export function SearchFilter({ name, label, pause = 250 }: SearchFilterProps) {
  const [value, setValue] = useFilter(name);
  const [typed, setTyped] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const sent = useRef(value);
  useSlash(field);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value; // somebody else changed it, such as "Show all": what was typed counts no more
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => {
      sent.current = typed.trim();
      setValue(sent.current);
    }, pause);
    return () => clearTimeout(timer);
  }, [typed, value, setValue, pause]);
  return (
    <label className="search">
      <Icon name="search" />
      <span className="vh">{label}</span>
      <input ref={field} type="search" value={typed} placeholder={label} spellCheck={false} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

/** The key `/`, pressed outside of a field, focuses this field. */
export function useSlash(field: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [field]);
}

interface SelectFilterProps {
  name: string;
  label: string;
  /** The words for "not set", such as "All actions". */
  all: string;
  options: readonly { value: string; label: string }[];
}

/** A choice from a list. */
export function SelectFilter({ name, label, all, options }: SelectFilterProps) {
  const [value, setValue] = useFilter(name);
  return (
    <select className="select" aria-label={label} value={value} onChange={(event) => setValue(event.target.value)}>
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** A filter that is on and can be taken off: "Account acc_7Q4M ×". */
export function FilterChip({ name, label }: { name: string; label: string }) {
  const { t } = useWords();
  const [value, setValue] = useFilter(name);
  if (value === "") return null;
  return (
    <button type="button" className="btn btn--on" onClick={() => setValue("")} aria-label={t("common.removeFilter", { what: `${label} ${value}` })}>
      {label} {value} <Icon name="x" size={12} />
    </button>
  );
}

interface SegmentProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode; count?: number }[];
  onChange: (value: Value) => void;
}

/** A few views of one thing side by side, with counts in the control. */
export function Segment<Value extends string>({ label, value, options, onChange }: SegmentProps<Value>) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
          {option.count !== undefined && <span className="num">{option.count}</span>}
        </button>
      ))}
    </div>
  );
}
