# SPDX-License-Identifier: Apache-2.0
"""Signed XML and ASiC containers: what verifies, and every way to make something else look so."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped] # has none
from signxml.algorithms import SignatureConstructionMethod
from signxml.signer import XMLSigner

from counterseal.gateways.documents.container import check_asic, check_xml
from counterseal.judicial.model import Checked, Registered, Verdict, verdict_of
from tests.support.small_pki import BELOW, CONTEXT, COURT, OTHER, SIGNER, certificate

REGISTERED = Registered("District Court", "court", certificates=(SIGNER.sha256.hex(),))
DESK = msgspec.structs.replace(CONTEXT, registry=(REGISTERED,))
ORDER = b'<order xmlns="urn:order" Id="o1"><case>17/2026</case><account>u-1</account></order>'
ASIC = "application/vnd.etsi.asic-s+zip"
PEM = serialization.Encoding.PEM
ECDSA: Any = {"signature_algorithm": "ecdsa-sha256", "digest_algorithm": "sha256"}


def pem(*held: Any) -> str:
    return "".join(x509.load_der_x509_certificate(each.dump()).public_bytes(PEM).decode() for each in held)


def enveloped(data: bytes = ORDER, key: Any = COURT, chain: tuple[Any, ...] = (SIGNER, BELOW)) -> bytes:
    made = XMLSigner(method=SignatureConstructionMethod.enveloped, **ECDSA).sign(
        etree.fromstring(data), key=key, cert=pem(*chain)
    )
    return bytes(etree.tostring(made))


def verdict(checked: Checked) -> Verdict:
    return verdict_of(checked.findings)


def codes(checked: Checked) -> set[str]:
    return {finding.code for finding in checked.findings}


def cades(content: bytes, key: Any = COURT, signer: Any = SIGNER) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(x509.load_der_x509_certificate(signer.dump()), key, hashes.SHA256())
    builder = builder.add_certificate(x509.load_der_x509_certificate(BELOW.dump()))
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def detached(names: tuple[str, ...], documents: dict[str, bytes]) -> bytes:
    """The file of signatures of an ASiC-E container: one XML signature over these entries."""
    references = "".join(
        f'<ds:Reference URI="{name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{base64.b64encode(hashlib.sha256(documents[name]).digest()).decode()}</ds:DigestValue>"
        "</ds:Reference>"
        for name in names
    )
    info = (
        '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></ds:SignatureMethod>'
        f"{references}</ds:SignedInfo>"
    )
    canonical = etree.tostring(etree.fromstring(info), method="c14n", exclusive=True)
    r, s = decode_dss_signature(COURT.sign(canonical, ec.ECDSA(hashes.SHA256())))
    value = base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()
    certificates = "".join(
        f"<ds:X509Certificate>{base64.b64encode(each.dump()).decode()}</ds:X509Certificate>"
        for each in (SIGNER, BELOW)
    )
    return (
        '<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">'
        f'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{info}<ds:SignatureValue>{value}'
        f"</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo></ds:Signature>"
        "</asic:XAdESSignatures>"
    ).encode()


def container(entries: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return held.getvalue()


def asic_s(content: bytes = b"order", **more: bytes) -> bytes:
    return container(
        {"mimetype": ASIC.encode(), "order.pdf": content, "META-INF/signature.p7s": cades(b"order")} | more
    )


def test_a_court_that_signed_the_whole_is_verified() -> None:
    checked = check_xml(enveloped(), DESK)
    assert verdict(checked) == Verdict.VERIFIED
    assert checked.signer is not None
    assert (checked.signer.authority, checked.signer.role) == ("District Court", "court")
    assert checked.covered is not None
    assert checked.covered.whole


def test_what_is_unsigned_or_signed_by_others_is_neutral() -> None:
    stranger = certificate("District Court", "District Court", OTHER, OTHER)
    for data, code in (
        (ORDER, "xml_unsigned"),
        (enveloped(key=OTHER, chain=(stranger,)), "signer_self_signed"),
    ):
        checked = check_xml(data, DESK)
        assert (verdict(checked), code in codes(checked)) == (Verdict.NEUTRAL, True)
    assert codes(check_xml(enveloped(), CONTEXT)) >= {"signer_not_registered"}
    police = msgspec.structs.replace(REGISTERED, role="police")
    assert "signer_role" in codes(check_xml(enveloped(), msgspec.structs.replace(CONTEXT, registry=(police,))))
    assert "revocation_unknown" in codes(check_xml(enveloped(), msgspec.structs.replace(DESK, crls=())))
    assert "signer_unknown_ca" in codes(check_xml(enveloped(), msgspec.structs.replace(DESK, anchors=())))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"17/2026", b"18/2026"), (b"<case>", b"<case>x</case><case>"), (b"</order>", b"<more/></order>")],
)
def test_a_change_contradicts(old: bytes, new: bytes) -> None:
    checked = check_xml(enveloped().replace(old, new, 1), DESK)
    assert verdict(checked) == Verdict.CONTRADICTS


def test_a_signed_part_moved_into_another_document_contradicts() -> None:
    """Signature wrapping: the signed element still verifies, but what is read is another."""
    inner = XMLSigner(method=SignatureConstructionMethod.detached, **ECDSA).sign(
        etree.fromstring(ORDER), key=COURT, cert=pem(SIGNER, BELOW), reference_uri="#o1"
    )
    for forged in (
        b'<order xmlns="urn:order" Id="evil"><account>u-2</account>' + ORDER + etree.tostring(inner) + b"</order>",
        b'<order xmlns="urn:order" Id="o1"><account>u-2</account>' + ORDER + etree.tostring(inner) + b"</order>",
    ):
        checked = check_xml(forged, DESK)
        assert verdict(checked) == Verdict.CONTRADICTS, codes(checked)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<!DOCTYPE o [<!ENTITY x "y">]><o>&x;</o>', "xml_entities"),
        (b'<!DOCTYPE o SYSTEM "file:///etc/passwd"><o/>', "xml_entities"),
        (b"<o><unclosed></o>", "xml_broken"),
        (b'<o><a Id="x"/><b Id="x"/></o>', "xml_identifiers_twice"),
        (b"", "xml_broken"),
    ],
)
def test_xml_that_says_more_than_its_bytes_is_refused(data: bytes, code: str) -> None:
    assert code in codes(check_xml(data, DESK))


def test_a_weak_digest_is_not_accepted() -> None:
    weak = enveloped().replace(
        b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1"
    )
    assert "xml_weak" in codes(check_xml(weak, DESK))


def test_a_container_with_one_signed_document_is_verified() -> None:
    checked = check_asic(asic_s(), DESK)
    assert verdict(checked) == Verdict.VERIFIED, codes(checked)
    assert checked.covered is not None
    assert (checked.covered.bytes, checked.covered.whole) == (5, True)


def test_a_container_whose_signature_names_every_document_is_verified() -> None:
    documents = {"order.pdf": b"order", "annex.pdf": b"annex"}
    signature = detached(tuple(documents), documents)
    made = {"mimetype": b"application/vnd.etsi.asic-e+zip", **documents, "META-INF/signatures.xml": signature}
    checked = check_asic(container(made), DESK)
    assert verdict(checked) == Verdict.VERIFIED, codes(checked)
    checked = check_asic(container(made | {"order.pdf": b"other"}), DESK)
    assert verdict(checked) == Verdict.CONTRADICTS
    checked = check_asic(container(made | {"more.pdf": b"more"}), DESK)
    assert "container_unsigned_entry" in codes(checked)
    assert verdict(checked) == Verdict.CONTRADICTS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (asic_s(b"0rder"), "xml_signature_wrong"),
        (asic_s() + b"more", "container_bytes_outside"),
        (b"before" + asic_s(), "container_bytes_outside"),
        (container({"mimetype": ASIC.encode(), "META-INF/signature.p7s": b""}), "container_empty"),
        (container({"mimetype": ASIC.encode(), "order.pdf": b"order"}), "xml_unsigned"),
        (container({"mimetype": ASIC.encode(), "../order.pdf": b"order"}), "container_path"),
        (container({"mimetype": ASIC.encode(), "a.pdf": b"1", "A.pdf": b"2"}), "container_two_faces"),
        (container({"mimetype": ASIC.encode(), "a.pdf": b"\0" * 30_000_000}), "container_too_much"),
        (asic_s()[:-30], "container_broken"),
        (asic_s(**{"META-INF/signature.p7s": b"\x30\x80nothing"}), "xml_signature_odd"),
    ],
    ids=["changed", "behind", "before", "empty", "unsigned", "path", "case", "bomb", "torn", "odd"],
)
def test_a_container_that_is_not_what_was_signed_is_refused(data: bytes, code: str) -> None:
    checked = check_asic(data, DESK)
    assert code in codes(checked), codes(checked)
    assert verdict(checked) != Verdict.VERIFIED


def test_an_entry_that_two_readers_see_differently_contradicts() -> None:
    data = bytearray(asic_s())
    at = data.index(b"order.pdf")
    data[at : at + 9] = b"0rder.pdf"  # in the local header only
    checked = check_asic(bytes(data), DESK)
    assert "container_two_faces" in codes(checked)


def test_the_citizen_of_the_same_ca_is_never_positive() -> None:
    from tests.support.small_pki import SUB  # noqa: PLC0415 - one test's

    citizen = certificate("Erika Mustermann", "Courts", OTHER, SUB, serial=77)
    checked = check_xml(enveloped(key=OTHER, chain=(citizen, BELOW)), DESK)
    assert (verdict(checked), codes(checked)) == (Verdict.NEUTRAL, {"signer_not_registered"})


GOOD = enveloped()
GOOD_CONTAINER = asic_s()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_changed_byte_of_signed_xml_is_accepted_or_raises(at: int, change: int) -> None:
    data = bytearray(GOOD)
    data[at] ^= change
    if verdict(check_xml(bytes(data), DESK)) == Verdict.VERIFIED:  # spaces inside base64, and such
        assert same(bytes(data))


def same(data: bytes) -> bool:
    """Whether what is signed says the same."""
    one, two = etree.fromstring(GOOD), etree.fromstring(data)
    for root in (one, two):
        for signature in root.findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
            root.remove(signature)
    return bool(etree.tostring(one, method="c14n") == etree.tostring(two, method="c14n"))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD_CONTAINER) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_container_changes_what_is_accepted(at: int, change: int) -> None:
    data = bytearray(GOOD_CONTAINER)
    data[at] ^= change
    checked = check_asic(bytes(data), DESK)
    if verdict(checked) == Verdict.VERIFIED:
        with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
            assert archive.read("order.pdf") == b"order"


def test_base64_of_a_certificate_that_is_none_is_odd() -> None:
    broken = enveloped().replace(base64.b64encode(SIGNER.dump())[:40], b"A" * 40, 1)
    assert verdict(check_xml(broken, DESK)) != Verdict.VERIFIED
