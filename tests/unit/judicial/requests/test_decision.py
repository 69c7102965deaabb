# SPDX-License-Identifier: Apache-2.0
"""What counts of the evidence, whose word it is, and what the rule makes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterseal.gateways.packs import load_pack, policy_from
from counterseal.judicial.requests import evidence as e
from counterseal.judicial.requests.binding import HOUR, digest_of, standing, voided
from counterseal.judicial.requests.conflicts import OfficerConflictError, check_officers, conflicts_of
from counterseal.judicial.requests.decision import Counted, NotServedError, choices, decide, rule_of
from counterseal.judicial.requests.model import (
    Approved,
    EvidenceKind,
    JudicialRequest,
    Result,
    State,
    Type,
)
from counterseal.judicial.requests.stored import RequestRuleError
from tests.support.policies import document

K, R = EvidenceKind, Result
POLICY = load_pack("hardened")
BARE = JudicialRequest(
    "jr_1", "CS-2026-000001", Type.FREEZE, State.DECISION_PENDING, 1_000, "tok_1", accounts=("u-1",)
)


def with_(request: JudicialRequest, *pieces: tuple[EvidenceKind, Result, str], **more: Any) -> JudicialRequest:
    """The request with evidence by these collectors."""
    for kind, result, by in pieces:
        made = e.piece(kind, result, source=more.get("source", kind.value))
        request = e.added(request, (made,), POLICY.vocabulary, 2_000, by)
    return request


def test_evidence_is_added_and_never_changed() -> None:
    """Ids count on; a second equal look of the desk adds nothing, a different one does and counts instead."""
    first = with_(BARE, (K.DOC_SIGNATURE, R.SUPPORTS, e.DESK))
    again = with_(first, (K.DOC_SIGNATURE, R.SUPPORTS, e.DESK))
    assert again == first
    assert [each.id for each in e.counting(first)] == ["e1"]
    assert "stolen_agency_key" in first.evidence[0].forgeable_by
    later = with_(first, (K.DOC_SIGNATURE, R.INCONCLUSIVE, e.DESK))
    assert later.evidence[:1] == first.evidence
    assert (e.counting(later), later.evidence[1].id) == ((), "e2")


def test_a_contradiction_outlives_every_later_look() -> None:
    """The desk looks again and finds nothing: what was found stays until two officers say why it is none."""
    held = with_(BARE, (K.DOC_SIGNATURE, R.CONTRADICTS, e.DESK), (K.DOC_SIGNATURE, R.SUPPORTS, e.DESK))
    assert [each.id for each in e.contradictions(held)] == ["e1"]
    done = e.resolved(held, "e1", ("st_1", "st_2"), "a known fault of that office's printer", 9)
    assert e.contradictions(done) == ()
    assert done.evidence[0].result is R.CONTRADICTS
    with pytest.raises(RequestRuleError):
        e.resolved(done, "e1", ("st_1", "st_2"), "again", 9)
    with pytest.raises(RequestRuleError):
        e.resolved(done, "e2", ("st_1", "st_2"), "it supports", 9)


def test_what_the_authority_itself_denied_is_not_talked_away() -> None:
    """Neither by two officers, nor is any finding resolved by whoever entered it."""
    denied = with_(BARE, (K.CALL_BACK, R.CONTRADICTS, "st_9"))
    with pytest.raises(RequestRuleError) as told:
        e.resolved(denied, "e1", ("st_1", "st_2"), "surely a mistake", 9)
    assert told.value.code == "not_resolvable"
    noted = with_(BARE, (K.CONTENT, R.CONTRADICTS, "st_1"))
    with pytest.raises(RequestRuleError) as told:
        e.resolved(noted, "e1", ("st_1", "st_2"), "my own", 9)
    assert told.value.code == "officer_conflict"


def test_one_officers_word_counts_for_one_half_at_a_time() -> None:
    """Were a policy to pair two entries by hand, the same person could not make both."""
    text = document(actions="  freeze_on_order: {verb: freeze, subject: request, require: call_back and docket}\n")
    policy = policy_from(text)
    alone = with_(BARE, (K.CALL_BACK, R.SUPPORTS, "st_1"), (K.DOCKET, R.SUPPORTS, "st_1"))
    assert not decide(policy, alone, None, 5_000).ready
    two = with_(BARE, (K.CALL_BACK, R.SUPPORTS, "st_1"), (K.DOCKET, R.SUPPORTS, "st_2"))
    assert decide(policy, two, None, 5_000).ready
    both = with_(two, (K.DOCKET, R.SUPPORTS, "st_1"))
    assert decide(policy, both, None, 5_000).ready


def test_the_choices_are_all_and_no_more() -> None:
    """What machines found is in each of them; of each officer there is one entry."""
    counted = tuple(
        Counted(factor, kind, name, by)
        for factor, kind, name, by in [
            ("gov_mail", "mail_auth", "e1", "desk"),
            ("call_back", "call_back", "e2", "st_1"),
            ("docket", "docket", "e3", "st_1"),
            ("official_channel", "channel", "e4", "st_2"),
        ]
    )
    assert {frozenset(each) for each in choices(counted)} == {
        frozenset({"gov_mail", "call_back", "official_channel"}),
        frozenset({"gov_mail", "docket", "official_channel"}),
    }
    assert choices(()) == [frozenset()]


@pytest.mark.parametrize(
    ("pieces", "ready"),
    [
        ([K.CALL_BACK, K.MAIL_AUTH], True),
        ([K.CALL_BACK, K.DOC_SIGNATURE], True),
        ([K.CHANNEL, K.PORTAL], True),
        ([K.DOCKET, K.MAIL_AUTH], True),
        ([K.DOCKET, K.DOC_SIGNATURE], False),
        ([K.CALL_BACK, K.DOCKET], False),
        ([K.CALL_BACK, K.CHANNEL, K.DOCKET], False),
        ([K.MAIL_AUTH, K.DOC_SIGNATURE, K.PORTAL, K.DOC_INTEGRITY], False),
        ([K.CALL_BACK, K.DOC_INTEGRITY], False),
        ([K.CONTENT, K.SUBJECT, K.OFFICER_IDENTITY], False),
        ([], False),
    ],
)
def test_a_machine_and_a_person_are_needed(pieces: list[EvidenceKind], ready: bool) -> None:
    """The hardened rule over the evidence alone: everything that the requester can bring together is not enough."""
    people = iter(("st_1", "st_2", "st_3"))
    held = with_(BARE, *[(each, R.SUPPORTS, next(people) if each in e.BY_HAND else e.DESK) for each in pieces])
    decided = decide(POLICY, held, None, 5_000, assume=POLICY.vocabulary.context)
    assert decided.allowed is ready
    assert ("evidence" in {each.code for each in decided.missing}) is not ready
    assert bool(decided.alternatives) is not ready


def test_everything_missing_is_named_at_once() -> None:
    """Conditions stand beside the evidence; no officer has to find them one by one."""
    held = with_(BARE, (K.DOC_SIGNATURE, R.CONTRADICTS, e.DESK))
    decided = decide(POLICY, held, None, 5_000)
    assert [each.code for each in decided.missing] == ["evidence", "uncontradicted", "legal_basis", "two_officers"]
    assert not decided.allowed
    assert all(each.chinese != each.code for each in decided.missing)


def test_a_type_without_a_rule_is_not_served() -> None:
    """Nor one that is about nothing."""
    with pytest.raises(NotServedError):
        rule_of(policy_from(document()), BARE)
    with pytest.raises(NotServedError):
        rule_of(POLICY, msgspec.structs.replace(BARE, type=Type.AMENDMENT))
    about = msgspec.structs.replace(BARE, type=Type.SEIZURE)
    assert rule_of(POLICY, msgspec.structs.replace(BARE, type=Type.WITHDRAWAL), about).name == "seize_on_order"


def test_an_approval_stands_until_anything_changes_or_the_second_is_late() -> None:
    """By digest, by being voided, and by the clock of an emergency."""
    made = Approved(5, digest_of(BARE), ("st_1", "st_2"))
    held = msgspec.structs.replace(BARE, approvals=(made,))
    assert standing(held, 10) == made
    assert standing(msgspec.structs.replace(held, case_number="other"), 10) is None
    assert standing(voided(held, "changed"), 10) is None
    alone = Approved(5, digest_of(BARE), ("st_1",), second_by=5 + 4 * HOUR)
    held = msgspec.structs.replace(BARE, approvals=(alone,))
    assert standing(held, 4 + 4 * HOUR) == alone
    assert standing(held, 5 + 4 * HOUR) is None


def test_who_may_not_approve() -> None:
    """Whoever alone called, whoever is named, one person twice."""
    held = with_(BARE, (K.CALL_BACK, R.SUPPORTS, "st_1"), (K.MAIL_AUTH, R.SUPPORTS, e.DESK))
    assert [(each.staff, each.code) for each in conflicts_of(held, {"st_3": "u-1", "st_4": "u-2"})] == [
        ("st_1", "own_evidence"),
        ("st_3", "own_account"),
    ]
    for pair in (("st_1", "st_2"), ("st_2", "st_3"), ("st_2", "st_2"), ("st_2",), ()):
        with pytest.raises(OfficerConflictError):
            check_officers(held, pair, {"st_3": "u-1"}, None)
    check_officers(held, ("st_2", "st_4"), {"st_3": "u-1", "st_4": "u-2"}, None)
    check_officers(held, ("st_2",), {}, None, alone=True)
    joint = with_(held, (K.CALL_BACK, R.SUPPORTS, "st_2"))
    check_officers(joint, ("st_1", "st_2"), {}, None)  # neither of them called alone


def test_two_who_invited_an_account_do_not_approve_what_it_handed_in() -> None:
    """One of the two may; both, in either order, may not while the log-in counts."""
    login = e.piece(K.PORTAL, R.SUPPORTS, source="portal:pa_1", details={"invited_by": "st_1 st_2"})
    held = e.added(BARE, [login], POLICY.vocabulary, 5, e.DESK)
    for pair in (("st_1", "st_2"), ("st_2", "st_1")):
        with pytest.raises(OfficerConflictError, match="invited the account"):
            check_officers(held, pair, {}, None)
    check_officers(held, ("st_1", "st_3"), {}, None)
    check_officers(held, ("st_1",), {}, None, alone=True)
    check_officers(e.voided(held, "e1", "ended"), ("st_1", "st_2"), {}, None)
