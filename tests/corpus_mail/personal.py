# SPDX-License-Identifier: Apache-2.0
"""Signs mails as persons do: S/MIME detached and opaque, PGP/MIME."""

from __future__ import annotations

import base64
from dataclasses import replace

import pysequoia
from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.corpus_mail.signer import Draft
from tests.corpus_mail.world import Person, moment

_DER = serialization.Encoding.DER
INNER = ("content-type", "content-transfer-encoding", "content-disposition")


def entity(draft: Draft) -> bytes:
    """The part that gets signed: the fields about content, and the body."""
    fields = tuple(each for each in draft.headers if each[0].lower() in INNER)
    return replace(draft, headers=fields or (("Content-Type", "text/plain"),)).raw()


def outer(draft: Draft) -> Draft:
    """The fields that stay outside."""
    return replace(draft, headers=tuple(each for each in draft.headers if each[0].lower() not in INNER))


def signed_data(
    content: bytes, person: Person, *, days: float = -0.1, digest: str = "sha256", inside: bool = False
) -> bytes:
    """CMS by hand (RFC 5652): ECDSA over signed attributes; `inside` takes the content along."""
    made = hashes.Hash({"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}[digest])  # noqa: S303 - a forged class
    made.update(content)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [made.finalize()]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": moment(days)})]}),
        ]
    )
    certificate = asn1.Certificate.load(person.certificate.public_bytes(_DER))
    how = ec.ECDSA({"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}[digest])  # noqa: S303 - as above
    sid = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": sid}),
            "digest_algorithm": {"algorithm": digest},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": f"{digest}_ecdsa"},
            "signature": person.key.sign(attributes.dump(), how),
        }
    )
    held = core.OctetString(content) if inside else None
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": {"content_type": "data"} | ({"content": held} if held is not None else {}),
            "certificates": [certificate],
            "signer_infos": [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def lines(data: bytes) -> bytes:
    """Base64 as mail programs fold it."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def smime(draft: Draft, person: Person, **how: float | str) -> Draft:
    """multipart/signed (RFC 8551 section 3.5.3)."""
    part = entity(draft)
    signature = signed_data(part, person, **how)  # type: ignore[arg-type] # handed on as they are
    return wrapped(
        *(draft, part, "application/pkcs7-signature", "sha-256"),
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + lines(signature),
    )


def opaque(draft: Draft, person: Person) -> Draft:
    """application/pkcs7-mime (RFC 8551 section 3.5.2)."""
    data = signed_data(entity(draft), person, inside=True)
    made = outer(draft).add("Content-Type", "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")
    return made.add("Content-Transfer-Encoding", "base64").text(lines(data))


def pgp(draft: Draft, key: pysequoia.Tsk, *, attach: bool = True) -> Draft:
    """PGP/MIME (RFC 3156 section 5); the key comes as an Autocrypt field."""
    part = entity(draft)
    made = pysequoia.sign(key.signer(), part, mode=pysequoia.SignatureMode.DETACHED)
    armoured = (made if isinstance(made, bytes) else made.encode()).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    signed = wrapped(
        *(draft, part, "application/pgp-signature", "pgp-sha512"),
        b"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n" + armoured,
    )
    if not attach:
        return signed
    public = base64.b64encode(bytes(key.extract_certificate())).decode()
    folded = "".join(f"\r\n {public[at : at + 72]}" for at in range(0, len(public), 72))
    return signed.add("Autocrypt", f"addr=registrar@tribunal.example; keydata={folded}")


def wrapped(draft: Draft, part: bytes, protocol: str, micalg: str, signature: bytes) -> Draft:
    mark = "----signed-9f2c"
    kind = f'multipart/signed; protocol="{protocol}"; micalg={micalg};\r\n boundary="{mark}"'
    body = b"--%b\r\n%b\r\n--%b\r\n%b\r\n--%b--\r\n" % (
        mark.encode(),
        part,
        mark.encode(),
        signature,
        mark.encode(),
    )
    return (
        outer(draft).add("MIME-Version", "1.0").add("Content-Type", kind).text(body)
        if not draft.has("MIME-Version")
        else outer(draft).add("Content-Type", kind).text(body)
    )
