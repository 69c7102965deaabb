# SPDX-License-Identifier: Apache-2.0
"""Who made an authenticator: attestation statements (section 8) and the operator's list of trusted roots.

Without a list nothing is read and nothing is trusted: what a maker says is worth as much as the root under it.
With one, a statement that does not verify is refused, and `trusted` says whether its chain led to a root. The
library checks packed, tpm, apple and fido-u2f statements; android-key (8.4) is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from fido2.attestation.apple import AppleAttestation
from fido2.attestation.base import Attestation
from fido2.attestation.packed import PackedAttestation
from fido2.attestation.tpm import TpmAttestation
from fido2.attestation.u2f import FidoU2FAttestation
from fido2.cose import CoseKey
from fido2.webauthn import AuthenticatorData as LibraryData

from counterseal.factors.model import FactorSecretError
from counterseal.factors.webauthn import AuthenticatorData, read_key
from counterseal.factors.webauthn_der import children, content
from counterseal.factors.webauthn_model import PasskeyRefused

MOST_CERTIFICATES = 5  # in a chain
_ANDROID = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
_CHALLENGE, _SOFTWARE, _HARDWARE = 4, 6, 7  # members of KeyDescription
_PURPOSE, _ALL_APPLICATIONS, _ORIGIN = 1, 600, 702  # tags of AuthorizationList
_SIGN, _GENERATED = 2, 0
_FORMATS: Mapping[str, type[Attestation]] = {
    "packed": PackedAttestation,
    "tpm": TpmAttestation,
    "apple": AppleAttestation,
    "fido-u2f": FidoU2FAttestation,
}


class Trust(msgspec.Struct, frozen=True):
    """Roots of authenticators' makers (DER). Empty: attestation is neither asked for nor read."""

    roots: tuple[bytes, ...] = ()

    @classmethod
    def from_pem(cls, texts: Sequence[bytes]) -> Trust:
        """Every certificate of these PEM files; raises FactorSecretError for what is none."""
        try:
            found = [each for text in texts for each in x509.load_pem_x509_certificates(text)]
        except ValueError as error:
            raise FactorSecretError("a root of the trust list is not a PEM certificate") from error
        return cls(tuple(each.public_bytes(Encoding.DER) for each in found))

    @property
    def conveyance(self) -> str:
        """What registration asks for (5.4.7): `direct` where there is something to hold it against."""
        return "direct" if self.roots else "none"


def check_statement(
    trust: Trust,
    form: str,
    statement: Mapping[str, Any],
    raw: bytes,
    data: AuthenticatorData,
    client_hash: bytes,
    now: int,
) -> tuple[str, bool]:
    """(format, whether its chain leads to a root of `trust` at `now`); raises PasskeyRefused.

    `raw`: the authenticator data's own bytes; `client_hash`: SHA-256 of the client data.
    """
    if not trust.roots:
        return "none", False
    if form == "none":
        if statement:
            raise PasskeyRefused("passkey_attestation")
        return "none", False
    try:
        chain = _verified(form, statement, raw, data, client_hash)
        return form, bool(chain) and _leads_to_root(chain, trust, now)
    except PasskeyRefused:
        raise
    except Exception as error:  # whatever a library finds wrong with a statement, it is not accepted
        raise PasskeyRefused("passkey_attestation") from error


def _verified(
    form: str, statement: Mapping[str, Any], raw: bytes, data: AuthenticatorData, client_hash: bytes
) -> list[x509.Certificate]:
    """The chain of a genuine statement, leaf first; empty for self attestation."""
    ders = statement.get("x5c", [])
    if not isinstance(ders, list) or len(ders) > MOST_CERTIFICATES:
        raise PasskeyRefused("passkey_attestation")
    chain = [x509.load_der_x509_certificate(der) for der in ders]
    if form == "android-key":
        _check_android(statement, chain[0], raw, data, client_hash)
        return chain
    library = _FORMATS.get(form)
    if library is None:
        raise PasskeyRefused("passkey_attestation")
    library().verify(statement, LibraryData(raw), client_hash)
    if form == "apple" and not _same_key(chain[0].public_key(), data):  # 8.8, step 5
        raise PasskeyRefused("passkey_attestation")
    return chain


def _check_android(
    statement: Mapping[str, Any], leaf: x509.Certificate, raw: bytes, data: AuthenticatorData, client_hash: bytes
) -> None:
    """8.4: signed by the credential's own key, whose certificate says that the hardware made it for signing."""
    if statement["alg"] != read_key(data.public_key).ALGORITHM or not _same_key(leaf.public_key(), data):
        raise PasskeyRefused("passkey_attestation")
    CoseKey.for_alg(statement["alg"]).from_cryptography_key(leaf.public_key()).verify(
        raw + client_hash, statement["sig"]
    )
    extension = leaf.extensions.get_extension_for_oid(_ANDROID).value
    description = children(content(extension.public_bytes()))
    if description[_CHALLENGE].content != client_hash:
        raise PasskeyRefused("passkey_attestation")
    lists = [
        {each.tag: each.content for each in children(description[at].content)} for at in (_SOFTWARE, _HARDWARE)
    ]
    origins = [each[_ORIGIN] for each in lists if _ORIGIN in each]
    purposes = [each[_PURPOSE] for each in lists if _PURPOSE in each]
    if any(_ALL_APPLICATIONS in each for each in lists) or not origins or not purposes:
        raise PasskeyRefused("passkey_attestation")
    if any(int.from_bytes(content(each), "big") != _GENERATED for each in origins):
        raise PasskeyRefused("passkey_attestation")
    named = [int.from_bytes(each.content, "big") for found in purposes for each in children(content(found))]
    if named != [_SIGN] * len(purposes):
        raise PasskeyRefused("passkey_attestation")


def _same_key(certified: PublicKeyTypes, data: AuthenticatorData) -> bool:
    key = read_key(data.public_key)
    return dict(type(key).from_cryptography_key(certified)) == dict(key)


def _leads_to_root(chain: Sequence[x509.Certificate], trust: Trust, now: int) -> bool:
    """Every certificate is valid at `now` and issued by the next; the last by a root, or is one itself."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    if any(not each.not_valid_before_utc <= at <= each.not_valid_after_utc for each in chain):
        return False
    if any(not _issued(child, parent) for child, parent in pairwise(chain)):
        return False
    last = chain[-1]
    if last.public_bytes(Encoding.DER) in trust.roots:
        return True
    return any(_issued(last, x509.load_der_x509_certificate(root)) for root in trust.roots)


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        if not parent.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return True
