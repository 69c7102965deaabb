# SPDX-License-Identifier: Apache-2.0
"""An authenticator and a browser in software: real ES256 keys, real CBOR, every flag and counter set by hand."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

from counterseal.factors.webauthn import b64url, from_b64url

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Authenticator:
    """One passkey of one authenticator. `counting`: raise the counter at each use; `synced`: set BE and BS."""

    origin: str = "https://guard.example"
    counting: bool = True
    synced: bool = False
    verifies: bool = True
    count: int = 0
    aaguid: bytes = bytes(16)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: bytes = b""

    def register(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The RegistrationResponseJSON to creation options; `client`: members of the client data to override."""
        self.user = from_b64url(options["user"]["id"])
        head = self.aaguid + len(self.id).to_bytes(2, "big") + self.id
        data = (
            self._data(options["rp"]["id"], AT)
            + head
            + cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        )
        attested = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": b64url(self.client_data("webauthn.create", options["challenge"], **client)),
            "attestationObject": b64url(attested),
            "transports": ["internal", "hybrid"],
        }
        return self._answer(response, clientExtensionResults={"credProps": {"rk": True}})

    def use(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """The AuthenticationResponseJSON to request options."""
        raw = self.client_data("webauthn.get", options["challenge"], **client)
        data = self._data(options["rpId"], 0)
        signature = self.key.sign(data + sha256(raw).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64url(raw),
            "authenticatorData": b64url(data),
            "signature": b64url(signature),
            "userHandle": b64url(self.user),
        }
        return self._answer(response, clientExtensionResults={})

    def client_data(self, kind: str, asked: str, **client: Any) -> bytes:
        """CollectedClientData as a browser writes it."""
        members = {"type": kind, "challenge": asked, "origin": self.origin, "crossOrigin": False} | client
        return json.dumps(members, separators=(",", ":")).encode()

    def _data(self, rp: str, more: int) -> bytes:
        if self.counting:
            self.count += 1
        flags = UP | more | (UV if self.verifies else 0) | (BE | BS if self.synced else 0)
        return sha256(rp.encode()).digest() + bytes((flags,)) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any], **more: Any) -> dict[str, Any]:
        identity = b64url(self.id)
        return {"id": identity, "rawId": identity, "type": "public-key", "response": response, **more}
