# SPDX-License-Identifier: Apache-2.0
"""TPM attestation statements (8.3): a key of the TPM's maker certifies the key that the TPM made.

The library reads both structures of the TPM. It does not take a `safe` byte other than 0 and 1, which the
specification's own example has; nothing here depends on that byte (the signature covers it), so it is read as 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import new as new_hash
from typing import Any

from cryptography import x509
from fido2.attestation.tpm import TpmAttestationFormat, TpmPublicFormat
from fido2.cose import CoseKey

from counterseal.factors.webauthn import ES256, ES384, ES512, RS256, AuthenticatorData, read_key
from counterseal.factors.webauthn_model import PasskeyRefused

_HASHES = {ES256: "sha256", RS256: "sha256", ES384: "sha384", ES512: "sha512"}
_AIK = x509.ObjectIdentifier("2.23.133.8.3")
_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_HEADER = 6  # bytes: magic, type
_CLOCK = 16  # bytes before `safe`: clock, resets, restarts


def check_tpm(
    statement: Mapping[str, Any], leaf: x509.Certificate, raw: bytes, data: AuthenticatorData, client_hash: bytes
) -> None:
    """Raise PasskeyRefused, or whatever a library raises, unless the statement holds for `raw` and the hash."""
    if statement["ver"] != "2.0":
        raise PasskeyRefused("passkey_attestation")
    _check_certificate(leaf, data)
    area = TpmPublicFormat.parse(statement["pubArea"])
    key = read_key(data.public_key)
    if dict(type(key).from_cryptography_key(area.public_key())) != dict(key):
        raise PasskeyRefused("passkey_attestation")
    info: bytes = statement["certInfo"]
    certified = TpmAttestationFormat.parse(_with_plain_boolean(info))
    signed = new_hash(_HASHES[statement["alg"]], raw + client_hash).digest()
    if certified.data != signed or certified.attested.name != area.name():
        raise PasskeyRefused("passkey_attestation")
    CoseKey.for_alg(statement["alg"]).from_cryptography_key(leaf.public_key()).verify(info, statement["sig"])


def _with_plain_boolean(info: bytes) -> bytes:
    at = _HEADER
    for _ in range(2):  # qualified signer, extra data: each with its length before it
        at += 2 + int.from_bytes(info[at : at + 2], "big")
    at += _CLOCK
    return info[:at] + b"\x01" + info[at + 1 :]


def _check_certificate(leaf: x509.Certificate, data: AuthenticatorData) -> None:
    """8.3.1: version 3, no subject, an alternative name, for attestation keys, no authority."""
    extensions = leaf.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    if leaf.version is not x509.Version.v3 or len(leaf.subject) or not names.critical:
        raise PasskeyRefused("passkey_attestation")
    if _AIK not in usages or authority:
        raise PasskeyRefused("passkey_attestation")
    for extension in extensions:
        if extension.oid == _AAGUID and extension.value.public_bytes()[2:] != data.aaguid:
            raise PasskeyRefused("passkey_attestation")
