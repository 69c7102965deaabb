# SPDX-License-Identifier: Apache-2.0
"""The payer's memory: what became of each seal. It is what makes "never twice" true over crashes.

claimed    about to be redeemed; whether it was is unknown until `resolve` has asked
paid       redeemed, and the value left in the same commit; still to be broadcast and reported
reported   the guard knows the transaction: over
abandoned  redeemed, not paid, and the guard knows: over
void       never redeemed, or refused: over
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import msgspec

from examples.exchange.errors import RefusedError, UnknownError
from examples.exchange.ledger import Entry, Ledger, Line

LIVE = ("claimed", "paid")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the payer means it. `reference`: the platform's own id of the order; `lines`: what to post.

    `chain` "" is settled in the ledger alone; `fee` is in the chain's fee asset.
    """

    reference: str
    outflow: str
    account: str
    asset: str
    amount: Decimal
    lines: tuple[Line, ...]
    chain: str = ""
    destination: str = ""
    memo: str = ""
    fee: Decimal = Decimal(0)


class Payout(msgspec.Struct, frozen=True):
    """One row. `expires`: end of the seal's life (ms); `raw`: the signed transaction, to be broadcast as it is."""

    seal: str
    terms: Terms
    state: str
    expires: int
    raw: bytes | None
    txid: str
    reason: str


class Payouts:
    """The payouts table. Every method is one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def claim(self, seal: str, terms: Terms, expires: int) -> None:
        """Take a seal for this payment, before it is redeemed. Raises RefusedError if the seal was ever taken, or
        if another payout of the same order is under way or done."""
        with self._ledger.transaction() as db:
            row = (seal, terms.reference, msgspec.json.encode(terms), "claimed", expires)
            try:
                db.execute(
                    "INSERT INTO payouts (seal, reference, terms, state, expires) VALUES (?, ?, ?, ?, ?)", row
                )
            except sqlite3.IntegrityError:
                raise RefusedError("already_taken", "this seal or this order was taken before") from None

    def pay(self, seal: str, entry: Entry, raw: bytes | None, txid: str) -> None:
        """Value leaves the ledger and the seal is paid, in one commit. Raises RefusedError and changes nothing."""
        with self._ledger.transaction() as db:
            self._advance(db, seal, "claimed", "paid")
            db.execute("UPDATE payouts SET raw = ?, txid = ? WHERE seal = ?", (raw, txid, seal))
            if not self._ledger.post(entry):
                raise RefusedError("already_taken", "this entry was posted before")

    def close(self, seal: str, before: str, after: str, reason: str = "") -> None:
        """From one state to the next; RefusedError if it is not in `before`."""
        with self._ledger.transaction() as db:
            self._advance(db, seal, before, after)
            db.execute("UPDATE payouts SET reason = ? WHERE seal = ?", (reason, seal))

    def find(self, seal: str) -> Payout:
        """The row of a seal; UnknownError if it was never taken."""
        found = self._read("seal = ?", (seal,))
        if not found:
            raise UnknownError("unknown_seal", "this seal was never taken")
        return found[0]

    def of_order(self, reference: str) -> Payout | None:
        """The payout of an order that is under way or done."""
        found = self._read("reference = ? AND state IN ('claimed', 'paid', 'reported')", (reference,))
        return found[0] if found else None

    def unresolved(self) -> list[Payout]:
        """What a crash, or a guard that was away, has left open."""
        return self._read("state IN (?, ?) ORDER BY rowid", LIVE)

    def epoch(self) -> int:
        """The highest epoch of the guard's store ever seen, kept over restarts for `SealVerifier`."""
        with self._ledger.transaction() as db:
            found: int = db.execute("SELECT coalesce(max(highest), 0) FROM epochs").fetchone()[0]
        return found

    def keep_epoch(self, highest: int) -> None:
        """Seals from before a restore of the guard stay void although this process starts again."""
        if highest > self.epoch():
            with self._ledger.transaction() as db:
                db.execute("INSERT INTO epochs VALUES (?)", (highest,))

    def _advance(self, db: sqlite3.Connection, seal: str, before: str, after: str) -> None:
        done = db.execute("UPDATE payouts SET state = ? WHERE seal = ? AND state = ?", (after, seal, before))
        if done.rowcount != 1:
            raise RefusedError("payout_state", f"the payout is not `{before}`")

    def _read(self, where: str, values: tuple[str, ...]) -> list[Payout]:
        query = f"SELECT seal, terms, state, expires, raw, txid, reason FROM payouts WHERE {where}"  # noqa: S608 - our own words
        with self._ledger.transaction() as db:
            rows = db.execute(query, values).fetchall()
        return [Payout(row[0], msgspec.json.decode(row[1], type=Terms), *row[2:]) for row in rows]
