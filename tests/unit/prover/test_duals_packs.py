# SPDX-License-Identifier: Apache-2.0
"""The duals of the shipped packs: `hardened` keeps what it promises the owner, the others are told as they are."""

from __future__ import annotations

from functools import cache
from math import inf

import pytest

from counterseal.core.policy.model import Profile, Property
from counterseal.core.policy.properties import EveryOutflowReachable, OwnerRegains
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary
from counterseal.prover.duals import duals_of, recover, unreachable
from counterseal.prover.findings import start_of
from counterseal.prover.proof import Duals, Recovery
from tests.support.reach import owner

HOUR = 3_600_000
DAY = 24 * HOUR
HARDENED = load_pack("hardened")
PACKS = tuple(shipped_packs())
PROFILES = shipped_vocabulary().profiles
KINDS = ("sms_only", "totp_user", "passkey_user", "passkey_user_push_guardian")


@cache
def duals(pack: str, profile: str) -> Duals:
    """Worked out once for all tests."""
    return duals_of(load_pack(pack), PROFILES[profile])


def case(pack: str, profile: str, *, lost: str = "", suspected: str = "") -> Recovery:
    """The recovery of one case."""
    wanted = ((lost,) if lost else (), (suspected,) if suspected else ())
    return next(each for each in duals(pack, profile).recoveries if (each.lost, each.suspected) == wanted)


def promises(form: type) -> list[Property]:
    """Properties of `hardened` of this form."""
    found = [prop for prop in HARDENED.properties if isinstance(prop.assert_form, form)]
    assert found
    return found


def holds_for(prop: Property) -> list[Profile]:
    """The profiles of which a property speaks."""
    return [profile for name, profile in PROFILES.items() if not prop.profiles or name in prop.profiles]


class TestHardened:
    @pytest.mark.parametrize("prop", promises(OwnerRegains), ids=lambda prop: prop.name)
    def test_the_owner_is_never_locked_out(self, prop):
        form = prop.assert_form
        assert isinstance(form, OwnerRegains)
        for profile in holds_for(prop):
            for lost in profile.factors:
                found = recover(HARDENED, start_of(profile), frozenset({lost}), None, [form.fact])
                time = found.regains[form.fact]
                assert time is not None, (profile.name, lost)
                assert time <= form.within
                assert found.path, (profile.name, lost)

    @pytest.mark.parametrize("prop", promises(EveryOutflowReachable), ids=lambda prop: prop.name)
    def test_outflows_are_open(self, prop):
        for profile in holds_for(prop):
            assert set(unreachable(HARDENED, profile)) <= set(prop.outflows_excepted)

    def test_an_sms_owner_gets_to_the_rest_by_adding_a_stronger_factor(self):
        """Nothing is out of reach for good; without the face check that takes, everything is."""
        assert duals("hardened", "sms_only").unreachable == ()
        bare = Profile("bare", ("password", "sms", "email"), ("sms", "email"))
        outflows = {rule.name for rule in HARDENED.rules.values() if rule.outflow}
        assert set(unreachable(HARDENED, bare)) == outflows

    @pytest.mark.parametrize("profile", PROFILES)
    def test_what_the_platform_has_to_state(self, profile):
        assert duals("hardened", profile).needs == {
            "withdraw_api": ("ip_listed",),
            "offmarket_trade": ("fair_price",),
        }

    def test_the_ways_back(self):
        lost_phone = case("hardened", "sms_only", lost="sms")
        assert lost_phone.path == ("ask_recovery", "finish_recovery", "login_new_device")
        # 72 h until the recovery takes effect, 72 h until it is settled, a day until the delay is over.
        assert (lost_phone.regains["session"], lost_phone.regains["withdraw_small"]) == (72 * HOUR, 144 * HOUR)
        assert lost_phone.regains["withdraw"] == 168 * HOUR
        # 48 h until the code takes effect; the removed passkey counts for 48 h more, as when stretched.
        lost_key = case("hardened", "passkey_user", lost="passkey")
        assert (lost_key.path, lost_key.regains["session"]) == (
            ("use_recovery_code", "login_new_device"),
            96 * HOUR,
        )
        lost_app = case("hardened", "totp_user", lost="totp")
        assert (lost_app.path, lost_app.regains["session"]) == (
            ("use_recovery_code", "login_new_device"),
            48 * HOUR,
        )

    def test_disclosed_data_double_the_waits(self):
        plain, exposed = case("hardened", "totp_user"), case("hardened", "totp_user", suspected="judicial_pii")
        assert plain.regains["withdraw_verified"] == DAY
        assert exposed.regains["withdraw_verified"] == 2 * DAY
        assert exposed.regains["withdraw"] == 2 * (plain.regains["withdraw"] or 0)

    def test_a_seed_in_doubt_needs_a_new_instance_that_is_not(self):
        """While every authenticator of the owner is in doubt, none lets him in; one that was lost is replaced."""
        assert case("hardened", "totp_user", suspected="totp_seed").regains["session"] is None
        assert case("hardened", "passkey_user", suspected="totp_seed").regains["session"] == 0


class TestOthers:
    def test_okx_2024(self):
        """SMS, mail and app stand in for one another: no lost factor keeps the owner out, nor an attacker."""
        found = duals("okx-2024", "totp_user")
        assert (found.unreachable, found.needs) == ((), {})
        assert {each.lost for each in found.recoveries if each.lost and each.regains["session"] != 0} == set()
        assert case("okx-2024", "totp_user", lost="password").path[0] == "forgot_password"
        assert found.starvation

    def test_binance_rules_as_published_lock_out_who_has_sms_only(self):
        assert case("binance", "sms_only", lost="sms").regains["session"] is None

    def test_kraken_with_the_lock_takes_thirty_days(self):
        assert case("kraken-gsl", "totp_user", lost="password").regains["session"] == 30 * DAY

    @pytest.mark.parametrize("pack", PACKS)
    def test_no_time_is_shorter_than_by_another_bound(self, pack):
        """A program that shares nothing with this one, and lets the owner begin with a device that is known."""
        policy = load_pack(pack)
        for name in KINDS:
            for each in duals(pack, name).recoveries:
                if each.suspected:
                    continue
                bound = owner(policy, PROFILES[name], each.lost)
                for wish, time in each.regains.items():
                    least = bound.get(wish, inf) if wish == "session" else bound[f"outflow:{wish}"]
                    assert (inf if time is None else time) >= least, (name, each.lost, wish)

    @pytest.mark.parametrize("pack", PACKS)
    def test_less_never_helps(self, pack):
        """Whatever is lost or in doubt, no time gets shorter."""
        for name in KINDS:
            whole, *others = duals(pack, name).recoveries
            assert (whole.lost, whole.suspected) == ((), ())
            for each in others:
                for wish, time in whole.regains.items():
                    late = each.regains[wish]
                    assert late is None or (time is not None and late >= time)
