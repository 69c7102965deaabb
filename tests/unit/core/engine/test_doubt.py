# SPDX-License-Identifier: Apache-2.0
"""Suspicion: proofs that do not count, grants in doubt, and what is told to whom."""

from __future__ import annotations

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Suspicion
from counterseal.core.decision import Outcome, for_requester, for_staff, sealed_view
from counterseal.core.engine.doubt import active, fact_doubt, instance_doubt
from counterseal.core.errors import ConflictError, InputError
from tests.support.lab import DAY, HOUR, Lab, owner
from tests.support.lab_policy import lab_policy_with

SMS_ONLY = ("password", "sms", "email", "kba", "face")


def doubtful(lab: Lab, kind: str, identity: str, fact: str) -> bool:
    standing = active(lab.policy.vocabulary, lab.state, lab.now)
    return fact_doubt(lab.state, lab.state.objects[f"{kind}:{identity}"], fact, standing) is not None


class TestProofs:
    def test_a_proof_counts_only_if_no_suspected_capability_could_have_produced_it(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.suspect("sim_swap")
        action = lab.ask("login", session="s2")
        assert lab.decision(action).outcome is Outcome.DENY
        lab.prove(action, "password")
        assert lab.prove(action, "sms").outcome is Outcome.DENY

    def test_a_suspicion_about_another_instance_changes_nothing(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.suspect("sim_swap", about="another-phone")
        assert lab.status(lab.done("login", "password", "sms", session="s2")) == "done"

    def test_the_same_suspicion_cannot_be_stated_again_to_end_earlier(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        name = lab.suspect("sim_swap")
        with pytest.raises(ConflictError):
            lab.do(i.Suspect("again", Suspicion(name, "sim_swap", 0, 1)))


class TestGrants:
    def test_a_session_is_not_doubtful_for_a_suspicion_that_could_not_have_produced_its_proofs(self) -> None:
        lab = Lab()
        lab.suspect("sms_intercept", ago=HOUR)
        lab.done("login", "password", "passkey", session="s2")
        assert not doubtful(lab, "session", "s2", "session")
        assert lab.status(lab.done("withdraw", "passkey", session="s2", address="a1")) == "sealed"

    def test_what_was_granted_on_a_doubtful_proof_is_doubtful_too(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.done("login", "password", "sms", session="s2")
        lab.wait(HOUR)
        lab.suspect("sim_swap", ago=2 * HOUR)
        assert doubtful(lab, "session", "s2", "session")
        assert not doubtful(lab, "session", "s1", "session")

    def test_a_grant_of_the_very_moment_of_the_suspicion_is_doubtful(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.done("login", "password", "sms", session="s2")
        lab.suspect("sim_swap")
        assert doubtful(lab, "session", "s2", "session")

    def test_a_grant_from_before_the_suspicion_is_not_doubtful(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.done("login", "password", "sms", session="s2")
        lab.wait(HOUR)
        lab.suspect("sim_swap")
        assert not doubtful(lab, "session", "s2", "session")

    def test_doubt_goes_on_through_the_session(self) -> None:
        lab = Lab()
        lab.done("login", "password", "passkey", session="s2")
        lab.done("trust_device", "totp", session="s2", device="d1")
        lab.suspect("pw_leak", ago=HOUR)
        assert doubtful(lab, "session", "s2", "session")
        assert doubtful(lab, "device", "d1", "device")

    def test_doubt_goes_on_through_a_factor_that_was_bound_in_doubt(self) -> None:
        lab = Lab(register=owner(("password", "sms", "email")))
        bound = lab.done("bind_totp", "sms", session="s1", enrol=(Enrol("totp", "app"),))
        lab.accept(bound)
        login = lab.ask("login", session="s2")
        lab.prove(login, "password")
        lab.prove(login, "totp", "app")
        lab.wait(HOUR)
        lab.suspect("sim_swap", ago=2 * HOUR)
        standing = active(lab.policy.vocabulary, lab.state, lab.now)
        assert instance_doubt(lab.state, lab.state.enrolled["app"], standing) is not None
        assert doubtful(lab, "session", "s2", "session")

    def test_a_stolen_session_does_not_make_older_grants_doubtful(self) -> None:
        lab = Lab()
        lab.done("add_address", "passkey", session="s1", address="a2")
        lab.wait(DAY)
        lab.suspect("session_theft", ago=HOUR)
        assert doubtful(lab, "session", "s1", "session")
        assert not doubtful(lab, "address", "a2", "address")

    def test_a_session_that_the_state_has_forgotten_vouches_for_nothing(self) -> None:
        lab = Lab()
        lab.done("login", "password", "passkey", session="s2")
        lab.done("trust_device", "totp", session="s2", device="d1")
        lab.suspect("pw_leak", ago=HOUR, lasts=365 * DAY)
        lab.wait(32 * DAY)
        for _ in range(8):  # one of these forgets
            lab.ask("login", session="s3")
        assert "session:s2" not in lab.state.objects
        assert doubtful(lab, "device", "d1", "device")

    def test_an_undoubtful_proof_confirms_a_doubtful_session_and_keeps_who_brought_it(self) -> None:
        lab = Lab()
        login = lab.done("login", "password", "passkey", session="s2")
        suspicion = lab.suspect("pw_leak", ago=HOUR)
        lab.done("confirm_session", "passkey", session="s2")
        assert suspicion in lab.state.suspicions
        assert not doubtful(lab, "session", "s2", "session")
        assert lab.state.objects["session:s2"].facts["session"].grant.action == login

    def test_a_confirmation_of_a_factor_stands_by_the_one_that_is_named(self) -> None:
        lab = Lab()
        theirs = next(item for item in lab.state.enrolled.values() if item.factor == "totp")
        before = {item.id: item.grant for item in lab.state.enrolled.values()}
        with pytest.raises(InputError):
            lab.ask("confirm_factor")
        lab.done("confirm_factor", "passkey", factor=theirs.id)
        changed = {item.id for item in lab.state.enrolled.values() if item.grant != before[item.id]}
        assert changed == {theirs.id}

    def test_a_cleared_suspicion_makes_proofs_and_grants_count_again(self) -> None:
        lab = Lab(register=owner(SMS_ONLY))
        lab.done("login", "password", "sms", session="s2")
        suspicion = lab.suspect("sim_swap", ago=HOUR)
        assert doubtful(lab, "session", "s2", "session")
        lab.clear(suspicion)
        assert not doubtful(lab, "session", "s2", "session")


class TestViews:
    def test_before_the_first_proof_a_requester_sees_the_enrolled_factors_that_the_rule_names(self) -> None:
        lab = Lab()
        lab.suspect("totp_seed")
        seen = for_requester(lab.decision(lab.ask("trust_device", session="s1", device="d1")))
        assert (seen.outcome, seen.alternatives, seen.reasons) == (Outcome.CHALLENGE, (("totp",),), ())

    def test_after_one_proof_a_requester_sees_the_exact_alternatives_and_reasons(self) -> None:
        lab = Lab()
        action = lab.ask("create_api_key", session="s1", api_key="k9")
        seen = for_requester(lab.prove(action, "email"))
        assert seen.alternatives == (("passkey",), ("totp",))
        assert {reason.about for reason in seen.reasons} == {"passkey", "totp"}

    def test_a_requester_who_has_nothing_to_prove_learns_nothing_of_suspicions(self) -> None:
        lab = Lab(
            lab_policy_with('require: "session and totp", grants: device', "require: session, grants: device")
        )
        lab.suspect("session_theft")
        decision = lab.decision(lab.ask("trust_device", session="s1", device="d1"))
        assert decision.outcome is Outcome.DENY
        assert for_requester(decision).reasons == ()
        assert [reason.code for reason in for_staff(decision).reasons] == ["doubtful"]

    def test_what_staff_may_know_the_owner_is_not_told(self) -> None:
        lab = Lab()
        lab.suspect("face_deepfake")
        action = lab.ask("recover", enrol=(Enrol("sms", "new", "+1"),))
        decision = lab.prove(action, "email")
        assert "suspected" not in {reason.code for reason in for_requester(decision).reasons}
        assert "suspected" in {reason.code for reason in for_staff(decision).reasons}


class TestSealed:
    """A sealed fact changes no text, wait or list that its subject or staff can see."""

    def test_it_leaves_no_trace_while_something_is_missing(self) -> None:
        plain, sealed = Lab(), Lab()
        sealed.suspect("judicial_pii", ago=HOUR)
        for lab in (plain, sealed):
            lab.count = 10
            action = lab.ask("recover", enrol=(Enrol("sms", "new", "+1"),))
            lab.prove(action, "face")
        action = "act11"
        assert plain.decision(action).alternatives == (("email",), ("kba",))
        assert sealed.decision(action).alternatives == (("email",),)
        for view in (for_requester, for_staff):
            assert view(sealed.decision(action)) == view(plain.decision(action))
        assert "suspected" in {reason.code for reason in sealed_view(sealed.decision(action)).reasons}

    def test_where_it_alone_refuses_only_a_neutral_sentence_is_seen(self) -> None:
        lab = Lab()
        lab.suspect("judicial_pii", ago=HOUR)
        action = lab.ask("recover", enrol=(Enrol("sms", "new", "+1"),))
        lab.prove(action, "kba")
        assert lab.prove(action, "face").outcome is Outcome.CHALLENGE
        for view in (for_requester, for_staff):
            seen = view(lab.decision(action))
            assert (seen.outcome, [reason.code for reason in seen.reasons]) == (Outcome.DENY, ["refused"])

    def test_it_stretches_no_wait(self) -> None:
        lab = Lab()
        lab.accept(lab.done("add_address", "passkey", session="s1", address="a2"))
        told = lab.now
        lab.suspect("judicial_pii", ago=HOUR)
        assert lab.decision(lab.ask("withdraw", session="s1", address="a2")).until == told + DAY
