# SPDX-License-Identifier: Apache-2.0
"""Who made an authenticator: attestation statements (section 8) and the operator's list of trusted roots.

Without a list nothing is read and nothing is trusted: what a maker says is worth as much as the root under it.
With one, a statement that does not verify is refused, and `trusted` says whether its chain led to a root. The
library checks packed, apple and fido-u2f statements; tpm and android-key are checked beside this file.
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
from fido2.attestation.u2f import FidoU2FAttestation
from fido2.webauthn import AuthenticatorData as LibraryData

from counterseal.factors.model import FactorSecretError
from counterseal.factors.webauthn import AuthenticatorData, read_key
from counterseal.factors.webauthn_android import check_android
from counterseal.factors.webauthn_model import PasskeyRefused
from counterseal.factors.webauthn_tpm import check_tpm

MOST_CERTIFICATES = 5  # in a chain
_FORMATS: Mapping[str, type[Attestation]] = {
    "packed": PackedAttestation,
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
        chain = _chain(statement)
        hardware = _verify(form, statement, chain, raw, data, client_hash)
        return form, hardware and bool(chain) and _leads_to_root(chain, trust, now)
    except PasskeyRefused:
        raise
    except Exception as error:  # whatever a library finds wrong with a statement, it is not accepted
        raise PasskeyRefused("passkey_attestation") from error


def _chain(statement: Mapping[str, Any]) -> list[x509.Certificate]:
    """The certificates of a statement, leaf first; none = self attestation."""
    ders = statement.get("x5c", [])
    if not isinstance(ders, list) or len(ders) > MOST_CERTIFICATES:
        raise PasskeyRefused("passkey_attestation")
    return [x509.load_der_x509_certificate(der) for der in ders]


def _verify(
    form: str,
    statement: Mapping[str, Any],
    chain: Sequence[x509.Certificate],
    raw: bytes,
    data: AuthenticatorData,
    client_hash: bytes,
) -> bool:
    """Whether a genuine statement speaks for hardware; raises for one that is not genuine."""
    if form == "android-key":
        return check_android(statement, chain[0], raw, data, client_hash)
    if form == "tpm":
        check_tpm(statement, chain[0], raw, data, client_hash)
        return True
    library = _FORMATS.get(form)
    if library is None:
        raise PasskeyRefused("passkey_attestation")
    library().verify(statement, LibraryData(raw), client_hash)
    if form == "apple" and not _same_key(chain[0].public_key(), data):  # 8.8, step 5
        raise PasskeyRefused("passkey_attestation")
    return True


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
