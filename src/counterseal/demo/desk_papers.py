# SPDX-License-Identifier: Apache-2.0
"""The papers of the demonstration: a small PKI, orders signed and forged, mail with the key of a domain.

Every key is made afresh; nothing here is trusted outside the throw-away servers.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped] # has none
import pikepdf
from asn1crypto import keys  # type: ignore[import-untyped] # has none
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

COURT = "District Court of Northmark"
DOMAIN, LOOKALIKE = "court.northmark.example", "court-northmark.example"
_DAY = dt.timedelta(days=1)
_DER = serialization.Encoding.DER


class Papers:
    """Keys of one world, and what can be made with them."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - signing tools take the machine's
        self._mail = {name: rsa.generate_private_key(65537, 2048) for name in (DOMAIN, LOOKALIKE)}
        self._root = ec.generate_private_key(ec.SECP256R1())
        self.people = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("court", "citizen", "revoked")}
        self._anchor = self._certificate("Judiciary of Northmark", self._root, 1, authority=True)
        named = {"court": COURT, "citizen": "Jan Citizen", "revoked": "Judge R. Gone"}
        self._certificates = {
            who: self._certificate(named[who], self.people[who], number)
            for number, who in enumerate(self.people, 2)
        }

    def trust(self, folder: Path) -> dict[str, str]:
        """Write anchors, registered signers and DNS answers; the settings that name them."""
        anchors, registry = folder / "anchors", folder / "registry"
        for each in (anchors, registry):
            each.mkdir(parents=True)
        (anchors / "root.der").write_bytes(self._anchor.public_bytes(_DER))
        (anchors / "root.crl").write_bytes(self._revocations())
        known = [self._certificates[who].fingerprint(hashes.SHA256()).hex() for who in ("court", "revoked")]
        entry = {"authority": COURT, "role": "court", "certificates": known}
        (registry / "court.json").write_text(json.dumps(entry))
        zone = {f"s1._domainkey.{name}": _record(key) for name, key in self._mail.items()}
        zone |= {f"_dmarc.{name}": "v=DMARC1; p=reject" for name in self._mail}
        (folder / "names.json").write_text(json.dumps(zone))
        places = {"ANCHORS": anchors, "REGISTRY": registry, "NAMES": folder / "names.json"}
        return {f"COUNTERSEAL_DESK__{name}": str(path) for name, path in places.items()}

    def signed(self, text: str, who: str = "court") -> bytes:
        """An order that `who` signed, PAdES B-B."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call] # has none
        der = self.people[who].private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        signer = signers.SimpleSigner(
            signing_cert=asn1.Certificate.load(self._certificates[who].public_bytes(_DER)),
            signing_key=keys.PrivateKeyInfo.load(der),
            cert_registry=store,
        )
        meta = signers.PdfSignatureMetadata(
            field_name="Court", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(order(text)))
        made = signers.sign_pdf(writer, meta, signer=signer)
        return bytes(made.getvalue())

    def mail(self, text: str, *papers: bytes, domain: str = DOMAIN) -> bytes:
        """A mail from the clerk at `domain` with these orders attached, with that domain's DKIM signature."""
        mail = EmailMessage()
        mail["From"] = f"Clerk <clerk@{domain}>"
        mail["To"] = "desk@exchange.example"
        mail["Subject"] = "Order"
        mail["Date"] = format_datetime(self.now)
        mail["Message-ID"] = make_msgid(domain=domain)
        mail.set_content(f"{text}\n")
        for paper in papers:
            mail.add_attachment(paper, maintype="application", subtype="pdf", filename="order.pdf")
        raw = mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        key = self._mail[domain].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        fields = [name.lower().encode() for name in mail]
        seal = dkim.sign(raw, b"s1", domain.encode(), key, include_headers=fields)
        return bytes(seal) + raw

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, serial: int, *, authority: bool = False
    ) -> x509.Certificate:
        made = x509.CertificateBuilder(
            *(_name("Judiciary of Northmark"), _name(name), key.public_key(), serial),
            *(self.now - 150 * _DAY, self.now + 150 * _DAY),
        )
        made = made.add_extension(x509.BasicConstraints(authority, None), critical=True)
        usage: dict[str, Any] = dict.fromkeys(
            *((("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False))
        )
        usage |= {"encipher_only": False, "decipher_only": False, "digital_signature": not authority}
        usage |= {"key_cert_sign": authority, "crl_sign": authority}
        return made.add_extension(x509.KeyUsage(**usage), critical=True).sign(self._root, hashes.SHA256())

    def _revocations(self) -> bytes:
        gone = x509.RevokedCertificateBuilder(
            self._certificates["revoked"].serial_number, self.now - 20 * _DAY
        ).build()
        issuer = _name("Judiciary of Northmark")
        made = x509.CertificateRevocationListBuilder(issuer, self.now - _DAY, self.now + 30 * _DAY)
        return made.add_revoked_certificate(gone).sign(self._root, hashes.SHA256()).public_bytes(_DER)


def order(text: str) -> bytes:
    """One page with this text, unsigned: what anybody can make from a template."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
    page.obj.Contents = document.make_stream(_page(text))
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def replaced(signed: bytes, text: str) -> bytes:
    """A signed order whose page shows another text since: an update behind the signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=_page(text)))
    writer.update_container(page)
    held = io.BytesIO()
    writer.write(held)  # type: ignore[no-untyped-call] # has none
    return held.getvalue()


def appended(signed: bytes) -> bytes:
    """A signed order with an object behind its end."""
    return signed + b"\n99 0 obj\n<</Type /Catalog>>\nendobj\n%%EOF\n"


def _page(text: str) -> bytes:
    return f"BT /F1 12 Tf 60 760 Td ({text}) Tj ET".encode("ascii")


def _record(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
