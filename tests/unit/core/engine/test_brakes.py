# SPDX-License-Identifier: Apache-2.0
"""Delays, cancels, disputes, freezes, old contacts, seals: what can still be stopped, and by whom."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Freeze
from counterseal.core.decision import Outcome
from counterseal.core.effects import SendNotice
from counterseal.core.errors import ConflictError, ForbiddenError
from tests.support.lab import DAY, HOUR, MINUTE, OFFICERS, Lab

NEW_PHONE = (Enrol("sms", "new", "+1"),)


def change_phone(lab: Lab) -> str:
    return lab.done("change_phone", "passkey", "email", session="s1", enrol=NEW_PHONE)


class TestDelay:
    def test_a_delayed_action_waits_for_a_notice_and_then_for_its_delay(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        assert (lab.status(action), lab.action(action).due) == ("pending", None)
        lab.wait(HOUR)
        lab.accept(action)
        due = lab.now + 3 * DAY
        assert lab.action(action).due == due
        lab.now = due - 1
        assert (lab.due(action).outcome, lab.status(action)) == (Outcome.HOLD, "pending")
        lab.now = due
        assert (lab.due(action).outcome, lab.status(action)) == (Outcome.ALLOW, "done")
        assert lab.state.enrolled["sms"].removed_at == due
        assert lab.state.contacts["new.contact"].channel == "sms"

    def test_a_delayed_action_is_decided_again_when_it_is_due(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.accept(action)
        lab.wait(3 * DAY)
        lab.suspect("email_takeover", ago=4 * DAY)
        assert lab.due(action).outcome is not Outcome.ALLOW
        assert lab.status(action) == "refused"
        assert lab.state.enrolled["sms"].removed_at is None

    def test_a_jump_of_the_clock_brings_nothing_forward(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.accept(action)
        lab.wait(3 * DAY)
        decision = lab.do(i.Due("due", action, trusted_time=False))
        assert decision is not None
        assert (decision.outcome, lab.status(action)) == (Outcome.HOLD, "pending")

    def test_a_delayed_outflow_is_ready_when_due_and_gets_its_seal_within_a_day(self) -> None:
        lab = Lab()
        action = lab.done("p2p", "totp", session="s1")
        lab.accept(action)
        lab.wait(6 * HOUR)
        lab.due(action)
        assert lab.status(action) == "ready"
        lab.wait(DAY + 1)
        with pytest.raises(ConflictError, match="lapsed"):
            lab.decide(action)

    def test_a_held_outflow_can_be_collected_within_a_day_after_its_hold(self) -> None:
        lab = Lab()
        first, action = (lab.done("p2p", "totp", session="s1", value=300) for _ in range(2))
        lab.accept(first)
        lab.accept(action)
        lab.wait(6 * HOUR)
        lab.due(first)
        lab.decide(first)
        lab.redeem(first)
        assert lab.due(action).outcome is Outcome.HOLD
        lab.wait(DAY)
        lab.due(action)
        lab.wait(23 * HOUR)
        lab.decide(action)
        assert lab.status(action) == "sealed"


class TestCancel:
    def test_a_cancel_ends_what_is_pending(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.cancel(action, contact="c.email")
        assert lab.status(action) == "cancelled"

    def test_a_cancel_from_the_channel_that_is_being_replaced_opens_a_dispute(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.accept(action)
        lab.cancel(action, contact="c.sms")
        assert lab.status(action) == "disputed"
        lab.wait(4 * DAY)
        with pytest.raises(ConflictError):
            lab.due(action)
        with pytest.raises(ForbiddenError):
            lab.do(i.ResolveDispute("resolve", action, True, ("one", "one")))
        lab.do(i.ResolveDispute("resolve", action, True, OFFICERS))
        assert lab.due(action).outcome is Outcome.ALLOW

    def test_a_dispute_counts_for_a_contact_named_without_a_link_too(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.do(i.Cancel("cancel", action, "platform", "c.sms"))
        assert lab.status(action) == "disputed"

    def test_a_link_works_once(self) -> None:
        lab = Lab()
        first, second = change_phone(lab), lab.ask("login", session="s2")
        lab.do(i.Cancel("c1", first, "link", "c.email", "the-link"))
        with pytest.raises(ConflictError, match="link was used"):
            lab.do(i.Cancel("c2", second, "link", "c.email", "the-link"))

    def test_the_seal_of_a_cancelled_action_is_void(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)
        lab.cancel(action)
        with pytest.raises(ConflictError, match="void"):
            lab.redeem(action)
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)) == "sealed"


class TestOldContacts:
    def test_a_replaced_contact_is_told_and_can_act_for_seven_days(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.accept(action)
        lab.wait(3 * DAY)
        lab.due(action)
        replaced = lab.now
        lab.now = replaced + 7 * DAY - 1
        lab.done("login", "password", "passkey", session="s2")
        told = {e.contact: e.old for e in lab.last.effects if isinstance(e, SendNotice)}
        assert told["c.sms"] is True
        assert told["new.contact"] is False
        lab.now = replaced + 7 * DAY
        login = lab.done("login", "password", "passkey", session="s3")
        assert "c.sms" not in {e.contact for e in lab.last.effects if isinstance(e, SendNotice)}
        with pytest.raises(ForbiddenError, match="seven days"):
            lab.freeze("link", "c.sms")
        assert lab.status(login) == "done"

    def test_a_second_replacement_does_not_mute_the_contact_that_the_first_replaced(self) -> None:
        lab = Lab()
        for number in ("first", "second"):
            enrol = (Enrol("sms", number, "+1"),)
            action = lab.done("change_phone", "passkey", "email", session="s1", enrol=enrol)
            lab.accept(action)
            lab.wait(3 * DAY)
            lab.due(action)
        lab.done("login", "password", "passkey", session="s2")
        assert "c.sms" in {e.contact for e in lab.last.effects if isinstance(e, SendNotice)}

    def test_the_notice_of_a_change_goes_to_the_contact_before_the_change(self) -> None:
        lab = Lab()
        action = change_phone(lab)
        lab.accept(action)
        lab.wait(3 * DAY)
        lab.due(action)
        assert {e.contact for e in lab.last.effects if isinstance(e, SendNotice)} == {"c.sms", "c.email", "c.push"}


class TestFreeze:
    def test_a_link_freeze_stops_outflows_for_exactly_72_hours_and_nothing_else(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.push")
        end = lab.now + 3 * DAY
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert (lab.decision(action).outcome, lab.decision(action).until) == (Outcome.HOLD, end)
        assert lab.status(lab.done("login", "password", "passkey", session="s2")) == "done"
        lab.now = end - 1
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1")) == "open"
        lab.now = end
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1")) == "sealed"

    def test_a_staff_freeze_stops_everything_that_does_not_say_otherwise_until_officers_lift_it(self) -> None:
        lab = Lab()
        lab.freeze("staff")
        assert lab.decision(lab.done("login", "password", "passkey", session="s2")).outcome is Outcome.DENY
        assert lab.decision(lab.done("unfreeze", "passkey")).outcome is Outcome.DENY
        lab.lift()
        assert lab.status(lab.done("login", "password", "passkey", session="s2")) == "done"
        assert lab.decision(lab.done("withdraw", "passkey", session="s1", address="a1")).outcome is Outcome.HOLD

    def test_a_freeze_for_outflows_lets_the_owner_protect_the_account(self) -> None:
        """An order of an authority stops what leaves. A forged one must not keep the owner from locking doors."""
        lab = Lab()
        freeze = msgspec.structs.replace(_staff("one+two"), outflows_only=True)
        lab.do(i.FreezeNow("brake", freeze))
        assert lab.status(lab.done("login", "password", "passkey", session="s2")) == "done"
        assert lab.decision(lab.done("withdraw", "passkey", session="s1", address="a1")).outcome is Outcome.DENY
        assert lab.decision(lab.done("unfreeze", "passkey")).outcome is Outcome.DENY
        lab.lift()
        assert lab.state.freezes == {}

    def test_an_owner_freeze_that_stands_is_not_told_again(self) -> None:
        lab = Lab()
        lab.freeze("owner")
        before = lab.state
        lab.freeze("owner")
        assert lab.last.effects == ()
        assert (lab.state.freezes, lab.state.notices) == (before.freezes, before.notices)

    def test_a_staff_freeze_needs_two_officers(self) -> None:
        lab = Lab()
        with pytest.raises(ForbiddenError):
            lab.do(i.FreezeNow("brake", _staff("one+one")))

    def test_strong_proof_lifts_the_owners_freeze(self) -> None:
        lab = Lab()
        lab.freeze("owner")
        assert lab.decision(lab.done("withdraw", "passkey", session="s1", address="a1")).outcome is Outcome.DENY
        lab.done("unfreeze", "passkey")
        assert lab.state.freezes == {}

    def test_the_second_link_freeze_of_one_contact_makes_its_channel_suspect(self) -> None:
        lab = Lab()
        lab.freeze("link", "c.sms")
        lab.done("unfreeze", "passkey")
        lab.freeze("link", "c.sms")
        assert {item.capability for item in lab.state.suspicions.values()} == {"sim_swap"}

    def test_a_freeze_cannot_be_replaced_under_its_own_id(self) -> None:
        lab = Lab()
        lab.do(i.FreezeNow("brake", _staff("one+two")))
        with pytest.raises(ConflictError, match="exists"):
            lab.do(i.FreezeNow("brake2", _staff("one+two", kind="link")))


def _staff(by: str, kind: str = "staff") -> Freeze:
    return Freeze("the-freeze", kind, 0, None, by)


class TestSeals:
    def test_a_seal_redeems_once(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert lab.redeem(action).outcome is Outcome.ALLOW
        with pytest.raises(ConflictError):
            lab.redeem(action)

    def test_a_seal_lives_120_seconds_and_the_action_can_then_get_another(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        first = lab.action(action).seal
        lab.wait(2 * MINUTE)
        with pytest.raises(ConflictError, match="expired"):
            lab.redeem(action)
        lab.decide(action)
        assert lab.action(action).seal != first
        assert lab.redeem(action).outcome is Outcome.ALLOW

    def test_a_seal_of_an_earlier_epoch_is_void(self) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        with pytest.raises(ConflictError, match="epoch"):
            lab.redeem(action, epoch=1)
        lab.decide(action, epoch=1)
        assert lab.redeem(action, epoch=1).outcome is Outcome.ALLOW

    @pytest.mark.parametrize("brake", ["freeze", "suspicion", "clock"])
    def test_what_happened_since_the_seal_refuses_its_redemption(self, brake: str) -> None:
        lab = Lab()
        action = lab.done("withdraw", "passkey", session="s1", address="a1", value=1000)
        if brake == "freeze":
            lab.freeze("link", "c.push")
        elif brake == "suspicion":
            lab.suspect("session_theft")
        assert lab.redeem(action, trusted_time=brake != "clock").outcome is not Outcome.ALLOW
        assert lab.status(action) == "refused"
        assert lab.state.spends == ()
