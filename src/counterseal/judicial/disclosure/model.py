# SPDX-License-Identifier: Apache-2.0
"""What was handed out, as stored. Times are ms since the epoch. Values are in the package alone, encrypted."""

from __future__ import annotations

from typing import Final

import msgspec

HOUR: Final = 60 * 60 * 1000
FETCH_WITHIN: Final = 72 * HOUR
TIERS: Final = ("T0", "T1", "T2", "T3", "T4", "T5")
"""Existence; subscriber; log-ins and IP addresses; transactions; identity images and devices; content."""

NEVER: Final = frozenset(
    {
        *("password", "totp_secret", "recovery_codes", "passkeys", "factors", "enrolled_factors"),
        *("alert_settings", "notification_channels", "security_questions", "staff_notes", "other_users"),
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
    """A mark that is in one disclosure only. `kind`: reference, alias or format; never a changed value."""

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
    ended: str = ""  # why it cannot be fetched any more: fetched, expired, revoked

    @property
    def accounts(self) -> tuple[str, ...]:
        """Whose data are in it."""
        return tuple(dict.fromkeys(field.account for field in self.fields))


def subject_of(disclosure: str) -> str:
    """Where the facts of a disclosure are."""
    return f"disclosure:{disclosure}"


def package_of(disclosure: str) -> str:
    """Where its ciphertext is, until it is fetched or expires."""
    return f"disclosure_package:{disclosure}"
