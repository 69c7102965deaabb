# SPDX-License-Identifier: Apache-2.0
"""CMS SignedData (RFC 5652) built attribute by attribute, so that each one can be wrong, and RFC 3161 tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.corpus.pki import SIGNED, Party


@dataclass(frozen=True)
class Wish:
    """How the signature is to be. `drop`: signed attributes left out; `digest_value`: false message digest."""

    digest: str = "sha256"
    pss: bool = False
    pades: bool = True
    signed_attributes: bool = True
    drop: tuple[str, ...] = ()
    claimed: dt.datetime = SIGNED
    certificates: Sequence[Party] | None = None  # None = the signer and its chain
    named: Party | None = None  # whom the SignerInfo names; None = the signer
    content_type: str = "data"
    digest_value: bytes | None = None
    stated_digest: str | None = None  # the algorithm that stands there, if not `digest`
    stamp: Party | None = None  # a time stamp of this authority over the signature
    stamp_time: dt.datetime = SIGNED
    stamp_over: bytes | None = None  # of other bytes
    revocation: tuple[bytes, ...] = ()  # CRLs in the Adobe attribute
    encapsulate: bytes | None = None
    twice: Party | None = None  # a second SignerInfo
    signature: bytes | None = None


_HASHES = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def raw_signature(own: Any, data: bytes, digest: str, *, pss: bool = False, salt: int | None = None) -> bytes:
    """Sign with this key, always with the same result."""
    algorithm = _HASHES[digest]()
    if isinstance(own, ed25519.Ed25519PrivateKey):
        return own.sign(data)
    if isinstance(own, ec.EllipticCurvePrivateKey):
        return own.sign(data, ec.ECDSA(algorithm, deterministic_signing=True))
    assert isinstance(own, rsa.RSAPrivateKey)
    if pss:
        return _pss(own, data, digest, salt)
    return own.sign(data, padding.PKCS1v15(), algorithm)


def _pss(own: rsa.RSAPrivateKey, data: bytes, digest: str, length: int | None) -> bytes:
    """EMSA-PSS (RFC 8017 section 9.1.1) with a salt drawn from the data."""
    numbers = own.private_numbers()
    made = hashlib.new(digest, data).digest()
    salt = Random(made).randbytes(len(made) if length is None else length)
    inner = hashlib.new(digest, bytes(8) + made + salt).digest()
    size = own.key_size // 8
    block = bytes(size - len(salt) - len(inner) - 2) + b"\x01" + salt
    mask, count = b"", 0
    while len(mask) < len(block):
        mask, count = mask + hashlib.new(digest, inner + count.to_bytes(4)).digest(), count + 1
    masked = bytearray(x ^ y for x, y in zip(block, mask, strict=False))
    masked[0] &= 0x7F
    whole = int.from_bytes(bytes(masked) + inner + b"\xbc")
    return pow(whole, numbers.d, numbers.public_numbers.n).to_bytes(size)


def _algorithm(own: Any, digest: str, *, pss: bool) -> algos.SignedDigestAlgorithm:
    if isinstance(own, ed25519.Ed25519PrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
    if isinstance(own, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
    if not pss:
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"})
    hashing = algos.DigestAlgorithm({"algorithm": digest})
    mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": hashing})
    size = hashlib.new(digest).digest_size
    parameters = algos.RSASSAPSSParams({"hash_algorithm": hashing, "mask_gen_algorithm": mask, "salt_length": size})
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def certificate(party: Party) -> x509.Certificate:
    """For asn1crypto."""
    return x509.Certificate.load(party.der)


def _attribute(kind: str, *values: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": values})


def _signing_certificate(of: Party) -> cms.CMSAttribute:
    """ESSCertIDv2 (RFC 5035) with SHA-256 as its default."""
    value = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(of.der).digest()})]})
    return _attribute("signing_certificate_v2", value)


def _attributes(signer: Party, value: bytes, wish: Wish) -> cms.CMSAttributes:
    made = [_attribute("content_type", wish.content_type), _attribute("message_digest", value)]
    if wish.pades:
        made.append(_signing_certificate(signer))
    else:
        made.append(_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(wish.claimed)})))
    if wish.revocation:
        kinds = {"crl": [cms.CertificateList.load(each) for each in wish.revocation]} if wish.revocation else {}
        from asn1crypto.pdf import RevocationInfoArchival  # noqa: PLC0415 # registers its OID on import

        made.append(_attribute("adobe_revocation_info_archival", RevocationInfoArchival(kinds)))
    return cms.CMSAttributes([each for each in made if each["type"].native not in wish.drop])


def _info(signer: Party, data: bytes, wish: Wish) -> cms.SignerInfo:
    value = wish.digest_value or hashlib.new(wish.digest, data).digest()
    attributes = _attributes(signer, value, wish) if wish.signed_attributes else None
    over = data if attributes is None else attributes.dump()
    signature = wish.signature or raw_signature(signer.key, over, wish.digest, pss=wish.pss)
    named = certificate(wish.named or signer)
    stated = wish.stated_digest or wish.digest
    digest = "sha512" if isinstance(signer.key, ed25519.Ed25519PrivateKey) else stated
    fields: dict[str, Any] = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": named.issuer, "serial_number": named.serial_number}},
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": _algorithm(signer.key, stated, pss=wish.pss),
        "signature": signature,
    }
    fields["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number",
        cms.IssuerAndSerialNumber({"issuer": named.issuer, "serial_number": named.serial_number}),
    )
    if attributes is not None:
        fields["signed_attrs"] = attributes
    if wish.stamp is not None:
        token = time_stamp(wish.stamp, wish.stamp_over or signature, wish.stamp_time)
        fields["unsigned_attrs"] = cms.CMSAttributes([_attribute("signature_time_stamp_token", token)])
    return cms.SignerInfo(fields)


def signed_data(signer: Party, data: bytes, wish: Wish | None = None) -> bytes:
    """A detached SignedData over these bytes, in DER."""
    wish = wish or Wish()
    if isinstance(signer.key, ed25519.Ed25519PrivateKey):  # RFC 8419 section 2.3
        wish = Wish(**{**wish.__dict__, "digest": "sha512"})
    infos = [_info(signer, data, wish)]
    if wish.twice is not None:
        plain = Wish(**{**wish.__dict__, "signature": None, "named": None, "digest_value": None})
        infos.append(_info(wish.twice, data, plain))
    content: dict[str, Any] = {"content_type": wish.content_type}
    if wish.encapsulate is not None:
        content["content"] = core.OctetString(wish.encapsulate)
    parties = [signer, *signer.chain] if wish.certificates is None else wish.certificates
    made = cms.SignedData(
        {
            "version": "v1" if wish.content_type == "data" else "v3",
            "digest_algorithms": [{"algorithm": info["digest_algorithm"]["algorithm"].native} for info in infos],
            "encap_content_info": content,
            "certificates": [certificate(each) for each in parties],
            "signer_infos": infos,
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": made}).dump()


def time_stamp(authority: Party, over: bytes, when: dt.datetime, imprint: Any = None) -> cms.ContentInfo:
    """An RFC 3161 token of SHA-256 of `over`, or of a message imprint."""
    imprint = imprint or {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": hashlib.sha256(over).digest(),
    }
    over = over or imprint["hashed_message"].native
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": imprint,
            "serial_number": int.from_bytes(hashlib.sha256(over).digest()[:8]),
            "gen_time": when,
        }
    ).dump()
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "tst_info"),
            _attribute("message_digest", hashlib.sha256(info).digest()),
            _signing_certificate(authority),
        ]
    )
    named = certificate(authority)
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            cms.IssuerAndSerialNumber({"issuer": named.issuer, "serial_number": named.serial_number}),
        ),
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": _algorithm(authority.key, "sha256", pss=False),
        "signed_attrs": attributes,
        "signature": raw_signature(authority.key, attributes.dump(), "sha256"),
    }
    made = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "certificates": [certificate(each) for each in (authority, *authority.chain)],
            "signer_infos": [signer],
        }
    )
    whole = cms.ContentInfo({"content_type": "signed_data", "content": made})
    return cms.ContentInfo.load(whole.dump())  # to copy a parsed value is quick, a built one is not
