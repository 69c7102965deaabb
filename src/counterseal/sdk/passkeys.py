# SPDX-License-Identifier: Apache-2.0
"""Calls that begin a ceremony: a passkey's, or an authenticator app's. Nothing is stored by them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from counterseal.sdk.transport import Call, segment, write


class PasskeyOptions(msgspec.Struct, frozen=True):
    """`public_key`: the options for the browser (WebAuthn Level 3, 5.1). Good for five minutes."""

    challenge: str
    public_key: dict[str, Any]

    def answered(self, response: dict[str, Any]) -> str:
        """The `secret` of a new factor, or the `answer` of a proof: these options with the browser's answer."""
        return json.dumps({"challenge": self.challenge, "response": response}, separators=(",", ":"))


class AuthenticatorSeed(msgspec.Struct, frozen=True):
    """A fresh seed: base32, the `otpauth://` text, and that as a QR code (an SVG element)."""

    secret: str
    uri: str
    qr: str

    def __repr__(self) -> str:
        return "AuthenticatorSeed(...)"


def passkey_registration(
    account: str, *, factor: str = "passkey", name: str = "", key: str | None = None
) -> Call[PasskeyOptions]:
    """Begin to register a passkey (actions:write). `name`: how the authenticator lists the account."""
    path = f"/v1/accounts/{segment(account)}/passkeys/options"
    return write(PasskeyOptions, path, {"factor": factor, "name": name}, key=key)


def passkey_challenge(action: str, *, key: str | None = None) -> Call[PasskeyOptions]:
    """Begin to prove with a passkey (actions:write). The challenge is bound to all that the action would do."""
    return write(PasskeyOptions, f"/v1/actions/{segment(action)}/passkey", key=key)


def authenticator_seed(account: str, *, name: str = "", key: str | None = None) -> Call[AuthenticatorSeed]:
    """A seed for an authenticator app (actions:write). Ask with it as `secret` and its first code as `confirm`."""
    return write(AuthenticatorSeed, f"/v1/accounts/{segment(account)}/totp/options", {"name": name}, key=key)
