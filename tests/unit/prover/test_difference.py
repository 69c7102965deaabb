# SPDX-License-Identifier: Apache-2.0
"""Differences of policies: known facts, and laws that hold for every pair."""

from __future__ import annotations

import pytest

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack, policy_from
from counterseal.prover.case import Case
from counterseal.prover.difference import Difference, diff
from counterseal.prover.findings import start_of
from counterseal.prover.minimal import SILENT, rank
from counterseal.prover.mutations import mutations
from tests.support.prover_policies import random_policy

HOUR = 3_600_000
NEVER = 1 << 62
SMALL = """
counterseal: 1
policy: small
let: {second: SECOND}
actions:
  login: {require: password and second, grants: session, notify: email}
  change_phone: {verb: replace, require: session and email, grants: sms, holds: weakened, notify: [sms, email]}
outflows:
  withdraw: {require: session and second and since(weakened) >= 24h, limit: LIMIT, notify: email}
"""
CLOSED = "withdraw_verified withdraw_api internal_transfer gift p2p_release card"
CLOSED += " fiat_payout fiat_payout_new offmarket_trade"


def small(second: str = "sms and email", *, limit: str = "1000/24h", name: str = "", text: str = SMALL) -> Policy:
    """A policy of three rules under the shipped vocabulary."""
    closed = "".join(f"  {each}: not_offered\n" for each in CLOSED.split())
    text = text.replace("SECOND", second).replace("LIMIT", limit) + closed
    return policy_from(text.replace("withdraw: {", f"{name}: {{kind: withdraw, ") if name else text)


def compare(old: Policy, new: Policy, profile: str = "sms_only", **options: int) -> Difference:
    return diff(old, new, [new.vocabulary.profiles[profile]], **options)


class TestKnownFacts:
    def test_and_becomes_or(self) -> None:
        found = compare(small(), small("sms or email"))
        (one,) = found.profiles
        assert [(change.outflow, change.kind) for change in one.weaker] == [("withdraw", "window")]
        change = one.weaker[0]
        assert change.witness is not None
        assert change.witness.old is None
        assert change.witness.new is not None
        assert 0 < change.sets < change.of
        assert change.witness.capabilities == ("device_malware",)  # has a session, reads SMS
        assert found.weaker
        assert not found.stronger

    def test_okx_to_hardened_is_stronger_at_every_outflow_that_both_have(self) -> None:
        old, new = load_pack("okx-2024"), load_pack("hardened")
        (one,) = compare(old, new, "totp_user_push").profiles
        both = {name for name, rule in old.rules.items() if rule.outflow and name in new.rules}
        assert both <= {change.outflow for change in one.stronger if change.kind == "window"}
        gained = {(change.outflow, change.note or change.kind) for change in one.weaker}
        disclosures = {("disclose_identity", "disclosure"), ("disclose_emergency", "disclosure")}
        assert gained == {("withdraw_small", "new"), ("fiat_payout", "new"), *disclosures}
        assert ("gift", "gone") in {(change.outflow, change.note) for change in one.stronger}
        assert {prop.name for prop in one.properties if prop.worse} == set()

    def test_a_limit_that_is_raised_is_weaker(self) -> None:
        (one,) = compare(small("sms or email"), small("sms or email", limit="1000/12h")).profiles
        assert [(change.kind, change.outflow) for change in one.weaker] == [("limit", "withdraw")]
        assert one.stronger == ()

    def test_a_window_that_is_long_enough_does_not_count(self) -> None:
        text = SMALL.replace("1000/24h", "LIMIT").replace("limit: LIMIT, notify: email}", "limit: LIMIT, WAIT}")
        slow, quick = (
            small("sms or email", text=text.replace("WAIT", f"delay: {wait}h, notify: email")) for wait in (72, 48)
        )
        assert compare(slow, quick).weaker
        assert not compare(quick, slow).weaker
        assert not compare(slow, quick, window=24 * HOUR).weaker
        assert compare(slow, quick, window=72 * HOUR).weaker

    def test_an_outflow_that_was_renamed_is_compared(self) -> None:
        found = compare(small("sms or email"), small("sms or email", name="pay_out"))
        assert [(change.kind, change.was, change.rule) for change in found.rules] == [
            ("renamed", "withdraw", "pay_out")
        ]
        assert not found.weaker
        assert not found.stronger

    def test_an_owner_who_cannot_withdraw_any_more(self) -> None:
        found = compare(small(), small("totp"))
        assert found.owner_worse
        assert {"session", "withdraw"} <= {change.what for change in found.profiles[0].owner if change.worse}


@pytest.mark.parametrize("name", ["okx-2024", "hardened", "kraken"])
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    pack = load_pack(name)
    found = diff(pack, pack)
    assert found.rules == ()
    assert all(not (p.weaker or p.stronger or p.properties or p.owner) for p in found.profiles)


@pytest.mark.parametrize("seed", range(8))
def test_the_difference_is_antisymmetric(seed: int) -> None:
    policy = random_policy(seed, capabilities=5)
    other = list(mutations(policy))[seed % 5].policy
    there = diff(policy, other).profiles
    back = diff(other, policy).profiles
    for one, two in zip(there, back, strict=True):
        assert [(c.outflow, c.kind, c.sets) for c in one.weaker] == [
            (c.outflow, c.kind, c.sets) for c in two.stronger
        ]
        assert [(c.outflow, c.kind, c.sets) for c in one.stronger] == [
            (c.outflow, c.kind, c.sets) for c in two.weaker
        ]


@pytest.mark.parametrize("seed", range(8))
def test_taking_a_conjunct_away_makes_nothing_stronger(seed: int) -> None:
    policy = random_policy(100 + seed, capabilities=5)
    for edit in [one for one in mutations(policy) if one.kind == "conjunct"][:4]:
        assert not diff(policy, edit.policy).stronger, edit.what
        assert not diff(edit.policy, policy).weaker, edit.what


@pytest.mark.parametrize("seed", range(12))
def test_what_exact_search_sees_the_difference_sees(seed: int) -> None:
    """Every set of up to two capabilities, one by one: if any window is shorter, the policy is weaker."""
    policy = random_policy(200 + seed, capabilities=4)
    for edit in list(mutations(policy))[:: 3 + seed]:
        profile = policy.vocabulary.profiles["rich"]
        cases = [Case(one, start_of(profile)) for one in (policy, edit.policy)]
        (found,) = diff(policy, edit.policy, [profile]).profiles
        weaker = {change.outflow for change in found.weaker}
        names = sorted(policy.vocabulary.capabilities)
        for chosen in [(), *((a,) for a in names), *((a, b) for a in names for b in names if a < b)]:
            for goal in cases[0].outflows:
                old, new = (case.window(chosen, goal) for case in cases)
                before, after = (NEVER if a is None else rank(a) for a in (old, new))
                assert after >= before or goal in weaker, (edit.what, chosen, goal)


def test_a_witness_is_what_the_search_finds() -> None:
    """Silent counts as the shortest window."""
    assert SILENT < 0
    old, new = load_pack("okx-2024"), load_pack("okx-2026")
    (one,) = compare(old, new, "sms_only").profiles
    cases = [Case(policy, start_of(policy.vocabulary.profiles["sms_only"])) for policy in (old, new)]
    assert one.stronger
    for change in one.stronger:
        assert change.witness is not None
        for case, said in zip(cases, (change.witness.old, change.witness.new), strict=True):
            assert case.window(change.witness.capabilities, change.outflow) == said
