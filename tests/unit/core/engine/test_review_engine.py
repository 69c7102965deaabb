# SPDX-License-Identifier: Apache-2.0
"""Holes that a review of the engine found, each as the attack that used it."""

from __future__ import annotations

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Freeze
from counterseal.core.decision import Outcome
from counterseal.core.errors import ForbiddenError, PolicyError
from tests.support.lab import DAY, HOUR, MINUTE, OFFICERS, START, Lab
from tests.support.lab_policy import lab_policy_with


class TestLinkFreeze:
    """Whoever reads one mailbox holds freeze links. They must not freeze an account for ever."""

    def test_one_contact_cannot_prolong_its_freeze(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.email")
        lab.wait(71 * HOUR)
        again = lab.freeze("link", "c.email")
        assert lab.state.freezes[again].until == START + 72 * HOUR

    def test_pressing_twice_does_not_make_the_owner_suspect(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.email")
        lab.wait(MINUTE)
        lab.freeze("link", "c.email")
        assert not lab.state.suspicions

    def test_the_freeze_of_another_contact_is_no_cover_for_a_repeat(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.email")
        lab.wait(71 * HOUR)
        lab.freeze("link", "c.push")
        lab.wait(2 * HOUR)
        lab.freeze("link", "c.email")
        assert {item.capability for item in lab.state.suspicions.values()} == {"email_takeover"}

    def test_another_contact_freezes_for_its_own_72_hours(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.email")
        lab.wait(71 * HOUR)
        second = lab.freeze("link", "c.push")
        assert lab.state.freezes[second].until == lab.now + 72 * HOUR


class TestFreezeWhileAnOutflowWaits:
    """The page says that the withdrawal is stopped. At the end of the 72 h it left on its own."""

    def test_a_waiting_outflow_does_not_go_on_when_a_link_freeze_ends(self) -> None:
        lab = Lab()
        action = lab.done("p2p", "totp", session="s1")
        lab.accept(action)
        lab.wait(HOUR)
        lab.freeze("link", "c.email")
        lab.wait(5 * HOUR)
        assert lab.due(action).outcome is Outcome.DENY
        assert lab.status(action) == "refused"

    def test_one_that_is_due_only_after_the_freeze_does_not_go_on_either(self) -> None:
        lab = Lab(lab_policy_with("limit: 500/24h, delay: 6h", "limit: 500/24h, delay: 100h"))
        action = lab.done("p2p", "totp", session="s1")
        lab.accept(action)
        lab.freeze("link", "c.email")
        lab.wait(100 * HOUR)
        assert lab.due(action).outcome is Outcome.DENY

    def test_a_seal_that_ran_out_under_the_freeze_is_not_issued_again(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        lab.freeze("link", "c.email")
        lab.wait(HOUR)
        assert lab.decide(action).outcome is Outcome.DENY

    def test_an_outflow_asked_for_after_the_freeze_waits_for_its_end(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.email")
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, START + 72 * HOUR)


class TestRepeatedCancels:
    def test_one_mailbox_cannot_undo_every_recovery(self) -> None:
        lab = Lab()
        statuses = []
        for number in range(3):
            change = lab.done("recover", "face", "email", enrol=(Enrol("sms", f"sms{number}", contact="+1"),))
            lab.cancel(change, contact="c.push")
            statuses.append(lab.status(change))
            lab.wait(DAY)
        assert statuses == ["cancelled", "disputed", "disputed"]

    def test_an_owner_cancels_as_many_withdrawals_as_it_takes(self) -> None:
        lab = Lab()
        for _ in range(3):
            action = lab.done("p2p", "totp", session="s1")
            lab.cancel(action, contact="c.push")
            assert lab.status(action) == "cancelled"


class TestStateCannotBeBloated:
    """Asking needs no proof, so it must cost the account nothing that lasts."""

    def test_unanswered_asks_are_forgotten_beyond_a_number(self) -> None:
        lab = Lab()
        for _ in range(300):
            lab.ask("login", session="s9")
        assert len(lab.state.actions) <= 80

    def test_an_action_with_a_proof_is_not_pushed_out_by_strangers(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        lab.prove(action, "password")
        for _ in range(300):
            lab.ask("login", session="s9")
        assert lab.prove(action, "passkey").outcome is Outcome.ALLOW


class TestLimits:
    def test_a_period_that_an_account_cannot_remember_is_refused(self) -> None:
        with pytest.raises(PolicyError, match="300/32d"):
            lab_policy_with("limit: 300/24h", "limit: 300/32d")

    def test_a_limit_over_the_longest_period_remembers_all_of_it(self) -> None:
        lab = Lab(lab_policy_with("limit: 300/24h", "limit: 300/31d"))
        first = lab.ask("api", 300, api_key="k1", address="a1", context=("ip_listed",))
        lab.do(i.Decide("d1", first, seal="seal1"))
        lab.redeem(first)
        lab.report(first)
        lab.wait(31 * DAY - MINUTE)
        second = lab.ask("api", 300, api_key="k1", address="a1", context=("ip_listed",))
        third = lab.ask("api", 300, api_key="k1", address="a1", context=("ip_listed",))
        assert {reason.code for reason in lab.decision(second).reasons} == {"limit_used"}
        assert {reason.code for reason in lab.decision(third).reasons} == {"limit_used"}


class TestContext:
    def test_a_statement_of_yesterday_issues_no_new_seal(self) -> None:
        lab = Lab()
        action = lab.ask("api", api_key="k1", address="a1", context=("ip_listed",))
        lab.decide(action)
        lab.wait(20 * MINUTE)
        assert lab.decide(action).outcome is Outcome.ALLOW
        lab.wait(13 * MINUTE)
        assert {reason.code for reason in (lab.decide(action)).reasons} == {"context_missing"}


class TestFourEyes:
    def test_one_officer_under_two_spellings_is_one(self) -> None:
        lab = Lab()
        with pytest.raises(ForbiddenError):
            lab.do(i.FreezeNow("brake", Freeze("f", "staff", lab.now, None, "ines+Ines")))
        lab.do(i.FreezeNow("brake", Freeze("f", "staff", lab.now, None, "+".join(OFFICERS))))
        with pytest.raises(ForbiddenError):
            lab.do(i.LiftFreeze("lift", ("omar", "OMAR")))
