# SPDX-License-Identifier: Apache-2.0
"""A small PKI: an anchor, a CA of courts below it, a court, and lists of what is revoked."""

from __future__ import annotations

import datetime as dt

from asn1crypto import x509 as asn1  # type: ignore[import-untyped] # has none
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from counterseal.judicial.model import Context

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)  # signing tools take the time of the machine
START = NOW - 150 * DAY
DER = serialization.Encoding.DER
ROOT, SUB, COURT, OTHER = (ec.derive_private_key(number, ec.SECP256R1()) for number in (2, 3, 5, 7))


def ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


def name(common: str) -> x509.Name:
    parts = ((x509.NameOID.COUNTRY_NAME, "NM"), (x509.NameOID.ORGANIZATION_NAME, "Judiciary, Northmark"))
    attributes = [x509.NameAttribute(oid, value) for oid, value in (*parts, (x509.NameOID.COMMON_NAME, common))]
    return x509.Name(attributes)


def certificate(
    subject: str,
    issuer: str,
    key: CertificateIssuerPrivateKeyTypes,
    by: CertificateIssuerPrivateKeyTypes,
    *,
    authority: bool = False,
    days: int = 365,
    serial: int = 1,
    signs: bool = True,
) -> asn1.Certificate:
    builder = x509.CertificateBuilder(
        name(issuer), name(subject), key.public_key(), serial, START, START + days * DAY
    )
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    usage = x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    made = builder.add_extension(usage, critical=True).sign(by, hashes.SHA256())
    return asn1.Certificate.load(made.public_bytes(DER))


def crl(issuer: str, by: ec.EllipticCurvePrivateKey, *revoked: int, until: dt.datetime = NOW + DAY) -> bytes:
    builder = x509.CertificateRevocationListBuilder(name(issuer), NOW - DAY, until)
    for serial in revoked:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, NOW - 2 * DAY).build())
    return builder.sign(by, hashes.SHA256()).public_bytes(DER)


ANCHOR = certificate("Root", "Root", ROOT, ROOT, authority=True)
BELOW = certificate("Courts", "Root", SUB, ROOT, authority=True, serial=2)
SIGNER = certificate("District Court", "Courts", COURT, SUB, serial=3)
LISTS = (crl("Root", ROOT), crl("Courts", SUB))
CONTEXT = Context(ms(NOW), anchors=(ANCHOR.dump(),), crls=LISTS)
