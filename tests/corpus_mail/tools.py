# SPDX-License-Identifier: Apache-2.0
"""S/MIME mails made by programs that others use: the openssl command and the library cryptography."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from tests.corpus_mail.personal import entity, outer
from tests.corpus_mail.signer import Draft
from tests.corpus_mail.world import Person

_PEM = serialization.Encoding.PEM


def by_openssl(draft: Draft, person: Person, *options: str) -> bytes:
    """`openssl cms -sign`: writes line feeds, its own preamble, and the fields of the mail above."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "part").write_bytes(entity(draft))
        (folder / "cert.pem").write_bytes(person.certificate.public_bytes(_PEM))
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        (folder / "key.pem").write_bytes(person.key.private_bytes(_PEM, form, plain))
        command = ["openssl", "cms", "-sign", "-md", "sha256", "-signer", "cert.pem", "-inkey", "key.pem"]
        made = subprocess.run(
            [*command, "-in", "part", *options], cwd=folder, check=True, capture_output=True
        ).stdout
    head = outer(draft).drop("MIME-Version").text(b"").raw().removesuffix(b"\r\n")
    return head.replace(b"\r\n", b"\n") + made.replace(b"\r\n", b"\n")


def by_cryptography(draft: Draft, person: Person) -> bytes:
    """`PKCS7SignatureBuilder`, as SMIME."""
    made = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(entity(draft))
        .add_signer(person.certificate, person.key, hashes.SHA256())
        .sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    )
    head = outer(draft).drop("MIME-Version").text(b"").raw().removesuffix(b"\r\n")
    return head.replace(b"\r\n", b"\n") + made.replace(b"\r\n", b"\n")
