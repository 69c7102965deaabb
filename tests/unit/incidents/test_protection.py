# SPDX-License-Identifier: Apache-2.0
"""A plan shields by what reaches each account, and refuses what one decision may not do."""

from __future__ import annotations

import pytest

from counterseal.core.errors import InputError
from counterseal.incidents import protection as p
from counterseal.incidents.impact import DAY, State, Verdict
from counterseal.prover.reach import Reach

SETS = (("email_takeover", "sms_intercept"), ("sim_swap",))
KNOWN = frozenset({"email_takeover", "sms_intercept", "sim_swap"})


def verdict(name: str, state: State, *reach: str) -> Verdict:
    return Verdict(name, state, "", (), Reach(reach, "withdraw", None, enough=False) if reach else None)


ALL = [
    verdict("a", State.HIT, "sim_swap"),
    verdict("b", State.EXPOSED, "sim_swap"),
    verdict("c", State.UNKNOWN),
    verdict("d", State.SAFE, "sim_swap"),
]


def test_each_account_gets_what_its_state_asks_for() -> None:
    found = {each.account: each for each in p.planned(ALL, p.Wish(), SETS, KNOWN)}
    assert set(found) == {"a", "b", "c"}
    every = ("email_takeover", "sim_swap", "sms_intercept")
    assert found["a"] == p.Guarded("a", every, end_sessions=True, freeze=True)
    assert found["b"] == p.Guarded("b", ("sim_swap",))
    assert found["c"].capabilities == every
    assert p.counted(found.values()) == {"shield": 3, "end_sessions": 1, "freeze": 1}


def test_words_that_the_policy_does_not_know_are_left_out() -> None:
    [found] = p.planned(ALL[1:2], p.Wish(), (("sim_swap", "telepathy"),), KNOWN)
    assert found.capabilities == ("sim_swap",)


@pytest.mark.parametrize(
    ("verdicts", "wish", "code"),
    [
        ([], p.Wish(), "nothing_to_protect"),
        (ALL[3:], p.Wish(), "nothing_to_protect"),
        (ALL, p.Wish(lasts=91 * DAY), "shield_length"),
        (ALL, p.Wish(lasts=0), "shield_length"),
        ([verdict(f"u{n}", State.HIT) for n in range(1_001)], p.Wish(), "too_many_freezes"),
        ([verdict(f"u{n}", State.EXPOSED) for n in range(20_001)], p.Wish(), "too_many_accounts"),
    ],
    ids=["nobody", "only safe ones", "too long", "no time", "too many freezes", "too many"],
)
def test_what_one_decision_may_not_do(verdicts: list[Verdict], wish: p.Wish, code: str) -> None:
    with pytest.raises(InputError) as raised:
        p.planned(verdicts, wish, SETS, KNOWN)
    assert raised.value.code == code


def test_without_a_cause_only_measures_that_need_none_are_left() -> None:
    found = p.planned([verdict("a", State.HIT), verdict("c", State.UNKNOWN)], p.Wish(), (), KNOWN)
    assert found == (p.Guarded("a", (), end_sessions=True, freeze=True),)


def test_parts_hold_every_account_once() -> None:
    accounts = tuple(p.Guarded(f"u{n}") for n in range(250))
    parts = p.parts_of("act", accounts)
    assert [len(part.accounts) for part in parts] == [100, 100, 50]
    assert tuple(each for part in parts for each in part.accounts) == accounts
