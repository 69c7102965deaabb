# SPDX-License-Identifier: Apache-2.0
"""Two officers end every session: what ends, what stays, who is told."""

from __future__ import annotations

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import State
from counterseal.core.decision import Outcome
from counterseal.core.effects import SendNotice
from counterseal.core.engine import step
from counterseal.core.engine.view import live
from counterseal.core.errors import ForbiddenError, InputError, NotFoundError
from counterseal.core.events import SessionsEnded
from counterseal.core.happenings import happenings
from tests.support.lab import DAY, HOUR, OFFICERS, Lab, owner

THINGS = {
    "session:s1": ("session",),
    "session:s2": ("session",),
    "device:d1": ("device",),
    "address:a1": ("address", "verified_address"),
    "api_key:k1": ("api_withdraw",),
}


def end(lab: Lab, officers: tuple[str, ...] = OFFICERS, reason: str = "forged order") -> None:
    lab.do(i.EndSessions(lab.name("end"), officers, reason))


def open_sessions(state: State, now: int) -> set[str]:
    return {
        item.id
        for item in state.objects.values()
        if item.kind == "session" and any(live(fact, now) for fact in item.facts.values())
    }


class TestEnding:
    def test_every_session_ends_and_nothing_else(self) -> None:
        facts = {key: names for key, names in THINGS.items() if key.split(":")[0] != "device"}
        lab = Lab(register=owner(objects=facts))
        before = lab.state
        assert open_sessions(before, lab.now) == {"s1", "s2"}
        end(lab)
        assert open_sessions(lab.state, lab.now) == set()
        kept = {key: item for key, item in lab.state.objects.items() if item.kind != "session"}
        assert kept == {key: item for key, item in before.objects.items() if item.kind != "session"}
        for name in ("times", "freezes", "suspicions", "spends", "locks", "enrolled", "contacts", "actions"):
            assert getattr(lab.state, name) == getattr(before, name), name

    def test_the_owner_is_told_on_every_channel_without_the_reason(self) -> None:
        lab = Lab()
        end(lab)
        told = [effect for effect in lab.last.effects if isinstance(effect, SendNotice)]
        assert {effect.channel for effect in told} == {"sms", "email", "push"}
        assert {effect.template for effect in told} == {"sessions_ended"}
        assert not any("forged" in value for effect in told for value in effect.facts.values())

    def test_an_action_of_an_ended_session_is_not_allowed(self) -> None:
        lab = Lab()
        open_one = lab.ask("withdraw", session="s1", address="a1")
        assert lab.decision(open_one).outcome is Outcome.CHALLENGE
        end(lab)
        assert lab.prove(open_one, "passkey").outcome is Outcome.DENY

    def test_a_seal_of_an_ended_session_is_refused_at_its_redemption(self) -> None:
        lab = Lab()
        sealed = lab.done("withdraw", "passkey", session="s1", address="a1")
        assert lab.status(sealed) == "sealed"
        end(lab)
        assert lab.redeem(sealed).outcome is Outcome.DENY
        assert lab.status(sealed) == "refused"

    def test_the_owner_logs_in_again(self) -> None:
        lab = Lab()
        end(lab)
        lab.wait(HOUR)
        lab.done("login", "password", "passkey", session="s9")
        assert open_sessions(lab.state, lab.now) == {"s9"}

    def test_what_was_granted_by_a_session_stays_as_doubtful_as_it_was(self) -> None:
        lab = Lab()
        lab.wait(DAY)
        added = lab.done("add_address", "passkey", session="s1", address="a9")
        assert lab.status(added) in {"done", "pending"}
        lab.suspect("session_theft", ago=2 * DAY)
        doubted = lab.ask("withdraw", session="s1", address="a1")
        before = lab.decision(doubted).outcome
        end(lab)
        assert before is not Outcome.ALLOW
        assert lab.decide(doubted).outcome is not Outcome.ALLOW

    def test_again_and_without_sessions_it_is_done_and_told(self) -> None:
        lab = Lab()
        end(lab)
        first = lab.state
        lab.wait(HOUR)
        end(lab)
        (event,) = lab.last.events
        assert isinstance(event, SessionsEnded)
        assert (event.objects, event.officers) == ((), OFFICERS)
        assert lab.state.objects == first.objects
        assert len(lab.last.effects) == 3

    def test_other_systems_hear_of_it_and_not_why(self) -> None:
        lab = Lab()
        before = lab.state
        end(lab)
        told = happenings(lab.policy, before, lab.state, "end1", lab.last.events, lab.now)
        assert [(each.topic, each.body) for each in told] == [("account.sessions_ended", {})]


@pytest.mark.parametrize("officers", [(), ("ines",), ("ines", "INES")])
def test_one_officer_alone_ends_nothing(officers: tuple[str, ...]) -> None:
    lab = Lab()
    before = lab.state
    with pytest.raises(ForbiddenError) as refused:
        end(lab, officers)
    assert (refused.value.code, lab.state) == ("two_officers", before)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(reason: str) -> None:
    lab = Lab()
    with pytest.raises(InputError) as refused:
        end(lab, reason=reason)
    assert refused.value.code == "sessions_reason"


def test_no_account_no_sessions() -> None:
    with pytest.raises(NotFoundError):
        step(Lab().policy, None, i.EndSessions("e", OFFICERS, "why"), 0)
