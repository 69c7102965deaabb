# SPDX-License-Identifier: Apache-2.0
"""Sessions: pure rules. The cookie is `<staff id>.<secret>`; only the secret's SHA-256 is stored."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.staff.model import MOST_SESSIONS, Session, SignInRefusedError, Staff, digest_of

SECRET_BYTES: Final = 32
TOUCHED_EVERY: Final = 60_000  # ms between two writes of "seen just now", at most
REMEMBERED: Final = 20  # used challenges kept past their end: a clock that goes back brings none of them back
_COOKIE = re.compile(r"(?P<staff>st_[0-9a-f]{18})\.(?P<secret>[A-Za-z0-9_-]{43})")
_ID = re.compile(r"(?P<staff>st_[0-9a-f]{18})\.(?P<session>[0-9a-f]{16})")


class Bounds(msgspec.Struct, frozen=True):
    """How long a session lasts (ms): at most, and without a request; and the store's epoch."""

    longest: int
    idle: int
    epoch: int = 0

    def live(self, session: Session, now: int) -> bool:
        """Whether the session counts at `now`; a clock that went back before its beginning ends it."""
        if session.epoch != self.epoch:
            return False
        return session.created <= now < session.created + self.longest and now < session.last + self.idle

    def expires(self, session: Session) -> int:
        """When it ends unless a request comes (ms)."""
        return min(session.created + self.longest, session.last + self.idle)


class Opened(msgspec.Struct, frozen=True):
    """A live session and whose it is."""

    staff: Staff
    session: Session


def refused() -> SignInRefusedError:
    """One sentence for every cause."""
    return SignInRefusedError("sign in", code="session_refused", hint="the session is unknown or over")


def secret_of(random: bytes) -> str:
    """A cookie's secret: base64url of 32 random bytes."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"a session needs {SECRET_BYTES} random bytes, got {len(random)}")
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def owner_of(cookie: str) -> tuple[str, str]:
    """Staff id and secret of a cookie; raises SignInRefusedError."""
    found = _COOKIE.fullmatch(cookie)
    if found is None:
        raise refused()
    return found["staff"], found["secret"]


def id_of(staff: str, session: Session) -> str:
    """The name of a session in lists and paths: it opens nothing."""
    return f"{staff}.{session.digest.hex()[:16]}"


def staff_of(session_id: str) -> str | None:
    """Whose session an id names, or None."""
    found = _ID.fullmatch(session_id)
    return None if found is None else found["staff"]


def find(staff: Staff | None, secret: str, bounds: Bounds, now: int) -> Opened:
    """The live session of this secret; raises SignInRefusedError, without a word why."""
    digest = digest_of(secret)
    if staff is not None and staff.disabled is None:
        for session in staff.sessions:
            if hmac.compare_digest(session.digest, digest) and bounds.live(session, now):
                return Opened(staff, session)
    raise refused()


def begun(staff: Staff, session: Session, bounds: Bounds, now: int) -> Staff:
    """One session more; those that are over go, and the longest idle if there are too many."""
    live = sorted((each for each in staff.sessions if bounds.live(each, now)), key=lambda each: each.last)
    return msgspec.structs.replace(staff, sessions=(*live[-(MOST_SESSIONS - 1) :], session))


def kept(staff: Staff, keep: Callable[[Session], bool]) -> Staff:
    """With only the sessions that `keep` says yes to."""
    return msgspec.structs.replace(staff, sessions=tuple(each for each in staff.sessions if keep(each)))


def touched(staff: Staff, digest: bytes, now: int) -> Staff:
    """With "last seen" of this session at `now`; time never goes back."""
    return msgspec.structs.replace(
        staff,
        sessions=tuple(
            msgspec.structs.replace(each, last=max(each.last, now)) if each.digest == digest else each
            for each in staff.sessions
        ),
    )


def spend(staff: Staff, nonce: str, now: int, lifetime: int) -> Staff:
    """Remember a used challenge; raises SignInRefusedError when it was used before."""
    if any(nonce == used for used, _ in staff.spent):
        raise SignInRefusedError("this did not work", hint="try again")
    old = [pair for pair in staff.spent if pair[1] <= now][-REMEMBERED:]
    fresh = [pair for pair in staff.spent if pair[1] > now]
    return msgspec.structs.replace(staff, spent=(*old, *fresh, (nonce, now + lifetime)))
