# SPDX-License-Identifier: Apache-2.0
"""What the prover finds: attacks with their paths. All times are ms; docs/prover-model.md says what they mean."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from counterseal.core.policy.model import Profile

NOTHING: frozenset[str] = frozenset()


class Gift(msgspec.Struct, frozen=True):
    """Power that the attacker has besides his capabilities: an assumption that is dropped.

    Factors he can prove, facts he holds from the start and for ever, channels that are muted; `no_limits`: the
    limits of outflows do not count; `no_waits`: every wait, age and delay is over at once.
    """

    proves: frozenset[str] = NOTHING
    gives: frozenset[str] = NOTHING
    mutes: frozenset[str] = NOTHING
    no_limits: bool = False
    no_waits: bool = False


class Start(msgspec.Struct, frozen=True):
    """The account at the start of the game. `facts`: what the attacker holds -> age. Durations are ms."""

    enrolled: frozenset[str]
    channels: frozenset[str]
    facts: Mapping[str, int] = {}
    bound: frozenset[str] = NOTHING
    since: Mapping[str, int] = {}
    fading: Mapping[str, int] = {}


def start_of(profile: Profile) -> Start:
    """An untouched account of this profile."""
    return Start(frozenset(profile.factors), frozenset(profile.channels))


class Use(msgspec.Struct, frozen=True):
    """A proof that the attacker gave: the factor, and what it came from: a capability, `bound` (an instance of his
    own), `disclosed`, or `given` (an assumption that was dropped)."""

    factor: str
    source: str


class Step(msgspec.Struct, frozen=True):
    """One action of a path. `at`: ms since the first one. `effect`: when it takes effect (`at` without a delay).

    `notice`: `reached` (some channel reaches the owner), `muted` (it was sent and none does), `none` (not sent).
    `facts`: what it rested on. `line`: of the rule in the policy.
    """

    action: str
    at: int
    effect: int
    uses: tuple[Use, ...]
    facts: tuple[str, ...]
    notice: str
    reached: tuple[str, ...]
    line: int


class Attack(msgspec.Struct, frozen=True):
    """A way in which value leaves (or data, for a rule that discloses): the best one for this set and this outflow.

    `window`: ms from the first notice that reached the owner to the moment of the loss; None = silent.
    `leaves`: ms from the first step to that moment. The last step of `path` is the outflow.
    """

    capabilities: tuple[str, ...]
    outflow: str
    window: int | None
    leaves: int
    path: tuple[Step, ...]

    @property
    def silent(self) -> bool:
        """Nobody is told before value leaves."""
        return self.window is None

    @property
    def first_notice(self) -> int | None:
        """Ms from the first step to the first notice that reached the owner."""
        return None if self.window is None else self.leaves - self.window
