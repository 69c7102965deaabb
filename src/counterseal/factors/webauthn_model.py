# SPDX-License-Identifier: Apache-2.0
"""What a passkey is here, and why one is refused (Web Authentication Level 3; section numbers are of that text)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.factors.model import FactorSecretError

_VERSION = b"\x01"
MOST_CREDENTIAL_ID = 1023  # bytes (7.1, step 25)
NO_AAGUID = "00000000-0000-0000-0000-000000000000"

SENTENCES: Final = MappingProxyType(
    {
        "passkey_malformed": "the passkey's answer cannot be read",
        "passkey_origin": "the passkey was used on another page than ours",
        "passkey_rp": "the passkey belongs to another site",
        "passkey_challenge": "the passkey answered another question, or too late",
        "passkey_signature": "the passkey's signature does not verify",
        "passkey_unverified_user": "the passkey did not check who used it",
        "passkey_cloned": "the passkey's counter did not rise: it may have been copied",
        "passkey_synced": "the passkey can leave its device, and here it must not",
        "passkey_changed": "the passkey is not of the kind that was enrolled",
        "passkey_attestation": "the authenticator's certificate is not accepted",
        "passkey_unknown": "this passkey is not enrolled here",
    }
)
"""Code -> sentence, for staff and the platform's engineers. Codes are stored: add, never rename."""


class PasskeyRefused(InputError):  # noqa: N818 - a verdict, as `AttestationRefused` is
    """A passkey proves nothing; `code` is a key of SENTENCES."""

    code = "passkey_malformed"

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code], code=code)

    @property
    def reason(self) -> str:
        """The code without its prefix, as failures keep it: `cloned`, `origin`, ..."""
        return self.code.removeprefix("passkey_")


class RelyingParty(msgspec.Struct, frozen=True):
    """Who asks: `id` is a host name, `origins` the pages (scheme://host[:port]) that may run a ceremony."""

    id: str
    name: str
    origins: frozenset[str]


class Credential(msgspec.Struct, frozen=True, array_like=True):
    """One registered passkey. Fields may be appended, never moved.

    `public_key`: COSE_Key (RFC 9052) as the authenticator sent it; `created`: ms; `discoverable` is the client's
    word; `backup_eligible` is the authenticator's, and worth as much as its attestation (`trusted`: the chain led
    to a root of the trust list).
    """

    id: bytes
    public_key: bytes
    sign_count: int = 0
    aaguid: str = NO_AAGUID
    transports: tuple[str, ...] = ()
    backup_eligible: bool = False
    backed_up: bool = False
    discoverable: bool = False
    user_handle: bytes = b""
    attestation: str = "none"
    trusted: bool = False
    created: int = 0
    name: str = ""


class Asserted(msgspec.Struct, frozen=True):
    """A genuine answer. `sign_count` 0 = this authenticator does not count."""

    sign_count: int
    backed_up: bool
    user_verified: bool


def encode_credential(credential: Credential) -> bytes:
    """The stored form: a version byte, then MessagePack."""
    return _VERSION + msgspec.msgpack.encode(credential)


def decode_credential(data: bytes) -> Credential:
    """The credential of a stored form; raises FactorSecretError."""
    if data[:1] != _VERSION:
        raise FactorSecretError("the stored passkey has an unknown version")
    try:
        return msgspec.msgpack.decode(memoryview(data)[1:], type=Credential)
    except msgspec.DecodeError as error:
        raise FactorSecretError("the stored passkey cannot be read") from error
