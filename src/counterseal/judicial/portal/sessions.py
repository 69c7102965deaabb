# SPDX-License-Identifier: Apache-2.0
"""Sessions of the officers' portal: pure rules. The cookie is `<account>.<secret>`; only a hash is stored."""

from __future__ import annotations

import base64
import hmac
import re
from typing import Final

import msgspec

from counterseal.judicial.portal import model as m
from counterseal.judicial.portal.errors import PortalRefusedError, PortalSignedOutError
from counterseal.judicial.portal.rules import digest_of

SECRET_BYTES: Final = 32
TOUCHED_EVERY: Final = 60_000  # ms between two writes of "seen just now", at most
REMEMBERED: Final = 20  # used challenges kept past their end: a clock that goes back brings none of them back
CHALLENGE_LIFE: Final = 360_000  # ms: longer than any challenge lives
LONGEST_AGENT: Final = 200
_COOKIE = re.compile(r"(?P<account>pa_[0-9a-f]{18})\.(?P<secret>[A-Za-z0-9_-]{43})")


def out() -> PortalSignedOutError:
    """One sentence for every cause."""
    return PortalSignedOutError("sign in", hint="the session is unknown or over")


def secret_of(random: bytes) -> str:
    """A cookie's secret: base64url of 32 random bytes."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"a session needs {SECRET_BYTES} random bytes, got {len(random)}")
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def read(cookie: str) -> tuple[str, str]:
    """Account and secret of a cookie. Raises PortalSignedOutError."""
    found = _COOKIE.fullmatch(cookie)
    if found is None:
        raise out()
    return found["account"], found["secret"]


def is_live(session: m.Session, now: int, epoch: int) -> bool:
    """Whether it counts: 15 minutes after the last request, 8 hours at most; never in a restored store."""
    lasts = session.created <= now < session.created + m.LONGEST and now < session.last + m.IDLE
    return lasts and session.epoch == epoch


def find(account: m.Account, secret: str, now: int, epoch: int) -> m.Session:
    """The live session of this secret. Raises PortalSignedOutError."""
    digest = digest_of(secret)
    for session in account.sessions:
        if hmac.compare_digest(session.digest, digest) and is_live(session, now, epoch):
            return session
    raise out()


def begun(account: m.Account, session: m.Session, now: int, before: bytes) -> m.Account:
    """One session more, in place of the one that the browser had; the longest idle goes if there are too many."""
    kept = [
        each
        for each in account.sessions
        if is_live(each, now, session.epoch) and not hmac.compare_digest(each.digest, before)
    ]
    kept.sort(key=lambda each: each.last)
    signins = (*account.signins, m.SignedAt(now, session.agent))[-m.MOST_SIGNINS :]
    sessions = (*kept[-(m.MOST_SESSIONS - 1) :], session)
    return msgspec.structs.replace(account, sessions=sessions, signins=signins)


def touched(account: m.Account, session: m.Session, now: int) -> m.Account:
    """With "last seen" of this session at `now`; time never goes back."""
    seen = tuple(
        msgspec.structs.replace(each, last=max(each.last, now)) if each.id == session.id else each
        for each in account.sessions
    )
    return msgspec.structs.replace(account, sessions=seen)


def without(account: m.Account, session: str) -> m.Account:
    """Without the session of this name."""
    left = tuple(each for each in account.sessions if each.id != session)
    return msgspec.structs.replace(account, sessions=left)


def spend(account: m.Account, nonce: str, now: int) -> m.Account:
    """Remember a used challenge. Raises PortalRefusedError when it was used before."""
    if any(nonce == used for used, _ in account.spent):
        raise PortalRefusedError("this did not work")
    old = [pair for pair in account.spent if pair[1] <= now][-REMEMBERED:]
    fresh = [pair for pair in account.spent if pair[1] > now]
    return msgspec.structs.replace(account, spent=(*old, *fresh, (nonce, now + CHALLENGE_LIFE)))


def used(account: m.Account, passkey: m.Passkey, secret: bytes, nonce: str, now: int) -> m.Account:
    """With this assertion used up: its challenge, and the passkey's counter. Raises PortalRefusedError if either
    moved since it was verified."""
    if passkey.secret not in [each.secret for each in account.passkeys if each.id == passkey.id]:
        raise PortalRefusedError("this did not work")
    renewed = msgspec.structs.replace(passkey, secret=secret, last=now)
    keys = tuple(renewed if each.id == passkey.id else each for each in account.passkeys)
    return spend(msgspec.structs.replace(account, passkeys=keys), nonce, now)


def agent_of(text: str) -> str:
    """A browser's own word about itself, as far as it can be shown."""
    return "".join(each for each in text if each.isprintable())[:LONGEST_AGENT]
