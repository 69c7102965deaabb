# SPDX-License-Identifier: Apache-2.0
"""Signatures of persons over a mail: S/MIME (RFC 8551) and PGP/MIME (RFC 3156).

One counts only if the whole message is the signed part and the signer is the sender: nearly every forged "signed"
mail shows a genuine signature over one part, beside text that nobody signed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from counterseal.gateways.documents import mail_content, mail_pgp, mail_smime
from counterseal.gateways.documents.mail_message import Message
from counterseal.gateways.documents.mail_parts import Part, Reader, read_entity
from counterseal.gateways.documents.mail_sender import FRESH, Sender, marked, shown_date
from counterseal.gateways.documents.mail_signed import Signed
from counterseal.judicial.findings import found
from counterseal.judicial.model import JUDICIAL_ROLES, Context, Effect, Finding, Registered, Signer

_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SMIME = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_PGP = "application/pgp-signature"


class Personal(msgspec.Struct, frozen=True):
    """`proved`: the sender signed the whole message; `covered`: how many bytes."""

    proved: bool = False
    findings: tuple[Finding, ...] = ()
    signer: Signer | None = None
    covered: int = 0


def judge(message: Message, top: Part, sender: Sender, context: Context) -> Personal:
    """What personal signatures say of this mail."""
    notes = _within(top)
    if top.kind.head in _CMS:
        return _with(notes, _opaque(top, sender, context))
    if top.kind.head != "multipart/signed":
        return Personal(findings=tuple(notes))
    kind = _protocol(top)
    if not kind or not _whole(top, kind):
        notes.append(
            found("personal_not_whole", "part 1", kind=kind or top.kind.parameters.get("protocol", "none"))
        )
        return Personal(findings=tuple(notes))
    signature, fault = mail_content.content(top.parts[1])
    if fault:
        notes.append(found("personal_unreadable", "part 1.2", kind=kind, reason=fault))
        return Personal(findings=tuple(notes))
    entity = top.parts[0].entity
    if kind == "S/MIME":
        signed = mail_smime.detached(entity, signature, context)
    else:
        signed = mail_pgp.detached(entity, signature, _keys(message, top), context)
    notes += marked("signed part", entity, context)
    return _with(notes, _judged(signed, sender, context, len(entity)))


def _protocol(top: Part) -> str:
    protocol = top.kind.parameters.get("protocol", "").lower()
    if protocol in _SMIME:
        return "S/MIME"
    return "OpenPGP" if protocol == _PGP else ""


def _whole(top: Part, kind: str) -> bool:
    """Two parts and nothing else: what is signed, and the signature."""
    if len(top.parts) != 2 or not top.alone:  # noqa: PLR2004 - RFC 1847 section 2.1
        return False
    head = top.parts[1].kind.head
    return head in _SMIME if kind == "S/MIME" else head == _PGP


def _within(top: Part) -> list[Finding]:
    """Signatures further in: they speak for their part, not for the mail."""
    return [
        found("personal_not_whole", f"part {part.path}", effect=Effect.NOTE, kind=part.kind.head)
        for part in top.walk()[1:]
        if part.kind.head == "multipart/signed" or part.kind.head in _CMS
    ]


def _opaque(top: Part, sender: Sender, context: Context) -> Personal:
    """A message within its signature (RFC 8551 section 3.5.2)."""
    data, fault = mail_content.content(top)
    if fault:
        return Personal(findings=(found("personal_unreadable", "part 1", kind="S/MIME", reason=fault),))
    signed, inner = mail_smime.opaque(data, context)
    if inner is None:
        return _judged(signed, sender, context, 0)
    reader = Reader()
    parts = read_entity(reader, inner)
    more = (*reader.findings, *mail_content.look(parts), *_within(parts), *marked("signed part", inner, context))
    judged = _judged(signed, sender, context, len(top.body))
    return msgspec.structs.replace(judged, findings=(*more, *judged.findings))


def _keys(message: Message, top: Part) -> list[bytes]:
    """OpenPGP keys that the mail brings; which of them count, the registry says."""
    keys = [mail_content.content(part)[0] for part in top.walk()[:20] if part.kind.head == "application/pgp-keys"]
    return [*keys, *(mail_pgp.autocrypt(field.text) for field in message.all("autocrypt")[:2])]


def _judged(signed: Signed, sender: Sender, context: Context, covered: int) -> Personal:
    """Whether the signer is the sender, registered with a judicial role, and signed lately."""
    findings = list(signed.findings)
    if not signed.holds or sender.mailbox is None:
        return Personal(findings=tuple(findings), signer=signed.signer, covered=covered)
    entry, address = signed.entry, sender.mailbox.address
    if signed.addresses and address.lower() not in signed.addresses:
        findings.append(found("personal_not_sender", signer=", ".join(signed.addresses), address=address))
    if entry is None:
        findings.append(found("personal_unregistered", signer=signed.signer.name if signed.signer else "unknown"))
    elif not signed.addresses and (sender.entry is None or sender.entry.authority != entry.authority):
        findings.append(found("personal_not_sender", signer=entry.authority, address=address))
    elif entry.role not in JUDICIAL_ROLES:
        findings.append(found("sender_not_judicial", signed.kind, authority=entry.authority, role=entry.role))
    findings += _lately(signed.at, context.now)
    proved = entry is not None and not _against(findings)
    signer = signed.signer
    if entry is not None and signer is not None:
        signer = msgspec.structs.replace(signer, authority=entry.authority, role=entry.role, claimed=signed.at)
    if proved and entry is not None and signer is not None:
        findings.append(_carries(signed, entry, signer.name))
        findings.append(found("headers_outside", signed.kind, kind=signed.kind))
    return Personal(proved, tuple(findings), signer, covered)


def _carries(signed: Signed, entry: Registered, name: str) -> Finding:
    return found(
        "mail_signature", signed.kind, kind=signed.kind, name=name, authority=entry.authority, role=entry.role
    )


def _lately(at: int | None, now: int) -> list[Finding]:
    if at is None:
        return [found("personal_old", date="it does not say when it was made")]
    return [] if now - FRESH <= at <= now + FRESH // 72 else [found("personal_old", date=shown_date(at))]


def _against(findings: Iterable[Finding]) -> bool:
    return any(finding.effect not in {Effect.NOTE, Effect.SUPPORTS} for finding in findings)


def _with(notes: list[Finding], personal: Personal) -> Personal:
    return msgspec.structs.replace(personal, findings=(*notes, *personal.findings))
