# SPDX-License-Identifier: Apache-2.0
"""What every change of the registry is checked for: text that reads as it is, a source, freshness. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from counterseal.core.errors import ConflictError, InputError
from counterseal.judicial.registry.model import RECHECK, Authority, Contact, Source
from counterseal.judicial.registry.stored import RegistryRuleError, unknown

LONGEST: Final = 300
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_HIDDEN: Final = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)  # unseen, or they turn the order round


class Signed(msgspec.Struct, frozen=True):
    """When, by which two officers, and when it was put before them (ms; None = just now)."""

    at: int
    by: tuple[str, ...]
    since: int | None = None


def plain(text: str, what: str, *, empty: bool = False) -> str:
    """One line without hidden characters. Raises InputError."""
    bare = text.strip()
    if not bare and empty:
        return ""
    if not bare or len(bare) > LONGEST or not bare.isprintable() or _HIDDEN.search(bare):
        raise InputError(f"`{what}` is one line of 1 to {LONGEST} visible characters", code="text_invalid")
    return bare


def checked_source(source: Source, now: int) -> Source:
    """A source that somebody can go back to, looked at within the last year. Raises InputError."""
    where = plain(source.where, "source")
    if source.at > now:
        raise InputError("the look-up lies in the future", code="source_future")
    if source.at <= now - RECHECK:
        raise InputError("the look-up is older than a year", code="source_old", hint="look again")
    if source.sha256 and not _SHA256.fullmatch(source.sha256.lower()):
        raise InputError("`sha256` is 64 hex digits", code="source_invalid")
    return Source(where, source.at, source.sha256.lower())


def same_source(one: Source, other: Source) -> bool:
    """Whether two sources are one: the same place, site or copy. A site repeated by itself confirms nothing."""
    if one.sha256 and one.sha256 == other.sha256:
        return True
    mine, theirs = _site(one.where), _site(other.where)
    return mine == theirs


def _site(where: str) -> str:
    """The host of a URL without `www.`, else the words."""
    text = " ".join(where.casefold().split())
    try:
        host = urlsplit(text if "://" in text else "").hostname
    except ValueError:
        host = None
    return (host or text).removeprefix("www.").rstrip(".")


def standing(authority: Authority) -> None:
    """Raise ConflictError if it is not in use any more."""
    if authority.ended is not None:
        raise RegistryRuleError("the authority is not in use any more", code="authority_ended")


def fresh(latest: int, signed: Signed) -> None:
    """Raise ConflictError if the object changed after it was put before the officers."""
    if signed.since is not None and latest > signed.since:
        raise ConflictError(
            "it was changed after this was proposed", code="approval_stale", hint="propose it again"
        )


def live(authority: Authority, contact: str, signed: Signed) -> Contact:
    """The contact as it was put before the officers. Raises NotFoundError, ConflictError."""
    standing(authority)
    held = authority.contact(contact)
    if held is None:
        raise unknown("contact")
    if held.ended is not None:
        raise RegistryRuleError("the contact is not in use any more", code="contact_ended")
    fresh(held.seen, signed)
    return held


def put(authority: Authority, contact: Contact) -> Authority:
    """With the contact as it is now."""
    kept = tuple(contact if each.id == contact.id else each for each in authority.contacts)
    return msgspec.structs.replace(authority, contacts=kept)
