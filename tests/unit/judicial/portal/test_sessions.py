# SPDX-License-Identifier: Apache-2.0
"""Sessions of the portal's accounts: how long, how many, and what is used once."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import sessions
from counterseal.judicial.portal.errors import PortalRefusedError, PortalSignedOutError
from counterseal.judicial.portal.rules import digest_of
from tests.unit.judicial.portal.test_rules import ACCOUNT, NOW

NAME = "pa_0a1b2c3d4e5f607182"
NONE = digest_of("")


def session(secret: str, at: int = NOW, epoch: int = 1) -> m.Session:
    """A sign-in at `at`."""
    return m.Session(digest_of(secret), at, at, "browser", epoch)


def test_a_cookie_is_read_in_one_form_only() -> None:
    """Account and 43 signs; anything else is no session."""
    secret = sessions.secret_of(bytes(32))
    assert sessions.read(f"{NAME}.{secret}") == (NAME, secret)
    for wrong in (
        "",
        NAME,
        f"{NAME}.",
        f"{NAME}.{secret}\n",
        f"pa_x.{secret}",
        f"{NAME}.{secret}A",
        f"st_1.{secret}",
    ):
        with pytest.raises(PortalSignedOutError):
            sessions.read(wrong)
    with pytest.raises(ValueError, match="32 random bytes"):
        sessions.secret_of(bytes(16))


def test_a_session_lasts_15_minutes_idle_and_8_hours_at_most() -> None:
    """To the millisecond; not in a restored store, not before it began."""
    held = session("a")
    assert sessions.is_live(held, NOW + m.IDLE - 1, 1)
    assert not sessions.is_live(held, NOW + m.IDLE, 1)
    assert not sessions.is_live(held, NOW - 1, 1)
    assert not sessions.is_live(held, NOW, 2)
    worked = msgspec.structs.replace(held, last=NOW + m.LONGEST - 1)
    assert sessions.is_live(worked, NOW + m.LONGEST - 1, 1)
    assert not sessions.is_live(worked, NOW + m.LONGEST, 1)


def test_one_more_takes_the_place_of_the_browsers_own_and_of_the_longest_idle() -> None:
    """Five at most; those that are over go."""
    account = ACCOUNT
    for at in range(m.MOST_SESSIONS + 2):
        account = sessions.begun(account, session(f"s{at}", NOW + at), NOW + at, NONE)
    assert [each.created - NOW for each in account.sessions] == [2, 3, 4, 5, 6]
    again = sessions.begun(account, session("new", NOW + 7), NOW + 7, digest_of("s4"))
    assert [each.created - NOW for each in again.sessions] == [2, 3, 5, 6, 7]
    with pytest.raises(PortalSignedOutError):
        sessions.find(again, "s4", NOW + 7, 1)
    assert sessions.find(again, "new", NOW + 7, 1).created == NOW + 7
    late = sessions.begun(again, session("late", NOW + m.IDLE + 9), NOW + m.IDLE + 9, NONE)
    assert len(late.sessions) == 1
    many = ACCOUNT
    for at in range(m.MOST_SIGNINS + 3):
        many = sessions.begun(many, session(f"s{at}", NOW + at), NOW + at, NONE)
    assert [each.at - NOW for each in many.signins] == list(range(3, m.MOST_SIGNINS + 3))


def test_seen_never_goes_back_and_the_end_of_one_is_of_one() -> None:
    """Whatever the clock does; by its name in lists."""
    one, two = session("a"), session("b")
    account = msgspec.structs.replace(ACCOUNT, sessions=(one, two))
    later = sessions.touched(account, one, NOW + 5)
    assert [each.last - NOW for each in sessions.touched(later, one, NOW + 1).sessions] == [5, 0]
    assert sessions.without(later, one.id).sessions == (two,)
    assert sessions.without(later, "none") == later


def test_a_challenge_is_used_once_also_if_the_clock_goes_back() -> None:
    """While it could be answered, and the last twenty beyond that."""
    account = sessions.spend(ACCOUNT, "n1", NOW)
    for at in (NOW, NOW - m.HOUR, NOW + sessions.CHALLENGE_LIFE + 1):
        with pytest.raises(PortalRefusedError):
            sessions.spend(account, "n1", at)
    for each in range(50):
        account = sessions.spend(account, f"later{each}", NOW + (each + 1) * sessions.CHALLENGE_LIFE)
    assert len(account.spent) <= sessions.REMEMBERED + 2


def test_an_assertion_over_what_moved_since_is_refused() -> None:
    """Two at once with one passkey state: the second meets another counter, and is told nothing."""
    passkey = m.Passkey(b"id", b"counter 1", "office", NOW)
    account = msgspec.structs.replace(ACCOUNT, passkeys=(passkey,))
    after = sessions.used(account, passkey, b"counter 2", "n1", NOW + 1)
    assert (after.passkeys[0].secret, after.passkeys[0].last) == (b"counter 2", NOW + 1)
    with pytest.raises(PortalRefusedError):
        sessions.used(after, passkey, b"counter 2", "n2", NOW + 2)
    with pytest.raises(PortalRefusedError):
        sessions.used(ACCOUNT, passkey, b"counter 2", "n2", NOW + 2)


def test_what_a_browser_says_of_itself_is_cut() -> None:
    """No control characters, 200 characters."""
    assert sessions.agent_of("a\x00b\n" + "c" * 500) == "ab" + "c" * 198
