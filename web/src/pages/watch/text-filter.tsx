// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";

import { Icon, type IconName, useFilter } from "../../components";

interface TextFilterProps {
  name: string;
  label: string;
  icon: IconName;
  /** What is wrong with what was typed; it is not asked for then. */
  error?: string | undefined;
}

const PAUSE = 250;

/** A field that filters by what is typed. The key `/` stays with the search of the bar. */
export function TextFilter({ name, label, icon, error }: TextFilterProps) {
  const [value, setValue] = useFilter(name);
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value); // changed from elsewhere: a chip, a link, going back
    setTyped(value);
  }
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => setValue(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, setValue]);
  return (
    <label className="search watch__field" title={error}>
      <Icon name={icon} />
      <span className="vh">{label}</span>
      <input type="search" value={typed} placeholder={label} spellCheck={false} autoComplete="off" aria-invalid={error !== undefined || undefined} onChange={(event) => setTyped(event.target.value)} />
    </label>
  );
}
