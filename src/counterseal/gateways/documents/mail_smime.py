# SPDX-License-Identifier: Apache-2.0
"""S/MIME signatures (RFC 8551 over CMS, RFC 5652), with the chain to pinned anchors that PDF signatures take."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from asn1crypto import cms, crl, x509  # type: ignore[import-untyped] # has none
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from counterseal.gateways.documents import chain
from counterseal.gateways.documents.chain import Standing
from counterseal.gateways.documents.mail_signed import Signed
from counterseal.gateways.documents.signers import signer_of
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding

KIND: Final = "S/MIME"
DIGESTS: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_FAULTS: Final = {
    Standing.UNKNOWN_CA: "personal_untrusted",
    Standing.SELF_SIGNED: "personal_untrusted",
    Standing.BROKEN: "personal_untrusted",
    Standing.WRONG_USE: "personal_untrusted",
    Standing.REVOKED: "personal_revoked",
    Standing.REVOCATION_UNKNOWN: "personal_revocation_unknown",
    Standing.EXPIRED: "personal_expired",
    Standing.NOT_YET_VALID: "personal_expired",
    Standing.WEAK: "personal_weak",
}


class _CmsError(Exception):
    """No CMS signature by one signer; the message says why."""


def detached(entity: bytes, signature: bytes, context: Context) -> Signed:
    """The signature over the bytes of a part, its header included."""
    try:
        return _judged(_signed_data(signature), entity, context)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - the libraries raise anything over hostile CMS
        return _unreadable(error)


def opaque(data: bytes, context: Context) -> tuple[Signed, bytes | None]:
    """The signature and the message within it; None where there is none, e.g. where it is encrypted."""
    try:
        info = cms.ContentInfo.load(data, strict=True)
        if info["content_type"].native != "signed_data":
            return Signed(KIND, findings=(found("mail_encrypted", "part 1"),)), None
        signed = _signed_data(data)
        inner = signed["encap_content_info"]["content"].native
        return (_judged(signed, inner, context), inner) if isinstance(inner, bytes) else (_empty(), None)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - as above
        return _unreadable(error), None


def _signed_data(data: bytes) -> Any:
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    if not isinstance(signed, cms.SignedData):
        raise _CmsError("it is no signature")
    if len(signed["signer_infos"]) != 1:
        raise _CmsError("it is not by one signer")
    if signed["encap_content_info"]["content_type"].native != "data":
        raise _CmsError("it is not over a mail")
    return signed


def _judged(signed: Any, content: bytes, context: Context) -> Signed:
    info = signed["signer_infos"][0]
    certificate, others = _certificates(signed, info)
    digest = str(info["digest_algorithm"]["algorithm"].native)
    signer = signer_of(certificate)
    if digest not in DIGESTS or _digest_of(info) not in {*DIGESTS, ""}:
        return Signed(KIND, signer=signer, findings=(_weak(f"its digest is {digest}"),))
    intact, valid = validate_sig_integrity(
        info, certificate, expected_content_type="data", actual_digest=hashlib.new(digest, content).digest()
    )
    if not intact or not valid:
        broken = found("personal_broken", KIND, kind=KIND, reason="the digest or the signature differs")
        return Signed(KIND, signer=signer, findings=(broken,))
    at = _signing_time(info)
    stands = chain.chain_of(certificate, others, context, context.now, crls=_crls(signed))
    if stands.standing == Standing.TRUSTED and not _for_mail(certificate):
        stands = chain.Chain(Standing.WRONG_USE, "its extended key usage does not name mail")
    entry = chain.registered(certificate, context.registry) if stands.standing == Standing.TRUSTED else None
    return Signed(
        KIND,
        holds=True,
        signer=signer,
        entry=entry,
        addresses=_addresses(certificate),
        at=at,
        findings=_faults(stands),
    )


def _digest_of(info: Any) -> str:
    """The digest within the signature's algorithm, where it names one."""
    try:
        return str(info["signature_algorithm"].hash_algo)
    except ValueError:
        return ""


def _certificates(signed: Any, info: Any) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate by issuer and serial number or key identifier, and the rest."""
    given = [
        each.chosen
        for each in list(signed["certificates"])[: chain.MOST_CERTIFICATES]
        if each.name == "certificate"
    ]
    sid = info["sid"]
    for certificate in given:
        if sid.name == "issuer_and_serial_number":
            hit = (
                certificate.issuer == sid.chosen["issuer"]
                and certificate.serial_number == sid.chosen["serial_number"].native
            )
        else:
            hit = certificate.key_identifier is not None and certificate.key_identifier == sid.chosen.native
        if hit:
            return certificate, [each for each in given if each is not certificate]
    raise _CmsError("it does not bring the signer's certificate")


def _crls(signed: Any) -> list[crl.CertificateList]:
    return [each.chosen for each in list(signed["crls"] or ())[:20] if each.name == "certificate_list"]


def _for_mail(certificate: x509.Certificate) -> bool:
    """RFC 8551 section 4.4.4."""
    usage = certificate.extended_key_usage_value
    return usage is None or bool({"email_protection", "any_extended_key_usage"} & set(usage.native))


def _signing_time(info: Any) -> int | None:
    """RFC 5652 section 11.3, ms since the epoch."""
    for attribute in info["signed_attrs"] or ():
        if attribute["type"].native == "signing_time" and len(attribute["values"]) == 1:
            return int(attribute["values"][0].native.timestamp() * 1000)
    return None


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """rfc822Name of the subject's alternative names, and emailAddress of the subject."""
    names = certificate.subject_alt_name_value or ()
    address = certificate.subject.native.get("email_address", [])
    given = [str(name.native) for name in names if name.name == "rfc822_name"]
    given += [address] if isinstance(address, str) else list(address)
    return tuple(dict.fromkeys(each.lower() for each in given))


def _faults(stands: chain.Chain) -> tuple[Finding, ...]:
    if stands.standing == Standing.TRUSTED:
        return ()
    return (found(_FAULTS[stands.standing], KIND, kind=KIND, reason=stands.why or stands.standing.value),)


def _weak(reason: str) -> Finding:
    return found("personal_weak", KIND, kind=KIND, reason=reason)


def _empty() -> Signed:
    return _unreadable(_CmsError("there is nothing within it"))


def _unreadable(error: BaseException) -> Signed:
    reason = str(error) if isinstance(error, _CmsError) else type(error).__name__
    return Signed(KIND, findings=(found("personal_unreadable", KIND, kind=KIND, reason=reason),))
