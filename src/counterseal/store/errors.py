# SPDX-License-Identifier: Apache-2.0
"""Errors of the store.

UnavailableError
└── StoreUnavailableError (core.transaction)
    ├── StoreLockedError       another process holds the store; carries its URL
    ├── SchemaNewerError       written by a newer Counterseal
    ├── ClockMismatchError     real and simulated time never meet in one store
    ├── MasterKeyError         this master key did not wrap the store's keys
    ├── StoreCorruptError      stored bytes cannot be read back
    ├── StoreWentBackError     the database forgot what this process had acknowledged
    └── BackupError            a backup or restore that must not go on
ConflictError
└── SubjectErasedError         the id was erased and is never used again
CountersealError
└── StoreUsageError            a fault of the calling code, not of its user
"""

from __future__ import annotations

from counterseal.core.errors import ConflictError, CountersealError
from counterseal.core.transaction import StoreUnavailableError


class StoreLockedError(StoreUnavailableError):
    """Another process holds the store. `url` is where it serves ("" if it serves nothing), `pid` its id."""

    code = "store_locked"

    def __init__(self, sentence: str, *, url: str, pid: int | None, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.url = url
        self.pid = pid


class SchemaNewerError(StoreUnavailableError):
    """The database has a revision that this program does not know."""

    code = "store_schema_newer"


class ClockMismatchError(StoreUnavailableError):
    """A simulated clock on a store that saw a real one, or the other way round."""

    code = "store_clock_mismatch"


class MasterKeyError(StoreUnavailableError):
    """The master key does not open the keys in this store."""

    code = "store_master_key"


class StoreCorruptError(StoreUnavailableError):
    """Bytes in the store are not what was written."""

    code = "store_corrupt"


class StoreWentBackError(StoreUnavailableError):
    """The database is an older copy of itself: proofs and seals that were used up would count again."""

    code = "store_went_back"


class BackupError(StoreUnavailableError):
    """A backup or a restore was refused; nothing at the destination was changed."""

    code = "backup_refused"


class SubjectErasedError(ConflictError):
    """The subject was erased; its id is never used again."""

    code = "subject_erased"


class StoreUsageError(CountersealError):
    """A transaction's function broke the rules of the port: a fault in the program."""

    code = "store_usage"
