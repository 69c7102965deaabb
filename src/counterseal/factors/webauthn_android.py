# SPDX-License-Identifier: Apache-2.0
"""Android Keystore statements (8.4): the credential's own key signs, and its certificate describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from fido2.cose import CoseKey

from counterseal.factors.webauthn import AuthenticatorData, read_key
from counterseal.factors.webauthn_der import Element, children, content
from counterseal.factors.webauthn_model import PasskeyRefused

_DESCRIPTION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
_CHALLENGE, _SOFTWARE, _HARDWARE = 4, 6, 7  # members of KeyDescription
_PURPOSE, _ALL_APPLICATIONS, _ORIGIN = 1, 600, 702  # tags of AuthorizationList
_SIGN, _GENERATED = 2, 0

List = dict[int, bytes]


def check_android(
    statement: Mapping[str, Any], leaf: x509.Certificate, raw: bytes, data: AuthenticatorData, client_hash: bytes
) -> bool:
    """Whether the hardware itself says that it made the key, for signing. Raises PasskeyRefused, or whatever a
    library raises, for a statement that does not hold or says otherwise."""
    key = read_key(data.public_key)
    certified = CoseKey.for_alg(statement["alg"]).from_cryptography_key(leaf.public_key())
    if dict(certified) != dict(key):
        raise PasskeyRefused("passkey_attestation")
    certified.verify(raw + client_hash, statement["sig"])
    extension = leaf.extensions.get_extension_for_oid(_DESCRIPTION).value
    description = children(content(extension.public_bytes()))
    if description[_CHALLENGE].content != client_hash:
        raise PasskeyRefused("passkey_attestation")
    software, hardware = _list(description[_SOFTWARE]), _list(description[_HARDWARE])
    for each in (software, hardware):
        if _ALL_APPLICATIONS in each or not _origin(each) <= {_GENERATED} or not _purposes(each) <= {_SIGN}:
            raise PasskeyRefused("passkey_attestation")
    return bool(_origin(hardware)) and bool(_purposes(hardware))


def _list(element: Element) -> List:
    return {each.tag: each.content for each in children(element.content)}


def _origin(found: List) -> set[int]:
    return {int.from_bytes(content(found[_ORIGIN]), "big")} if _ORIGIN in found else set()


def _purposes(found: List) -> set[int]:
    if _PURPOSE not in found:
        return set()
    return {int.from_bytes(each.content, "big") for each in children(content(found[_PURPOSE]))}
