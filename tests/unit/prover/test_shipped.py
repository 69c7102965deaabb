# SPDX-License-Identifier: Apache-2.0
"""What the shipped packs reach: `hardened` keeps its promises for every kind of account, `okx-2024` falls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from counterseal.core.policy.model import Policy, Profile
from counterseal.gateways.packs import load_pack
from counterseal.prover.case import Case
from counterseal.prover.duals import duals_of
from counterseal.prover.findings import start_of
from counterseal.prover.minimal import EVER, SILENT
from counterseal.prover.profiles import alike, every_profile
from counterseal.prover.verdicts import applies, leaving_one, verdict

HOUR = 3_600_000
HARDENED = load_pack("hardened")
OKX = load_pack("okx-2024")
EVERY = every_profile(HARDENED.vocabulary)
GROUPS = alike(HARDENED, EVERY)


def name_of(group: Sequence[Profile]) -> str:
    """For the test's name."""
    return group[0].name


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_hardened_keeps_every_promise_for_every_combination(group: list[Profile]) -> None:
    case = Case(HARDENED, start_of(group[0]))
    for profile in group:
        for prop in HARDENED.properties:
            if applies(prop, profile):
                found = verdict(prop, case, profile)
                if prop.name == "owner is never locked out" and slow_to_recover(profile):
                    assert found.note == "without passkey: `session` after 216 h"  # docs/prover.md says so
                else:
                    assert found.holds == "yes", (profile.name, prop.name, found.note, found.attacks[:1])


def slow_to_recover(profile: Profile) -> bool:
    """A passkey, no recovery codes: after 72 h of recovery `strongest` reckons with it for 144 h (stretched)."""
    return "passkey" in profile.factors and "rcode" not in profile.factors


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_two_capabilities_leave_a_day_on_all_that_is_not_small(group: list[Profile]) -> None:
    """Every outflow above the pack's `small:` amount; below it only the trade that is excepted."""
    case = Case(HARDENED, start_of(group[0]))
    limits = {name: HARDENED.rules[name].limit for name in case.outflows}
    large = [name for name, limit in limits.items() if limit is None or limit.amount > HARDENED.small]
    small = [name for name in case.outflows if name not in large]
    names = tuple(HARDENED.vocabulary.capabilities)
    assert case.attacks(names, 24 * HOUR, large, largest=2) == []
    assert {attack.outflow for attack in case.attacks(names, 24 * HOUR, small, largest=2)} <= {"offmarket_trade"}


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_nobody_drains_hardened_silently_while_one_channel_is_left(group: list[Profile]) -> None:
    case = Case(HARDENED, start_of(group[0]))
    for names in leaving_one(case):
        assert case.worst(names, SILENT, case.outflows) == {}


@pytest.mark.parametrize("profile", HARDENED.vocabulary.profiles.values(), ids=lambda one: one.name)
def test_owners_of_hardened_get_back_and_reach_their_outflows(profile: Profile) -> None:
    duals = duals_of(HARDENED, profile)
    assert duals.unreachable == ()  # an owner with SMS only adds a stronger factor first
    assert duals.starvation == ()
    for one in duals.recoveries:
        if not one.suspected and len(one.lost) <= 1:
            time = one.regains["session"]
            assert time is not None, (profile.name, one)
            assert time <= 7 * 24 * HOUR


def chain(policy: Policy, names: frozenset[str]) -> list[str]:
    """The actions of the best attack that ends in value leaving by P2P, for an owner with an authenticator."""
    case = Case(policy, start_of(policy.vocabulary.profiles["totp_user"]))
    attack = case.window(names, "p2p_release")
    return [] if attack is None else [step.action for step in attack.path]


def test_a_forged_order_ends_in_a_drain_under_okx_2024_and_in_nothing_under_hardened() -> None:
    forgery = frozenset({"forged_order", "hacked_gov_mailbox", "face_deepfake"})
    assert chain(OKX, forgery) == ["disclose_identity", "face_recovery", "login_new_device", "p2p_release"]
    assert chain(OKX, forgery - {"hacked_gov_mailbox"}) == []
    assert chain(HARDENED, forgery) == []
    assert chain(HARDENED, forgery | {"sms_intercept"}) == []


@pytest.mark.parametrize("channel", ["push", "guardian"])
@pytest.mark.parametrize("base", ["sms_only", "totp_user", "passkey_user"])
def test_one_more_channel_never_helps_an_attacker(base: str, channel: str) -> None:
    words = HARDENED.vocabulary
    plain = Case(HARDENED, start_of(words.profiles[base]))
    more = Case(HARDENED, start_of(words.profiles[f"{base}_{channel}"]))
    names = tuple(words.capabilities)
    before = {(a.outflow, a.capabilities) for a in plain.attacks(names, 24 * HOUR, plain.outflows)}
    for attack in more.attacks(names, 24 * HOUR, more.outflows):
        assert any(out == attack.outflow and set(who) <= set(attack.capabilities) for out, who in before), attack


def test_every_single_capability_drains_something_under_okx_2024_or_is_known_not_to() -> None:
    case = Case(OKX, start_of(OKX.vocabulary.profiles["sms_only"]))
    harmless = {name for name in OKX.vocabulary.capabilities if not case.worst((name,), EVER, case.outflows)}
    assert {"sms_intercept", "sim_swap", "email_takeover", "session_theft"}.isdisjoint(harmless)
    assert {"forged_order", "judicial_pii", "guardian_takeover", "totp_seed"} <= harmless
