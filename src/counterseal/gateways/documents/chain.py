# SPDX-License-Identifier: Apache-2.0
"""A signer's certificate against the pinned anchors, at one moment, with revocation required (RFC 5280 section 6).

Nothing is fetched and no other anchor exists: not the system's, not what a document brings along.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from asn1crypto import crl, ocsp, x509  # type: ignore[import-untyped] # has none
from cryptography.x509 import load_der_x509_certificate
from pyhanko_certvalidator import CertificateValidator, ValidationContext, errors
from pyhanko_certvalidator import validate as library

from counterseal.gateways.documents.driven import driven
from counterseal.judicial.model import Context, Registered

SMALLEST_RSA: Final = 2048
UNREADABLE: Final = "(unreadable)"
SMALLEST_CURVE: Final = 224
WEAK: Final = frozenset({"md2", "md5", "sha1"})
MOST_CERTIFICATES: Final = 50
KEY_USAGE: Final = frozenset({"digital_signature", "non_repudiation"})


def _both(_certificate: x509.Certificate) -> tuple[bool, bool]:
    """The library passes over OCSP answers that a document embeds for a certificate that names no responder: also
    over one that says `revoked`. Nothing is fetched here, so what a certificate names decides nothing."""
    return True, True


vars(library)["get_declared_revinfo"] = _both


class Standing(StrEnum):
    """How a certificate stands at a moment."""

    TRUSTED = "trusted"
    UNKNOWN_CA = "unknown_ca"  # no path to a pinned anchor
    SELF_SIGNED = "self_signed"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"  # no CRL or OCSP answer that counts at this moment
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WEAK = "weak"  # a short key, or a digest that can be forged, in the path
    BROKEN = "broken"  # a signature in the path does not verify, or a constraint is not kept
    WRONG_USE = "wrong_use"  # not made for signatures


class Chain(msgspec.Struct, frozen=True):
    """`why`: the library's words, for people; `revoked`: since when (ms), where it is."""

    standing: Standing
    why: str = ""
    revoked: int | None = None


def chain_of(
    certificate: x509.Certificate,
    others: Iterable[x509.Certificate],
    context: Context,
    at: int,
    *,
    crls: Iterable[crl.CertificateList] = (),
    ocsps: Iterable[ocsp.OCSPResponse] = (),
    purpose: str = "",
) -> Chain:
    """How `certificate` stands at `at` (ms). `others`, `crls`, `ocsps`: what the document embeds.

    `at` before `context.now`: a trusted time stamp says that the signature existed then.
    """
    try:
        if weak := _weak(certificate):
            return Chain(Standing.WEAK, weak)
        if not _for_signatures(certificate, purpose):
            return Chain(Standing.WRONG_USE, "its key usage names no signatures")
        given = list(others)[:MOST_CERTIFICATES]
        return _validated(certificate, given, context, at, list(crls), list(ocsps))
    except Exception as error:  # noqa: BLE001 - whatever a certificate makes a library raise
        return Chain(Standing.BROKEN, type(error).__name__)


def registered(certificate: x509.Certificate, registry: Iterable[Registered]) -> Registered | None:
    """The entry that names this certificate, or, for one that stands below a pinned anchor, its whole subject."""
    fingerprint, subject = certificate.sha256.hex(), _spaced(subject_of(certificate))
    entries = list(registry)
    by_key = next((entry for entry in entries if fingerprint in entry.certificates), None)
    return by_key or next((entry for entry in entries if subject in map(_spaced, entry.subjects)), None)


def subject_of(certificate: x509.Certificate) -> str:
    """RFC 4514."""
    try:
        return load_der_x509_certificate(certificate.dump()).subject.rfc4514_string()
    except ValueError:  # a name that one library reads and the other refuses
        return UNREADABLE


def issuer_of(certificate: x509.Certificate) -> str:
    """RFC 4514."""
    try:
        return load_der_x509_certificate(certificate.dump()).issuer.rfc4514_string()
    except ValueError:
        return UNREADABLE


def _validated(
    certificate: x509.Certificate,
    others: list[x509.Certificate],
    context: Context,
    at: int,
    crls: list[crl.CertificateList],
    ocsps: list[ocsp.OCSPResponse],
) -> Chain:
    anchors = [x509.Certificate.load(each) for each in context.anchors]
    if not anchors:  # an empty list would mean the system's own trust to the library
        return Chain(Standing.SELF_SIGNED if _own(certificate) else Standing.UNKNOWN_CA, "no anchors are pinned")
    intermediates = [x509.Certificate.load(each) for each in context.intermediates]
    validation = ValidationContext(
        trust_roots=anchors,
        other_certs=[*others, *intermediates],
        moment=dt.datetime.fromtimestamp(at / 1000, dt.UTC),
        allow_fetching=False,
        crls=[*crls, *(crl.CertificateList.load(each) for each in context.crls)],
        ocsps=ocsps,
        revocation_mode="require",
        weak_hash_algos=WEAK,
        retroactive_revinfo=at < context.now,  # a list of today says what was revoked then
    )
    validator = CertificateValidator(certificate, intermediate_certs=others, validation_context=validation)
    try:
        driven(validator.async_validate_path())
    except (errors.ValidationError, errors.PathError) as error:
        return _failed(error, certificate)
    return Chain(Standing.TRUSTED)


def _failed(error: Exception, certificate: x509.Certificate) -> Chain:
    """The library's error as a standing; the more specific first."""
    why = " ".join(str(error).split())[:300]
    if isinstance(error, errors.RevokedError):
        since = getattr(error, "revocation_dt", None)
        return Chain(Standing.REVOKED, why, None if since is None else int(since.timestamp() * 1000))
    for kind, standing in (
        (errors.InsufficientRevinfoError, Standing.REVOCATION_UNKNOWN),
        (errors.ExpiredError, Standing.EXPIRED),
        (errors.NotYetValidError, Standing.NOT_YET_VALID),
        (errors.DisallowedAlgorithmError, Standing.WEAK),
    ):
        if isinstance(error, kind):
            return Chain(standing, why)
    if isinstance(error, errors.PathBuildingError | errors.InvalidCertificateError):
        return Chain(Standing.SELF_SIGNED if _own(certificate) else Standing.UNKNOWN_CA, why)
    return Chain(Standing.BROKEN, why)


def _weak(certificate: x509.Certificate) -> str:
    key = certificate.public_key
    if key.algorithm in {"rsa", "rsassa_pss"} and key.bit_size < SMALLEST_RSA:
        return f"an RSA key of {key.bit_size} bits"
    if key.algorithm == "ec" and key.bit_size < SMALLEST_CURVE:
        return f"a key on a curve of {key.bit_size} bits"
    return "a DSA key" if key.algorithm == "dsa" else ""


def _for_signatures(certificate: x509.Certificate, purpose: str) -> bool:
    """`purpose`: what the extended key usage must name, such as `time_stamping` (RFC 3161 section 2.3)."""
    usage, extended = certificate.key_usage_value, certificate.extended_key_usage_value
    if purpose and (extended is None or purpose not in extended.native):
        return False
    return usage is None or bool(KEY_USAGE & usage.native)


def _own(certificate: x509.Certificate) -> bool:
    return certificate.self_signed in {"yes", "maybe"}


def _spaced(text: str) -> str:
    """A name for comparing: people write `CN=A, O=B`, too."""
    return ",".join(part.strip() for part in text.split(","))
