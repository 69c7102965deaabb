# SPDX-License-Identifier: Apache-2.0
"""The forms of properties: what a policy promises, for the prover to check.

`given` says who attacks (or what the owner has lost), `assert` what must then hold. Both are closed lists
of sentences, so that a property reads the same to a person and to the prover.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal

import msgspec

from counterseal.core.policy.quantities import MAX_WAIT, amount, duration

# ---------------------------------------------------------------- given


class AtMost(msgspec.Struct, frozen=True, tag=True):
    """`capabilities <= k`: every set of at most k capabilities."""

    count: int


class TheseCapabilities(msgspec.Struct, frozen=True, tag=True):
    """`[a, b]`: exactly this set (and so every subset)."""

    names: tuple[str, ...]


class AnyCapabilities(msgspec.Struct, frozen=True, tag=True):
    """`any capabilities`: every set of the vocabulary's capabilities."""


class AnyLeavingOneChannel(msgspec.Struct, frozen=True, tag=True):
    """`any capabilities that leave one channel`: every set that mutes not all of the owner's channels."""


class Enrolled(msgspec.Struct, frozen=True, tag=True):
    """`enrolled(f)`: every profile that has this factor."""

    factor: str


class Lost(msgspec.Struct, frozen=True, tag=True):
    """`lost <= k factors`: the owner lost any k of the enrolled factors; nobody attacks."""

    count: int


Given = AtMost | TheseCapabilities | AnyCapabilities | AnyLeavingOneChannel | Enrolled | Lost

# ---------------------------------------------------------------- assert


class NoOutflow(msgspec.Struct, frozen=True, tag=True):
    """`no outflow`: the attacker reaches none."""


class NoSilentOutflow(msgspec.Struct, frozen=True, tag=True):
    """`no silent outflow`: before value leaves, a notice reached a channel that the attacker does not control."""


class NoDisclosure(msgspec.Struct, frozen=True, tag=True):
    """`no disclosure`: no rule that discloses is reached (subject: request)."""


class WindowAtLeast(msgspec.Struct, frozen=True, tag=True):
    """`window >= d`: ms from the first effective notice to the moment value leaves."""

    wait: int


class LossAtMost(msgspec.Struct, frozen=True, tag=True):
    """`loss(owner_reacts=d) <= x`: what leaves until the owner freezes, d ms after the first effective notice."""

    reacts: int
    amount: Decimal


class NotSubstitutes(msgspec.Struct, frozen=True, tag=True):
    """`not substitutes(weaker, stronger)`: with `stronger` enrolled, `weaker` never does in its place."""

    weaker: str
    stronger: str


class OwnerRegains(msgspec.Struct, frozen=True, tag=True):
    """`owner regains fact <= d`: with what is left, the owner gets the fact within d ms."""

    fact: str
    within: int


class EveryOutflowReachable(msgspec.Struct, frozen=True, tag=True):
    """`every outflow reachable`: the owner can do each of them at last."""


class NoStarvation(msgspec.Struct, frozen=True, tag=True):
    """`no starvation`: no attacker can keep the owner waiting for ever by restarting a hold."""


Assertion = (
    NoOutflow
    | NoSilentOutflow
    | NoDisclosure
    | WindowAtLeast
    | LossAtMost
    | NotSubstitutes
    | OwnerRegains
    | EveryOutflowReachable
    | NoStarvation
)


class Names(msgspec.Struct, frozen=True):
    """The names that properties may use."""

    capabilities: Collection[str]
    factors: Collection[str]
    facts: Collection[str]


class UnknownName(Exception):  # noqa: N818 - caught by the loader, never shown
    """A property names something that the vocabulary does not have."""

    def __init__(self, word: str, kind: str, offset: int) -> None:
        super().__init__(word)
        self.word = word
        self.kind = kind
        self.offset = offset


GIVEN_FORMS = (
    "capabilities <= 2",
    "[sim_swap, email_takeover]",
    "any capabilities",
    "any capabilities that leave one channel",
    "enrolled(totp)",
    "lost <= 1 factor",
)
ASSERT_FORMS = (
    "no outflow",
    "no silent outflow",
    "no disclosure",
    "window >= 24h",
    "loss(owner_reacts=24h) <= 2000",
    "not substitutes(sms, totp)",
    "owner regains session <= 7d",
    "every outflow reachable",
    "no starvation",
)

_WORD = r"([a-z][a-z0-9_]*)"
_AT_MOST = re.compile(r"capabilities <= ?([0-9]{1,3})\Z")
_ENROLLED = re.compile(rf"enrolled\( ?{_WORD} ?\)\Z")
_LOST = re.compile(r"lost <= ?([0-9]{1,3}) factors?\Z")
_WINDOW = re.compile(r"window >= ?([0-9]+[smhd])\Z")
_LOSS = re.compile(r"loss\( ?owner_reacts ?= ?([0-9]+[smhd]) ?\) <= ?([0-9.]+)\Z")
_SUBSTITUTES = re.compile(rf"not substitutes\( ?{_WORD} ?, ?{_WORD} ?\)\Z")
_REGAINS = re.compile(rf"owner regains {_WORD} <= ?([0-9]+[smhd])\Z")

_GIVEN_WORDS: dict[str, Given] = {
    "any capabilities": AnyCapabilities(),
    "any capabilities that leave one channel": AnyLeavingOneChannel(),
}
_ASSERT_WORDS: dict[str, Assertion] = {
    "no outflow": NoOutflow(),
    "no silent outflow": NoSilentOutflow(),
    "no disclosure": NoDisclosure(),
    "every outflow reachable": EveryOutflowReachable(),
    "no starvation": NoStarvation(),
}


def parse_given(text: str, names: Names) -> Given | None:
    """One of the forms of `given` (a list of capabilities is read by the loader); None = none of them."""
    if text in _GIVEN_WORDS:
        return _GIVEN_WORDS[text]
    if match := _AT_MOST.match(text):
        return AtMost(int(match[1]))
    if match := _LOST.match(text):
        return Lost(int(match[1]))
    if match := _ENROLLED.match(text):
        return Enrolled(_known(match, 1, "factor", names.factors))
    return None


def parse_assertion(text: str, names: Names) -> Assertion | None:
    """One of the forms of `assert`; None = none of them. Raises UnknownName."""
    if text in _ASSERT_WORDS:
        return _ASSERT_WORDS[text]
    if match := _WINDOW.match(text):
        return _timed(match[1], WindowAtLeast)
    if match := _LOSS.match(text):
        limit = amount(match[2])
        return _timed(match[1], lambda wait: LossAtMost(wait, limit)) if limit is not None else None
    if match := _SUBSTITUTES.match(text):
        weaker = _known(match, 1, "factor", names.factors)
        return NotSubstitutes(weaker, _known(match, 2, "factor", names.factors))
    if match := _REGAINS.match(text):
        fact = _known(match, 1, "fact", names.facts)
        return _timed(match[2], lambda wait: OwnerRegains(fact, wait))
    return None


def fits(given: Given, assertion: Assertion) -> bool:
    """Whether the two can be asked together: an owner's loss with an owner's power, an attacker with the rest."""
    if isinstance(assertion, OwnerRegains | EveryOutflowReachable):
        return isinstance(given, Lost)
    if isinstance(assertion, NotSubstitutes):
        return isinstance(given, Enrolled)
    return isinstance(given, AtMost | TheseCapabilities | AnyCapabilities | AnyLeavingOneChannel)


def _known(match: re.Match[str], group: int, kind: str, known: Collection[str]) -> str:
    if match[group] not in known:
        raise UnknownName(match[group], kind, match.start(group))
    return match[group]


def _timed(text: str, build: Callable[[int], Assertion]) -> Assertion | None:
    wait = duration(text)
    return build(wait) if wait is not None and wait <= MAX_WAIT else None
