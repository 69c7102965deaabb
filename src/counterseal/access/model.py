# SPDX-License-Identifier: Apache-2.0
"""Tokens and attestation keys as stored, and the pure rules about them. Times are ms since the epoch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, CountersealError, InputError
from counterseal.core.transaction import Change, Codec, Commit, Entry, StructCodec

DAY: Final = 24 * 60 * 60 * 1000
DEFAULT_LIFETIME: Final = 90 * DAY
LONGEST_LIFETIME: Final = 366 * DAY
NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")
PLATFORM: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")
OFFICER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Scope(StrEnum):
    """What a token may do: the closed list."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    ACCOUNTS_IMPORT = "accounts:import"  # register with stated ages
    ACCOUNTS_FREEZE = "accounts:freeze"
    ACTIONS_READ = "actions:read"
    ACTIONS_WRITE = "actions:write"  # ask, challenges, proofs, cancel
    DECISIONS_STAFF = "decisions:staff"  # the staff's view of decisions
    SEALS_REDEEM = "seals:redeem"
    SIGNALS_WRITE = "signals:write"
    PRICES_WRITE = "prices:write"  # what limits are measured with: not a token for the web server
    NOTICES_WRITE = "notices:write"
    STAFF_READ = "staff:read"  # who is there; every member of staff has it
    STAFF_ADMIN = "staff:admin"  # invite and disable staff
    APPROVALS = "approvals:write"  # propose, sign, reject
    STAFF_OFFICER = "staff:officer"  # officers' decisions; two different officers' tokens are needed
    POLICY_WRITE = "policy:write"  # drafts, their verdicts, shadow runs
    POLICY_PUBLISH = "policy:publish"  # sign what comes into force; two people, never a token alone
    DESK_READ = "desk:read"  # documents of the judicial desk and their verdicts
    DESK_WRITE = "desk:write"  # hand in documents, have them examined again
    INCIDENT_READ = "incident:read"  # incidents, their members and their losses
    INCIDENT_WRITE = "incident:write"  # open incidents and work on them; nothing is ever removed
    AUDIT_READ = "audit:read"
    ADMIN = "admin"  # tokens, attestation keys, policy
    TEST_ATTEST = "test:attest"  # proofs without a factor; simulated clock only
    CLOCK_WRITE = "clock:write"  # set the simulated clock


TEST_SCOPES: Final = frozenset({Scope.TEST_ATTEST, Scope.CLOCK_WRITE})


class TokenRefusedError(CountersealError):
    """The bearer token is unknown, expired or revoked; the sentence does not say which (HTTP 401)."""

    code = "token_refused"


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """A platform's token as stored: its SHA-256, never the token. `officer`: whose hands it is in."""

    id: str
    name: str
    platform: str
    scopes: frozenset[Scope]
    digest: bytes
    created: int
    expires: int
    officer: str | None = None
    created_by: str = ""
    revoked: int | None = None
    revoked_by: str = ""

    def live(self, now: int) -> bool:
        """Whether the token may be used at `now`."""
        return self.revoked is None and self.created <= now < self.expires


class AttestationKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A public key of the platform's auth service. `jwk`: its public members; `id`: the `kid` it signs with."""

    id: str
    platform: str
    jwk: dict[str, str]
    created: int
    created_by: str = ""
    revoked: int | None = None
    revoked_by: str = ""


TOKEN_KIND: Final = "token"  # noqa: S105 - the kind of a subject
KEY_KIND: Final = "attestation_key"
CODECS: Mapping[str, Codec] = {
    TOKEN_KIND: StructCodec(Token),
    KEY_KIND: StructCodec(AttestationKey),
}


def subject_of_token(token_id: str) -> str:
    """The store's subject of a token."""
    return f"{TOKEN_KIND}:{token_id}"


def subject_of_key(key_id: str) -> str:
    """The store's subject of an attestation key."""
    return f"{KEY_KIND}:{key_id}"


def alias_of(digest: bytes) -> str:
    """The alias by which a token is found again: "token:" and the SHA-256 of the token in hex."""
    return f"token:{digest.hex()}"


def check_token(token: Token, *, test_scopes: frozenset[Scope]) -> None:
    """Raise InputError unless name, platform, scopes, officer and lifetime are allowed.

    `test_scopes`: those of TEST_SCOPES that exist here.
    """
    if not NAME.fullmatch(token.name):
        raise InputError("a token's name has 1 to 100 printable characters", code="token_name_invalid")
    _check_platform(token.platform)
    if not token.scopes:
        raise InputError("a token needs at least one scope", code="token_scopes_empty")
    _check_test_scopes(token.scopes, test_scopes=test_scopes)
    if token.officer is not None and not OFFICER.fullmatch(token.officer):
        raise InputError(
            "an officer's name has 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`", code="token_officer_invalid"
        )
    if (Scope.STAFF_OFFICER in token.scopes) != (token.officer is not None):
        raise InputError(
            "`staff:officer` and the officer's name go together",
            code="token_officer_missing",
            hint="give each officer a token of their own, with `officer` and the scope `staff:officer`",
        )
    if not 0 < token.expires - token.created <= LONGEST_LIFETIME:
        raise InputError(
            "a token lives at least a moment and at most 366 days",
            code="token_lifetime_invalid",
            hint="make a new token before the old one expires",
        )


def check_key(key: AttestationKey) -> None:
    """Raise InputError unless the key's id and platform are allowed."""
    _check_platform(key.platform)
    if not KEY_ID.fullmatch(key.id):
        raise InputError(
            "a key id has 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `~` and `-`", code="attestation_key_id_invalid"
        )


def _check_platform(platform: str) -> None:
    if not PLATFORM.fullmatch(platform):
        raise InputError("a platform's name has 1 to 63 of a-z, 0-9, `_` and `-`", code="platform_invalid")


def _check_test_scopes(scopes: Iterable[Scope], *, test_scopes: frozenset[Scope]) -> None:
    refused = sorted(TEST_SCOPES.intersection(scopes) - test_scopes)
    if refused:
        also = " and `test_scopes = true`" if refused[0] is Scope.TEST_ATTEST else ""
        raise InputError(
            f"`{refused[0]}` exists only under a simulated clock{also}",
            code="scope_test_only",
            hint=f"start a server with `clock = simulated`{also} on a store of its own",
        )


def created(token: Token, current: Token | None) -> Commit[Token]:
    """Store a new token."""
    if current is not None:
        raise ConflictError("this token exists already", code="token_exists")
    return Commit(token, (_change(token, "token_created", token.created, aliases=(alias_of(token.digest),)),))


def revoked(token: Token, *, now: int, by: str) -> Commit[Token]:
    """End a token; ending it again changes nothing."""
    if token.revoked is not None:
        return Commit(token)
    ended = msgspec.structs.replace(token, revoked=now, revoked_by=by)
    return Commit(ended, (_change(ended, "token_revoked", now),))


def key_registered(key: AttestationKey, current: AttestationKey | None) -> Commit[AttestationKey]:
    """Store a new attestation key; the same key once more changes nothing, unless it was revoked."""
    if current is None:
        return Commit(key, (_change(key, "attestation_key_registered", key.created),))
    if current.revoked is not None:
        raise ConflictError(
            "this key was revoked and cannot come back", code="attestation_key_revoked", hint="make a new key"
        )
    if (current.jwk, current.platform) != (key.jwk, key.platform):
        raise ConflictError("another key has this id", code="attestation_key_exists")
    return Commit(current)


def key_revoked(key: AttestationKey, *, now: int, by: str) -> Commit[AttestationKey]:
    """End an attestation key; ending it again changes nothing."""
    if key.revoked is not None:
        return Commit(key)
    ended = msgspec.structs.replace(key, revoked=now, revoked_by=by)
    return Commit(ended, (_change(ended, "attestation_key_revoked", now),))


def _change(state: Token | AttestationKey, kind: str, at: int, *, aliases: tuple[str, ...] = ()) -> Change:
    """The new state and its log entry. The entry carries everything but the hash of the token."""
    is_token = isinstance(state, Token)
    subject = subject_of_token(state.id) if is_token else subject_of_key(state.id)
    shown = msgspec.structs.replace(state, digest=b"") if is_token else state
    payload = msgspec.json.encode(shown, order="sorted")
    return Change(subject, state, Entry(kind, at, "", payload), aliases=aliases)
