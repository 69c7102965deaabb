# SPDX-License-Identifier: Apache-2.0
"""Who made a PDF's signature, and whether that counts: anchor, revocation, time, use, registry, look-alikes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from asn1crypto import x509  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents import look_alike
from counterseal.gateways.documents.chain import Chain, Standing, chain_of, registered
from counterseal.gateways.documents.pdf_signature import Sealed
from counterseal.gateways.documents.pdf_time import Answers, proven
from counterseal.gateways.documents.signers import finding_of, signer_of
from counterseal.judicial.findings import found
from counterseal.judicial.model import JUDICIAL_ROLES, Context, Finding, Registered, Signer

_LONG, _LETTERS = 10, 2  # letters of a name from which so many others are no accident
SKEW: Final = 10 * 60 * 1000  # ms by which a signer's clock may be ahead of ours or of the time stamp's
_PURPOSES: Final = frozenset(
    {
        "email_protection",
        "any_extended_key_usage",
        "1.2.840.113583.1.1.5",  # authentic documents, of Adobe
        "1.3.6.1.4.1.311.10.3.12",  # document signing, of Microsoft
        "1.3.6.1.5.5.7.3.36",  # document signing, RFC 9336
        "adobe_authentic_documents_trust",
        "microsoft_document_signing",
        "document_signing",
    }
)


_STRANGERS: Final = frozenset(
    {Standing.TRUSTED, Standing.UNKNOWN_CA, Standing.SELF_SIGNED, Standing.BROKEN, Standing.WEAK}
)


class Judged(msgspec.Struct):
    """A signature and its signer. `good`: a registered judicial signer whose certificate stands; `trusted`: below a
    pinned anchor and in the registry, in whatever role."""

    sealed: Sealed
    signer: Signer | None
    findings: list[Finding]
    good: bool = False
    trusted: bool = False


def judged(sealed: Sealed, context: Context, held: Answers, stamped: int | None) -> Judged:
    """`stamped`: what a later document time stamp over the signature proves (ms). Raises nothing."""
    where = f"field {sealed.name}"
    if not sealed.holds or sealed.certificate is None:
        return Judged(sealed, None, list(sealed.findings))
    moment, findings = proven(sealed, context, held, where)
    moments = [each for each in (moment, stamped) if each is not None]
    moment = min(moments, default=None)
    try:
        made = _signer(sealed, context, held, moment, where)
    except Exception as error:  # noqa: BLE001 - whatever a certificate makes a library raise
        return Judged(sealed, None, [*findings, found("signature_unreadable", where, reason=type(error).__name__)])
    made.findings = [*sealed.findings, *findings, *made.findings]
    return made


def _signer(sealed: Sealed, context: Context, held: Answers, moment: int | None, where: str) -> Judged:
    certificate: Any = sealed.certificate
    chain, before = _standing(sealed, context, held, moment)
    entry = registered(certificate, context.registry) if chain.standing == Standing.TRUSTED else None
    claimed = _claimed(sealed.embedded)
    signer = signer_of(certificate, entry, signed=moment, claimed=claimed)
    findings = _clock(claimed, moment, context.now, where)
    if before:
        ended = "was revoked" if before == Standing.REVOKED else "ended"
        findings.append(found("signed_before_end", where, when=shown(moment or 0), ended=ended))
    if chain.standing != Standing.TRUSTED:
        findings.append(finding_of(chain, where))
    elif entry is None:
        findings.append(found("signer_not_registered", where))
    elif entry.role not in JUDICIAL_ROLES:
        findings.append(found("signer_role", where, role=entry.role))
    elif reason := unfit(certificate):
        findings.append(found("signer_unfit", where, reason=reason))
    else:
        return Judged(sealed, signer, findings, good=True, trusted=True)
    if entry is None and chain.standing in _STRANGERS and (like := imitated(certificate, context.registry, chain)):
        findings.append(found("signer_look_alike", where, name=like[0], authority=like[1]))
    return Judged(sealed, signer, findings, trusted=entry is not None)


def _standing(sealed: Sealed, context: Context, held: Answers, moment: int | None) -> tuple[Chain, Standing | None]:
    """How the certificate stands now or, where it no longer does, stood when a trusted time stamp says."""
    others = [*sealed.others, *held.certificates]
    now = chain_of(sealed.certificate, others, context, context.now, crls=held.crls, ocsps=held.ocsps)
    if moment is None or now.standing not in {Standing.EXPIRED, Standing.REVOKED, Standing.REVOCATION_UNKNOWN}:
        return now, None
    if now.standing == Standing.REVOKED and (
        now.revoked is None or now.revoked <= moment or "compromise" in now.why.lower()
    ):
        return now, None  # who stole a key could have used it before that was noticed
    then = chain_of(sealed.certificate, others, context, moment, crls=held.crls, ocsps=held.ocsps)
    if then.standing == Standing.TRUSTED:
        return then, now.standing
    return (then if then.standing == Standing.REVOKED else now), None


def unfit(certificate: x509.Certificate) -> str:
    """Why a certificate is not for signing documents, by its extended key usage; empty = it is."""
    usage = certificate.extended_key_usage_value
    if usage is None:
        return ""
    names = set(usage.native)
    if names & _PURPOSES or ("client_auth" in names and "server_auth" not in names):
        return ""
    return f"it is made for {', '.join(sorted(names))[:100]}"


def imitated(
    certificate: x509.Certificate, registry: tuple[Registered, ...], chain: Chain
) -> tuple[str, str] | None:
    """The name in its subject, and the registered authority that this name is made to be taken for.

    A certificate below a pinned anchor may bear the authority's exact name: its CA says so.
    """
    if any(certificate.sha256.hex() in entry.certificates for entry in registry):
        return None
    names = [str(value) for value in _values(certificate)]
    trusted = chain.standing == Standing.TRUSTED
    for entry in registry:
        wanted = [entry.authority, *(_common(subject) for subject in entry.subjects)]
        for own in filter(None, wanted):
            for name in names:
                if trusted and own.casefold() in name.casefold():
                    continue
                if look_alike.names(name, own) or _near(name, own):
                    return name, entry.authority
    return None


def _near(name: str, own: str) -> bool:
    """One or two other letters in a long name; numbers apart, for courts are numbered."""
    mine, theirs = look_alike.skeleton(name), look_alike.skeleton(own)
    if len(theirs) < _LONG or abs(len(mine) - len(theirs)) > _LETTERS:
        return False
    digits = [[each for each in text if each.isdigit()] for text in (name, own)]
    return digits[0] == digits[1] and look_alike.distance(mine, theirs, _LETTERS) <= _LETTERS


def _values(certificate: x509.Certificate) -> list[str]:
    native = certificate.subject.native
    values: list[str] = []
    for key in ("common_name", "organization_name", "organizational_unit_name"):
        value = native.get(key, "")
        values += value if isinstance(value, list) else [value]
    return [each for each in values if each]


def _common(subject: str) -> str:
    parts = (part.strip() for part in subject.split(","))
    return next((part[3:] for part in parts if part.upper().startswith("CN=")), "")


def _claimed(embedded: Any) -> int | None:
    try:
        stated = embedded.self_reported_timestamp
        return None if stated is None else int(stated.timestamp() * 1000)
    except Exception:  # noqa: BLE001 - a date that is none claims nothing
        return None


def _clock(claimed: int | None, moment: int | None, now: int, where: str) -> list[Finding]:
    if claimed is None:
        return []
    if claimed > now + SKEW:
        return [found("claimed_time_false", where, claimed=shown(claimed), reason="it lies in the future")]
    if moment is not None and claimed > moment + SKEW:
        reason = f"the time stamp is of {shown(moment)}"
        return [found("claimed_time_false", where, claimed=shown(claimed), reason=reason)]
    return []


def shown(at: int) -> str:
    """A moment (ms) for people, UTC."""
    try:
        return dt.datetime.fromtimestamp(at / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return str(at)
