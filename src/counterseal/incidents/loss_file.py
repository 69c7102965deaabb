# SPDX-License-Identifier: Apache-2.0
"""What is kept of an incident's loss: the platform's rows, what was imported, people's statements, recoveries."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.loss import model as m
from counterseal.core.loss.money import MOST_PLACES, plain
from counterseal.core.transaction import Codec, StructCodec
from counterseal.incidents.loss_table import ASSET

MOST_OF_ACCOUNT: Final = 5_000
MOST_STATEMENTS: Final = 20_000
MOST_RECOVERIES: Final = 5_000
ABOUT: Final = ("row", "action", "session")
LONGEST_WHY: Final = 500


class KeptRow(msgspec.Struct, frozen=True):
    """A row of the platform's ledger and its hash. `source`: `csv:SHA256` or `platform:REQUEST`."""

    hash: str
    movement: m.Movement
    source: str
    at: int
    by: str


class KeptRows(msgspec.Struct, frozen=True):
    """The rows of one account in one incident."""

    rows: tuple[KeptRow, ...] = ()


class RowsImport(msgspec.Struct, frozen=True):
    """One import: of which bytes, who, when; `digest`: SHA-256 over the sorted hashes of its new rows."""

    source: str
    at: int
    by: str
    rows: int
    new: int
    accounts: int
    digest: str


class LossFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The loss of one incident, but for its rows."""

    imports: tuple[RowsImport, ...] = ()
    statements: tuple[m.Statement, ...] = ()
    recoveries: tuple[m.Recovery, ...] = ()


class Noted(msgspec.Struct, frozen=True):
    """What is kept of a write under its Idempotency-Key: the incident, and what was made."""

    incident: str
    made: str = ""


class LossError(InputError):
    """What was stated of a loss cannot be taken."""

    code = "loss_invalid"


class RecoveryGoneError(ConflictError):
    """The recovery was put right already, or there is none of that id."""

    code = "recovery_unknown"


class IncidentUnknownError(NotFoundError):
    """There is no such incident."""

    code = "incident_unknown"


CODECS: Final[dict[str, Codec]] = {
    "incident_loss": StructCodec(LossFile),
    "incident_movements": StructCodec(KeptRows),
}


def file_of(incident: str) -> str:
    """Where the loss of an incident is kept."""
    return f"incident_loss:{incident}"


def rows_of(incident: str, account: str) -> str:
    """Where an account's rows are kept."""
    return f"incident_movements:{incident}:{account}"


def stated(held: LossFile, statement: m.Statement) -> LossFile:
    """The file with one statement more. Raises LossError."""
    kind, _, name = statement.about.partition(":")
    if kind not in ABOUT or not name:
        raise LossError("a statement is about `row:HASH`, `action:ID` or `session:ID`", code="about_invalid")
    _check_why(statement.why)
    if len(held.statements) >= MOST_STATEMENTS:
        raise LossError(f"an incident has room for {MOST_STATEMENTS} statements", code="too_many_statements")
    return msgspec.structs.replace(held, statements=(*held.statements, statement))


def recovered(held: LossFile, recovery: m.Recovery) -> LossFile:
    """The file with one recovery more. Raises LossError, RecoveryGoneError."""
    if recovery.state not in {m.RECOVERED, m.FROZEN}:
        raise LossError("a recovery is `recovered` or `frozen`", code="state_invalid")
    if not ASSET.match(recovery.asset):
        raise LossError("this is no name of an asset", code="asset_invalid")
    _check_amount(recovery.amount, zero=bool(recovery.replaces))
    _check_why(recovery.why)
    if recovery.replaces:
        gone = {each.replaces for each in held.recoveries}
        if recovery.replaces in gone or recovery.replaces not in {each.id for each in held.recoveries}:
            raise RecoveryGoneError("there is no recovery of that id that still stands")
    if len(held.recoveries) >= MOST_RECOVERIES:
        raise LossError(f"an incident has room for {MOST_RECOVERIES} recoveries", code="too_many_recoveries")
    return msgspec.structs.replace(held, recoveries=(*held.recoveries, recovery))


def next_recovery(held: LossFile) -> str:
    """The id of the next recovery: they are never taken out."""
    return f"rec_{len(held.recoveries) + 1:04d}"


def _check_why(why: str) -> None:
    if not why.strip() or len(why) > LONGEST_WHY:
        raise LossError(f"say why in 1 to {LONGEST_WHY} characters", code="why_missing")


def _check_amount(amount: Decimal, *, zero: bool) -> None:
    """A recovery that puts another right may be of nothing: it was a mistake."""
    places = -int(amount.as_tuple().exponent) if amount.is_finite() else 0
    if not plain(amount) or places > MOST_PLACES or not (amount or zero):
        raise LossError("this is no amount", code="amount_invalid")
