# SPDX-License-Identifier: Apache-2.0
"""Attackers who keep the owner waiting, worked out by hand and held against another bound."""

from __future__ import annotations

import pytest

from counterseal.core.policy.model import Profile
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary
from counterseal.prover.duals import starving
from counterseal.prover.proof import Starvation
from tests.support.duel import duel
from tests.support.reach import repeatable

PACKS = tuple(shipped_packs())
PROFILES = tuple(shipped_vocabulary().profiles.values())


def found(actions: str, outflows: str, factors: str = "password sms email totp", size: int = 1) -> set[str]:
    """`capability+capability action clock outflow` of each finding."""
    policy = duel(actions, outflows)
    profile = Profile("person", tuple(factors.split()), ("sms", "email", "push"))
    return {
        f"{'+'.join(each.capabilities)} {each.action} {each.clock} {each.outflow}"
        for each in starving(policy, profile, size)
    }


OUT = "withdraw: {require: totp and since(weakened) >= 24h}"
CHANGE = "change: {verb: replace, require: %s, grants: password, holds: weakened, notify: email}"


class TestWho:
    def test_who_can_do_it_again_and_again(self):
        """A relay proves the password at any time, and its codes once."""
        assert found(CHANGE % "password", OUT) == {
            "pw_leak change weakened withdraw",
            "relay change weakened withdraw",
        }

    def test_codes_that_work_once_run_out(self):
        assert found(CHANGE % "'totp and password'", OUT) == set()
        assert found(CHANGE % "totp", OUT) == {"totp_seed change weakened withdraw"}

    def test_a_stolen_session_runs_out_and_malware_does_not(self):
        enter = "enter: {require: totp, grants: session}\n"
        assert found(enter + CHANGE % "session", OUT) == {
            "malware change weakened withdraw",
            "totp_seed change weakened withdraw",
        }

    def test_the_smallest_sets(self):
        asked = CHANGE % "'password and sms and email'"
        assert found(asked, OUT, size=2) == set()
        three = found(asked, OUT, size=3)
        assert three == {
            f"{'+'.join(names)} change weakened withdraw"
            for names in [
                ("pw_leak", "sms_intercept", "email_takeover"),
                ("pw_leak", "sim_swap", "email_takeover"),
                ("sms_intercept", "email_takeover", "relay"),
                ("sim_swap", "email_takeover", "relay"),
            ]
        }
        assert found(CHANGE % "password", OUT, size=2) == found(CHANGE % "password", OUT)

    def test_a_factor_that_the_account_does_not_have(self):
        assert found(CHANGE % "sms", OUT, "password totp") == set()

    def test_the_finding(self):
        policy = duel(CHANGE % "email", OUT)
        assert starving(policy, Profile("p", ("email", "totp", "password"), ()), 1) == (
            Starvation(("email_takeover",), "change", "weakened", "withdraw", line=policy.rules["change"].line),
        )


class TestHowOften:
    @pytest.mark.parametrize(("asked", "starves"), [("12h", True), ("24h", True), ("25h", False), ("48h", False)])
    def test_an_action_that_waits_for_its_own_clock(self, asked, starves):
        """Restarted at the very moment at which the wait would be over, it is not over."""
        rule = CHANGE % f"'password and since(weakened) >= {asked}'"
        assert bool(found(rule, OUT)) is starves

    @pytest.mark.parametrize(("delay", "starves"), [("24h", True), ("30h", False)])
    def test_an_action_with_a_delay(self, delay, starves):
        rule = (CHANGE % "password").replace("notify", f"delay: {delay}, notify")
        assert bool(found(rule, OUT)) is starves

    def test_the_quicker_of_two_ways_counts(self):
        rule = CHANGE % "'(password and since(weakened) >= 48h) or (email and since(weakened) >= 6h)'"
        assert {text.split()[0] for text in found(rule, OUT)} == {"email_takeover"}

    def test_a_wait_for_another_clock_is_no_hindrance(self):
        enter = "enter: {require: totp, grants: session, starts: entered}\n"
        rule = CHANGE % "'password and since(entered) >= 30d'"
        assert "pw_leak change weakened withdraw" in found(enter + rule, OUT)


class TestWhat:
    def test_another_way_out(self):
        either = "withdraw: {require: (totp and since(weakened) >= 24h) or email}"
        assert found(CHANGE % "password", either) == set()
        assert found(CHANGE % "password", either, "password totp") == {
            "pw_leak change weakened withdraw",
            "relay change weakened withdraw",
        }

    def test_what_an_outflow_needs_first(self):
        """The key can never be made; what takes no key goes on."""
        policy = CHANGE % "password" + "\nmake: {verb: bind, require: totp and since(weakened) >= 24h, grants: key}"
        assert found(policy, "withdraw: {require: key}\np2p: {require: totp}") == {
            "pw_leak change weakened withdraw",
            "relay change weakened withdraw",
        }

    def test_a_clock_that_only_starts(self):
        enter = "enter: {require: password, grants: session, starts: entered}"
        assert found(enter, "withdraw: {require: session and since(entered) >= 24h}") == {
            "pw_leak enter entered withdraw",
            "relay enter entered withdraw",
        }

    def test_nobody_is_starved_of_what_he_never_had(self):
        assert found(CHANGE % "password", "withdraw: {require: passkey and since(weakened) >= 24h}") == set()

    def test_what_is_gone_is_not_removed_again(self):
        drop = "drop: {verb: disable, require: password, removes: sms, holds: weakened, notify: email}"
        assert found(drop, OUT) == set()
        again = "\nagain: {verb: bind, require: password, grants: sms, notify: email}"
        assert found(drop + again, OUT) == {"pw_leak drop weakened withdraw", "relay drop weakened withdraw"}

    def test_two_actions_for_two_ways(self):
        """Either clock alone leaves a way."""
        both = "withdraw: {require: (totp and since(weakened) >= 24h) or (totp and since(entered) >= 24h)}"
        enter = "\nenter: {require: password, grants: session, starts: entered}"
        assert found(CHANGE % "password", both) == set()
        assert {text.split()[0] for text in found(CHANGE % "password" + enter, both)} == {"pw_leak", "relay"}


@pytest.mark.parametrize("pack", PACKS)
def test_against_another_bound(pack):
    """Whoever is reported can repeat the action, by a program that shares nothing with this one; and whoever can
    repeat nothing that restarts a clock with a wait is not reported."""
    policy = load_pack(pack)
    for profile in PROFILES:
        reported = starving(policy, profile, 1)
        for each in reported:
            (name,) = each.capabilities
            assert each.action in repeatable(policy, profile, name)
            assert each.clock in (*policy.rules[each.action].holds, *policy.rules[each.action].starts)
            assert policy.longest_wait[each.clock] > 0
        harmless = {
            name
            for name in policy.vocabulary.capabilities
            if not any(
                policy.longest_wait.get(clock)
                for rule in repeatable(policy, profile, name)
                for clock in (*policy.rules[rule].holds, *policy.rules[rule].starts)
            )
        }
        assert not harmless & {name for each in reported for name in each.capabilities}


class TestShipped:
    @pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
    def test_nobody_starves_the_owner_under_hardened(self, profile):
        """As the pack promises; two capabilities that pass for the owner do."""
        hardened = load_pack("hardened")
        assert "nobody starves the owner" in {prop.name for prop in hardened.properties}
        assert starving(hardened, profile, 1) == ()

    def test_okx_2024(self):
        """Whoever reads the messages resets the password and logs in: each new device makes the owner wait a day.
        Malware changes the authenticator instead."""
        reported = starving(load_pack("okx-2024"), shipped_vocabulary().profiles["totp_user"], 1)
        assert {each.outflow for each in reported} == {"withdraw", "withdraw_verified"}
        assert {(*each.capabilities, each.action, each.clock) for each in reported} == {
            ("sms_intercept", "login_new_device", "new_device"),
            ("sim_swap", "login_new_device", "new_device"),
            ("email_takeover", "login_new_device", "new_device"),
            ("device_malware", "replace_totp", "weakened"),
        }
