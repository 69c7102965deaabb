# SPDX-License-Identifier: Apache-2.0
"""What forged requests of one hand share: officer, mailbox, domain, telephone, key, template. Pure.

Kept as digests: the index says that two requests share something, and opens nothing else. Requests are siblings if
they share a strong trait. A domain alone is weak: a whole ministry writes from one. So it counts near in time only,
and never a provider's where anybody gets an address. A template needs two marks, one of them of the very file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from counterseal.judicial import templates
from counterseal.judicial.followup.model import Sibling, Trait
from counterseal.judicial.model import Report
from counterseal.judicial.registry.normal import FREE_MAIL, ContactValueError, phone
from counterseal.judicial.requests.model import JudicialRequest, State

DAY: Final = 24 * 60 * 60 * 1000
NEAR: Final = 90 * DAY
WEAK: Final = frozenset({"domain"})
MARKS: Final = 2
_DIGITS: Final = 7
_MAILBOX: Final = re.compile(r"[^@\s]{1,64}@([a-z0-9-]+(\.[a-z0-9-]+)+)")
_FORGED: Final = frozenset({State.SUSPECTED_FORGED, State.CONFIRMED_FORGED})


def traits_of(
    request: JudicialRequest, reports: Iterable[Report] = (), senders: Iterable[str] = ()
) -> tuple[Trait, ...]:
    """Its traits. `reports`: of its documents; `senders`: envelope addresses of its mails."""
    claim = request.claim
    values: list[tuple[str, str]] = []
    officer = _words(claim.officer)
    if officer:
        values.append(("officer", f"{officer}\n{_words(claim.authority)}"))
    for address in (claim.email, *senders):
        found = _MAILBOX.fullmatch(address.strip().casefold())
        if found is not None:
            values.append(("mailbox", found[0]))
            values += [] if found[1] in FREE_MAIL else [("domain", found[1])]
    values += [("phone", each) for each in (_phone(claim.phone),) if each]
    values += [("key", each) for each in map(_key, (claim.delivery_key, request.key)) if each]
    for report in reports:
        values += [("template", each) for each in templates.marks(report)]
    return tuple(sorted({Trait(kind, digest(kind, value)) for kind, value in values}))


def digest(kind: str, value: str) -> str:
    """The name of a trait in the index: for marks of a template with their own kind in front."""
    prefix = f"{value.partition('-')[0]}-" if kind == "template" else ""
    return prefix + hashlib.sha256(f"{kind}\n{value}".encode()).hexdigest()


def siblings_of(
    request: JudicialRequest, traits: Sequence[Trait], bearers: Mapping[str, Sequence[JudicialRequest]]
) -> tuple[Sibling, ...]:
    """The requests that share traits with this one, the strongest first. `bearers`: digest -> requests with it."""
    shared: dict[str, set[Trait]] = {}
    others: dict[str, JudicialRequest] = {}
    for trait in traits:
        for other in bearers.get(trait.digest, ()):
            if other.id != request.id:
                shared.setdefault(other.id, set()).add(trait)
                others[other.id] = other
    found = []
    for identity, common in shared.items():
        other = others[identity]
        kinds = _kinds(common, abs(other.received - request.received) <= NEAR)
        if kinds:
            forged = other.state in _FORGED
            found.append(Sibling(identity, kinds, forged, other.state is State.CONFIRMED_FORGED))
    return tuple(sorted(found, key=lambda each: (-len(each.traits), each.request)))


def _kinds(common: set[Trait], near: bool) -> tuple[str, ...]:  # noqa: FBT001 - whether they came at about one time
    kinds = {each.kind for each in common}
    marks = {each.digest.partition("-")[0] for each in common if each.kind == "template"}
    if len(marks) < MARKS or not marks & templates.PERSONAL:
        kinds.discard("template")
    if kinds <= WEAK and not near:
        return ()
    return tuple(sorted(kinds))


def _words(text: str) -> str:
    """Names as people write them: case, spaces and punctuation aside."""
    kept = "".join(each if each.isalnum() else " " for each in text.casefold())
    return " ".join(sorted(kept.split()))


def _phone(text: str) -> str:
    """E.164 where it is a number, else its last digits: a forger's number may lack its country code."""
    try:
        return phone(text)
    except ContactValueError:
        digits = "".join(each for each in text if each.isascii() and each.isdigit())
        return digits if len(digits) >= _DIGITS else ""


def _key(text: str) -> str:
    """A key without what line breaks change."""
    return "".join(text.split())
