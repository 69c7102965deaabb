# SPDX-License-Identifier: Apache-2.0
"""A court order signed by the court of `small_pki`, by pyHanko as any signing tool would."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pikepdf
from asn1crypto import keys, x509  # type: ignore[import-untyped] # has none
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.small_pki import BELOW, COURT, SIGNER

TEXT = "DISTRICT COURT OF NORTHMARK. Order 17/2026: name and address of account u-1."


def order(text: str = TEXT) -> bytes:
    """One page, unsigned."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
    page.obj.Contents = document.make_stream(f"BT /F1 12 Tf 60 760 Td ({text}) Tj ET".encode("ascii"))
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def signed(data: bytes = b"", key: Any = COURT, chain: tuple[Any, ...] = (SIGNER, BELOW)) -> bytes:
    """Signed once, PAdES B-B."""
    store = SimpleCertificateStore()
    store.register_multiple(chain[1:])
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(chain[0].dump()),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=store,
    )
    meta = signers.PdfSignatureMetadata(field_name="Court", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    writer = IncrementalPdfFileWriter(io.BytesIO(data or order()))
    made = asyncio.run(signers.PdfSigner(meta, signer).async_sign_pdf(writer))
    return bytes(made.getvalue())
