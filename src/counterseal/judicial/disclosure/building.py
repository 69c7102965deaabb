# SPDX-License-Identifier: Apache-2.0
"""From a request that is approved and the platform's answer to an encrypted package."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from counterseal.core.transaction import Store, StoredMessage
from counterseal.judicial.disclosure import canaries, changes, package
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.disclosure import stored as s
from counterseal.judicial.disclosure.ports import Clock, Exposures, Got, Owners, PlatformData, Releases, Sealer
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_subject
from counterseal.judicial.requests.binding import digest_of, standing
from counterseal.judicial.requests.model import JudicialRequest

ID_BYTES = 6
Work = Callable[
    [Store, Sequence[StoredMessage], Callable[[StoredMessage], Awaitable[None]], Callable[[], int]], Awaitable[int]
]
"""Handles claimed rows in order, and gives back those after one that failed (workers.loop.one_by_one)."""


class Parts(msgspec.Struct, frozen=True):
    """What the service works with. `secret`: 32 bytes that live as long as the store (tags, tokens, salts);
    `address`: the desk's contact address; `url`: of the public pages."""

    store: Store
    clock: Clock
    random: Callable[[int], bytes]
    platform: PlatformData
    sealer: Sealer
    owners: Owners
    exposures: Exposures
    releases: Releases
    work: Work
    secret: bytes
    address: str
    url: str


def token_of(secret: bytes, disclosure: str) -> str:
    """The download token: derived, so that a letter can name the link again; kept as a digest alone."""
    return hmac.digest(secret, f"token|{disclosure}".encode(), "sha256").hex()


async def made(
    parts: Parts, held: JudicialRequest, got: tuple[Got, ...], key: m.DeliveryKey, now: int
) -> tuple[m.Disclosure, bytes]:
    """Facts and ciphertext of a package that nobody has stored yet. Raises DisclosureError, DeliveryKeyError."""
    name = s.new_id(now, parts.random(ID_BYTES))
    authority = await parts.store.read(authority_subject(held.authority)) if held.authority else None
    called = authority.name if isinstance(authority, Authority) else held.claim.authority
    marks = canaries.canaries_of(parts.secret, name)
    content = package.Content(name, held, called, now, parts.address, marks, got, parts.secret)
    plain, handed = await asyncio.to_thread(package.packed, content)  # up to a second where there are pictures
    if len(plain) > m.MOST_BYTES:
        raise s.DisclosureError("the package is too large", code="package_too_large")
    sealed = await asyncio.to_thread(parts.sealer.encrypt, plain, key)
    approved = standing(held, now)
    basis, until = changes.silence_of(held, now)
    made = m.Disclosure(
        *(name, held.id, held.authority, now, key.fingerprint, key.kind),
        package_sha256=hashlib.sha256(sealed).hexdigest(),
        size=len(sealed),
        token=hashlib.sha256(token_of(parts.secret, name).encode()).hexdigest(),
        expires=now + m.FETCH_WITHIN,
        fields=handed,
        canaries=marks,
        basis=held.legal_basis,
        approvers=() if approved is None else approved.officers,
        silence_basis=basis,
        silence_until=until,
        binding=digest_of(held),
        reference=held.reference,
        authority_name=called,
    )
    return made, sealed
