# SPDX-License-Identifier: Apache-2.0
"""The policy in force in this process. Which one that is stands in the platform's subject, for all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec
import structlog

from counterseal.core.errors import CountersealError, NotFoundError, UnavailableError
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.policy.model import Policy, Vocabulary
from counterseal.core.transaction import Change, Commit, Loaded, Store
from counterseal.gateways.packs import policy_from, shipped_vocabulary, vocabulary_from
from counterseal.guard.ports import Verifier, Verifiers
from counterseal.guard.requests import Enroller, Secret
from counterseal.publishing.carried import with_carried
from counterseal.publishing.model import Version, subject_of, version_of

log = structlog.get_logger("counterseal.policies")
MOST_LOADED = 8
"""Versions that a process holds compiled: the one in force, a candidate, those of a checker."""
Made = TypeVar("Made")


class Policies:
    """`guard.ports.PolicySource`: the policy in force, followed through the store. `note`: what a person should
    know of it, "" = nothing."""

    def __init__(self, configured: Policy, store: Store) -> None:
        self.configured = self.current = configured
        self.note, self.switches = "", 0
        self._store = store
        self._loaded: dict[str, tuple[Version, Policy]] = {}

    async def load(self, digest: str) -> Policy:
        """A version as it decides. Raises NotFoundError where the store has none of this digest."""
        found = await self._store.read(subject_of(version_of(digest)))
        if not isinstance(found, Version):
            raise NotFoundError("there is no such version", code="unknown_version")
        held = self._loaded.get(digest)
        if held is not None and held[0].carried == found.carried:
            return held[1]
        made = await asyncio.to_thread(_policy, found)
        while len(self._loaded) >= MOST_LOADED:
            del self._loaded[next(iter(self._loaded))]
        self._loaded[digest] = found, made
        return made

    async def follow(self, digest: str, switches: int) -> None:
        """Load the version that is in force now; UnavailableError where this process cannot."""
        try:
            policy = await self.load(digest)
        except CountersealError as error:
            raise UnavailableError(
                f"the policy {digest.removeprefix('sha256:')[:12]} is in force and cannot be loaded here",
                code="policy_missing",
                hint=error.sentence,
            ) from error
        if policy.digest != self.current.digest:
            log.info("policy_in_force", policy=policy.name, digest=policy.digest)
        self.current, self.switches = policy, switches
        same = policy.digest == self.configured.digest
        self.note = "" if same else f"in force: `{policy.name}` {policy.digest[7:19]}, not the settings' policy"

    async def refresh(self) -> int:
        """A worker's turn: a process that decides nothing follows too."""
        found = await self._store.read(PLATFORM)
        if isinstance(found, Platform) and found.policy:
            known = found.policy == self.current.digest and found.switches == self.switches
            if not known or found.policy not in self._loaded:
                await self.follow(found.policy, found.switches)
        return 0


def _policy(version: Version) -> Policy:
    policy, _ = read(version.text, version.vocabulary)
    if policy.digest != version.digest:
        raise UnavailableError("a version is not what its digest says", code="policy_missing")
    return with_carried(policy, version.carried)


def read(text: str, vocabulary: str | None) -> tuple[Policy, str]:
    """A policy under this vocabulary (None = the shipped one), and the vocabulary's text. Raises PolicyError."""
    words = shipped_vocabulary() if vocabulary is None else _vocabulary(vocabulary)
    return policy_from(text, words), words.text


@lru_cache(maxsize=8)
def _vocabulary(text: str) -> Vocabulary:
    shipped = shipped_vocabulary()
    return shipped if text == shipped.text else vocabulary_from(text)


class Following(Generic[Made]):
    """Something that is made for a vocabulary, made anew when a policy with another one comes into force."""

    def __init__(self, policies: Policies, make: Callable[[Vocabulary], Made]) -> None:
        self._policies, self._make = policies, make
        self._held: tuple[Vocabulary, Made] | None = None

    def now(self) -> Made:
        """For the vocabulary in force."""
        words = self._policies.current.vocabulary
        if self._held is None or self._held[0] is not words:
            self._held = words, self._make(words)
        return self._held[1]


class FollowingVerifiers(Following[Verifiers]):
    """`guard.ports.Verifiers`."""

    def get(self, factor: str) -> Verifier | None:
        """The verifier of a factor class, or None where there is none."""
        return self.now().get(factor)


class FollowingEnrollers(Following[Enroller]):
    """`guard.requests.Enroller`."""

    def secret(self, factor: str, given: str | None, account: str) -> Secret:
        """See the port."""
        return self.now().secret(factor, given, account)

    def confirm(self, factor: str, secret: Secret, answer: str | None, now: int) -> Secret:
        """See the port."""
        return self.now().confirm(factor, secret, answer, now)


class _Made(msgspec.Struct, frozen=True):
    """Nothing to say."""


async def open_platform(store: Store, now: int) -> None:
    """Make the platform's subject at the first start: what is there is found in memory, what is not is looked for
    in the database by every transaction."""
    if await store.read(PLATFORM) is not None:
        return

    def function(loaded: Loaded) -> Commit[_Made]:
        there = loaded.states.get(PLATFORM) is not None
        return Commit(_Made(), () if there else (Change(PLATFORM, Platform()),))

    await store.transact([PLATFORM], function, now=now)
