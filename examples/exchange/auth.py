# SPDX-License-Identifier: Apache-2.0
"""The auth service: passwords, sessions, devices, and the attestation key. A process and a folder of its own.

Counterseal believes what this service attests. So the key must lie where the web server cannot read it, and the
service must look at the action itself (at the guard, not in the web part's request) before it attests anything:
else whoever holds the web server could have one action attested while the owner looks at another.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import Counterseal, SdkError, jwk, jws
from counterseal.sdk.ask import NewContact, NewFactor
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE
from counterseal.sdk.posture import AccountPosture
from counterseal.sdk.problems import ConflictError, NotFoundError, RefusedInputError
from counterseal.sdk.replies import Account, Action
from examples.exchange.errors import AwayError, RequestError, SignInError, TooManyError
from examples.exchange.passwords import NOBODY, digest, hash_password, password_fits

PLATFORM: Final = "example-exchange"  # `iss` of our attestations
FRESH: Final = 120_000  # ms that a password stays verified, for attesting
WRONG, WITHIN = 10, 900_000  # wrong passwords for one name, on new devices or on one known device, in this many ms
DAY = 86_400_000  # ms
SHORTEST: Final = 10  # characters of a password
ENTRANCES: Final = frozenset({"login", "login_new_device"})
SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    account TEXT PRIMARY KEY, password TEXT NOT NULL, registered INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, account TEXT NOT NULL, secret BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, device TEXT NOT NULL, secret BLOB NOT NULL UNIQUE,
    verified INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS wrong (lane TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
"""


class Session(msgspec.Struct, frozen=True):
    """Who a session secret belongs to. `active`: the guard has granted it and it has not ended there."""

    id: str
    account: str
    device: str
    active: bool
    verified: int


class Begun(msgspec.Struct, frozen=True):
    """A log-in whose password was right. `device`: "ID.SECRET" to keep, if it is a new one."""

    session: Session
    secret: str
    action: str
    device: str = ""

    def __repr__(self) -> str:
        return f"Begun(session={self.session.id!r})"


class Auth:
    """The service. `guard`: a client with accounts:write, accounts:read and actions:read."""

    def __init__(self, path: Path, key: Ed25519PrivateKey, guard: Counterseal, clock: Callable[[], int]) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
        self._key, self._guard, self._clock = key, guard, clock
        self._kid = jwk.thumbprint(key.public_key().public_bytes_raw())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def sign_up(
        self,
        account: str,
        password: str,
        factors: Sequence[NewFactor],
        contacts: Sequence[NewContact] = (),
        language: str = "en",
        phrase: str = "",
    ) -> dict[str, tuple[str, ...]]:
        """Create a customer here and at the guard; returns what to show once (the seed of an authenticator)."""
        if len(password) < SHORTEST:
            raise RequestError("password_short", f"a password has at least {SHORTEST} characters")
        self._take_name(account, password)
        try:
            done = self._guard.register(
                account,
                factors=[NewFactor(factor="password"), *factors],
                contacts=contacts,
                language=language,
                phrase=phrase or None,
                key=f"register.{account}",
            )
        except (ConflictError, RefusedInputError) as error:
            with self._lock:
                self._db.execute("DELETE FROM users WHERE account = ? AND registered = 0", (account,))
            raise RequestError(error.code, error.sentence) from error
        except SdkError as error:  # the name stays taken; signing up again with the same data goes on
            raise AwayError("guard_away", "Counterseal did not answer") from error
        with self._lock:
            self._db.execute("UPDATE users SET registered = 1 WHERE account = ?", (account,))
        return done.shown

    def _take_name(self, account: str, password: str) -> None:
        """First come, first served. The guard repeats its answer, seed included, to a repeated registration, so
        only who knows the password of an unfinished one may repeat it."""
        with self._lock:
            row = (account, hash_password(password), 0)
            if self._db.execute("INSERT OR IGNORE INTO users VALUES (?, ?, ?)", row).rowcount:
                return
            query = "SELECT password, registered FROM users WHERE account = ?"
            stored, registered = self._db.execute(query, (account,)).fetchone()
        if registered or not password_fits(password, stored):
            raise RequestError("account_taken", "this name is taken")

    def begin(self, account: str, password: str, device: str = "") -> Begun:
        """The first half of a log-in. The session is there but worth nothing until the guard has granted it."""
        now = self._clock()
        known = self._device(account, device)
        self._check_password(account, password, known, now)
        new_device = ""
        with self._lock:
            if known is None:
                known, device_secret = f"d-{secrets.token_hex(12)}", secrets.token_urlsafe(32)
                new_device = f"{known}.{device_secret}"
                self._db.execute("INSERT INTO devices VALUES (?, ?, ?)", (known, account, digest(device_secret)))
            secret = secrets.token_urlsafe(32)
            session = Session(f"s-{secrets.token_hex(12)}", account, known, active=False, verified=now)
            row = (session.id, account, known, digest(secret), now, 0)
            self._db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)", row)
        settled = not new_device and self._granted(account, "device", known, now) > now
        action = "login" if settled else "login_new_device"
        return Begun(session, secret, action, new_device)

    def who(self, secret: str) -> Session:
        """The session of a secret; raises SignInError. Looks at the guard until the session is granted there."""
        with self._lock:
            query = "SELECT id, account, device, until, verified FROM sessions WHERE secret = ?"
            row = self._db.execute(query, (digest(secret),)).fetchone()
        if row is None:
            raise SignInError("session_unknown", "please log in")
        identity, account, device, until, verified = row
        now = self._clock()
        if until <= now and (until := self._granted(account, "session", identity, now)) > now:
            with self._lock:
                self._db.execute("UPDATE sessions SET until = ? WHERE id = ?", (until, identity))
        return Session(identity, account, device, active=until > now, verified=verified)

    def verify_again(self, secret: str, password: str) -> None:
        """The owner types the password again, for an action that asks for it."""
        session = self.who(secret)
        now = self._clock()
        self._check_password(session.account, password, session.device, now)
        with self._lock:
            self._db.execute("UPDATE sessions SET verified = ? WHERE id = ?", (now, session.id))

    def set_password(self, account: str, password: str, action_id: str) -> None:
        """A new password after a recovery that the guard says is done. Every session and device is forgotten."""
        if len(password) < SHORTEST:
            raise RequestError("password_short", f"a password has at least {SHORTEST} characters")
        action = self._read(action_id)
        if (action.account, action.action, action.status) != (account, "finish_recovery", "done"):
            raise SignInError("recovery_not_done", "the recovery is not finished")
        with self._lock:
            self._db.execute("UPDATE users SET password = ? WHERE account = ?", (hash_password(password), account))
            self._db.execute("DELETE FROM sessions WHERE account = ?", (account,))
            self._db.execute("DELETE FROM devices WHERE account = ?", (account,))

    def standing(self, secret: str) -> tuple[Account, AccountPosture]:
        """The session's own account as the guard has it, and what each kind of attack would do to it."""
        session = self.who(secret)
        if not session.active:
            raise SignInError("session_not_granted", "the log-in is not finished")
        try:
            return self._guard.read_account(session.account), self._guard.posture(session.account)
        except SdkError as error:
            raise AwayError("guard_away", "Counterseal did not answer") from error

    def _read(self, action_id: str) -> Action:
        try:
            return self._guard.read_action(action_id)
        except NotFoundError as error:
            raise RequestError("action_unknown", "the guard knows no such action") from error
        except SdkError as error:
            raise AwayError("guard_away", "Counterseal did not answer") from error

    def attest(self, secret: str, action_id: str) -> str:
        """The statement that this session's owner typed the password, for one action that the guard knows.

        A session that is not granted yet gets one for its own log-in only. Raises SignInError.
        """
        session = self.who(secret)
        action = self._read(action_id)
        now = self._clock()
        entering = action.action in ENTRANCES
        if action.account != session.account or entering == session.active or now - session.verified > FRESH:
            raise SignInError("attestation_refused", "the password has to be typed again")
        claims = {
            "iss": PLATFORM,
            "aud": ATTESTATION_AUDIENCE,
            "sub": session.account,
            "sid": session.id,
            "act": action.id,
            "act_name": action.action,
            "method": "password",
            "iat": now // 1000,
            "jti": secrets.token_hex(16),
        }
        return jws.sign(msgspec.json.encode(claims), typ=ATTESTATION_TYPE, kid=self._kid, signer=self._key.sign)

    def _check_password(self, account: str, password: str, device: str | None, now: int) -> None:
        # Counted apart for each known device: a stranger cannot lock the owner out by guessing.
        lane = f"{account}|{device or ''}"
        with self._lock:
            self._db.execute("DELETE FROM wrong WHERE at <= ?", (now - WITHIN,))
            wrong = self._db.execute("SELECT count(*) FROM wrong WHERE lane = ?", (lane,)).fetchone()[0]
            if wrong >= WRONG:
                raise TooManyError("throttled", "too many wrong passwords; try again in a quarter of an hour")
            found = self._db.execute("SELECT password FROM users WHERE account = ?", (account,)).fetchone()
        fits = password_fits(password, NOBODY if found is None else found[0])
        if found is None or not fits:
            with self._lock:
                self._db.execute("INSERT INTO wrong VALUES (?, ?)", (lane, now))
            raise SignInError("sign_in_refused", "name or password is wrong")

    def _device(self, account: str, device: str) -> str | None:
        name, _, secret = device.partition(".")
        with self._lock:
            query = "SELECT id FROM devices WHERE id = ? AND account = ? AND secret = ?"
            row = self._db.execute(query, (name, account, digest(secret))).fetchone()
        return None if row is None else str(row[0])

    def _granted(self, account: str, kind: str, identity: str, now: int) -> int:
        """Until when (ms) the guard has granted this session or device, 0 = not; AwayError if it cannot say."""
        try:
            known = self._guard.read_account(account)
        except NotFoundError:
            return 0
        except SdkError as error:
            raise AwayError("guard_away", "Counterseal did not answer") from error
        ends = [
            now + DAY if fact.expires is None else fact.expires
            for item in known.objects
            if (item.kind, item.id) == (kind, identity)
            for fact in item.facts
            if fact.name == kind
        ]
        return max(ends, default=0)
