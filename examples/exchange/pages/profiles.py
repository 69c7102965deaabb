# SPDX-License-Identifier: Apache-2.0
"""What the pages keep of a customer: the contacts that the demonstration's inbox and phone stand for, saved
addresses to choose from. Nothing here decides anything: the guard knows for itself.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import msgspec

SCHEMA = "CREATE TABLE IF NOT EXISTS profiles (account TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT"


class Profile(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One customer. `addresses`: (chain, address)."""

    account: str
    email: str
    phone: str
    addresses: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()  # contacts that a recovery replaced: notices still go there for a while

    @property
    def contacts(self) -> tuple[str, ...]:
        """Every contact whose messages the customer reads."""
        return (self.email, self.phone, *self.before)


class Profiles:
    """The table."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def save(self, profile: Profile) -> Profile:
        """Store one, new or changed."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO profiles VALUES (?, ?)", (profile.account, msgspec.json.encode(profile))
            )
        return profile

    def find(self, account: str) -> Profile | None:
        """The profile of a customer who registered here."""
        with self._lock:
            row = self._db.execute("SELECT body FROM profiles WHERE account = ?", (account,)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Profile)
