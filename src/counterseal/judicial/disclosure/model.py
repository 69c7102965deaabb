# SPDX-License-Identifier: Apache-2.0
"""What was handed out, as stored. Times are ms since the epoch. Values are in the package alone, encrypted."""

from __future__ import annotations

from typing import Final

import msgspec

HOUR: Final = 60 * 60 * 1000
DAY: Final = 24 * HOUR
FETCH_WITHIN: Final = 72 * HOUR
SILENCE_MOST: Final = 90 * DAY  # at a time, after which it is asked for again (18 USC 2705: at most 90 days)
MOST_BYTES: Final = 25 * 1024 * 1024  # of a package
TIERS: Final = ("T0", "T1", "T2", "T3", "T4", "T5")
"""Existence; subscriber; log-ins and IP addresses; transactions; identity images and devices; content."""

NEVER: Final = frozenset(
    {
        *("password", "totp_secret", "recovery_codes", "passkeys", "factors", "enrolled_factors"),
        *("alert_settings", "notification_channels", "security_questions", "staff_notes", "other_users"),
        *("password_hash", "totp", "backup_codes", "api_secret", "session_secret", "security_answers"),
    }
)
"""Fields that leave under no order: they open accounts, or are the plan of an attack on them."""


class Handed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field that was handed out: its name, tier and the SHA-256 of its salted value, never the value."""

    account: str
    name: str
    tier: str
    digest: str


class Canary(msgspec.Struct, frozen=True):
    """A mark that is in one disclosure only. `kind`: reference, alias or format; never a changed value. `tag`: 12
    characters of base32 (RFC 4648, small letters)."""

    kind: str
    tag: str


class Disclosure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package for one request. `token`: SHA-256 of the download token; `key`: the recipient's, as confirmed on
    the call-back; `package_sha256`: of the ciphertext; `silence_until`: when owners are told (None = at once)."""

    id: str
    request: str
    authority: str
    built: int
    key: str
    key_kind: str  # age | openpgp
    package_sha256: str
    size: int
    token: str
    expires: int
    fields: tuple[Handed, ...]
    canaries: tuple[Canary, ...]
    basis: str
    approvers: tuple[str, ...]
    fetched: int | None = None
    fetched_from: str = ""
    silence_basis: str = ""
    silence_until: int | None = None
    told: tuple[str, ...] = ()  # accounts whose owners were told
    told_at: int | None = None
    ended: str = ""  # why it cannot be fetched any more: fetched, expired, revoked
    ended_at: int | None = None
    ended_by: str = ""
    ended_reason: str = ""
    built_by: str = ""
    binding: str = ""  # digest of the request as it was approved (hex)
    reference: str = ""  # of the request, for owners and letters
    authority_name: str = ""
    silence_by: tuple[str, ...] = ()  # the officers who made the silence longer
    silence_rounds: int = 0  # how often it was made longer
    reminded: int | None = None  # the end of silence (ms) about which the desk was told
    exposed: int | None = None  # since when the values count as known to others (ms)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Whose data are in it."""
        return tuple(dict.fromkeys(field.account for field in self.fields))


class Package(msgspec.Struct, frozen=True):
    """The ciphertext, written once and emptied when it was fetched, expired or was revoked."""

    data: bytes


class Marked(msgspec.Struct, frozen=True):
    """Which disclosure a canary is in."""

    disclosure: str
    kind: str


class Made(msgspec.Struct, frozen=True):
    """What is kept of a build under its Idempotency-Key."""

    id: str


class Told(msgspec.Struct, frozen=True):
    """How many owners a commit told."""

    owners: int


class Fetched(msgspec.Struct, frozen=True):
    """The bytes, once. `name`: for the file."""

    data: bytes
    name: str


class DeliveryKey(msgspec.Struct, frozen=True):
    """A recipient's key. `value`: in its one spelling; `fingerprint`: what is compared on the telephone
    (an age recipient is its own)."""

    kind: str  # age | openpgp
    value: str
    fingerprint: str

    @property
    def spoken(self) -> tuple[str, ...]:
        """Groups of four characters."""
        text = self.fingerprint
        return tuple(text[at : at + 4] for at in range(0, len(text), 4))


class Hit(msgspec.Struct, frozen=True):
    """A canary that was found somewhere, and what it was in."""

    tag: str
    kind: str
    disclosure: str
    request: str
    authority: str
    built: int
    fetched: int | None
    accounts: tuple[str, ...]


class Shown(msgspec.Struct, frozen=True):
    """One field in a preview. `masked`: enough of the value to see that it is the right kind, never the value;
    `refused`: why it does not go out, empty = it does."""

    account: str
    name: str
    tier: str
    reason: str
    present: bool = False
    rows: int = 0
    outside: int = 0  # rows outside the window, which stay here
    masked: str = ""
    refused: str = ""


class Preview(msgspec.Struct, frozen=True):
    """What a package would hold now. `fault`: why it cannot be built, empty = it can."""

    request: str
    fields: tuple[Shown, ...]
    fault: str
    key: DeliveryKey | None
    owners_told: int | None  # when (ms); None = on delivery


def subject_of(disclosure: str) -> str:
    """Where the facts of a disclosure are."""
    return f"disclosure:{disclosure}"


def package_of(disclosure: str) -> str:
    """Where its ciphertext is, until it is fetched or expires."""
    return f"disclosure_package:{disclosure}"


def marked_as(tag: str) -> str:
    """Where it stands which disclosure a canary is in."""
    return f"disclosure_mark:{tag}"
