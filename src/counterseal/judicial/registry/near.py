# SPDX-License-Identifier: Apache-2.0
"""Which requests of an authority came in when, and how they said that they are reached. Pure.

Whoever forges a request would like the desk to learn the number beforehand, or right after. This index says which
requests a change comes near to, and whether a new contact is one that a request brought along. It is the request's
own commit that writes it: `Change(near_of(authority), noted(loaded, seen))`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Loaded
from counterseal.judicial.registry import normal
from counterseal.judicial.registry.model import NEAR

MOST: Final = 500  # of one authority, the newest
UNKNOWN: Final = "unknown"  # requests of which it is not known yet from whom they are


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request: when it came in (ms), and the numbers and addresses that it, its letter or its mail gave."""

    request: str
    received: int
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Near(msgspec.Struct, frozen=True):
    """The requests of one authority, the oldest first."""

    seen: tuple[Seen, ...] = ()


def near_of(authority: str) -> str:
    """Where the requests of an authority are noted; "" = those of nobody known."""
    return f"desk_near:{authority or UNKNOWN}"


def seen_of(
    request: str,
    received: int,
    *,
    phones: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    domains: tuple[str, ...] = (),
) -> Seen:
    """As it is noted: what is no number or address even in its best reading is left out, nothing raises."""
    mails = _read(normal.email, emails)
    hosts = (*_read(normal.domain, domains), *(each.rpartition("@")[2] for each in mails))
    return Seen(request, received, _read(_as_dialled, phones), mails, tuple(dict.fromkeys(hosts)))


def noted(held: Near | None, seen: Seen) -> Near:
    """With this request, once; what it brought along earlier is kept."""
    before = () if held is None else held.seen
    earlier = next((each for each in before if each.request == seen.request), None)
    if earlier is not None:
        seen = msgspec.structs.replace(
            seen,
            phones=tuple(dict.fromkeys((*earlier.phones, *seen.phones))),
            emails=tuple(dict.fromkeys((*earlier.emails, *seen.emails))),
            domains=tuple(dict.fromkeys((*earlier.domains, *seen.domains))),
        )
    others = [each for each in before if each.request != seen.request]
    return Near(tuple(sorted([*others, seen], key=lambda each: (each.received, each.request))[-MOST:]))


def change_of(loaded: Loaded, authority: str, seen: Seen) -> Change:
    """The change that goes into the commit of the request itself; its keys need `near_of(authority)`."""
    held = loaded.states.get(near_of(authority))
    return Change(near_of(authority), noted(held if isinstance(held, Near) else None, seen))


def near_to(held: Near | None, at: int) -> tuple[str, ...]:
    """Requests that came in so shortly before `at` (ms) that a change made then looks as if it were for them."""
    return tuple(each.request for each in (() if held is None else held.seen) if at - NEAR < each.received <= at)


def _as_dialled(text: str) -> str:
    """As `normal.phone`; a number that lacks its country code is kept by its digits, for the comparison."""
    try:
        return normal.phone(text)
    except InputError:
        digits = "".join(each for each in text if each.isascii() and each.isdigit())
        if not 6 <= len(digits) <= 15:  # noqa: PLR2004 - ITU-T E.164
            raise
        return f"+{digits.lstrip('0')}"


def _read(read: Callable[[str], str], values: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for value in values[:20]:
        try:
            found.append(read(value[:200]))
        except InputError:
            continue
    return tuple(dict.fromkeys(found))
