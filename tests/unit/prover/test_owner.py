# SPDX-License-Identifier: Apache-2.0
"""The owner's own ways, worked out by hand: what he has lost, what is in doubt, what lapses, what is stated."""

from __future__ import annotations

import pytest

from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.duals import duals_of, recover, recoveries, unreachable
from counterseal.prover.exact import search
from counterseal.prover.findings import Start
from counterseal.prover.game import compile_game
from tests.support.duel import DAY, HOUR, account, duel

ENTER = "enter: {require: password and totp, grants: session, starts: entered, notify: email}\n"


def regains(
    policy: Policy, start: Start, *wishes: str, lost: str = "", suspected: str | None = None
) -> dict[str, int | None]:
    return dict(recover(policy, start, frozenset(lost.split()), suspected, wishes).regains)


def person(factors: str) -> Profile:
    return Profile("person", tuple(factors.split()), ("sms", "email", "push"))


class TestLockOut:
    def test_safe_because_nobody_can_log_in(self):
        """Draft 2: no attacker gets at an SMS-only account, for not even its owner gets in."""
        policy = duel(ENTER, "withdraw: {require: session}\np2p: {require: session and sms}")
        start = account("password sms email")
        game = compile_game(policy, start)
        assert search(game, policy.vocabulary.capabilities.keys() - {"malware", "session_theft"}) == {}
        assert recover(policy, start, frozenset(), None, ["session"]).regains == {"session": None}
        assert unreachable(policy, person("password sms email")) == ("withdraw", "p2p")
        assert unreachable(policy, person("password sms totp")) == ()

    STRONG = (
        "enter: {require: 'password and strongest(passkey, totp)', grants: session}\n"
        "back: {verb: recover, require: email and kba, grants: totp, removes: passkey,"
        " delay: 48h, holds: weakened, notify: email}"
    )
    OUT = "withdraw: {require: session and since(weakened) >= 24h}"

    def test_a_lost_key_and_no_way_back(self):
        policy = duel(self.STRONG.splitlines()[0], "withdraw: {require: session}")
        assert regains(policy, account("password passkey"), "session") == {"session": 0}
        found = recover(policy, account("password passkey"), frozenset({"passkey"}), None, ["session", "withdraw"])
        assert found.regains == {"session": None, "withdraw": None}
        assert (found.lost, found.suspected, found.path) == (("passkey",), (), ())

    def test_a_lost_key_and_a_way_back(self):
        """48 h of delay; then the passkey that was removed counts for another day."""
        policy = duel(self.STRONG, self.OUT)
        start = account("password passkey email kba")
        found = recover(policy, start, frozenset({"passkey"}), None, ["session", "withdraw"])
        assert found.regains == {"session": 72 * HOUR, "withdraw": 72 * HOUR}
        assert found.path == ("back", "enter")

    def test_the_way_back_is_lost_too(self):
        policy = duel(self.STRONG, self.OUT)
        start = account("password passkey email kba")
        assert regains(policy, start, "session", lost="passkey kba") == {"session": None}

    def test_what_is_not_needed_may_be_lost(self):
        policy = duel(self.STRONG, self.OUT)
        start = account("password passkey email kba")
        assert regains(policy, start, "session", "withdraw", lost="email kba") == {"session": 0, "withdraw": 0}


class TestTime:
    def test_the_whole_time_counts(self):
        """An attacker waits for free before the first notice; an owner waits."""
        policy = duel(
            "add: {verb: bind, require: password, grants: address}",
            "withdraw: {require: address and age(address) >= 24h, notify: email}",
        )
        start = account("password")
        assert search(compile_game(policy, start), ["pw_leak"])["withdraw"].window == 0
        assert regains(policy, start, "address", "withdraw") == {"address": 0, "withdraw": DAY}

    def test_his_own_change_makes_him_wait(self):
        policy = duel(
            "forgot: {verb: reset, require: email, grants: password, holds: weakened, notify: sms}\n"
            "enter: {require: password, grants: session}",
            "withdraw: {require: session and since(weakened) >= 24h, delay: 6h, notify: email}",
        )
        start = account("password email")
        assert regains(policy, start, "withdraw") == {"withdraw": 6 * HOUR}
        assert regains(policy, start, "withdraw", lost="password") == {"withdraw": 30 * HOUR}

    def test_a_slower_way_that_restarts_nothing_may_be_the_quicker_one(self):
        """By `reset` he is in at once and waits three days; by `ask` he is in after a day."""
        policy = duel(
            "forgot: {verb: reset, require: email, grants: password, holds: weakened, notify: sms}\n"
            "ask: {verb: recover, require: sms, grants: password, delay: 24h, notify: sms}",
            "withdraw: {require: password and since(weakened) >= 72h}\np2p: {require: password}",
        )
        found = regains(policy, account("password email sms"), "withdraw", "p2p", lost="password")
        assert found == {"withdraw": DAY, "p2p": 0}

    def test_what_the_way_takes_away_is_had_again(self):
        """`forgot` ends his session; he enters once more."""
        policy = duel(
            "enter: {require: email, grants: session}\n"
            "change: {verb: replace, require: session and email, grants: password, revokes: session, notify: sms}",
            "withdraw: {require: session and password}",
        )
        assert regains(policy, account("password email"), "withdraw", lost="password") == {"withdraw": 0}

    def test_ages_and_clocks_of_a_real_account(self):
        policy = duel(
            "enter: {require: password, grants: session}\nadd: {verb: bind, require: session, grants: address}"
            "\nchange: {verb: reset, require: password, grants: password, holds: weakened, notify: sms}",
            "withdraw: {require: address and age(address) >= 24h and since(weakened) >= 48h}",
        )
        start = account("password", facts={"address": 20 * HOUR}, since={"weakened": 12 * HOUR})
        assert regains(policy, start, "withdraw") == {"withdraw": 36 * HOUR}


class TestLapses:
    @pytest.mark.parametrize(("lasts", "time"), [("12h", None), ("24h", None), ("25h", DAY), ("30d", DAY)])
    def test_a_lifetime_and_an_age(self, lasts, time):
        """At the very end of its lifetime a thing is gone."""
        policy = duel(
            f"add: {{verb: bind, require: password, grants: address, lasts: {lasts}}}",
            "withdraw: {require: address and age(address) >= 24h}",
        )
        assert regains(policy, account("password"), "withdraw") == {"withdraw": time}
        assert unreachable(policy, person("password")) == (() if time else ("withdraw",))

    @pytest.mark.parametrize(("lasts", "time"), [("24h", None), ("25h", DAY)])
    def test_a_session_and_a_delay(self, lasts, time):
        """What is delayed is decided again when it is due."""
        policy = duel(
            f"enter: {{require: password, grants: session, lasts: {lasts}}}",
            "withdraw: {require: session, delay: 24h, notify: email}",
        )
        assert regains(policy, account("password"), "session", "withdraw") == {"session": 0, "withdraw": time}

    def test_an_age_and_then_a_delay(self):
        out = "withdraw: {require: address and age(address) >= 24h, delay: 24h, notify: email}"
        add = "add: {verb: bind, require: password, grants: address, lasts: %s}"
        assert regains(duel(add % "48h", out), account("password"), "withdraw") == {"withdraw": None}
        assert regains(duel(add % "49h", out), account("password"), "withdraw") == {"withdraw": 2 * DAY}

    @pytest.mark.parametrize(("lasts", "time"), [("24h", None), ("30h", DAY)])
    def test_a_clock_that_the_grant_restarts(self, lasts, time):
        policy = duel(
            f"ask: {{verb: ask, require: password, grants: ticket, lasts: {lasts}, holds: weakened, notify: sms}}",
            "withdraw: {require: ticket and since(weakened) >= 24h}",
        )
        assert regains(policy, account("password"), "withdraw") == {"withdraw": time}

    def test_one_rule_that_lets_it_last_is_enough(self):
        policy = duel(
            "add: {verb: bind, require: password, grants: address, lasts: 1h}\n"
            "add_well: {verb: bind, require: password and totp, grants: address, delay: 6h, notify: sms}",
            "withdraw: {require: address and age(address) >= 24h}",
        )
        start = account("password totp")
        assert regains(policy, start, "address", "withdraw", lost="totp") == {"address": 0, "withdraw": None}
        assert regains(policy, start, "address", "withdraw") == {"address": 0, "withdraw": 30 * HOUR}

    def test_two_waits_ask_for_two_kinds_of_the_same_thing(self):
        policy = duel(
            "add: {verb: bind, require: password, grants: address, lasts: 8h}\n"
            "add_well: {verb: bind, require: totp, grants: address, lasts: 20h, delay: 6h, notify: sms}",
            "withdraw: {require: address and age(address) >= 12h}\n"
            "p2p: {require: address and age(address) >= 4h}\ncard: {require: address and age(address) >= 20h}",
        )
        found = regains(policy, account("password totp"), "withdraw", "p2p", "card")
        assert found == {"withdraw": 18 * HOUR, "p2p": 4 * HOUR, "card": None}

    def test_what_needs_a_lapsed_thing_is_lost_with_it(self):
        policy = duel(
            "ask: {verb: ask, require: password, grants: ticket, lasts: 12h}\n"
            "make: {verb: bind, require: ticket and age(ticket) >= 24h, grants: key}",
            "withdraw: {require: key}",
        )
        assert regains(policy, account("password"), "key", "withdraw") == {"key": None, "withdraw": None}


class TestStatements:
    def test_a_lock_out_does_not_hang_on_a_statement(self):
        policy = duel(
            "enter: {require: password and context:ip_listed, grants: session}", "withdraw: {require: session}"
        )
        assert regains(policy, account("password"), "session", "withdraw") == {"session": None, "withdraw": 0}
        found = duals_of(policy, person("password"))
        assert (found.unreachable, found.needs) == ((), {"withdraw": ("ip_listed",)})

    def test_a_statement_that_is_one_way_of_two_is_not_needed(self):
        policy = duel(
            "enter: {require: password, grants: session}",
            "withdraw: {require: session and (context:ip_listed or totp)}\n"
            "p2p: {require: session and context:ip_listed}",
        )
        assert duals_of(policy, person("password totp")).needs == {"p2p": ("ip_listed",)}
        assert duals_of(policy, person("password")).needs == {"withdraw": ("ip_listed",), "p2p": ("ip_listed",)}


class TestSuspicion:
    POLICY = duel(
        "enter: {require: password and sms, grants: session}\n"
        "swap: {verb: replace, require: email, grants: sms, notify: push}\n"
        "enter_well: {require: totp, grants: session, delay: 6h, notify: push}",
        "withdraw: {require: session}",
    )

    def test_a_new_phone_helps_who_lost_the_old_one(self):
        assert regains(self.POLICY, account("password sms email"), "session", lost="sms") == {"session": 0}

    def test_no_code_counts_while_the_messages_may_be_read(self):
        found = recover(self.POLICY, account("password sms email"), frozenset(), "sms_intercept", ["session"])
        assert found.regains == {"session": None}
        assert (found.lost, found.suspected) == ((), ("sms_intercept",))

    def test_another_factor_is_the_way(self):
        start = account("password sms email totp")
        found = recover(self.POLICY, start, frozenset(), "sms_intercept", ["session", "withdraw"])
        assert (found.regains, found.path) == ({"session": 6 * HOUR, "withdraw": 6 * HOUR}, ("enter_well",))

    def test_a_fact_that_may_be_stolen_does_not_count(self):
        start = account("password sms")
        assert regains(self.POLICY, start, "session", "withdraw", suspected="malware") == {
            "session": None,
            "withdraw": None,
        }

    def test_waits_are_stretched_by_what_turns_that_on(self):
        policy = duel(
            "add: {verb: bind, require: password, grants: address, lasts: 40h}\n"
            "add_long: {verb: bind, require: password, grants: key}",
            "withdraw: {require: address and age(address) >= 24h}\n"
            "p2p: {require: key and age(key) >= 24h, delay: 6h, notify: sms}",
            "stretch: {exposed: 2}\n",
        )
        start = account("password kba")
        assert regains(policy, start, "withdraw", "p2p", suspected="sms_intercept") == {
            "withdraw": DAY,
            "p2p": 30 * HOUR,
        }
        assert regains(policy, start, "withdraw", "p2p", suspected="pii") == {"withdraw": None, "p2p": 60 * HOUR}


def test_the_cases_of_a_profile():
    """Nothing lost, each factor lost, each capability that could prove one of them."""
    found = recoveries(TestSuspicion.POLICY, person("sms email password"))
    assert [each.lost for each in found if not each.suspected] == [(), ("sms",), ("email",), ("password",)]
    assert [each.suspected[0] for each in found if each.suspected] == [
        "pw_leak",
        "sms_intercept",
        "sim_swap",
        "email_takeover",
        "relay",
        "sms_once",
    ]
    assert all(set(each.regains) == {"session", "withdraw"} for each in found)
    assert next(each for each in found if each.lost == ("password",)).regains == {"session": None, "withdraw": None}
