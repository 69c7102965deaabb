# SPDX-License-Identifier: Apache-2.0
"""Paths that work, and what becomes of them when one claim is made false."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.prover.findings import Attack, Step, Use
from counterseal.prover.replay import Refuted, replay
from tests.reference.attack import witnesses
from tests.support.duel import DAY, HOUR, account, attack, confirmed, duel, refuted, step, with_step
from tests.support.duels import DUELS, Duel

# ---------------------------------------------------------------- one whole path

LONG = duel(
    """
    enter: {require: password and totp, grants: session, starts: entered, notify: [email, push]}
    add:   {verb: bind, require: session and totp, grants: address, holds: weakened, notify: email}
    """,
    """
    withdraw: {require: session and totp and age(address) >= 24h and address and since(entered) >= 6h, notify: mail}
    p2p:      {require: session, delay: 2h, notify: push}
    """,
    "notices: {mail: [email]}\n",
)
OWNER = account("password totp")


def long_path() -> Attack:
    return attack(
        "pw_leak totp_seed",
        DAY,
        DAY,
        step(LONG, "enter password:pw_leak totp:totp_seed > email push"),
        step(LONG, "add totp:totp_seed > email", facts="session"),
        step(LONG, "withdraw totp:totp_seed > email", at=DAY, facts="session address"),
    )


def test_a_path_is_confirmed_and_tells_what_changed() -> None:
    first, second, third = confirmed(LONG, OWNER, long_path()).timeline
    assert (first.at, first.step, first.granted, first.restarted) == (0, 0, ("session",), ("entered",))
    assert (second.granted, second.restarted) == (("address",), ("weakened",))
    assert (third.at, third.step, third.empty) == (DAY, 2, True)


CORRUPTIONS: list[tuple[str, int | None, Callable[[Attack], Attack]]] = [
    ("the wait is too short", 2, lambda a: with_step(a, 2, at=DAY - 1, effect=DAY - 1)),
    ("the effect comes later", 0, lambda a: with_step(a, 0, effect=1)),
    ("the clock does not run from the first step", 0, lambda a: _shift(a, HOUR)),
    (
        "steps run backwards",
        1,
        lambda a: replace(a, path=(*(replace(s, at=HOUR - i) for i, s in enumerate(a.path[:2])), a.path[2])),
    ),
    ("a proof is missing", 0, lambda a: with_step(a, 0, uses=a.path[0].uses[:1])),
    ("a proof is given twice", 1, lambda a: with_step(a, 1, uses=a.path[1].uses * 2)),
    (
        "a proof that nobody asked for",
        1,
        lambda a: with_step(a, 1, uses=(*a.path[1].uses, Use("password", "pw_leak"))),
    ),
    ("a source that does not prove it", 1, lambda a: with_step(a, 1, uses=(Use("totp", "pw_leak"),))),
    ("nothing of his own is bound", 1, lambda a: with_step(a, 1, uses=(Use("totp", "bound"),))),
    ("nothing was disclosed", 1, lambda a: with_step(a, 1, uses=(Use("totp", "disclosed"),))),
    ("nothing is given", 1, lambda a: with_step(a, 1, uses=(Use("totp", "given"),))),
    ("a source out of nowhere", 1, lambda a: with_step(a, 1, uses=(Use("totp", "luck"),))),
    ("a capability that he does not have", 0, lambda a: replace(a, capabilities=("pw_leak",))),
    ("a capability that there is not", None, lambda a: replace(a, capabilities=("luck",))),
    ("a fact that he does not hold", 0, lambda a: with_step(a, 0, facts=("session",))),
    ("a fact that the rule does not ask for", 2, lambda a: with_step(a, 2, facts=("session", "key"))),
    ("the notice is said to be muted", 0, lambda a: with_step(a, 0, notice="muted", reached=())),
    ("the notice is said not to be sent", 1, lambda a: with_step(a, 1, notice="none", reached=())),
    ("a channel is left out", 0, lambda a: with_step(a, 0, reached=("email",))),
    ("a channel is made up", 1, lambda a: with_step(a, 1, reached=("email", "sms"))),
    ("another line", 1, lambda a: with_step(a, 1, line=a.path[1].line + 1)),
    ("a shorter window", None, lambda a: replace(a, window=DAY - 1)),
    ("a longer window", None, lambda a: replace(a, window=DAY + 1)),
    ("said to be silent", None, lambda a: replace(a, window=None)),
    ("value leaves earlier", 2, lambda a: replace(a, leaves=DAY - HOUR)),
    ("value leaves later", 2, lambda a: replace(a, leaves=DAY + HOUR)),
    ("an action that there is not", 1, lambda a: with_step(a, 1, action="wish")),
    ("another action's name", 0, lambda a: with_step(a, 0, action="add", line=a.path[1].line)),
    ("another outflow", 2, lambda a: replace(a, outflow="p2p")),
    ("no steps", None, lambda a: replace(a, path=())),
    ("the last step moves no value", 1, lambda a: replace(a, outflow="add", path=a.path[:2], leaves=0, window=0)),
    ("without the address", 1, lambda a: replace(a, path=(a.path[0], a.path[2]))),
]


def _shift(claim: Attack, wait: int) -> Attack:
    path = tuple(replace(one, at=one.at + wait, effect=one.effect + wait) for one in claim.path)
    return replace(claim, path=path, leaves=claim.leaves + wait)


@pytest.mark.parametrize(("name", "index", "corrupt"), CORRUPTIONS, ids=[name for name, _, _ in CORRUPTIONS])
def test_a_corrupted_path_is_refuted_at_the_step_that_fails(
    name: str, index: int | None, corrupt: Callable[[Attack], Attack]
) -> None:
    assert refuted(LONG, OWNER, corrupt(long_path())).step == index


# ---------------------------------------------------------------- corruptions of ways that the brute force found


@cache
def found() -> list[tuple[Duel, Attack]]:
    every = ((case, witnesses(case.policy, case.start, case.capabilities, case.gift)) for case in DUELS)
    return [(case, way) for case, ways in every for way in ways.values() if way is not None]


WAITS = (-DAY, -HOUR, -1, 1, HOUR, DAY)


def _earlier_end(way: Attack, wait: int) -> Attack:
    """A later end is as good where nobody was told before; an earlier one would have been found."""
    last = way.path[-1]
    return replace(
        with_step(way, len(way.path) - 1, at=last.at - wait, effect=last.effect - wait), leaves=way.leaves - wait
    )


def _other_window(way: Attack, wait: int) -> Attack:
    return replace(way, window=way.window + wait if way.window is not None else abs(wait))


def corruptions(way: Attack) -> st.SearchStrategy[Attack]:
    """One claim of one step, or of the whole, made false."""
    index = st.shared(st.integers(0, len(way.path) - 1), key="index")

    def of_step(change: Callable[[Step], st.SearchStrategy[dict[str, object]]]) -> st.SearchStrategy[Attack]:
        return index.flatmap(lambda n: change(way.path[n]).map(lambda fields: with_step(way, n, **fields)))

    waits = st.sampled_from(WAITS)
    proved = [n for n, one in enumerate(way.path) if one.uses]
    notices = ("reached", "muted", "none")
    channels = st.sets(st.sampled_from(("sms", "email", "push")))
    kinds = [
        of_step(lambda one: waits.map(lambda wait: {"at": one.at + wait})),
        of_step(lambda one: waits.map(lambda wait: {"effect": one.effect + wait})),
        of_step(lambda one: st.sampled_from([{"notice": name} for name in notices if name != one.notice])),
        of_step(lambda one: channels.filter(lambda c: c != {*one.reached}).map(lambda c: {"reached": tuple(c)})),
        of_step(lambda one: st.sampled_from([{"line": one.line - 1}, {"line": one.line + 1}])),
        of_step(lambda one: st.just({"facts": (*one.facts, "ticket", "key")})),
        waits.map(lambda wait: replace(way, leaves=way.leaves + wait)),
        waits.map(lambda wait: _earlier_end(way, abs(wait))),
        waits.map(lambda wait: _other_window(way, wait)),
    ]
    if way.window is not None:
        kinds.append(st.just(replace(way, window=None)))
    if proved:
        which = st.sampled_from(proved)
        kinds.append(which.map(lambda n: with_step(way, n, uses=way.path[n].uses[1:])))
        kinds.append(which.map(lambda n: with_step(way, n, uses=way.path[n].uses[:-1])))
        kinds.append(which.map(lambda n: with_step(way, n, uses=(Use(way.path[n].uses[0].factor, "key_leak"),))))
    return st.one_of(kinds)


@st.composite
def corrupted(draw: st.DrawFn) -> tuple[Duel, Attack, Attack]:
    case, way = draw(st.sampled_from(found()))
    return case, way, draw(corruptions(way))


@settings(max_examples=400, deadline=None)
@given(corrupted())
def test_any_small_corruption_of_a_way_is_refuted(drawn: tuple[Duel, Attack, Attack]) -> None:
    case, way, wrong = drawn
    assert replay(case.policy, case.start, way, case.gift).confirmed
    verdict = replay(case.policy, case.start, wrong, case.gift)
    assert isinstance(verdict, Refuted), (case.name, wrong)
