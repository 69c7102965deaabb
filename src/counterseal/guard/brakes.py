# SPDX-License-Identifier: Apache-2.0
"""Brakes on the whole platform: one asset, destination or action stops on every account. Two officers set and lift.

A brake only refuses and delays: what waits goes on waiting, no hold ends sooner, and lifting it gives back
everything as it was. docs/adr/0018-brake-and-break-glass.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.core.engine.brakes import two_officers
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.happenings import BRAKE_LIFTED, BRAKE_SET, brake_told
from counterseal.core.platform import PLATFORM, Brake, destination_of
from counterseal.core.policy.model import Policy
from counterseal.core.stops import BrakeKind
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Loaded, Message
from counterseal.guard.tools import Tools, platform_in, platform_of, read_clock

MOST = 32
"""Brakes at a time: whoever needs more stops an action instead."""
SHORTEST = 60_000
LONGEST = 30 * 86_400_000
"""Of a brake with an end (ms)."""
MOST_REASON = 500
MOST_ASSET = 64


class Spot(msgspec.Struct, frozen=True):
    """A destination to stop. `chain` "": on any chain; `memo` None: with any memo."""

    address: str
    chain: str = ""
    memo: str | None = None


class BrakeGiven(msgspec.Struct, frozen=True):
    """What to stop, exactly one of the first three. `duration`: ms, None = until it is lifted."""

    asset: str = ""
    destination: Spot | None = None
    action: str = ""
    duration: int | None = None
    reason: str = ""


class Braked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A brake that was set or lifted at `at` (ms)."""

    brake: Brake
    at: int
    position: int = -1
    lifted: bool = False


class Brakes:
    """Commands of officers over the platform's subject."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def listed(self) -> tuple[Brake, ...]:
        """The brakes that stand now, the newest first."""
        brakes = (await platform_in(self._tools.store)).brakes
        now, _ = read_clock(self._tools)
        return tuple(sorted((b for b in brakes if b.stands(now)), key=lambda b: (-b.since, b.id)))

    async def set(
        self, given: BrakeGiven, officers: Sequence[str], idempotency: Idempotency | None = None
    ) -> Committed[Braked]:
        """Two officers stop something. Raises InputError for what names nothing that could be stopped, and
        ConflictError where it is stopped already or too much is."""
        tools, identity = self._tools, self._tools.new_id("brk")

        def function(policy: Policy, loaded: Loaded) -> Commit[Braked]:
            two_officers(tuple(officers))
            at = max(now, loaded.latest)
            kind, about = _subject(policy, given)
            platform = platform_of(loaded)
            standing = tuple(brake for brake in platform.brakes if brake.stands(at))
            until = None if given.duration is None else at + given.duration
            if any((b.kind, b.about) == (kind, about) and _lasts(b, until) for b in standing):
                raise ConflictError("this is stopped already", code="brake_exists")
            if len(standing) >= MOST:
                raise ConflictError(f"{MOST} brakes stand already", code="too_many_brakes", hint="Lift one first.")
            brake = Brake(identity, kind, about, at, tuple(officers), until, given.reason)
            after = msgspec.structs.replace(platform, brakes=(*standing, brake))
            entry = _entry("brake_set", at, msgspec.to_builtins(brake))
            change = Change(PLATFORM, after, entry, messages=_told(BRAKE_SET, brake, at))
            return Commit(Braked(brake, at, loaded.position), (change,))

        _check(given)
        now, _ = read_clock(tools)
        return await tools.transact([], function, now=now, idempotency=idempotency)

    async def lift(
        self, brake: str, officers: Sequence[str], reason: str, idempotency: Idempotency | None = None
    ) -> Committed[Braked]:
        """Two officers lift a brake before its time. Raises NotFoundError."""
        tools = self._tools

        def function(_policy: Policy, loaded: Loaded) -> Commit[Braked]:
            two_officers(tuple(officers))
            at = max(now, loaded.latest)
            platform = platform_of(loaded)
            standing = tuple(item for item in platform.brakes if item.stands(at))
            found = next((item for item in standing if item.id == brake), None)
            if found is None:
                raise NotFoundError("there is no such brake", code="unknown_brake")
            left = tuple(item for item in standing if item.id != brake)
            said = {"brake": brake, "kind": found.kind, "about": found.about, "officers": list(officers)}
            entry = _entry("brake_lifted", at, {**said, "reason": reason})
            after, messages = msgspec.structs.replace(platform, brakes=left), _told(BRAKE_LIFTED, found, at)
            change = Change(PLATFORM, after, entry, messages=messages)
            return Commit(Braked(found, at, loaded.position, lifted=True), (change,))

        _check_reason(reason)
        now, _ = read_clock(tools)
        return await tools.transact([], function, now=now, idempotency=idempotency)


def _told(topic: str, brake: Brake, at: int) -> tuple[Message, ...]:
    told = brake_told(topic, brake, at)
    return (Message(told.id, topic, PLATFORM, msgspec.msgpack.encode(told)),)


def _lasts(brake: Brake, until: int | None) -> bool:
    """Whether a brake stands at least until then: setting the same again may only make it longer."""
    return brake.until is None or (until is not None and brake.until >= until)


def _subject(policy: Policy, given: BrakeGiven) -> tuple[BrakeKind, str]:
    if given.asset:
        return "asset", given.asset
    if given.destination is not None:
        spot = given.destination
        return "destination", destination_of(spot.chain, spot.address, spot.memo)
    rule = policy.rules.get(given.action)
    if rule is None or rule.subject != "account":
        raise InputError(f"the policy has no action `{given.action[:64]}` of an account", code="unknown_action")
    return "action", rule.name


def _check(given: BrakeGiven) -> None:
    named = (bool(given.asset), given.destination is not None, bool(given.action))
    if sum(named) != 1:
        hint = "Name an asset, a destination or an action."
        raise InputError("a brake stops exactly one thing", code="brake_subject", hint=hint)
    if given.asset and (len(given.asset) > MOST_ASSET or not given.asset.isprintable() or " " in given.asset):
        raise InputError("this is no asset", code="brake_subject")
    if given.duration is not None and not SHORTEST <= given.duration <= LONGEST:
        raise InputError("a brake with an end lasts from a minute to 30 days", code="brake_duration")
    _check_reason(given.reason)


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MOST_REASON:
        raise InputError("say why in 1 to 500 characters", code="brake_reason")


def _entry(kind: str, at: int, facts: object) -> Entry:
    return Entry(kind, at, "", msgspec.json.encode(facts, order="sorted"))
