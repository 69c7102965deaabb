# SPDX-License-Identifier: Apache-2.0
"""Who a mail says it is from: the mailbox, its place in the registry, and what makes it look like another."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from counterseal.gateways.documents import look_alike
from counterseal.gateways.documents.mail_message import Field, Message
from counterseal.gateways.documents.mail_words import Mailbox, WordError, decode, hidden, mailbox
from counterseal.judicial.findings import found
from counterseal.judicial.model import JUDICIAL_ROLES, Context, Finding, Registered

FRESH: Final = 72 * 3_600_000  # ms
AHEAD: Final = 3_600_000  # ms that a sender's clock may be ahead
_DATE: Final = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),[ \t]*)?\d{1,2}[ \t]+[A-Z][a-z]{2}[ \t]+\d{4}[ \t]+\d{2}:\d{2}(?::\d{2})?"
    r"[ \t]+(?:[+-]\d{4}|GMT|UT)(?:[ \t]+\([A-Za-z0-9 +:-]{1,40}\))?"
)
_ID: Final = re.compile(r"<[!-;=?-~]{1,995}>")
_WITHIN: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9.-]{1,253})")


class Sender(msgspec.Struct, frozen=True):
    """The sender, the registry's entry for it (None = not registered), and what was found about it."""

    mailbox: Mailbox | None
    entry: Registered | None
    findings: tuple[Finding, ...]

    @property
    def judicial(self) -> bool:
        """Whether its word can carry `verified`."""
        return self.entry is not None and self.entry.role in JUDICIAL_ROLES


def sender(message: Message, context: Context) -> Sender:
    """What the From field says, and how the registry, Reply-To, and names stand to it."""
    field = message.first("from")
    if field is None:
        return Sender(None, None, (found("from_missing"),))
    try:
        box = mailbox(field.text)
    except WordError as error:
        return Sender(None, None, (found("from_odd", _where(field), reason=error),))
    entry = match(box, context.registry)
    findings = [*_standing(box, entry, context.registry), *_claims(box, entry, context.registry)]
    findings += _reply(message, box, entry, context.registry)
    findings += _submitted(message, box)
    return Sender(box, entry, tuple(findings))


def match(box: Mailbox, registry: tuple[Registered, ...]) -> Registered | None:
    """The entry that says most about this mailbox: by address, by domain, by a domain above it.

    Where several share a domain, the least powerful one: its users cannot be told apart.
    """
    for entry in registry:
        if box.address.lower() in entry.addresses:
            return entry
    exact = [entry for entry in registry if box.domain in entry.domains]
    above = [
        entry
        for entry in registry
        if entry.subdomains and any(box.domain.endswith(f".{domain}") for domain in entry.domains)
    ]
    return min(
        exact or above, key=lambda entry: (bool(entry.addresses), entry.role in JUDICIAL_ROLES), default=None
    )


def signing_domains(box: Mailbox, entry: Registered) -> tuple[frozenset[str], frozenset[str]]:
    """Domains whose signature speaks for this mailbox, and those below which any does."""
    own = {box.domain}
    own |= {domain for domain in entry.domains if box.domain.endswith(f".{domain}")}
    below = {domain for domain in entry.domains if entry.subdomains and _under(box.domain, domain)}
    return frozenset(own), frozenset(below)


def dated(message: Message, now: int) -> list[Finding]:
    """Whether the Date field is of the last 72 hours."""
    field = message.first("date")
    at = None if field is None else moment(field.text)
    if field is None or at is None:
        return [found("date_missing")]
    if at < now - FRESH:
        return [found("date_old", _where(field), date=shown_date(at))]
    return [found("date_future", _where(field), date=shown_date(at))] if at > now + AHEAD else []


def moment(text: str) -> int | None:
    """A date (RFC 5322 section 3.3) in ms since the epoch; None for what is none."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def shown_date(at: int) -> str:
    """For people, in UTC."""
    try:
        return f"{dt.datetime.fromtimestamp(at / 1000, dt.UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "a date that no calendar has"


def addressed(message: Message) -> list[Finding]:
    """Whom it was written to: a genuine order to another company can be sent on."""
    field = message.first("to")
    return [] if field is None else [found("addressed", _where(field), to=field.text)]


def marks(message: Message, context: Context) -> list[Finding]:
    """Marks of the Message-ID and of the body, and whether one was seen before."""
    field = message.first("message-id")
    findings = []
    given: list[tuple[str, bytes]] = []
    if field is None or not _ID.fullmatch(field.text):
        findings.append(found("message_id_missing"))
    else:
        given.append(("Message-ID", field.text.encode()))
    body = b" ".join(message.body.split())
    if len(body) >= 64:  # noqa: PLR2004 - below that, an honest "received" repeats itself
        given.append(("body", b"body:" + body))
    for what, text in given:
        findings += marked(what, text, context)
    return findings


def marked(what: str, text: bytes, context: Context) -> list[Finding]:
    """The mark of something that does not come twice, and whether it has."""
    mark = hashlib.sha256(text).hexdigest()
    repeated = [found("mail_repeated", what, what=what)] if mark in context.seen else []
    return [found("mail_mark", mark, what=what), *repeated]


def subject(message: Message) -> list[Finding]:
    """Whether the subject reads in one way."""
    field = message.first("subject")
    if field is None:
        return []
    try:
        if hidden(decode(field.text).replace("\t", " ")):
            return [found("subject_odd", _where(field), reason="it hides characters")]
    except WordError as error:
        return [found("subject_odd", _where(field), reason=error)]
    return []


def _standing(box: Mailbox, entry: Registered | None, registry: tuple[Registered, ...]) -> list[Finding]:
    if entry is None:
        return [found("sender_unregistered", "From", domain=box.domain), *_imitation("From", box.domain, registry)]
    if entry.addresses and box.address.lower() not in entry.addresses:
        return [found("address_unregistered", "From", address=box.address, authority=entry.authority)]
    if entry.role not in JUDICIAL_ROLES:
        return [found("sender_not_judicial", "From", authority=entry.authority, role=entry.role)]
    return []


def _imitation(field: str, domain: str, registry: tuple[Registered, ...]) -> list[Finding]:
    for entry in registry:
        domains = (*entry.domains, *(address.rpartition("@")[2] for address in entry.addresses))
        if domain in domains or any(_under(domain, other) for other in domains if entry.subdomains):
            return []
    for entry in registry:
        domains = (*entry.domains, *(address.rpartition("@")[2] for address in entry.addresses))
        if hit := look_alike.imitated(domain, domains):
            registered, how = hit
            return [
                found(
                    *("look_alike_domain", field),
                    field=field,
                    domain=look_alike.unicode_name(domain),
                    how=how,
                    registered=registered,
                    authority=entry.authority,
                )
            ]
    return []


def _claims(box: Mailbox, entry: Registered | None, registry: tuple[Registered, ...]) -> list[Finding]:
    """A display name with another's address in it, or a registered authority's name over a strange address."""
    claim = found("display_name_claims", "From", display=box.display, address=box.address)
    within = _WITHIN.search(box.display)
    if within is not None and within[0].lower() != box.address.lower():
        return [claim]
    if "@" in box.display and within is None:
        return [claim]
    others = [other for other in registry if entry is None or other.authority != entry.authority]
    named = any(
        look_alike.names(box.display, other.authority)
        for other in others
        if entry is None or not look_alike.names(entry.authority, other.authority)
    )
    domains = {domain for other in others for domain in other.domains}
    return [claim] if named or any(domain in box.display.lower() for domain in domains) else []


def _reply(
    message: Message, box: Mailbox, entry: Registered | None, registry: tuple[Registered, ...]
) -> list[Finding]:
    """Reply-To is absent, or the sender (research: the field that turns an answer away)."""
    field = message.first("reply-to")
    if field is None:
        return []
    try:
        to = mailbox(field.text)
    except WordError:
        return [found("reply_elsewhere", _where(field), to=field.text, sender=box.address)]
    if to.address.lower() == box.address.lower():
        return []
    if to.domain == box.domain and entry is not None:
        return [found("reply_within", _where(field), to=to.address)]
    findings = [found("reply_elsewhere", _where(field), to=to.address, sender=box.address)]
    return [*findings, *_imitation("Reply-To", to.domain, registry)]


def _submitted(message: Message, box: Mailbox) -> list[Finding]:
    field = message.first("sender")
    if field is None or field.text.lower() == box.address.lower():
        return []
    return [found("sender_field", _where(field), sender=field.text)]


def _under(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")


def _where(field: Field) -> str:
    return f"header line {field.line}, {field.name}"
