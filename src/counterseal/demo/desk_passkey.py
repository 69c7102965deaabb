# SPDX-License-Identifier: Apache-2.0
"""A passkey in software for the demonstration's officers: ES256, attestation "none" (WebAuthn Level 3, 6.5)."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

from counterseal.factors.webauthn import b64url, from_b64url

_PRESENT, _ATTESTED = 0x05, 0x40  # user present and verified; attested credential data follow


class Passkey:
    """One passkey that answers the options of the server as a browser would."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = secrets.token_bytes(32)
        self._user = b""
        self._count = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """The RegistrationResponseJSON to creation options."""
        self._user = from_b64url(options["user"]["id"])
        key = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call] # has none
        public = cbor.encode(key)
        head = bytes(16) + len(self._id).to_bytes(2, "big") + self._id
        data = self._data(options["rp"]["id"], _ATTESTED) + head + public
        client = _client("webauthn.create", options["challenge"], self._origin)
        attested = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": b64url(client), "attestationObject": b64url(attested)})

    def use(self, options: dict[str, Any]) -> dict[str, Any]:
        """The AuthenticationResponseJSON to request options."""
        client = _client("webauthn.get", options["challenge"], self._origin)
        data = self._data(options["rpId"], 0)
        signature = self._key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64url(client),
                "authenticatorData": b64url(data),
                "signature": b64url(signature),
                "userHandle": b64url(self._user),
            }
        )

    def _data(self, rp: str, more: int) -> bytes:
        self._count += 1
        return sha256(rp.encode()).digest() + bytes((_PRESENT | more,)) + self._count.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = b64url(self._id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def _client(kind: str, challenge: str, origin: str) -> bytes:
    members = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
    return json.dumps(members, separators=(",", ":")).encode()
