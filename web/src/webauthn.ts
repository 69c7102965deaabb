// SPDX-License-Identifier: Apache-2.0
/* Passkeys in the browser (WebAuthn L3). Options come from the API as JSON; answers go back as JSON. */

import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
  WebAuthnError,
} from "@simplewebauthn/browser";

import { Problem } from "./api/client";

/** What the API takes: the challenge of its options, and `credential.toJSON()`. */
export interface Answer {
  challenge: string;
  /** JSON that we only pass on; `never`, since openapi-fetch takes free-form members as absent ones. */
  response: Record<string, never>;
}

type Options = Record<string, unknown>;

/**
 * Sign what the options stand for. `autofill`: wait until the person picks a passkey in a field with
 * autocomplete="username webauthn". Raises Problem with `passkey_cancelled`, `passkey_stopped` (another
 * ceremony began), or `passkey_failed`.
 */
export async function assertPasskey(publicKey: Options, autofill = false): Promise<Answer> {
  const options = publicKey as unknown as PublicKeyCredentialRequestOptionsJSON;
  try {
    const made = await startAuthentication({ optionsJSON: options, useBrowserAutofill: autofill, verifyBrowserAutofillInput: false });
    return { challenge: options.challenge, response: made as unknown as Answer["response"] };
  } catch (error) {
    throw problemOf(error);
  }
}

/** Make a passkey. Raises Problem, also with `passkey_known`: this device holds one for this person already. */
export async function createPasskey(publicKey: Options): Promise<Answer> {
  const options = publicKey as unknown as PublicKeyCredentialCreationOptionsJSON;
  try {
    const made = await startRegistration({ optionsJSON: options });
    return { challenge: options.challenge, response: made as unknown as Answer["response"] };
  } catch (error) {
    throw problemOf(error);
  }
}

/** Stop a ceremony that waits: when its page is left. */
export function stopPasskey(): void {
  WebAuthnAbortService.cancelCeremony();
}

/** Whether fields can offer passkeys. */
export function canAutofill(): Promise<boolean> {
  return browserSupportsWebAuthnAutofill();
}

/** Why passkeys cannot be used at this address, or null. An IP address is no relying party; a name is. */
export function obstacle(place: Location = location): "address" | "insecure" | "unsupported" | null {
  const numeric = /^[0-9.]+$|^\[/.test(place.hostname);
  if (numeric) return "address";
  if (!globalThis.isSecureContext) return "insecure";
  return browserSupportsWebAuthn() ? null : "unsupported";
}

/** This page under the name `localhost`: the same server, where passkeys work. */
export function byName(place: Location = location): string {
  const url = new URL(place.href);
  url.hostname = "localhost";
  return url.href;
}

function problemOf(error: unknown): Problem {
  const code = error instanceof WebAuthnError ? error.code : "";
  const name = error instanceof Error ? error.name : "";
  if (code === "ERROR_CEREMONY_ABORTED" || name === "AbortError") return new Problem(0, "passkey_stopped", "another request took its place");
  if (code === "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED" || name === "InvalidStateError") {
    return new Problem(0, "passkey_known", "this device already holds a passkey for you");
  }
  if (name === "NotAllowedError") return new Problem(0, "passkey_cancelled", "no passkey was used");
  return new Problem(0, "passkey_failed", error instanceof Error ? error.message : String(error));
}
