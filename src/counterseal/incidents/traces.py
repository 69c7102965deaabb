# SPDX-License-Identifier: Apache-2.0
"""What an entry of an account shares with other accounts: device, network, destination, contact, agent. Pure.

A trait is kept as a keyed digest (HMAC-SHA256): the index says that two accounts share something, and opens nothing
else. What is too common to say anything (the address of a whole carrier) is counted like all others; whoever reads
the index decides from its count.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from counterseal.core import inputs as i
from counterseal.core.destinations import address_id
from counterseal.prover.history import Past

DEVICE: Final = "device"
NETWORK: Final = "network"
DESTINATION: Final = "destination"
CONTACT: Final = "contact"
AGENT: Final = "agent"
KINDS: Final = (DEVICE, NETWORK, DESTINATION, CONTACT, AGENT)
HOUR: Final = 3_600_000
"""`Seen.last` is exact to an hour: an account that is used all day is not written all day."""
MOST: Final = 2_000
"""Traits kept of one account. What comes later is counted in `Traced.missed`, and whoever asks is told."""


class Trait(msgspec.Struct, frozen=True, order=True):
    """One thing that accounts can share. `value`: as the account's own state names it."""

    kind: str
    value: str


class Observed(msgspec.Struct, frozen=True):
    """One entry of the log as the index reads it. `past`: of an account; `viewer`: who of staff looked at it."""

    position: int
    at: int
    account: str
    past: Past | None = None
    viewer: str = ""


class Seen(msgspec.Struct, frozen=True):
    """When an account bore a trait, ms: `first` exactly, `last` to the hour."""

    kind: str
    first: int
    last: int


class Traced(msgspec.Struct, frozen=True, omit_defaults=True):
    """The traits of one account by digest. `missed`: those that had no room."""

    seen: dict[str, Seen] = {}
    missed: int = 0


class TraitHead(msgspec.Struct, frozen=True):
    """How many accounts bear a trait, since when."""

    kind: str
    accounts: int
    first: int


class TraceLink(msgspec.Struct, frozen=True):
    """That an account bears a trait. Its subject is the index; `first`: ms."""

    first: int


class TraceCursor(msgspec.Struct, frozen=True):
    """How far the log was read: the last position taken in."""

    position: int = -1


def traits_of(observed: Observed) -> tuple[Trait, ...]:
    """The traits that this entry shows, refused and unfinished requests included: an attacker who was stopped has
    used the device all the same."""
    if observed.viewer:
        return (Trait(AGENT, observed.viewer),)
    given = None if observed.past is None else observed.past.input
    if isinstance(given, i.Ask):
        return _asked(given)
    if isinstance(given, i.ProofFailed) and given.source:
        return (Trait(NETWORK, given.source),)
    if isinstance(given, i.Register):
        return tuple(Trait(CONTACT, f"{each.channel}:{each.value}") for each in given.contacts)
    return ()


def _asked(given: i.Ask) -> tuple[Trait, ...]:
    request, payment = given.request, given.request.payment
    found = [Trait(DEVICE, request.objects[DEVICE])] if DEVICE in request.objects else []
    found += [Trait(NETWORK, request.source)] if request.source else []
    spots = {request.objects["address"]} if "address" in request.objects else set()
    if payment is not None and payment.destination:
        spots.add(address_id(payment.chain, payment.destination, payment.memo))
    found += [Trait(DESTINATION, each) for each in sorted(spots)]
    found += [Trait(CONTACT, f"{each.factor}:{each.contact}") for each in request.enrol if each.contact]
    return tuple(found)


def digest_of(key: bytes, trait: Trait) -> str:
    """The name of a trait in the index, 64 hex digits. `key`: 32 bytes that only the server has."""
    return hmac.new(
        key, f"{trait.kind}\n{trait.value}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()


def grown(held: Traced | None, found: Mapping[str, Iterable[tuple[str, int]]]) -> tuple[Traced, tuple[str, ...]]:
    """The traits of an account with more sightings, and the digests that are new. `found`: digest ->
    (kind, ms) of each sighting."""
    before = held or Traced()
    seen, new, missed = dict(before.seen), [], before.missed
    for digest, sightings in found.items():
        for kind, at in sightings:
            known = seen.get(digest)
            if known is not None:
                if at - known.last >= HOUR or at < known.first:
                    seen[digest] = Seen(kind, min(known.first, at), max(known.last, at))
            elif len(seen) < MOST:
                seen[digest] = Seen(kind, at, at)
                new.append(digest)
            else:
                missed += 1
    return Traced(seen, missed), tuple(new)


def traced_of(account: str) -> str:
    """Where the traits of an account are."""
    return f"traced:{account}"


def head_of(digest: str) -> str:
    """Where it stands how many accounts bear a trait."""
    return f"trace_head:{digest}"


def link_of(digest: str, account: str) -> str:
    """The subject that says that an account bears a trait: sorted by trait, so that it can be listed."""
    return f"trace_link:{digest}:{account}"


CURSOR: Final = "trace_cursor:log"
