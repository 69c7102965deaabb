// SPDX-License-Identifier: Apache-2.0
import { type ComponentProps, type ReactNode, useId } from "react";

import { Icon } from "./icon";

interface FieldProps extends Omit<ComponentProps<"input">, "onChange" | "value" | "className"> {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  help?: ReactNode;
  /** What is wrong and what would be right. */
  error?: ReactNode;
  mono?: boolean;
}

/** A text field with its label above it, help and error below. */
export function Field({ label, value, onChange, help, error, mono = false, id, ...rest }: FieldProps) {
  const made = useId();
  const own = id ?? made;
  const below = error !== undefined ? `${own}-e` : help !== undefined ? `${own}-h` : undefined;
  return (
    <div className="field">
      <label htmlFor={own}>{label}</label>
      <input
        {...rest}
        id={own}
        className={mono ? "input mono" : "input"}
        value={value}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={below}
        onChange={(event) => onChange(event.target.value)}
      />
      {error !== undefined ? (
        <span className="field__error" id={`${own}-e`}>
          <Icon name="warn" />
          {error}
        </span>
      ) : (
        help !== undefined && (
          <span className="field__help" id={`${own}-h`}>
            {help}
          </span>
        )
      )}
    </div>
  );
}

interface CheckProps {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** One box to tick. */
export function Check({ label, help, checked, onChange }: CheckProps) {
  const own = useId();
  return (
    <div className="check">
      <input type="checkbox" id={own} checked={checked} aria-describedby={help === undefined ? undefined : `${own}-h`} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <label htmlFor={own}>{label}</label>
        {help !== undefined && (
          <span className="field__help" id={`${own}-h`}>
            {" "}
            {help}
          </span>
        )}
      </span>
    </div>
  );
}
