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
from counterseal.core.account import Request
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
    """One entry of the log as the index reads it. `past`: of an account; `viewer`: who of staff looked at it;
    `left`: the request by which value left with this entry, `back`: the one whose value came back."""

    position: int
    at: int
    account: str
    past: Past | None = None
    viewer: str = ""
    left: Request | None = None
    back: Request | None = None


class Sighting(msgspec.Struct, frozen=True):
    """A trait at a moment. `left`: +1 value left with it, -1 that value came back."""

    kind: str
    at: int
    left: int = 0


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """When an account bore a trait, ms: `first` exactly, `last` to the hour. `left`: how often value left with it
    and did not come back; `left_at`: the first time that it did."""

    kind: str
    first: int
    last: int
    left: int = 0
    left_at: int = 0

    def with_(self, sighting: Sighting) -> Seen:
        """One sighting more."""
        at = sighting.at
        near = 0 <= at - self.last < HOUR and not sighting.left
        return Seen(
            self.kind,
            min(self.first, at),
            self.last if near else max(self.last, at),
            max(0, self.left + sighting.left),
            min(self.left_at or at, at) if sighting.left > 0 else self.left_at,
        )


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


def sightings_of(observed: Observed) -> tuple[tuple[Trait, Sighting], ...]:
    """The traits that this entry shows, refused and unfinished requests included: an attacker who was stopped has
    used the device all the same."""
    found = [(trait, Sighting(trait.kind, observed.at)) for trait in traits_of(observed)]
    for request, left in ((observed.left, 1), (observed.back, -1)):
        if request is not None:
            found += [(trait, Sighting(trait.kind, observed.at, left)) for trait in requested(request)]
    return tuple(found)


def traits_of(observed: Observed) -> tuple[Trait, ...]:
    """The traits of the entry itself."""
    if observed.viewer:
        return (Trait(AGENT, observed.viewer),)
    given = None if observed.past is None else observed.past.input
    if isinstance(given, i.Ask):
        return requested(given.request)
    if isinstance(given, i.ProofFailed) and given.source:
        return (Trait(NETWORK, given.source),)
    if isinstance(given, i.Register):
        return tuple(Trait(CONTACT, f"{each.channel}:{each.value}") for each in given.contacts)
    return ()


def requested(request: Request) -> tuple[Trait, ...]:
    """The traits of a request."""
    payment = request.payment
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


def grown(held: Traced | None, found: Mapping[str, Iterable[Sighting]]) -> tuple[Traced, tuple[str, ...]]:
    """The traits of an account with more sightings (by digest), and the digests that are new."""
    before = held or Traced()
    seen, new, missed = dict(before.seen), [], before.missed
    for digest, sightings in found.items():
        for each in sightings:
            known = seen.get(digest)
            if known is None and len(seen) >= MOST:
                missed += 1
                continue
            if known is None:
                new.append(digest)
            seen[digest] = (known or Seen(each.kind, each.at, each.at)).with_(each)
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
