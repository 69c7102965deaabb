# SPDX-License-Identifier: Apache-2.0
"""What an attacker has in a state: capabilities, what was taken, waits in his favour."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.core.abstraction import INFINITE, abstract, abstract_step, covers, enabled
from counterseal.core.account import Enrol, FactState, Grant, Object
from counterseal.core.errors import NotFoundError
from tests.support.lab import DAY, HOUR, START, Lab, owner

NOBODY = frozenset[str]()


def test_a_capability_gives_proofs_and_facts_of_infinite_age() -> None:
    lab = Lab()
    had = abstract(lab.policy, lab.state, lab.now, {"session_theft", "sms_intercept"}, NOBODY)
    assert had.proofs == {"sms"}
    assert had.facts == {"session": INFINITE}
    assert not enabled(lab.policy, had, "add_address")  # the passkey is enrolled and stands above SMS
    assert "strongest(passkey, totp, sms)" in enabled(lab.policy, had, "add_address").lacks


def test_what_the_attackers_actions_granted_is_his_and_ages_from_the_deed() -> None:
    lab = Lab()
    action = lab.done("add_address", "passkey", session="s1", address="a9")
    lab.wait(HOUR)  # no notice was accepted
    assert abstract(lab.policy, lab.state, lab.now, (), {action}).facts == {"address": HOUR}
    assert abstract(lab.policy, lab.state, lab.now, (), NOBODY).facts == {}


def test_in_posture_every_object_whose_origin_is_not_the_owner_counts() -> None:
    grant = Grant(START - 3 * DAY, "import", imported=True)
    odd = Object("address", "odd", {"address": FactState(grant, origin="unknown", started=START - 2 * DAY)})
    older = Object("address", "older", {"address": FactState(grant, origin="unknown", started=START - 9 * DAY)})
    register = owner()
    lab = Lab(register=replace(register, objects=(odd, older)))
    assert abstract(lab.policy, lab.state, lab.now, ()).facts == {"address": 9 * DAY}  # the oldest


def test_a_factor_that_is_not_enrolled_cannot_be_proved_to_the_account() -> None:
    lab = Lab(register=owner(("password", "sms")))
    had = abstract(lab.policy, lab.state, lab.now, {"otp_relay", "session_theft"}, NOBODY)
    assert had.usable == {"password", "sms"}
    assert enabled(lab.policy, had, "login")
    assert not enabled(lab.policy, had, "trust_device")


def test_a_clock_runs_from_the_deed_and_never_is_over() -> None:
    lab = Lab()
    assert "weakened" not in abstract(lab.policy, lab.state, lab.now, (), NOBODY).since
    lab.done("disable_totp", "passkey", "email", session="s1")
    lab.wait(HOUR)
    assert abstract(lab.policy, lab.state, lab.now, (), NOBODY).since["weakened"] == HOUR


def test_a_step_grants_restarts_silences_and_lowers_the_strongest() -> None:
    lab = Lab(register=owner(("password", "sms", "totp", "email")))
    had = abstract(lab.policy, lab.state, lab.now, {"session_theft", "sms_intercept", "email_takeover"}, NOBODY)
    assert not enabled(lab.policy, had, "add_address")
    after = abstract_step(lab.policy, had, "disable_totp")
    assert (after.since["weakened"], after.fading) == (0, {"totp": 2 * DAY})
    assert not enabled(lab.policy, after, "add_address")
    waited = abstract_step(lab.policy, after, "verify_address", 2 * DAY)
    assert enabled(lab.policy, waited, "add_address")
    assert abstract_step(lab.policy, had, "change_phone").silenced == {"sms", "email"}


def test_covering_is_said_with_its_reasons() -> None:
    lab = Lab()
    none = abstract(lab.policy, lab.state, lab.now, (), NOBODY)
    some = abstract(lab.policy, lab.state, lab.now, {"sim_swap", "session_theft"}, NOBODY)
    assert covers(some, none)
    assert covers(none, some).what == ("channel sms", "fact session", "proof of sms", "proof of voice")
    bound = lab.done("bind_passkey", "passkey", session="s1", enrol=(Enrol("passkey", "second"),))
    mine = abstract(lab.policy, lab.state, lab.now, (), {bound})
    assert covers(none, mine).what == ("proof of passkey",)


def test_unknown_names_are_errors() -> None:
    lab = Lab()
    with pytest.raises(NotFoundError, match="not a capability"):
        abstract(lab.policy, lab.state, lab.now, {"magic"})
    had = abstract(lab.policy, lab.state, lab.now, ())
    with pytest.raises(NotFoundError, match="no action"):
        enabled(lab.policy, had, "nothing")
