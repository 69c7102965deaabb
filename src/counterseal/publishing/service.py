# SPDX-License-Identifier: Apache-2.0
"""Versions: upload, examine, put in force. Which one is in force stands in the platform's subject alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from counterseal.core.errors import CountersealError, InputError, NotFoundError
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded
from counterseal.publishing.carried import Clocks, clocks_to_carry
from counterseal.publishing.concerned import concerned
from counterseal.publishing.model import (
    BOARD,
    MOST_NOTE,
    MOST_VERSIONS,
    RUN,
    Board,
    Publication,
    Run,
    Uploaded,
    Verdict,
    Version,
    VersionError,
    entry,
    subject_of,
    version_of,
)
from counterseal.publishing.ports import Parts


class Publish(msgspec.Struct, frozen=True):
    """What the two sign: the digest of the verdict that they saw, what it says, and which policy is replaced."""

    verdict: str
    replaces: str
    weaker: bool
    failing: int
    locked_out: int = 0
    apart: int = 0


class Versions:
    """Versions over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._examining: dict[str, asyncio.Task[Verdict]] = {}
        self._faults: dict[str, str] = {}

    def start_examination(self, version: str) -> None:
        """Examine it beside everything else, unless that is under way in this process."""
        if version in self._examining:
            return
        self._faults.pop(version, None)
        task = asyncio.create_task(self.examine(version), name="counterseal-verdict")
        self._examining[version] = task
        task.add_done_callback(lambda done: self._examined(version, done))

    def _examined(self, version: str, done: asyncio.Task[Verdict]) -> None:
        self._examining.pop(version, None)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            said = error.sentence if isinstance(error, CountersealError) else type(error).__name__
            self._faults[version] = said

    def examining(self, version: str) -> bool:
        """Whether its verdict is being made in this process."""
        return version in self._examining

    @property
    def all_examining(self) -> frozenset[str]:
        """The versions whose verdicts are being made in this process."""
        return frozenset(self._examining)

    def fault(self, version: str) -> str:
        """Why the last examination in this process failed, "" = it did not."""
        return self._faults.get(version, "")

    async def close(self) -> None:
        """Give up what is being examined."""
        for task in list(self._examining.values()):
            task.cancel()
        await asyncio.gather(*self._examining.values(), return_exceptions=True)

    async def listed(self) -> list[Version]:
        """Every version, the newest first."""
        board = await self._parts.store.read(BOARD) or Board()
        found = [await self._parts.store.read(subject_of(each)) for each in reversed(board.versions)]
        return [each for each in found if isinstance(each, Version)]

    async def read(self, version: str) -> Version:
        """One version; raises NotFoundError."""
        found = await self._parts.store.read(subject_of(version))
        if not isinstance(found, Version):
            raise NotFoundError("there is no such version", code="unknown_version")
        return found

    async def in_force(self) -> str:
        """The digest in force, "" before the first start is over."""
        found = await self._parts.store.read(PLATFORM)
        return found.policy if isinstance(found, Platform) else ""

    async def upload(
        self, text: str, vocabulary: str | None, note: str, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Uploaded]:
        """Keep a draft. Raises PolicyError (all faults, with their spans) and VersionError (`version_exists`)."""
        if len(note) > MOST_NOTE:
            raise InputError("a note has at most 500 characters", code="note_invalid")
        policy, words = await asyncio.to_thread(self._parts.read, text, vocabulary)  # half a second for the largest
        now, identity = self._parts.now(), version_of(policy.digest)
        subject = subject_of(identity)

        def function(loaded: Loaded) -> Commit[Uploaded]:
            board = loaded.states[BOARD] or Board()
            if loaded.states[subject] is not None:
                raise VersionError("this policy is a version already", code="version_exists")
            if len(board.versions) >= MOST_VERSIONS:
                raise VersionError(f"there are {MOST_VERSIONS} versions already", code="too_many_versions")
            at = max(now, loaded.latest)
            made = Version(identity, policy.digest, len(board.versions) + 1, policy.name, text, words, by, at, note)
            noted = entry("policy_drafted", at, by, version=identity, name=policy.name, note=note)
            changes = (Change(subject, made, noted), Change(BOARD, Board((*board.versions, identity))))
            return Commit(Uploaded(identity, at, loaded.position), changes)

        return await self._parts.store.transact([subject, BOARD], function, now=now, idempotency=idempotency)

    async def begin(self, policy: Policy, note: str) -> str:
        """The first start: keep the configured policy as version 1 and put it in force, unless one is. Returns the
        digest that is in force afterwards."""
        now, identity = self._parts.now(), version_of(policy.digest)
        subject = subject_of(identity)

        def function(loaded: Loaded) -> Commit[Uploaded]:
            platform = loaded.states[PLATFORM] or Platform()
            if platform.policy:
                return Commit(Uploaded(version_of(platform.policy), now))
            at, board = max(now, loaded.latest), loaded.states[BOARD] or Board()
            publication = Publication(at, (), "", "")
            words = policy.vocabulary.text
            made = Version(
                *(
                    identity,
                    policy.digest,
                    len(board.versions) + 1,
                    policy.name,
                    policy.text,
                    words,
                    "settings",
                    at,
                ),
                note=note,
                published=(publication,),
            )
            noted = entry("policy_published", at, "settings", version=identity, name=policy.name, replaced="")
            changes = (
                Change(subject, made, noted),
                Change(BOARD, Board((*(each for each in board.versions if each != identity), identity))),
                Change(PLATFORM, msgspec.structs.replace(platform, policy=policy.digest)),
            )
            return Commit(Uploaded(identity, at, loaded.position), changes)

        if in_force := await self.in_force():
            return in_force
        done = await self._parts.store.transact([subject, BOARD, PLATFORM], function, now=now)
        return f"sha256:{done.result.version}"

    async def examine(self, version: str) -> Verdict:
        """Prove the version and compare it with the one in force; kept with it. One that is kept is not made again.

        Raises NotFoundError, UnavailableError."""
        candidate, in_force = await self.read(version), await self.in_force()
        if candidate.verdict is not None and candidate.verdict.against == in_force:
            return candidate.verdict
        current = await self.read(version_of(in_force))
        found = await self._parts.examine(current, candidate)
        concerned = await self.concerned(current, candidate)
        now, subject = self._parts.now(), subject_of(version)
        verdict = msgspec.structs.replace(found, against=in_force, at=now, concerned=concerned)

        def function(loaded: Loaded) -> Commit[Uploaded]:
            before: Version = loaded.states[subject]
            said = {"against": in_force, "verdict": verdict.digest, "failing": verdict.failing}
            noted = entry("policy_examined", now, "prover", version=version, weaker=verdict.is_weaker, **said)
            after = msgspec.structs.replace(before, verdict=verdict)
            return Commit(Uploaded(version, now), (Change(subject, after, noted),))

        await self._parts.store.transact([subject], function, now=now)
        return verdict

    async def publish(
        self, version: str, given: Publish, officers: Sequence[str], idempotency: Idempotency | None = None
    ) -> Committed[Uploaded]:
        """Two publishers put a version in force for all processes, in one commit. Raises NotFoundError,
        VersionError (the verdict is not the one they signed, another policy is in force by now, an author signs),
        InputError (`accounts_concerned`)."""
        replayed = None if idempotency is None else await self._parts.store.replayed(idempotency)
        if replayed is not None:
            return replayed
        candidate = await self.read(version)
        _check_people(candidate, officers)
        current = await self.read(version_of(given.replaces))
        await self._refuse_concerned(current, candidate)
        before = await self._parts.loader.load(current.digest)
        carried = clocks_to_carry(before, await self._read(candidate))
        now, subject, replaced = self._parts.now(), subject_of(version), subject_of(current.id)

        def function(loaded: Loaded) -> Commit[Uploaded]:
            _check_signed(loaded.states[subject], loaded.states[PLATFORM] or Platform(), given)
            if loaded.states[replaced].carried != current.carried:  # there and back: it carries something else now
                raise VersionError("another policy came into force meanwhile", code="policy_moved_on")
            at = max(now, loaded.latest)
            changes = _switch(loaded, subject, given, officers, carried, at)
            return Commit(Uploaded(version, at, loaded.position), changes)

        keys = [subject, replaced, PLATFORM, RUN]
        return await self._parts.store.transact(keys, function, now=now, idempotency=idempotency)

    async def concerned(self, current: Version, candidate: Version) -> dict[str, int]:
        """What accounts have that the candidate does not know -> how many of them (publishing/concerned.py)."""
        old, new = await self._read(current), await self._read(candidate)
        return await concerned(self._parts.store, old, new, self._parts.now())

    async def _refuse_concerned(self, current: Version, candidate: Version) -> None:
        concerned = await self.concerned(current, candidate)
        if concerned:
            words = ", ".join(f"`{word}` of {count}" for word, count in concerned.items())
            raise InputError(
                f"the version does not know what accounts have: {words}",
                code="accounts_concerned",
                hint="Keep the words in the vocabulary (no rule has to name them), and the names of outflows.",
            )

    async def _read(self, version: Version) -> Policy:
        return (await asyncio.to_thread(self._parts.read, version.text, version.vocabulary))[0]


def _switch(
    loaded: Loaded, subject: str, given: Publish, officers: Sequence[str], carried: Clocks, at: int
) -> tuple[Change, ...]:
    """The version in force, the platform, and a shadow that runs: its live side is another policy from here on."""
    before: Version = loaded.states[subject]
    platform = loaded.states[PLATFORM] or Platform()
    publication = Publication(at, tuple(officers), given.replaces, given.verdict)
    after = msgspec.structs.replace(before, carried=dict(carried), published=(*before.published, publication))
    said: dict[str, Any] = {
        "version": before.id,
        "name": before.name,
        "replaced": given.replaces,
        "verdict": given.verdict,
    }
    said |= {"weaker": given.weaker, "failing": given.failing, "locked_out": given.locked_out, "carried": carried}
    now = msgspec.structs.replace(platform, policy=before.digest, switches=platform.switches + 1)
    changes = [Change(subject, after, entry("policy_published", at, officers, **said)), Change(PLATFORM, now)]
    run = loaded.states[RUN]
    if isinstance(run, Run) and run.state == "running":
        stopped = msgspec.structs.replace(run, state="stopped", ended=at)
        note = entry("policy_shadow_stopped", at, officers, version=run.version, inputs=run.inputs)
        changes.append(Change(RUN, stopped, note))
    return tuple(changes)


def _check_people(candidate: Version, officers: Sequence[str]) -> None:
    if len(set(officers)) < 2:  # noqa: PLR2004 - two people
        raise VersionError("two different people publish a policy", code="two_officers")
    if any(candidate.author in (name, f"staff:{name}") for name in officers):
        raise VersionError("whoever wrote a version does not publish it", code="author_publishes")


def _check_signed(candidate: Version, platform: Platform, given: Publish) -> None:
    if platform.policy == candidate.digest:
        raise VersionError("this version is in force", code="version_in_force")
    if platform.policy != given.replaces:
        hint = "Examine the version again and have it signed again."
        raise VersionError("another policy is in force by now", code="policy_moved_on", hint=hint)
    verdict = candidate.verdict
    if verdict is None or verdict.against != platform.policy:
        hint = "POST .../examine first: two people sign what is proved of it."
        raise VersionError("there is no verdict against the policy in force", code="verdict_missing", hint=hint)
    found = (verdict.digest, verdict.is_weaker, verdict.failing, verdict.locked_out, len(verdict.apart))
    if found != (given.verdict, given.weaker, given.failing, given.locked_out, given.apart):
        hint = "`weaker`, `failing`, `locked_out` and `apart` are those of the verdict that two people read."
        raise VersionError("what was signed is not this version's verdict", code="verdict_mismatch", hint=hint)
