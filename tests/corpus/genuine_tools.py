# SPDX-License-Identifier: Apache-2.0
"""Genuine orders whose signatures other programs made: openssl, and the cryptography package.

Both would write the machine's clock among the signed attributes, so here they write none (RFC 5652 section 5.4) and
a seed gives one document; tests/integration/judicial/test_openssl_signed.py has them with attributes.
"""

from __future__ import annotations

import io
import secrets
import subprocess
import tempfile
from pathlib import Path
from random import Random
from unittest import mock

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.signers import PdfSignatureMetadata

from counterseal.judicial.model import Verdict
from tests.corpus import tools
from tests.corpus.genuine import GENUINE, enter, genuine
from tests.corpus.paper import Look, order
from tests.corpus.pki import Party, pki
from tests.corpus.update import Field, filled, with_field

__all__ = ["GENUINE"]  # with these
TO_CONVERT = frozenset({Verdict.CANNOT_VERIFY})


def openssl(data: bytes, signer: Party, *options: str) -> bytes:
    """A detached SignedData in DER by the `openssl` program, with the signer's chain."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").write_bytes(data)
        (folder / "signer.pem").write_bytes(_pem(signer))
        (folder / "chain.pem").write_bytes(b"".join(_pem(each) for each in signer.chain))
        (folder / "key.pem").write_bytes(
            signer.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        command = ["openssl", "cms", "-sign", "-binary", "-in", "data", "-outform", "DER", "-signer", "signer.pem"]
        command += ["-inkey", "key.pem", "-certfile", "chain.pem", *options]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=30).stdout


def _pem(party: Party) -> bytes:
    return party.certificate.public_bytes(serialization.Encoding.PEM)


def by_openssl(data: bytes, signer: Party, *options: str) -> bytes:
    """A PDF signed with it (adbe.pkcs7.detached)."""
    empty = with_field(data, Field(subfilter="adbe.pkcs7.detached"))
    return filled(empty, lambda covered: openssl(covered, signer, *options))


@genuine
def openssl_detached(random: Random) -> bytes:
    return by_openssl(order(random), pki()["judge_rsa"], "-noattr", "-md", "sha256")


@genuine
def openssl_sha512_two_pages(random: Random) -> bytes:
    return by_openssl(order(random, Look(pages=2, xref="stream")), pki()["judge_rsa"], "-noattr", "-md", "sha512")


@genuine
def cryptography_detached(random: Random) -> bytes:
    def sign(covered: bytes) -> bytes:
        signer = pki()["judge_rsa"]
        builder = pkcs7.PKCS7SignatureBuilder().set_data(covered)
        builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA384())
        for each in signer.chain:
            builder = builder.add_certificate(each.certificate)
        options = (pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes)
        return builder.sign(serialization.Encoding.DER, options)

    return filled(with_field(order(random), Field(subfilter="adbe.pkcs7.detached")), sign)


@genuine
def ten_thousand_objects(random: Random) -> bytes:
    """As a tagged order of some hundred pages has."""
    extra = {1000 + n: b"<< /Type /StructElem /S /Span /N %d >>" % n for n in range(10_000)}
    return tools.sign(order(random, Look(xref="stream", extra=extra)), "judge")


def _encrypted(random: Random, word: str) -> bytes:
    with mock.patch.object(secrets, "token_bytes", random.randbytes):  # keys and initial values from the seed
        clear = IncrementalPdfFileWriter(io.BytesIO(order(random))).prev
        held = copy_into_new_writer(clear)
        held.encrypt("owner", word)
        out = io.BytesIO()
        held.write(out)
        writer = IncrementalPdfFileWriter(io.BytesIO(out.getvalue()))
        writer.encrypt(word)
        meta = PdfSignatureMetadata(field_name="Signature1", subfilter=fields.SigSeedSubFilter.PADES)
        made = io.BytesIO()
        signers.PdfSigner(meta, tools.Signer(pki()["judge"])).sign_pdf(writer, output=made)
    return made.getvalue()


def signed_and_encrypted(random: Random) -> bytes:
    """Every reader opens it without a word, as many agencies send them; the desk asks for it in clear."""
    return _encrypted(random, "")


def signed_and_encrypted_with_a_password(random: Random) -> bytes:
    """For those who know a word."""
    return _encrypted(random, "word")


enter(signed_and_encrypted, TO_CONVERT)
enter(signed_and_encrypted_with_a_password, TO_CONVERT)
