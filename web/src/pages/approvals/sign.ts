// SPDX-License-Identifier: Apache-2.0
/* A signature: a fresh passkey assertion over the digest (WebAuthn L3). */

import { call } from "../../api/client";
import { assertPasskey } from "../../webauthn";
import type { Approval } from "./read";

interface Options {
  public_key: Record<string, unknown>;
}

/** Sign with one of my passkeys. Raises Problem; `passkey_cancelled`: the person closed the passkey's dialog. */
export async function sign(approval: Approval): Promise<Approval> {
  const path = `/v1/approvals/${encodeURIComponent(approval.id)}`;
  const { public_key } = await call<Options>("POST", `${path}/options`);
  const body = await assertPasskey(public_key);
  return call<Approval>("POST", `${path}/sign`, { body });
}
