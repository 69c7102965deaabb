# SPDX-License-Identifier: Apache-2.0
"""ARC (RFC 8617): what servers on the way say they saw. Evidence for people; it never carries a verdict.

dkimpy judges the chain; it takes the machine's clock for `t=` and `x=`, which no verdict depends on here.
"""

from __future__ import annotations

import re
from typing import Final

import dkim  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents import mail_tags
from counterseal.gateways.documents.mail_dkim import SILENT, relaxed
from counterseal.gateways.documents.mail_message import Message
from counterseal.gateways.documents.mail_tags import TagError
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding

MOST_SETS: Final = 10
NAMES: Final = frozenset({"arc-seal", "arc-message-signature", "arc-authentication-results"})


def names(message: Message, context: Context) -> list[str]:
    """Where the sealers' keys are; none if one of the sealers is not registered: he would learn of the look-up."""
    try:
        keys, domains = _keys(message)
    except TagError:
        return []
    return [] if _strangers(domains, context) else keys


def judge(message: Message, context: Context) -> list[Finding]:
    """What the chain of seals comes to."""
    if not any(field.name in NAMES for field in message.fields):
        return []
    try:
        _, domains = _keys(message)
    except TagError as error:
        return [found("arc_fails", reason=error)]
    strangers = _strangers(domains, context)
    if strangers or not domains:
        return [found("arc_not_judged", domain=", ".join(strangers) or "nobody")]
    return [_chain(message, context, domains)]


def _strangers(domains: list[str], context: Context) -> list[str]:
    registered = {domain for entry in context.registry for domain in entry.domains}
    return sorted(domain for domain in domains if domain not in registered)


def _keys(message: Message) -> tuple[list[str], list[str]]:
    """Names of the keys, and the sealing domains, the newest first. Raises TagError."""
    fields = [field for field in message.fields if field.name in NAMES]
    if len(fields) > 3 * MOST_SETS or any(len(field.value) > mail_tags.MOST_BYTES for field in fields):
        raise TagError("it has too many sets")
    names: dict[str, None] = {}
    domains: dict[str, None] = {}
    for field in [*message.all("arc-seal"), *message.all("arc-message-signature")]:
        found_tags = mail_tags.tags(field.text)
        domain = mail_tags.host(found_tags.get("d", ""), "d=")
        selector = mail_tags.host(found_tags.get("s", ""), "s=")
        names[f"{selector}._domainkey.{domain}"] = None
        domains[domain] = None
    return list(names), list(domains)


def _chain(message: Message, context: Context, domains: list[str]) -> Finding:
    unknown = False

    def text(name: bytes, **_: object) -> str:
        nonlocal unknown
        answer = context.names.get(name.decode("ascii", "replace").rstrip(".").lower())
        unknown = unknown or answer is None or answer.status == "unknown"
        return answer.texts[0] if answer is not None and len(answer.texts) == 1 else ""

    engine = dkim.ARC(minkey=1024, logger=SILENT)
    engine.headers = [(field.written, field.value + b"\r\n") for field in message.fields]
    engine.body = relaxed(message.body)  # ARC knows no other form
    try:
        result, _, reason = engine.verify(dnsfunc=text)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - the library raises anything over a hostile chain
        return found("arc_fails", reason=type(error).__name__)
    if result == dkim.CV_Pass:
        return found("arc_passes", domain=domains[0])
    return found("arc_fails", reason="DNS did not answer" if unknown else re.sub(r"[^ -~]", "?", str(reason)))
