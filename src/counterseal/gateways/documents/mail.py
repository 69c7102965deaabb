# SPDX-License-Identifier: Apache-2.0
"""The check of a mail: who sent it, whole and lately.

`verified` needs one of two proofs, and nothing against it: a DKIM signature of the sender's registered domain over
all that is shown, or a personal signature (S/MIME, OpenPGP) of the sender over the whole message. SPF is not
judged: it is about the connection, and a file is none.
"""

from __future__ import annotations

import msgspec

from counterseal.gateways.documents import (
    mail_arc,
    mail_content,
    mail_dmarc,
    mail_message,
    mail_personal,
    mail_sender,
)
from counterseal.gateways.documents.mail_dkim import Judged, Verifier
from counterseal.gateways.documents.mail_message import Message
from counterseal.gateways.documents.mail_parts import Part, Reader
from counterseal.gateways.documents.mail_personal import Personal
from counterseal.gateways.documents.mail_sender import Sender
from counterseal.gateways.documents.mail_words import Mailbox
from counterseal.judicial.findings import found
from counterseal.judicial.model import Checked, Context, Covered, Effect, Finding, Registered, Signer


def check_mail(data: bytes, context: Context) -> Checked:
    """Findings on a mail (RFC 5322). `needs` names TXT records that are not in `context.names`. Raises nothing of
    the document's making."""
    message = mail_message.parse(data)
    findings = [*message.findings]
    if message.too_much:
        findings.append(found("mail_too_complex", what="header"))
        return Checked("mail", tuple(findings))
    try:
        return _checked(message, context, findings)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - what was found before is kept
        findings.append(found("not_readable", reason=type(error).__name__))
        return Checked("mail", tuple(findings))


def _checked(message: Message, context: Context, findings: list[Finding]) -> Checked:
    """The checks one after the other; `findings` fill up as they go."""
    findings += mail_sender.subject(message)
    findings += mail_sender.marks(message, context)
    sender = mail_sender.sender(message, context)
    findings += sender.findings
    findings += mail_sender.dated(message, context.now)
    findings += mail_sender.addressed(message)
    findings += _servers(message)
    if needs := _needs(message, sender, context):
        findings.append(found("dns_unknown", name=needs[0]))
        return Checked("mail", tuple(findings), needs=needs)
    reader = Reader()
    top = reader.top(message.fields, message.raw, message.body)
    findings += reader.findings
    findings += mail_content.look(top)
    personal = mail_personal.judge(message, top, sender, context)
    if personal.proved:  # the registry has the person, so it need not have the domain
        findings[:] = [_noted(each) if each.code == "sender_unregistered" else each for each in findings]
    findings += personal.findings
    sent = _sent(message, top, sender, context, personal)
    return msgspec.structs.replace(sent, findings=(*findings, *sent.findings))


def _servers(message: Message) -> list[Finding]:
    """What a file cannot prove about how it came, said once."""
    names = ("authentication-results", "received-spf", "x-spam-status")
    words = [found("servers_words", name, name=name) for name in names if message.first(name) is not None]
    return [found("spf_not_judged"), *words]


def _needs(message: Message, sender: Sender, context: Context) -> tuple[str, ...]:
    """Names to look up, all at once, before anything large is read. Of registered domains only."""
    if sender.mailbox is None or sender.entry is None:
        return ()
    keys = Verifier(message, context).names(*mail_sender.signing_domains(sender.mailbox, sender.entry))
    wanted = [*keys, *mail_dmarc.names(sender.mailbox.domain), *mail_arc.names(message, context)]
    return tuple(name for name in dict.fromkeys(wanted) if name not in context.names)


def _sent(message: Message, top: Part, sender: Sender, context: Context, personal: Personal) -> Checked:
    """What the domains' signatures and policies say, together with the sender's own signature."""
    arc = mail_arc.judge(message, context)
    signer, covered = personal.signer, _covered(message, personal)
    if sender.mailbox is None or sender.entry is None:
        return Checked("mail", tuple(arc), signer=signer, covered=covered)
    entry, box = sender.entry, sender.mailbox
    judged, others = Verifier(message, context).judge(*mail_sender.signing_domains(box, entry))
    good = [each for each in judged if each.good]
    loose = [] if personal.proved else _structure(message, top, good)
    findings = [*_signatures(judged, others, good, box.domain, proved=personal.proved), *loose, *arc]
    if good or not any(each.unknown for each in judged):
        findings.append(_policy(judged, good, box.domain, context))
    if personal.proved:  # it needs no DNS
        findings = [_noted(each) if each.code == "dns_unknown" else each for each in findings]
    if good and not loose:  # who sent it is known whatever the role; only a judicial one carries a verdict
        findings += [_carries(box, entry, good[0])] if sender.judicial else []
        signer = signer or Signer(
            good[0].domain, authority=entry.authority, role=entry.role, claimed=good[0].signed
        )
        covered = _signed_bytes(message, good[0])
    return Checked("mail", tuple(findings), signer=signer, covered=covered)


def _carries(box: Mailbox, entry: Registered, judged: Judged) -> Finding:
    return found(
        *("sender_verified", judged.where),
        address=box.address,
        domain=judged.domain,
        authority=entry.authority,
        role=entry.role,
    )


def _signatures(
    judged: list[Judged], others: int, good: list[Judged], domain: str, *, proved: bool
) -> list[Finding]:
    """One good signature is enough; beside it the others' faults are notes, without it they decide."""
    findings = [found("dkim_unimportant", count=others)] if others else []
    for each in judged:
        faults = list(each.faults)
        if each.unknown:
            faults.append(found("dns_unknown", each.where, name=each.domain))
        findings += [_noted(fault) for fault in faults] if good else faults
    if not judged:
        findings.append(found("dkim_absent", "header", effect=Effect.NOTE if proved else None, domain=domain))
    return findings


def _noted(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, effect=Effect.NOTE)


def _policy(judged: list[Judged], good: list[Judged], domain: str, context: Context) -> Finding:
    """DMARC asks whether a signature holds, not what we ask of it besides; a good one that it does not count is
    not of the very domain that it asks for (adkim=s)."""
    policy = mail_dmarc.judge(domain, frozenset(each.domain for each in judged if each.arithmetic), context)
    strict = bool(good) and policy.code in {"dmarc_none", "dmarc_fails"}
    return found("dkim_not_aligned", policy.where, domain=domain) if strict else policy


def _structure(message: Message, top: Part, good: list[Judged]) -> list[Finding]:
    """A Content-Type that turns the same body into another text, and that no good signature fixes.

    A body that begins with its first boundary and ends with its last has fixed the boundary itself, if every part
    of it is shown whatever the type is. Another transfer encoding of the same bytes shows no text that somebody
    chose, so that field need not be signed.
    """
    if not good:
        return []
    fixed = {name for each in good for name in each.fields}
    plain = top.kind.head == "text/plain" and message.body.isascii() and top.encoding in {"7bit", "8bit"}
    if plain or (top.alone and mail_content.shows_all(top)):
        return []
    if "content-type" in fixed or message.first("content-type") is None:
        return []
    return [found("dkim_structure", good[0].where, name="content-type")]


def _signed_bytes(message: Message, judged: Judged) -> Covered:
    fields = sum(
        len(field.written) + len(field.value) + 3 for field in message.fields if field.name in judged.fields
    )
    return Covered(min(fields + len(message.body), len(message.raw)), len(message.raw), whole=True)


def _covered(message: Message, personal: Personal) -> Covered | None:
    return Covered(personal.covered, len(message.raw), whole=personal.proved) if personal.covered else None
