# SPDX-License-Identifier: Apache-2.0
"""Calls about the loss of an incident and the history of prices. Times are ms since the epoch."""

from __future__ import annotations

import uuid
from typing import Any

from counterseal.sdk.incident_loss_replies import (
    AccountLoss,
    AccountSumPage,
    Loss,
    LossNote,
    LossRecovery,
    LossStatement,
    MovementRow,
    PriceImported,
    RecordedPrice,
    RowsImported,
)
from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]
DRY = (("dry_run", "true"),)


def read_price_history(asset: str, currency: str, since: int, until: int) -> Call[tuple[RecordedPrice, ...]]:
    """Recorded prices of a pair in a window of up to 31 days (incident:read)."""
    query = (("asset", asset), ("currency", currency), ("since", str(since)), ("until", str(until)))
    return Call("GET", "/v1/prices/history", tuple[RecordedPrice, ...], query=query, member="items")


def import_price_history(data: bytes, *, dry_run: bool = False, key: str | None = None) -> Call[PriceImported]:
    """A CSV file of prices: asset, currency, at, value, source (prices:write); 422 names every mistake."""
    query = DRY if dry_run else ()
    return Call("POST", "/v1/prices/history", PriceImported, data, query, key or str(uuid.uuid4()))


def fetch_price_history(
    asset: str, currency: str, since: int, until: int, *, key: str | None = None
) -> Call[PriceImported]:
    """Ask the price service of the settings for a pair and a window of up to 31 days (prices:write)."""
    body = {"asset": asset, "currency": currency, "since": since, "until": until}
    return write(PriceImported, "/v1/prices/history/fetch", body, key=key)


def import_movements(
    incident: str, data: bytes, *, dry_run: bool = False, key: str | None = None
) -> Call[RowsImported]:
    """The platform's ledger as a CSV file (incident:write); 422 names every mistake."""
    query = DRY if dry_run else ()
    return Call("POST", _path(incident, "/movements"), RowsImported, data, query, key or str(uuid.uuid4()))


def fetch_movements(incident: str, since: int, until: int, *, key: str | None = None) -> Call[RowsImported]:
    """Ask the platform for what moved in the incident's accounts (incident:write)."""
    body = {"since": since, "until": until}
    return write(RowsImported, _path(incident, "/movements/fetch"), body, key=key)


def list_movements(incident: str, account: str) -> Call[tuple[MovementRow, ...]]:
    """The rows of an account (incident:read)."""
    path = _path(incident, f"/movements/{segment(account)}")
    return Call("GET", path, tuple[MovementRow, ...], member="items")


def read_loss(incident: str, *, pack: str = "time-of-loss", paid_at: int | None = None) -> Call[Loss]:
    """What an incident cost, by a valuation pack (incident:read)."""
    return Call("GET", _path(incident, "/loss"), Loss, query=_asked(pack, paid_at))


def list_account_losses(
    incident: str,
    *,
    pack: str = "time-of-loss",
    paid_at: int | None = None,
    after: str = "",
    limit: int = 100,
) -> Call[AccountSumPage]:
    """What each account lost, in id order (incident:read)."""
    page = (("after", str(after)), ("limit", str(limit)))
    query = (*_asked(pack, paid_at), *page)
    return Call("GET", _path(incident, "/loss/accounts"), AccountSumPage, query=query)


def read_account_loss(
    incident: str, account: str, *, pack: str = "time-of-loss", paid_at: int | None = None
) -> Call[AccountLoss]:
    """What one account lost, line by line with its evidence (incident:read)."""
    path = _path(incident, f"/loss/accounts/{segment(account)}")
    return Call("GET", path, AccountLoss, query=_asked(pack, paid_at))


def list_loss_statements(incident: str) -> Call[tuple[LossStatement, ...]]:
    """What people stated of a loss (incident:read)."""
    return Call("GET", _path(incident, "/loss/statements"), tuple[LossStatement, ...], member="items")


def state_loss(
    incident: str, account: str, about: str, *, belongs: bool, why: str, key: str | None = None
) -> Call[LossNote]:
    """State whether something belongs to a loss (incident:write). `about`: `row:HASH`, `action:ID` or
    `session:ID`."""
    body = {"account": account, "about": about, "belongs": belongs, "why": why}
    return write(LossNote, _path(incident, "/loss/statements"), body, key=key)


def list_recoveries(incident: str) -> Call[tuple[LossRecovery, ...]]:
    """What came back and what is held (incident:read)."""
    return Call("GET", _path(incident, "/loss/recoveries"), tuple[LossRecovery, ...], member="items")


def note_recovery(incident: str, recovery: Json, *, key: str | None = None) -> Call[LossNote]:
    """Note what came back or is held (incident:write). `recovery`: asset, amount, state (recovered | frozen), why,
    account ("" = for all), where, ref, replaces."""
    return write(LossNote, _path(incident, "/loss/recoveries"), recovery, key=key)


def _asked(pack: str, paid_at: int | None) -> tuple[tuple[str, str], ...]:
    return (("pack", pack), *(() if paid_at is None else (("paid_at", str(paid_at)),)))


def _path(incident: str, rest: str) -> str:
    return f"/v1/incidents/{segment(incident)}{rest}"
