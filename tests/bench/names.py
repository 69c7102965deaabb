# SPDX-License-Identifier: Apache-2.0
"""What follows from an account's number: its id, seed and addresses. Light to import: the load generator does."""

from __future__ import annotations

import hashlib

from counterseal.factors import totp

NOW = 1_717_891_200_000  # 9 June 2024: every server and state of the benchmarks lives then
HOUR, DAY = 3_600_000, 86_400_000


def name_of(number: int) -> str:
    """The account's id."""
    return f"u-{number:07d}"


def seed_of(number: int) -> totp.TotpSeed:
    """The seed of its authenticator app."""
    return totp.TotpSeed(hashlib.sha256(b"bench totp %d" % number).digest()[:20])


def address_of(number: int, which: int) -> str:
    """One of its saved addresses, in the canonical spelling."""
    return "0x" + hashlib.sha256(b"bench address %d %d" % (number, which)).hexdigest()[:40]
