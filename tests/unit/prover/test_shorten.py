# SPDX-License-Identifier: Apache-2.0
"""Paths without the steps that they do not need."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.prover.findings import Attack, Use
from counterseal.prover.replay import Confirmed, replay
from tests.reference.attack import witnesses
from tests.reference.shorten import shorten
from tests.support.duel import DAY, HOUR, account, attack, duel, step
from tests.support.duels import DUELS

POLICY = duel(
    """
    enter: {require: password and totp, grants: session, notify: email}
    bind:  {verb: replace, require: session and password, grants: totp, notify: email}
    quiet: {require: password, grants: ticket}
    add:   {verb: bind, require: session, grants: address, notify: push}
    """,
    """
    withdraw: {require: session and totp and address and age(address) >= 24h, notify: email}
    p2p:      {require: ticket or session, delay: 6h, notify: email}
    """,
)
OWNER = account("password totp")


def actions(claim: Attack) -> list[str]:
    return [one.action for one in claim.path]


def test_steps_that_do_nothing_for_the_outflow_go() -> None:
    """Entering twice, binding a factor that the seed proves anyway, and a ticket for something else."""
    long = attack(
        "pw_leak totp_seed",
        25 * HOUR,
        25 * HOUR,
        step(POLICY, "quiet password:pw_leak"),
        step(POLICY, "enter password:pw_leak totp:totp_seed > email"),
        step(POLICY, "bind password:pw_leak > email", facts="session", at=HOUR),
        step(POLICY, "enter password:pw_leak totp:bound > email", at=HOUR),
        step(POLICY, "add > push", facts="session", at=HOUR),
        step(POLICY, "withdraw totp:bound > email", facts="session address", at=25 * HOUR),
    )
    assert replay(POLICY, OWNER, long).confirmed
    short = shorten(POLICY, OWNER, long)
    assert actions(short) == ["enter", "add", "withdraw"]
    assert short.path[-1].uses == (Use("totp", "totp_seed"),)
    # The first log-in went, so that times run from the second one: the owner has an hour less.
    assert (short.window, short.leaves) == (DAY, DAY)
    assert [one.at for one in short.path] == [0, 0, DAY]
    assert isinstance(replay(POLICY, OWNER, short), Confirmed)


def test_an_attack_that_the_replay_refutes_comes_back_as_it_is() -> None:
    wrong = attack("pw_leak", 6 * HOUR, 6 * HOUR, step(POLICY, "p2p > email", effect=6 * HOUR, facts="ticket"))
    assert not replay(POLICY, OWNER, wrong).confirmed
    assert shorten(POLICY, OWNER, wrong) is wrong


def test_notices_are_told_anew_where_a_muting_step_goes() -> None:
    policy = duel(
        "hush: {verb: mute, require: password, silences: push}",
        "withdraw: {require: password, notify: push, delay: 24h}\np2p: {require: password, notify: sms}",
    )
    start = account("password", "push")
    hush = step(policy, "hush password:pw_leak")
    last = step(policy, "withdraw password:pw_leak > muted", effect=DAY)
    needed = attack("pw_leak", None, DAY, hush, last)
    assert shorten(policy, start, needed) == needed  # without it somebody would be told
    other = attack("pw_leak", None, 0, hush, step(policy, "p2p password:pw_leak > muted"))
    assert actions(shorten(policy, start, other)) == ["p2p"]
    late = attack("pw_leak", DAY, DAY, replace(last, notice="reached", reached=("push",)))
    assert shorten(policy, start, late) == late


def test_a_way_that_is_the_best_already_loses_no_step() -> None:
    for case in DUELS:
        for way in witnesses(case.policy, case.start, case.capabilities, case.gift).values():
            if way is not None:
                short = shorten(case.policy, case.start, way, case.gift)
                assert actions(short) == actions(way)
                assert (short.window, short.leaves) == (way.window, way.leaves)


def test_a_needless_step_before_the_best_way_goes() -> None:
    """Each way of the tiny games with one more step in front that grants nothing the outflow needs."""
    for case in DUELS:
        enter = case.policy.rules.get("enter")
        if enter is None or "pw_leak" not in case.capabilities or "totp_seed" not in case.capabilities:
            continue
        for way in witnesses(case.policy, case.start, case.capabilities, case.gift).values():
            assert way is not None
            double = replace(way, path=(way.path[0], *way.path))
            assert replay(case.policy, case.start, double, case.gift).confirmed
            assert len(shorten(case.policy, case.start, double, case.gift).path) == len(way.path)
