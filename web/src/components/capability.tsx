// SPDX-License-Identifier: Apache-2.0
/* What an attacker may hold: dashed = assumed by the prover, filled = suspected now. Names are not translated. */

import { Fragment } from "react";

interface CapabilitiesProps {
  names: readonly string[];
  suspected?: boolean;
}

/** Capabilities joined by "+". */
export function Capabilities({ names, suspected = false }: CapabilitiesProps) {
  return (
    <span className="caps">
      {names.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && <span className="plus">+</span>}
          <span className={suspected ? "cap cap--suspected" : "cap"}>{name}</span>
        </Fragment>
      ))}
    </span>
  );
}
