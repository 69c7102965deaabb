# SPDX-License-Identifier: Apache-2.0
"""What stands above one account's rules: brakes, break-glass, and waits that the owner never heard of."""

from __future__ import annotations

from typing import Any

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Payment, Request
from counterseal.core.decision import Decision, Outcome, for_requester
from counterseal.core.destinations import DestinationError
from counterseal.core.effects import SendNotice
from counterseal.core.errors import ConflictError, ForbiddenError, InputError
from counterseal.core.platform import Brake, Platform, braked, destination_of
from counterseal.core.stops import Stop
from tests.support.lab import DAY, HOUR, OFFICERS, START, Lab, payment

STOP = Stop("brk", "asset", "BTC")
NEW = (Enrol("sms", "sms-new", "+4912345678"),)
EVM = "0x52908400098527886E0F7030069857D2E4169EE7"


def reasons(decision: Decision | None) -> list[str]:
    assert decision is not None
    return [reason.code for reason in decision.reasons]


def glass(lab: Lab, duration: int = HOUR, **more: Any) -> None:
    given: dict[str, Any] = {"officers": OFFICERS, "reason": "came to the branch"} | more
    lab.do(i.OpenGlass(lab.name("glass"), duration=duration, **given))


class TestBrakes:
    def test_a_brake_holds_whatever_was_proved_and_is_told_before_any_proof(self) -> None:
        lab = Lab()
        asked = i.Ask("a", Request("withdraw", {"session": "s1", "address": "a1"}, (), payment(1)), brake=STOP)
        decision = lab.do(asked)
        assert decision is not None
        told = for_requester(decision)
        assert (told.outcome, reasons(told), told.until) == (Outcome.HOLD, ["braked"], None)
        assert told.reasons[0].text == "this asset is stopped for everybody at the moment"
        assert "brk" not in str(told)
        assert lab.prove("a", "passkey", brake=STOP).outcome is Outcome.HOLD
        assert lab.status("a") == "open"
        assert lab.decide("a").outcome is Outcome.ALLOW  # lifted: the proof still counts
        assert lab.status("a") == "sealed"

    def test_a_hold_ends_with_the_brake_where_its_end_is_known(self) -> None:
        lab = Lab()
        asked = lab.ask("login", session="s9")
        stop = Stop("brk", "action", "login", START + HOUR)
        lab.prove(asked, "password", brake=stop)
        decision = lab.prove(asked, "passkey", brake=stop)
        assert (decision.outcome, decision.until) == (Outcome.HOLD, START + HOUR)

    def test_a_redemption_under_a_brake_is_refused_and_its_seal_is_dead(self) -> None:
        lab = Lab()
        paid = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert lab.redeem(paid, brake=STOP).outcome is Outcome.HOLD
        assert (lab.status(paid), lab.action(paid).seal.state) == ("refused", "void")  # type: ignore[union-attr]
        assert not lab.state.spends
        with pytest.raises(ConflictError, match="void"):
            lab.redeem(paid)

    def test_what_waits_goes_on_waiting_and_is_ready_at_the_first_look_after_the_brake(self) -> None:
        lab = Lab()
        waits = lab.done("p2p", "totp", session="s1")
        lab.accept(waits)
        due = lab.action(waits).due
        assert due is not None
        lab.now = due
        held = lab.do(i.Due("due", waits, brake=STOP))
        assert held is not None
        assert (held.outcome, reasons(held), lab.action(waits).due) == (Outcome.HOLD, ["braked"], due)
        lab.wait(2 * DAY)  # longer than a ready outflow keeps
        assert lab.due(waits).outcome is Outcome.ALLOW
        assert lab.status(waits) == "ready"
        assert lab.decide(waits).outcome is Outcome.ALLOW

    @pytest.mark.parametrize(
        ("kind", "about", "stopped"),
        [
            ("asset", "usdt", True),
            ("asset", "BTC", False),
            ("action", "withdraw", True),
            ("action", "p2p", False),
            ("destination", EVM, True),
            ("destination", EVM.lower(), True),
            ("destination", f"eth|{EVM.lower()}", True),
            ("destination", f"eth|{EVM.lower()}|7", True),
            ("destination", f"eth|{EVM.lower()}|", False),
            ("destination", f"bsc|{EVM.lower()}", False),
            ("destination", "0x", False),
        ],
    )
    def test_what_a_brake_stops(self, kind: Any, about: str, *, stopped: bool) -> None:
        paid = Payment("USDT", chain="eth", destination=EVM.lower(), memo="7")
        platform = Platform(brakes=(Brake("b", kind, about, START, OFFICERS),))
        assert (braked(platform, Request("withdraw", payment=paid), START) is not None) is stopped
        assert braked(platform, Request("login"), START) is None

    def test_a_destination_in_one_spelling(self) -> None:
        assert destination_of("eth", EVM, None) == f"eth|{EVM.lower()}"
        assert destination_of("stellar", "G|A%", "x|y") == "stellar|G%7CA%25|x|y"
        assert destination_of("", EVM, None) == EVM
        with pytest.raises(DestinationError):
            destination_of("", EVM, "memo")
        with pytest.raises(DestinationError):
            destination_of("eth", "0x1", None)

    def test_of_several_brakes_the_one_that_ends_last_counts_and_none_before_or_after_its_time(self) -> None:
        def of(identity: str, until: int | None) -> Brake:
            return Brake(identity, "action", "login", START, OFFICERS, until)

        two = Platform(brakes=(of("a", START + 2), of("b", START + 9)))
        stop = braked(two, Request("login"), START)
        assert stop == Stop("b", "action", "login", START + 9)
        endless = Platform(brakes=(*two.brakes, of("c", None)))
        assert braked(endless, Request("login"), START) == Stop("c", "action", "login")
        assert braked(two, Request("login"), START - 1) is None
        assert braked(two, Request("login"), START + 9) is None


class TestBreakGlass:
    def test_suspicions_are_put_aside_for_changes_and_count_for_outflows(self) -> None:
        lab = Lab()
        lab.suspect("sim_swap", ago=HOUR)
        lab.suspect("face_deepfake", ago=HOUR)
        asked = lab.ask("recover", enrol=NEW)
        assert lab.prove(asked, "face").outcome is Outcome.DENY
        glass(lab)
        assert lab.decide(asked).outcome is Outcome.CHALLENGE
        assert lab.prove(asked, "email").outcome is Outcome.ALLOW
        assert lab.status(asked) == "pending"  # the delay of the policy stays
        lab.suspect("session_theft", ago=HOUR, about="s1")
        out = lab.ask("withdraw", session="s1", address="a1")
        assert "doubtful" in reasons(lab.prove(out, "passkey"))

    def test_what_is_granted_meanwhile_is_doubtful_for_outflows_and_afterwards_for_all(self) -> None:
        lab = Lab()
        lab.suspect("pw_leak", ago=HOUR)
        login = lab.ask("login", session="s7")
        assert "suspected" in reasons(lab.prove(login, "password"))
        glass(lab)
        lab.prove(login, "password")
        assert lab.prove(login, "passkey").outcome is Outcome.ALLOW
        lab.accept(login)
        assert lab.status(lab.done("add_address", "passkey", session="s7", address="a7")) == "done"
        out = lab.done("withdraw", "passkey", session="s7", address="a1")
        assert (lab.decision(out).outcome, reasons(lab.decision(out))[0]) == (Outcome.DENY, "doubtful")
        other = lab.done("withdraw", "passkey", session="s1", address="a7")
        assert "doubtful" in reasons(lab.decision(other))  # the address was added in that session
        lab.wait(HOUR)
        change = lab.done("trust_device", "totp", session="s7", device="d7")
        assert (lab.decision(change).outcome, reasons(lab.decision(change))[0]) == (Outcome.DENY, "doubtful")

    def test_waits_ages_and_freezes_stay_as_they_are(self) -> None:
        lab = Lab()
        lab.suspect("disclosure", ago=HOUR)  # the slower variant of every rule
        glass(lab)
        phone = lab.done("recover", "face", "email", enrol=NEW)
        assert lab.action(phone).delay == 2 * DAY
        lab.suspect("email_takeover", ago=HOUR)
        lab.accept(phone, "c.email")
        assert lab.action(phone).due is None  # a mailbox that is suspected starts no wait
        lab.freeze("staff")
        assert lab.decision(lab.ask("login", session="s3")).outcome is Outcome.DENY

    def test_a_sealed_suspicion_is_put_aside_too_and_shows_nowhere(self) -> None:
        lab = Lab()
        lab.suspect("judicial_pii", ago=HOUR)
        asked = lab.ask("recover", enrol=NEW)
        lab.prove(asked, "kba")
        refused = lab.prove(asked, "face")
        assert refused.shown is not None
        glass(lab)
        allowed = lab.decide(asked)
        assert (allowed.outcome, allowed.shown) == (Outcome.ALLOW, None)

    def test_the_owner_is_told_on_every_channel_until_when(self) -> None:
        lab = Lab()
        glass(lab, 2 * HOUR)
        sent = [effect for effect in lab.last.effects if isinstance(effect, SendNotice)]
        assert {effect.channel for effect in sent} == {"sms", "email", "push"}
        assert {(effect.template, effect.facts["until"]) for effect in sent} == {("glass", str(START + 2 * HOUR))}
        assert all("branch" not in str(effect) for effect in sent)  # why is for staff

    def test_it_ends_by_itself_or_by_anybody_at_once(self) -> None:
        lab = Lab()
        lab.suspect("pw_leak", ago=HOUR)
        asked = lab.ask("login", session="s7")
        lab.prove(asked, "password")
        glass(lab)
        lab.now = START + HOUR - 1
        asked = lab.ask("login", session="s8")
        assert lab.prove(asked, "password").outcome is Outcome.CHALLENGE
        lab.now = START + HOUR
        assert lab.decide(asked).outcome is Outcome.DENY
        glass(lab)
        lab.do(i.CloseGlass("close", "somebody"))
        assert lab.decide(asked).outcome is Outcome.DENY
        with pytest.raises(ConflictError, match="not open"):
            lab.do(i.CloseGlass("again", "somebody"))

    def test_openings_do_not_stack_beyond_four_hours_in_a_day(self) -> None:
        lab = Lab()
        for wrong, error in (
            ({"officers": ("ines", "INES")}, ForbiddenError),
            ({"reason": " "}, InputError),
            ({"duration": 4 * HOUR + 1}, InputError),
            ({"duration": 0}, InputError),
        ):
            with pytest.raises(error):
                glass(lab, **{"duration": HOUR, **wrong})  # type: ignore[arg-type]
        glass(lab, 3 * HOUR)
        with pytest.raises(ConflictError, match="is open"):
            glass(lab)
        lab.wait(3 * HOUR)
        with pytest.raises(ConflictError, match="long enough"):
            glass(lab, HOUR + 1)
        glass(lab, HOUR)
        lab.wait(HOUR // 2)
        lab.do(i.CloseGlass("close", "somebody"))  # what was not used is not spent
        glass(lab, HOUR // 2)
        lab.now = START + 3 * HOUR + DAY  # the first opening has left the day, 1 h of the later ones has not
        glass(lab, 3 * HOUR)


class TestHeard:
    def test_a_change_whose_notice_only_the_attacker_read_does_not_take_effect(self) -> None:
        lab = Lab()
        waits = lab.done("change_phone", "passkey", "email", session="s1", enrol=NEW)
        lab.accept(waits, "c.email")
        due = lab.action(waits).due
        assert due == START + 3 * DAY
        lab.wait(HOUR)
        lab.suspect("email_takeover", ago=2 * HOUR, about="c.email")
        lab.now = due
        held = lab.due(waits)
        assert (held.outcome, reasons(held), held.until) == (Outcome.HOLD, ["untold"], None)
        lab.accept(waits, "c.push")
        assert lab.due(waits).until == due + 3 * DAY

    def test_the_wait_runs_from_the_next_channel_that_is_not_suspected(self) -> None:
        lab = Lab()
        waits = lab.done("p2p", "totp", session="s1")
        lab.accept(waits, "c.email")
        taken = lab.suspect("email_takeover", ago=HOUR)
        lab.now = START + 6 * HOUR
        held = lab.due(waits)
        assert (held.outcome, reasons(held), held.until) == (Outcome.HOLD, ["untold"], None)
        assert lab.status(waits) == "pending"
        assert for_requester(held).reasons == ()
        lab.accept(waits, "c.push")
        later = lab.due(waits)
        assert (reasons(later), later.until) == (["untold"], START + 12 * HOUR)
        lab.now = START + 12 * HOUR - 1
        assert lab.due(waits).outcome is Outcome.HOLD
        lab.now = START + 12 * HOUR
        assert lab.due(waits).outcome is Outcome.ALLOW
        assert lab.status(waits) == "ready"
        lab.suspect("session_theft", ago=0)
        lab.clear(taken)

    def test_a_suspicion_from_after_the_acceptance_changes_nothing_and_one_withdrawn_gives_the_wait_back(
        self,
    ) -> None:
        lab = Lab()
        waits = lab.done("p2p", "totp", session="s1")
        lab.accept(waits, "c.email")
        lab.wait(1)
        lab.suspect("email_takeover", ago=0)
        before = lab.suspect("email_takeover", ago=HOUR)
        lab.now = START + 6 * HOUR
        assert reasons(lab.due(waits)) == ["untold"]
        lab.clear(before)
        assert lab.due(waits).outcome is Outcome.ALLOW

    def test_what_was_ready_or_sealed_is_stopped_too(self) -> None:
        lab = Lab()
        waits = lab.done("p2p", "totp", session="s1")
        lab.accept(waits, "c.email")
        lab.now = START + 6 * HOUR
        lab.due(waits)
        sealed = lab.decide(waits)
        assert sealed.outcome is Outcome.ALLOW
        lab.suspect("email_takeover", ago=7 * HOUR)
        assert reasons(lab.redeem(waits)) == ["untold"]
        assert lab.status(waits) == "refused"

    def test_holds_and_ages_begin_anew_with_it(self) -> None:
        lab = Lab()
        added = lab.done("add_address", "passkey", session="s1", address="a2")
        lab.accept(added, "c.email")
        lab.wait(2 * DAY)
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a2")) == "sealed"
        lab.suspect("email_takeover", ago=3 * DAY)
        held = lab.decision(lab.done("withdraw", "passkey", session="s1", address="a2"))
        assert (held.outcome, reasons(held)[-1], held.until) == (Outcome.HOLD, "too_new", None)
        lab.accept(added, "c.push")
        held = lab.decision(lab.done("withdraw", "passkey", session="s1", address="a2"))
        assert (held.outcome, held.until) == (Outcome.HOLD, lab.now + DAY)

    def test_two_officers_may_say_after_seven_days_that_they_reached_the_owner(self) -> None:
        lab = Lab()
        waits = lab.done("p2p", "totp", session="s1")
        lab.accept(waits, "c.email")
        notice = lab.action(waits).notice
        assert notice is not None
        lab.wait(7 * DAY)
        with pytest.raises(ConflictError, match="was accepted"):
            lab.do(i.ConfirmNotice("early", notice, OFFICERS))
        lab.suspect("email_takeover", ago=8 * DAY)
        assert reasons(lab.due(waits)) == ["untold"]
        lab.do(i.ConfirmNotice("reached", notice, OFFICERS))
        assert lab.due(waits).until == lab.now + 6 * HOUR


class TestKeysUnderOneId:
    def test_a_key_made_again_under_its_id_is_young_again(self) -> None:
        lab = Lab()
        ready = {"api_key": "k1", "address": "a1", "context": ("ip_listed",)}
        assert lab.decision(lab.ask("api", **ready)).outcome is Outcome.ALLOW
        made = lab.done("create_api_key", "passkey", "totp", session="s1", api_key="k1")
        assert lab.status(made) == "done"
        held = lab.decision(lab.ask("api", **ready))
        assert (held.outcome, held.until) == (Outcome.HOLD, None)
        lab.accept(made)
        assert lab.decision(lab.ask("api", **ready)).until == lab.now + DAY

    def test_an_address_asked_for_again_keeps_its_age(self) -> None:
        lab = Lab()
        lab.done("add_address", "passkey", session="s1", address="a1")
        assert lab.status(lab.done("withdraw", "passkey", session="s1", address="a1")) == "sealed"
