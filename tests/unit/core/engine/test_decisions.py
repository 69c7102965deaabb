# SPDX-License-Identifier: Apache-2.0
"""Ask, prove, wait: what the engine answers, and exactly when a wait ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Lock
from counterseal.core.decision import Outcome
from counterseal.core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from tests.support.lab import DAY, HOUR, MINUTE, Lab, owner
from tests.support.lab_policy import lab_policy_with


def codes(lab: Lab, action: str) -> set[str]:
    return {reason.code for reason in lab.decision(action).reasons}


class TestChallenge:
    def test_an_ask_without_proofs_is_challenged_with_the_minimal_alternatives(self) -> None:
        lab = Lab()
        action = lab.ask("create_api_key", session="s1", api_key="k9")
        assert lab.decision(action).outcome is Outcome.CHALLENGE
        assert lab.decision(action).alternatives == (("email", "passkey"), ("email", "totp"), ("passkey", "totp"))

    def test_a_proof_that_completes_the_requirement_allows_it(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        assert lab.prove(action, "password").outcome is Outcome.CHALLENGE
        assert lab.prove(action, "passkey").outcome is Outcome.ALLOW
        assert lab.status(action) == "done"
        assert lab.state.objects["session:s2"].facts["session"].grant.action == action

    def test_k_of_counts_distinct_channels(self) -> None:
        lab = Lab(
            lab_policy_with("2 of (passkey, totp, email)", "2 of (sms, voice, email)"),
            owner(("sms", "voice", "email")),
        )
        action = lab.ask("create_api_key", session="s1", api_key="k9")
        lab.prove(action, "sms")
        assert lab.prove(action, "voice").outcome is Outcome.CHALLENGE
        assert lab.prove(action, "email").outcome is Outcome.ALLOW

    def test_strongest_has_no_fallback_while_the_higher_factor_is_enrolled(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        lab.prove(action, "password")
        assert lab.prove(action, "totp").outcome is Outcome.CHALLENGE
        assert lab.decision(action).alternatives == (("passkey",),)

    def test_a_proof_goes_stale_after_ten_minutes(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        lab.prove(action, "password")
        lab.wait(10 * MINUTE + 1)
        assert lab.prove(action, "passkey").alternatives == (("password",),)

    def test_a_proof_dated_ahead_counts_from_now(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        lab.now += DAY
        late = lab.ask("login", session="s3")
        lab.prove(late, "password")
        assert lab.action(late).proofs[0].at == lab.now
        with pytest.raises(ConflictError, match="lapsed"):
            lab.prove(action, "password")

    def test_an_expired_object_satisfies_nothing(self) -> None:
        lab = Lab()
        lab.done("login", "password", "passkey", session="s2")
        lab.wait(12 * HOUR)
        action = lab.ask("trust_device", session="s2", device="d1")
        assert lab.decision(action).outcome is Outcome.DENY
        assert [r.until for r in lab.decision(action).reasons if r.code == "expired"] == [None]

    def test_use_slides_the_lifetime_of_an_address(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.accept(added)
        lab.wait(29 * DAY)
        lab.done("withdraw", "passkey", session="s1", address="a2")
        lab.wait(29 * DAY)
        action = lab.done("withdraw", "passkey", session="s1", address="a2")
        assert lab.status(action) == "sealed"
        lab.wait(30 * DAY)
        assert "expired" in codes(lab, lab.ask("withdraw", session="s1", address="a2"))

    def test_a_context_that_the_platform_does_not_state_is_a_refusal(self) -> None:
        lab = Lab()
        assert lab.decision(lab.ask("api", api_key="k1", address="a1")).outcome is Outcome.DENY
        assert (
            lab.decision(lab.ask("api", api_key="k1", address="a1", context=("ip_listed",))).outcome
            is Outcome.ALLOW
        )


class TestHolds:
    def test_a_hold_ends_exactly_24_hours_after_the_first_notice_accepted(self) -> None:
        lab = Lab()
        reset = lab.done("reset_password", "email", "passkey")
        lab.wait(HOUR)
        lab.accept(reset)
        told = lab.now
        login = lab.ask("login", session="s2")
        lab.prove(login, "password", f"{reset}.password")
        lab.prove(login, "passkey")
        action = lab.done("withdraw", "passkey", session="s2", address="a1")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, told + DAY)
        lab.now = told + DAY - 1
        assert (
            lab.decision(lab.done("withdraw", "passkey", session="s2", address="a1")).outcome is not Outcome.ALLOW
        )
        login = lab.ask("login", session="s3")
        lab.prove(login, "password", f"{reset}.password")
        lab.prove(login, "passkey")
        lab.now = told + DAY
        assert lab.status(lab.done("withdraw", "passkey", session="s3", address="a1")) == "sealed"

    def test_the_age_of_an_address_runs_from_the_first_notice_accepted(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.wait(DAY)
        lab.accept(added)
        action = lab.ask("withdraw", session="s1", address="a2")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, lab.now + DAY)

    def test_a_notice_that_nobody_took_never_ends_a_hold_until_officers_say_so_after_seven_days(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.wait(7 * DAY - 1)
        action = lab.ask("withdraw", session="s1", address="a2")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, None)
        confirm = i.ConfirmNotice("confirm", f"{added}.done", ("one", "two"))
        with pytest.raises(ConflictError, match="seven days"):
            lab.do(confirm)
        lab.wait(1)
        with pytest.raises(ForbiddenError):
            lab.do(i.ConfirmNotice("confirm", f"{added}.done", ("one", "one")))
        lab.do(confirm)
        action = lab.ask("withdraw", session="s1", address="a2")
        assert lab.decision(action).until == lab.now + DAY

    def test_of_several_waits_of_one_way_the_last_to_end_is_the_end(self) -> None:
        lab = Lab()
        lab.accept(lab.done("add_address", "passkey", session="s1", address="a2"))
        lab.wait(HOUR)
        lab.accept(lab.done("disable_totp", "passkey", "email", session="s1"))
        action = lab.ask("withdraw", session="s1", address="a2")
        assert {reason.until for reason in lab.decision(action).reasons} >= {lab.now + DAY, lab.now + 23 * HOUR}
        assert lab.decision(action).until == lab.now + DAY

    def test_a_notice_cannot_be_accepted_before_it_existed(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.accept(added, at=0)
        assert lab.state.objects["address:a2"].facts["address"].started == lab.now

    def test_a_suspected_channel_starts_no_wait(self) -> None:
        lab = Lab()
        lab.suspect("sim_swap")
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.accept(added, "c.sms")
        assert lab.state.objects["address:a2"].facts["address"].started is None
        lab.accept(added, "c.push")
        assert lab.state.objects["address:a2"].facts["address"].started == lab.now

    def test_a_silent_repeat_does_not_start_the_hold_of_which_nobody_was_told(self) -> None:
        policy = lab_policy_with(
            "verb: bind, grants: totp, notify: all", "verb: disable, removes: totp, holds: weakened"
        )
        lab = Lab(policy)
        lab.done("disable_totp", "passkey", "email", session="s1")
        lab.wait(HOUR)
        lab.done("bind_totp", "email", session="s1")  # disables, and tells nobody
        action = lab.ask("withdraw", session="s1", address="a1")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, None)

    def test_a_hold_of_another_policy_is_not_shortened_by_a_switch(self) -> None:
        slow = lab_policy_with("since(weakened) >= 24h", "since(weakened) >= 72h")
        lab = Lab(slow)
        lab.accept(lab.done("disable_totp", "passkey", "email", session="s1"))
        end = lab.now + 6 * DAY  # the longest wait, the stretched variant's, that this hold was made with
        lab.policy = Lab().policy
        action = lab.ask("withdraw", session="s1", address="a1")
        assert lab.decision(action).until == end
        lab.wait(HOUR)
        lab.accept(lab.done("reset_password", "email", "passkey"))  # a shorter hold of the new policy
        login = lab.ask("login", session="s2")
        later = lab.decision(lab.ask("withdraw", session="s2", address="a1")).until
        assert lab.status(login) == "open"
        assert later is None or later >= end

    def test_the_stretch_makes_waits_longer_while_the_owner_is_exposed(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.accept(added)
        told = lab.now
        suspicion = lab.suspect("disclosure")
        assert lab.decision(lab.ask("withdraw", session="s1", address="a2")).until == told + 2 * DAY
        lab.clear(suspicion)
        assert lab.decision(lab.ask("withdraw", session="s1", address="a2")).until == told + DAY

    def test_a_disabled_factor_counts_for_strongest_until_its_hold_ended(self) -> None:
        lab = Lab(lab_policy_with("verb: disable, removes: totp", "verb: disable, removes: passkey"))
        removed = lab.done("disable_totp", "passkey", "email", session="s1")
        lab.accept(removed)
        action = lab.ask("add_address", session="s1", address="a2")
        decision = lab.decision(action)
        assert (decision.outcome, decision.until) == (Outcome.HOLD, lab.now + 2 * DAY)
        assert decision.alternatives == (("totp",),)
        lab.wait(2 * DAY - 1)
        assert lab.decision(lab.done("add_address", "totp", session="s1", address="a2")).outcome is Outcome.HOLD
        lab.wait(1)
        assert lab.status(lab.done("add_address", "totp", session="s1", address="a2")) == "done"


class TestLimits:
    def test_a_sliding_limit_ends_exactly_when_enough_has_left_the_window(self) -> None:
        lab = Lab()
        for value in (600, 300):
            lab.redeem(lab.done("withdraw", "passkey", session="s1", address="a1", value=value))
            lab.wait(HOUR)
        first = lab.now - 2 * HOUR
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=200)
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, first + DAY)
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=800)
        assert lab.decision(action).until == first + HOUR + DAY

    def test_at_that_moment_the_payment_is_allowed_and_not_before(self) -> None:
        lab = Lab()
        lab.redeem(lab.done("withdraw", "passkey", session="s1", address="a1", value=1000))
        end = lab.now + DAY
        lab.now = end - 1
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1", value=1)) == "open"
        lab.now = end
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)) == "sealed"

    def test_a_seal_reserves_its_value_and_gives_it_back_when_it_runs_out(self) -> None:
        lab = Lab()
        lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=1)
        assert lab.decision(action).until == lab.now + 2 * MINUTE

    def test_an_abandoned_payment_gives_its_value_back(self) -> None:
        lab = Lab()
        first = lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)
        lab.redeem(first)
        lab.report(first, "abandoned", "")
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)) == "sealed"

    def test_a_report_has_one_of_two_outcomes(self) -> None:
        lab = Lab()
        first = lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)
        lab.redeem(first)
        with pytest.raises(InputError, match="broadcast or abandoned"):
            lab.report(first, "lost", "")

    def test_over_the_limit_is_a_refusal(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=1001)
        assert (lab.decision(action).outcome, codes(lab, action)) == (Outcome.DENY, {"over_limit"})

    def test_no_price_holds(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=None)
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, None)
        assert codes(lab, action) == {"price_unknown"}

    def test_a_clock_that_jumped_holds_outflows_and_nothing_else(self) -> None:
        lab = Lab()
        action = lab.ask("api", api_key="k1", address="a1", context=("ip_listed",), trusted_time=False)
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, None)
        login = lab.ask("login", session="s2", trusted_time=False)
        lab.prove(login, "password", trusted_time=False)
        assert lab.prove(login, "passkey", trusted_time=False).outcome is Outcome.ALLOW

    @pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
    def test_a_value_is_finite_and_not_negative(self, value: str) -> None:
        with pytest.raises(InputError, match="finite"):
            Lab().ask("withdraw", value, session="s1", address="a1")


class TestLocks:
    def test_an_owner_may_lower_a_limit_and_loosening_waits_for_the_longest_delay(self) -> None:
        lab = Lab()
        lab.done("tighten", "passkey", session="s1", lock=Lock("withdraw", limit=Decimal(100), delay=DAY))
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=101)
        assert codes(lab, action) == {"over_limit"}
        loosen = lab.done("loosen", "passkey", session="s1", lock=Lock("withdraw"))
        assert (lab.status(loosen), lab.action(loosen).delay) == ("pending", DAY)

    def test_an_outflow_that_is_off_is_refused(self) -> None:
        lab = Lab()
        lab.done("tighten", "passkey", session="s1", lock=Lock("withdraw", off=True))
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert lab.decision(action).outcome is Outcome.DENY

    def test_tightening_cannot_loosen_even_if_it_was_asked_before_the_stricter_lock(self) -> None:
        lab = Lab()
        with_room = lab.ask("tighten", session="s1", lock=Lock("withdraw", limit=Decimal(500)))
        lab.done("tighten", "passkey", session="s1", lock=Lock("withdraw", limit=Decimal(100)))
        assert lab.prove(with_room, "passkey").outcome is Outcome.DENY
        assert lab.state.locks["withdraw"].limit == Decimal(100)
        with pytest.raises(ConflictError, match="loosen"):
            lab.ask("tighten", session="s1", lock=Lock("withdraw"))

    def test_a_delay_set_before_the_seal_is_waited_out(self) -> None:
        lab = Lab()
        action = lab.ask("api", api_key="k1", address="a1", context=("ip_listed",))
        assert lab.status(action) == "ready"
        lab.done("tighten", "passkey", session="s1", lock=Lock("api", delay=DAY))
        lab.decide(action)
        assert lab.status(action) == "pending"


class TestOneProofOneUse:
    def test_a_token_counts_once(self) -> None:
        lab = Lab()
        first, second = lab.ask("login", session="s2"), lab.ask("login", session="s3")
        lab.prove(first, "password", token="once")
        with pytest.raises(ConflictError, match="used before"):
            lab.prove(second, "password", token="once")

    def test_a_totp_step_counts_once(self) -> None:
        lab = Lab()
        first, second = (
            lab.ask("trust_device", session="s1", device="d"),
            lab.ask("trust_device", session="s1", device="e"),
        )
        lab.prove(first, "totp", step=7)
        for step in (7, 6):
            with pytest.raises(ConflictError, match="used before"):
                lab.prove(second, "totp", step=step)

    def test_a_factor_is_not_overwritten_by_a_second_enrolment_of_the_same_id(self) -> None:
        lab = Lab(register=owner(("password", "sms", "email")))
        enrol = (Enrol("totp", "app", secret=b"seed"),)
        first = lab.ask("bind_totp", session="s1", enrol=enrol)
        second = lab.ask("bind_totp", session="s1", enrol=enrol)
        lab.prove(first, "email")
        lab.prove(lab.ask("trust_device", session="s1", device="d"), "totp", "app", step=7)
        assert lab.prove(second, "email").outcome is Outcome.DENY
        assert lab.state.enrolled["app"].step == 7

    def test_a_challenge_is_answered_once_in_time_and_by_its_factor(self) -> None:
        lab = Lab()
        action, other = (
            lab.ask("bind_passkey", session="s1", enrol=(Enrol("passkey", "second"),)),
            lab.ask("change_phone", session="s1", enrol=(Enrol("sms", "new", "+1"),)),
        )
        lab.do(i.Challenged("code", other, "email", "email", b"d", lab.now + 10 * MINUTE))
        with pytest.raises(NotFoundError):
            lab.prove(action, "passkey", challenge="code")
        lab.prove(other, "email", challenge="code")
        with pytest.raises(ConflictError, match="used before"):
            lab.prove(other, "email", challenge="code")
        lab.do(i.Challenged("late", other, "email", "email", b"d", lab.now + 10 * MINUTE))
        lab.wait(10 * MINUTE)
        with pytest.raises(ConflictError, match="expired"):
            lab.prove(other, "email", challenge="late")

    def test_five_wrong_answers_block_a_factor_for_the_action(self) -> None:
        lab = Lab()
        action = lab.ask("login", session="s2")
        for number in range(5):
            lab.do(i.ProofFailed(f"wrong{number}", action, "password", "password", "here"))
        with pytest.raises(ConflictError, match="too many"):
            lab.prove(action, "password")
