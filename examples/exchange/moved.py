# SPDX-License-Identifier: Apache-2.0
"""What moved in a customer's account, as an investigation asks for it: rows of counterseal's `movements`.

Coins in escrow are still the customer's own. An entry in which the customer gave one asset and got another is a
trade; whom they dealt with is somebody else's data and stands in no row.
"""

from __future__ import annotations

from typing import Final

from examples.exchange import money
from examples.exchange.ledger import Ledger, customer, escrow

OUTSIDE: Final = ("withdraw", "fiat_payout", "card")
_QUERY: Final = """
    SELECT e.id, e.kind, e.at, e.seal, p.asset, sum(p.units) FROM entries e JOIN postings p ON p.entry = e.id
    WHERE p.account IN (?, ?) AND e.at >= ? AND e.at < ?
    GROUP BY e.id, p.asset HAVING sum(p.units) <> 0 ORDER BY e.at, e.id, p.asset"""


def movements(ledger: Ledger, account: str, start: int, end: int) -> list[dict[str, str]]:
    """The rows of one customer with `start` <= at < `end` (ms), the oldest first."""
    with ledger.transaction() as db:
        found = db.execute(_QUERY, (customer(account), escrow(account), start, end)).fetchall()
    entries: dict[str, list[tuple[str, int]]] = {}
    heads: dict[str, tuple[str, int, str]] = {}
    for entry, kind, at, seal, asset, units in found:
        entries.setdefault(entry, []).append((asset, units))
        heads[entry] = (kind, at, "" if seal.startswith("none:") else seal)
    return [row for entry, moved in entries.items() for row in _rows(entry, *heads[entry], moved)]


def _rows(entry: str, kind: str, at: int, seal: str, moved: list[tuple[str, int]]) -> list[dict[str, str]]:
    head = {"at": str(at), "ref": entry, "seal": seal}
    gave = [(asset, -units) for asset, units in moved if units < 0]
    got = [(asset, units) for asset, units in moved if units > 0]
    if len(gave) == 1 and len(got) == 1:
        counter = {"counter_asset": got[0][0], "counter_amount": _text(*got[0])}
        return [{**head, "kind": "trade", **_side(*gave[0]), **counter}]
    leaving = "withdrawal" if kind.startswith(OUTSIDE) else "transfer"
    return [
        *({**head, "kind": leaving, **_side(*each)} for each in gave),
        *({**head, "kind": "deposit", **_side(*each)} for each in got),
    ]


def _side(asset: str, units: int) -> dict[str, str]:
    return {"asset": asset, "amount": _text(asset, units)}


def _text(asset: str, units: int) -> str:
    return money.text(money.amount(asset, units))
