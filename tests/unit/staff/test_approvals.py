# SPDX-License-Identifier: Apache-2.0
"""Approvals as pure rules: one digest for one request, who may sign, who is drawn."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import ConflictError, InputError
from counterseal.staff import approvals
from counterseal.staff.approvals import Approval, ApprovalError, Queue, Signature
from counterseal.staff.model import Member, Roster
from counterseal.staff.roles import Role

NOW = 1_717_891_200_000
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def member(name: str, *roles: Role, account: str = "", disabled: bool = False) -> Member:
    """A line of the roster."""
    return Member(f"st_{name}", name, f"{name}@example.test", roles or (Role.FRAUD,), account, disabled)


def approval(**changes: Any) -> Approval:
    """One about an account, proposed by a machine."""
    given = {
        "id": "ap_1",
        "method": "POST",
        "path": "/v1/accounts/u-1/unfreeze",
        "body": b"null",
        "digest": bytes(32),
        "reason": "r",
        "proposed_by": "token",
        "created": NOW,
        "scopes": ("staff:officer",),
        "account": "u-1",
    }
    return Approval(**given | changes)


def signed(found: Approval, *names: str) -> Approval:
    """With these signatures."""
    for name in names:
        found = approvals.signed(found, Signature(f"st_{name}", b"k", NOW))
    return found


@given(TEXT, TEXT, BODIES)
def test_the_digest_is_that_of_rfc_8785(method: str, path: str, body: Any) -> None:
    expected = sha256(rfc8785.dumps([method, path, body])).digest()
    assert approvals.digest_of(method, path, approvals.canonical(body)) == expected


@given(st.tuples(TEXT, TEXT, BODIES), st.tuples(TEXT, TEXT, BODIES))
def test_two_requests_share_a_digest_only_if_they_are_one(one: Any, two: Any) -> None:
    digests = [approvals.digest_of(m, p, approvals.canonical(b)) for m, p, b in (one, two)]
    same = rfc8785.dumps(list(one)) == rfc8785.dumps(list(two))
    assert (digests[0] == digests[1]) == same


@pytest.mark.parametrize("body", [{"a": 2**53}, {"a": float("nan")}, {"a": "\ud800"}])
def test_a_body_without_a_canonical_form_is_refused(body: Any) -> None:
    with pytest.raises(InputError):
        approvals.canonical(body)


def test_newer_ids_come_first_in_the_stores_order() -> None:
    ids = [approvals.id_at(NOW + step, bytes(6)) for step in (0, 1, 10**6, 10**11)]
    assert sorted(ids) == ids[::-1]


class TestStatus:
    roster = Roster((member("a"), member("b"), member("c", Role.VIEWER)))

    def test_two_make_it_approved_until_it_expires(self) -> None:
        found = signed(approval(), "a", "b")
        assert approvals.status_of(found, self.roster, NOW, 0) == "approved"
        assert approvals.status_of(found, self.roster, NOW + approvals.LIFETIME, 0) == "expired"
        assert approvals.status_of(found, self.roster, NOW - 1, 0) == "expired"  # a clock that went back
        assert approvals.status_of(found, self.roster, NOW, 1) == "void"  # a restore

    @pytest.mark.parametrize(
        "gone",
        [member("b", disabled=True), member("b", Role.SUPPORT), member("b", account="u-1")],
        ids=["disabled", "other role", "own account"],
    )
    def test_a_signer_who_may_not_sign_any_more_voids_it(self, gone: Member) -> None:
        found = signed(approval(), "a", "b")
        roster = Roster((member("a"), gone))
        assert approvals.status_of(found, roster, NOW, 0) == "void"
        with pytest.raises(ApprovalError) as refused:
            approvals.check_usable(found, roster, NOW, 0)
        assert refused.value.code == "approval_void"

    def test_one_person_twice_is_not_two(self) -> None:
        with pytest.raises(ApprovalError):
            approvals.check_usable(signed(approval(), "a", "a"), self.roster, NOW, 0)

    @pytest.mark.parametrize(
        ("who", "code"),
        [
            (member("c", Role.VIEWER), "approval_scope"),
            (member("c", Role.POLICY_PUBLISHER), "approval_scope"),
            (member("c", disabled=True), "approval_scope"),
            (member("c", account="u-1"), "approval_own_account"),
            (member("a"), "approval_same_person"),
            (None, "approval_scope"),
        ],
    )
    def test_who_may_not_sign(self, who: Member | None, code: str) -> None:
        with pytest.raises(ApprovalError) as refused:
            approvals.check_signer(signed(approval(), "a"), who)
        assert refused.value.code == code


class TestDraw:
    names = ("a", "b", "c", "d", "e")
    roster = Roster((*(member(name) for name in names), member("v", Role.VIEWER), member("o", account="u-1")))

    def drawn(self, chance: int, queue: Queue | None = None, **changes: Any) -> str:
        first = signed(approval(sensitive=True, proposed_by="st_b", **changes), "a")
        after, _ = approvals.draw(first, self.roster, queue or Queue(), chance.to_bytes(16), NOW)
        return after.assigned

    def test_everybody_able_is_drawn_alike_and_nobody_else(self) -> None:
        found = Counter(self.drawn(chance) for chance in range(300))
        assert found == {"st_c": 100, "st_d": 100, "st_e": 100}

    def test_an_earlier_draw_holds_until_it_ends(self) -> None:
        held = approvals.Assignment(approvals.target_of(approval()), "st_d", NOW + 1)
        assert {self.drawn(chance, Queue((), (held,))) for chance in range(9)} == {"st_d"}
        over = msgspec.structs.replace(held, until=NOW)
        assert len({self.drawn(chance, Queue((), (over,))) for chance in range(9)}) == 3
        other = msgspec.structs.replace(held, target=b"x" * 32)
        assert len({self.drawn(chance, Queue((), (other,))) for chance in range(9)}) == 3

    def test_without_anybody_it_is_refused(self) -> None:
        first = signed(approval(sensitive=True), "a")
        with pytest.raises(ConflictError):
            approvals.draw(first, Roster((member("a"),)), Queue(), bytes(16), NOW)
