// SPDX-License-Identifier: Apache-2.0
/* A signature: a fresh passkey assertion over the digest (WebAuthn L3). */

import { WebAuthnError, browserSupportsWebAuthn, startAuthentication } from "@simplewebauthn/browser";
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";

import { call } from "../../api/client";
import type { Approval } from "./read";

/** The person closed the passkey's dialog, it timed out, or this browser has none. Nothing was sent. */
export class NotSigned extends Error {
  readonly reason: "cancelled" | "no_passkeys";

  constructor(reason: "cancelled" | "no_passkeys") {
    super(reason);
    this.reason = reason;
  }
}

interface Options {
  public_key: PublicKeyCredentialRequestOptionsJSON;
}

/** Sign with one of my passkeys. Raises Problem, NotSigned. */
export async function sign(approval: Approval): Promise<Approval> {
  if (!browserSupportsWebAuthn()) throw new NotSigned("no_passkeys");
  const path = `/v1/approvals/${encodeURIComponent(approval.id)}`;
  const { public_key: optionsJSON } = await call<Options>("POST", `${path}/options`);
  const response = await asserted(optionsJSON);
  return call<Approval>("POST", `${path}/sign`, { body: { challenge: optionsJSON.challenge, response } });
}

async function asserted(optionsJSON: PublicKeyCredentialRequestOptionsJSON) {
  try {
    return await startAuthentication({ optionsJSON });
  } catch (error) {
    const ended = error instanceof DOMException || error instanceof WebAuthnError || (error instanceof Error && error.name === "NotAllowedError");
    throw ended ? new NotSigned("cancelled") : error;
  }
}
