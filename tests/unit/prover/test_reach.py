# SPDX-License-Identifier: Apache-2.0
"""Reach says of a set what the exact search says, or worse; and asks once for each skeleton."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.gateways.packs import load_pack
from counterseal.prover.case import Case
from counterseal.prover.exact import search
from counterseal.prover.exposure import severity
from counterseal.prover.findings import Start
from counterseal.prover.minimal import EVER
from counterseal.prover.reach import Reaches

DAY = 86_400_000
JUNE = ("judicial_pii", "sms_intercept", "email_takeover")
SETS = (JUNE, ("sms_intercept",), ("session_theft", "pw_leak"), ("face_deepfake", "judicial_pii", "sms_intercept"))
STARTS = {
    "sms": Start(frozenset({"password", "fundpw", "sms", "email", "iddoc", "face"}), frozenset({"sms", "email"})),
    "totp": Start(frozenset({"password", "totp", "email"}), frozenset({"email", "push"})),
    "passkey": Start(frozenset({"passkey", "email", "rcode"}), frozenset({"email"})),
}


@pytest.mark.parametrize("pack", ["okx-2024", "hardened", "kraken"])
@pytest.mark.parametrize("start", STARTS)
def test_never_better_for_the_owner_than_the_exact_search(pack: str, start: str) -> None:
    policy = load_pack(pack)
    for names in SETS:
        reach = Reaches(policy, [names], DAY).of(STARTS[start])
        case = Case(policy, STARTS[start])
        found = search(case.game, names, case.outflows)
        exact = min((severity(each.window) for each in found.values() if each is not None), default=EVER)
        said = EVER if not reach.outflow else severity(reach.window)
        assert said <= exact, (names, reach, found)
        assert reach.enough is (said >= DAY)


def test_the_june_attack_reaches_an_account_under_the_old_rules_alone() -> None:
    old = Reaches(load_pack("okx-2024"), [JUNE], DAY).of(STARTS["sms"])
    assert (old.capabilities, old.window, old.enough) == (tuple(sorted(JUNE)), None, False)
    assert Reaches(load_pack("hardened"), [JUNE], DAY).of(STARTS["sms"]).enough


def test_the_worst_of_several_sets_counts_and_equal_accounts_are_proved_once() -> None:
    reaches = Reaches(load_pack("okx-2024"), [("judicial_pii",), JUNE], DAY)
    first = reaches.of(STARTS["sms"])
    assert first.capabilities == tuple(sorted(JUNE))
    assert reaches.of(replace(STARTS["sms"], since={"weakened": 1_000})) == first
    assert reaches.shapes == 1


def test_a_word_that_the_policy_does_not_know_is_named_and_its_set_left_out() -> None:
    reaches = Reaches(load_pack("okx-2024"), [("telepathy",), ("telepathy", "sms_intercept")], DAY)
    assert reaches.unknown == ("telepathy",)
    assert reaches.sets == ()
    assert reaches.of(STARTS["sms"]).enough
