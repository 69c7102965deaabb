# SPDX-License-Identifier: Apache-2.0
"""PDFs as signing tools make them, and their signers: with pyHanko and a small PKI that is valid around today."""

from __future__ import annotations

import datetime as dt
import functools
import io
from typing import Any

import pikepdf
from asn1crypto import keys, x509  # type: ignore[import-untyped] # has none
from cryptography import x509 as x
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from counterseal.judicial.model import Context, Registered

TODAY = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
DER = serialization.Encoding.DER
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
COURT = "District Court of Northmark"


def name(common: str, organisation: str = "Judiciary of Northmark") -> x.Name:
    parts = ((x.NameOID.ORGANIZATION_NAME, organisation), (x.NameOID.COMMON_NAME, common))
    return x.Name([x.NameAttribute(oid, value) for oid, value in parts])


class Party:
    """A key and its certificate, by an issuer or by itself."""

    def __init__(self, common: str, issuer: Party | None = None, **wish: Any) -> None:
        kind = wish.get("kind", "ec")
        bits = wish.get("bits", 2048)
        self.key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else _rsa(bits)
        self.name = name(common, wish.get("organisation", "Judiciary of Northmark"))
        by = self if issuer is None else issuer
        begun, ended = wish.get("valid", (TODAY - 300 * DAY, TODAY + 300 * DAY))
        serial = x.random_serial_number()
        builder = x.CertificateBuilder(by.name, self.name, self.key.public_key(), serial, begun, ended)
        builder = builder.add_extension(x.BasicConstraints(bool(wish.get("ca")), None), critical=True)
        flags = dict.fromkeys(USAGES, False)
        flags |= dict.fromkeys(("key_cert_sign", "crl_sign") if wish.get("ca") else ("digital_signature",), True)
        builder = builder.add_extension(x.KeyUsage(**flags), critical=True)
        if purpose := wish.get("purpose"):
            builder = builder.add_extension(x.ExtendedKeyUsage([x.ObjectIdentifier(purpose)]), critical=True)
        self.certificate = builder.sign(by.key, hashes.SHA256())

    @property
    def asn1(self) -> x509.Certificate:
        return x509.Certificate.load(self.der)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    def revokes(self, *whom: tuple[Party, dt.datetime], until: dt.datetime | None = None) -> bytes:
        """This CA's list of today."""
        end = until or TODAY + 10 * DAY
        builder = x.CertificateRevocationListBuilder(self.name, min(TODAY - DAY, end - DAY), end)
        for party, since in whom:
            entry = x.RevokedCertificateBuilder(party.certificate.serial_number, since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(DER)

    def signer(self, *chain: Party) -> signers.SimpleSigner:
        """pyHanko's, with this key."""
        private = self.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        store = SimpleCertificateStore()
        store.register_multiple([self.asn1, *(each.asn1 for each in chain)])
        return signers.SimpleSigner(
            signing_cert=self.asn1, signing_key=keys.PrivateKeyInfo.load(private), cert_registry=store
        )


@functools.cache
def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


ROOT = Party("Root of Northmark", ca=True)
CA = Party("Courts of Northmark", ROOT, ca=True)
JUDGE = Party(COURT, CA)
CLERK = Party("Prosecution of Northmark", CA)
CITIZEN = Party("Jo Doe", CA, organisation="Citizens")
STRANGER = Party("Jo Doe", organisation="Nobody")
STAMPER = Party("Time of Northmark", CA, kind="rsa", purpose="1.3.6.1.5.5.7.3.8")
CRLS = (ROOT.revokes(), CA.revokes())


def registered(party: Party, authority: str = COURT, role: str = "court") -> Registered:
    return Registered(authority, role, certificates=(party.asn1.sha256.hex(),))


def context(*, crls: tuple[bytes, ...] = CRLS, registry: tuple[Registered, ...] | None = None) -> Context:
    """The desk as it is set up: the root pinned, the judge and the prosecutor registered."""
    known = (registered(JUDGE), registered(CLERK, "Prosecution of Northmark", "prosecutor"))
    now = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
    return Context(now, anchors=(ROOT.der,), crls=crls, registry=known if registry is None else registry)


def order(text: str = "Disclose the account of user 4711.", *, pages: int = 1, **more: Any) -> bytes:
    """A court's order, unsigned: so many pages of text. `more`: given to qpdf's writer."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        lines = f"BT /F1 14 Tf 60 760 Td (Order, page {number + 1}) Tj 0 -30 Td ({text}) Tj ET"
        page.Contents = pdf.make_stream(lines.encode())
    held = io.BytesIO()
    pdf.save(held, **more)
    return held.getvalue()


def signed(data: bytes, by: Party = JUDGE, field: str = "Signature1", **wish: Any) -> bytes:
    """One more signature. `box`: where it is seen; `stamper`; `permission`: certifies; the rest as pyHanko's."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    permission = wish.pop("permission", None)
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=wish.pop("digest", "sha256"),
        certify=permission is not None,
        docmdp_permissions=permission or fields.MDPPerm.FILL_FORMS,
        **wish.pop("metadata", {}),
    )
    stamper, box, style = wish.pop("stamper", None), wish.pop("box", None), wish.pop("style", None)
    shown = None if box is None else fields.SigFieldSpec(field, box=box, on_page=wish.pop("page", 0))
    signer = signers.PdfSigner(
        metadata,
        by.signer(CA, ROOT),
        timestamper=stamper,
        new_field_spec=shown,
        stamp_style=style or (TextStampStyle() if box else None),
    )
    made: bytes = signer.sign_pdf(writer).getvalue()
    return made


def stamper(at: dt.datetime | None = None, by: Party = STAMPER) -> DummyTimeStamper:
    """A time-stamping authority that answers with a moment of our choice."""
    private = by.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    store = SimpleCertificateStore()
    store.register_multiple([by.asn1, CA.asn1])
    return DummyTimeStamper(by.asn1, keys.PrivateKeyInfo.load(private), store, fixed_dt=at)
