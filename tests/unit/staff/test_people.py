# SPDX-License-Identifier: Apache-2.0
"""Roles, invitations and sessions as pure rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from counterseal.core.errors import ConflictError, ForbiddenError, InputError
from counterseal.staff import people, sessions
from counterseal.staff.model import (
    INVITATION_LIFETIME,
    MOST_SESSIONS,
    Invitation,
    Member,
    Roster,
    Session,
    SignInRefusedError,
    Staff,
    check_person,
    digest_of,
)
from counterseal.staff.roles import (
    GRANTED_BY_TWO,
    PASSKEY_ONLY,
    SEES_ACCOUNTS,
    DutiesError,
    Role,
    check_duties,
    read_roles,
    scopes_of,
)

NOW = 1_717_891_200_000
BOUNDS = sessions.Bounds(longest=1000, idle=100)


def staff(**changes: Any) -> Staff:
    """Somebody."""
    given = {"id": "st_1", "name": "Ines", "email": "i@x.test", "roles": (Role.FRAUD,), "created": 0}
    return Staff(**given | {"created_by": "command"} | changes)


def invitation(*roles: Role, **changes: Any) -> Invitation:
    """An open invitation."""
    given = {"id": "i1", "digest": digest_of("secret"), "staff": "st_9", "name": "New", "email": "new@x.test"}
    return Invitation(**given | {"roles": roles, "created": NOW, "created_by": "t"} | changes)


def administrator(name: str, *, disabled: bool = False) -> Member:
    return Member(f"st_{name}", name, f"{name}@x.test", (Role.ADMINISTRATOR,), disabled=disabled)


def test_no_pair_of_duties_that_must_stay_apart_is_held_together() -> None:
    apart = {frozenset({Role.POLICY_EDITOR, Role.POLICY_PUBLISHER})}
    apart |= {frozenset({Role.ADMINISTRATOR, role}) for role in SEES_ACCOUNTS}
    for pair in itertools.combinations(Role, 2):
        if frozenset(pair) in apart:
            with pytest.raises(DutiesError):
                check_duties(pair)
        else:
            assert set(check_duties(pair)) == set(pair)
    with pytest.raises(DutiesError):
        check_duties([])


def test_an_administrator_reads_no_account_whatever_else_they_are() -> None:
    allowed = [role for role in Role if role not in SEES_ACCOUNTS and role is not Role.POLICY_EDITOR]
    assert "accounts:read" not in scopes_of(allowed)
    assert "decisions:staff" not in scopes_of(allowed)


def test_unknown_roles_are_named() -> None:
    assert read_roles(["fraud"]) == (Role.FRAUD,)
    with pytest.raises(InputError, match="boss"):
        read_roles(["fraud", "boss"])


def test_single_sign_on_gives_no_scope_that_decides() -> None:
    for role in Role:
        assert not staff(roles=(role,)).scopes("oidc") & PASSKEY_ONLY
    assert staff(disabled=NOW).scopes() == frozenset()


@pytest.mark.parametrize("email", ["", "a", "a@", "@b", "a@b c", "a@b\n", "a b@c", "é@x.test@y", "a@" + "b" * 200])
def test_odd_addresses_are_refused(email: str) -> None:
    with pytest.raises(InputError):
        check_person("Ines", email)


class TestInvitations:
    two = Roster((administrator("a"), administrator("b", disabled=True)))

    @pytest.mark.parametrize("role", Role)
    def test_who_may_approve_is_brought_in_by_two(self, role: Role) -> None:
        made = invitation(role)
        if role in GRANTED_BY_TWO:
            with pytest.raises(ForbiddenError):
                people.invited(self.two, made, (), first=False, command=False)
        assert people.invited(self.two, made, ("x", "y"), first=False, command=False).invitations == (made,)
        assert people.invited(Roster((administrator("a"),)), made, (), first=False, command=False).invitations
        assert people.invited(self.two, made, (), first=False, command=True).invitations

    def test_a_link_lives_a_day_of_one_epoch(self) -> None:
        roster = Roster((), (invitation(Role.VIEWER),))
        assert people.find(roster, "secret", NOW, 0)
        for secret, now, epoch in (
            ("other", NOW, 0),
            ("secret", NOW + INVITATION_LIFETIME, 0),
            ("secret", NOW - 1, 0),
            ("secret", NOW, 1),
        ):
            with pytest.raises(SignInRefusedError):
                people.find(roster, secret, now, epoch)

    def test_nobody_is_enrolled_over(self) -> None:
        with pytest.raises(SignInRefusedError):
            people.enrolled(invitation(Role.VIEWER), staff(id="st_9"), None, NOW)  # type: ignore[arg-type]
        with pytest.raises(SignInRefusedError):
            people.enrolled(invitation(renews=True), staff(disabled=NOW), None, NOW)  # type: ignore[arg-type]

    def test_an_administrator_is_left(self) -> None:
        with pytest.raises(ConflictError):
            people.check_administrator_left(Roster((administrator("b", disabled=True),)))


class TestSessions:
    def session(self, number: int = 0, **changes: Any) -> Session:
        given = {"digest": digest_of(f"s{number}"), "created": NOW, "last": NOW + number, "assurance": "passkey"}
        return Session(**given | changes)

    @pytest.mark.parametrize(
        ("now", "changes", "live"),
        [
            (NOW, {}, True),
            (NOW + 99, {}, True),
            (NOW + 100, {}, False),
            (NOW + 999, {"last": NOW + 950}, True),
            (NOW + 1000, {"last": NOW + 950}, False),
            (NOW - 1, {}, False),
            (NOW, {"epoch": 1}, False),
        ],
    )
    def test_when_it_counts(self, now: int, changes: dict[str, int], *, live: bool) -> None:
        found = staff(sessions=(self.session(**changes),))
        if live:
            assert sessions.find(found, "s0", BOUNDS, now).staff == found
        else:
            with pytest.raises(SignInRefusedError):
                sessions.find(found, "s0", BOUNDS, now)

    def test_the_longest_idle_gives_way(self) -> None:
        found = staff(sessions=tuple(self.session(number) for number in range(MOST_SESSIONS)))
        after = sessions.begun(found, self.session(99), BOUNDS, NOW + 50)
        assert len(after.sessions) == MOST_SESSIONS
        with pytest.raises(SignInRefusedError):
            sessions.find(after, "s0", BOUNDS, NOW + 50)
        assert sessions.find(after, "s99", BOUNDS, NOW + 50)

    def test_a_challenge_counts_once_even_after_its_end(self) -> None:
        found = sessions.spend(staff(), "n", NOW, 10)
        for number in range(5):
            found = sessions.spend(found, f"m{number}", NOW + 100, 10)
        with pytest.raises(SignInRefusedError):
            sessions.spend(found, "n", NOW, 10)

    @pytest.mark.parametrize(
        "cookie", ["", "st_1.x", "st_" + "0" * 18 + ".", "x" * 80, "st_" + "0" * 18 + "." + "é" * 43]
    )
    def test_odd_cookies_open_nothing(self, cookie: str) -> None:
        with pytest.raises(SignInRefusedError):
            sessions.owner_of(cookie)
