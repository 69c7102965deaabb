# SPDX-License-Identifier: Apache-2.0
"""XML signatures (XMLDSig, XAdES) with signxml: what each signs, and by whom, against the pinned anchors.

The certificate is taken from the signature's KeyInfo and judged by `chain`; signxml is given it as the only key, so
that it decides nothing about trust. Time stamps inside XAdES are not evaluated: the signer's time is its own word.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable
from typing import Final

from asn1crypto import x509  # type: ignore[import-untyped] # has none
from cryptography.x509 import load_der_x509_certificate
from lxml import etree  # type: ignore[import-untyped] # has none
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from counterseal.gateways.documents.signers import Signed, judged
from counterseal.gateways.documents.xml_tree import DS, signatures
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding

MOST: Final = 20
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
_WEAK_METHODS: Final = ("sha1", "md5", "hmac", "dsa-sha1", "ripemd160")
Resolver = Callable[[str], bytes]


def signed(
    root: etree._Element, signature: etree._Element, context: Context, resolver: Resolver | None, where: str
) -> Signed:
    """Check one signature of the document `root`. `resolver`: bytes for a reference to a file. Raises nothing."""
    references = tuple(each.get("URI", "") for each in signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference"))
    content = tuple(
        each.get("URI", "")
        for each in signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
        if each.get("Type") != SIGNED_PROPERTIES
    )
    if weak := _weak(signature):
        return Signed(content, None, (found("xml_weak", where, name=weak),), good=False)
    certificates = _certificates(signature)
    if not certificates or not references:
        reason = "it names no certificate" if not certificates else "it signs nothing"
        return Signed(content, None, (found("xml_signature_odd", where, reason=reason),), good=False)
    fault = _fault(root, signature, certificates[0], resolver, where)
    if fault is not None:
        return Signed(content, None, (fault,), good=False)
    signer, findings = judged(certificates, context, where, claimed=_claimed(signature))
    return Signed(content, signer, findings, good=not findings)


def _fault(
    root: etree._Element,
    signature: etree._Element,
    certificate: x509.Certificate,
    resolver: Resolver | None,
    where: str,
) -> Finding | None:
    """Why the mathematics do not hold; None where they do."""
    given = load_der_x509_certificate(certificate.dump())
    place = signatures(root).index(signature)
    config = SignatureConfiguration(
        expect_references=True,
        signature_methods=frozenset(each for each in SignatureMethod if not _is_weak(each.value)),
        digest_algorithms=frozenset(each for each in DigestAlgorithm if not _is_weak(each.value)),
        verification_time=given.not_valid_before_utc + dt.timedelta(seconds=1),  # its time is judged with its chain
    )
    try:
        _Verifier(place).verify(root, x509_cert=given, uri_resolver=resolver, expect_config=config)
    except InvalidDigest as error:
        return found("xml_signature_wrong", where, reason=str(error))
    except InvalidInput as error:
        return found("xml_signature_odd", where, reason=str(error))
    except InvalidSignature as error:
        return found("xml_signature_wrong", where, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a signature makes the library raise
        return found("xml_signature_odd", where, reason=type(error).__name__)
    return None


class _Verifier(XMLVerifier):
    """Checks the signature at one place, not the first that it finds."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place

    def _get_signature(self, root: etree._Element) -> etree._Element:
        return signatures(root)[self._place]


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    """Of KeyInfo, the signer's first; those that cannot be read are left out."""
    read = []
    for element in signature.findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")[:MOST]:
        try:
            der = base64.b64decode("".join((element.text or "").split()), validate=True)
            load_der_x509_certificate(der)  # the stricter of the two parsers
            read.append(x509.Certificate.load(der, strict=True))
        except (ValueError, TypeError, binascii.Error):
            if not read:
                return []  # the signer's own
    return read


def _weak(signature: etree._Element) -> str:
    methods = [
        signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod"),
        *signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference/{{{DS}}}DigestMethod"),
    ]
    names = [each.get("Algorithm", "") for each in methods if each is not None]
    return next((name for name in names if _is_weak(name)), "")


def _is_weak(name: str) -> bool:
    return any(each in name.lower() for each in _WEAK_METHODS)


def _claimed(signature: etree._Element) -> int | None:
    element = signature.find(f".//{{{XADES}}}SigningTime")
    if element is None or not element.text:
        return None
    try:
        read = dt.datetime.fromisoformat(element.text.strip())
    except ValueError:
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=dt.UTC)).timestamp() * 1000)
