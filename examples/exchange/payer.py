# SPDX-License-Identifier: Apache-2.0
"""The payer: pays ONLY against a redeemed seal. Its token can redeem and nothing else.

The order of one payment, and why it is this one:

 1. The seal is checked offline against the pinned root and this payer's own terms: a first gate.
 2. The seal is taken in the payouts table and committed: from here on a crash is seen at the next start.
 3. The seal is redeemed; the guard decides again. A refusal voids it.
 4. The receipt is checked, and must still be in its 10 s.
 5. The ledger is debited, the signed transaction stored and the row set to `paid`, in one commit.
 6. The transaction is broadcast and reported. Both may be repeated without harm.

A crash before 5 left no value behind: `resolve` reports the seal as abandoned. A crash after 5 paid:
`resolve` broadcasts the stored bytes and reports them. Nothing ever goes from one case to the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.sdk import (
    Counterseal,
    Payment,
    SdkError,
    SealError,
    SealVerifier,
    VerifiedReceipt,
    VerifiedSeal,
)
from counterseal.sdk.problems import ApiError, ConflictError, NotFoundError, RedemptionRefusedError
from examples.exchange import chain as wallet
from examples.exchange.errors import AwayError, RefusedError
from examples.exchange.ledger import Entry, Ledger
from examples.exchange.payouts import Payout, Payouts, Terms

AUDIENCE: Final = "example-exchange-payer"  # our name in seals
GRACE: Final = 60_000  # ms after a seal's end before we take it that no redemption of it is still on its way
NEVER_REDEEMED: Final = frozenset({"seal_expired", "seal_epoch"})  # 409s after which no redemption stands
NO_KEYS: Final = frozenset({"key_set_unavailable", "key_set_expired"})
log = logging.getLogger(__name__)


class Paid(msgspec.Struct, frozen=True):
    """A payment that left the ledger, once. `txid`: on the chain, or the ledger's entry."""

    reference: str
    seal: str
    txid: str
    state: str


class Payer:
    """One per exchange: `resolve` takes it that nobody else is in the middle of a payment (parts.lock)."""

    def __init__(
        self,
        ledger: Ledger,
        guard: Counterseal,
        verifier: SealVerifier,
        chain: wallet.Chain,
        clock: Callable[[], int],
    ) -> None:
        self.ledger = ledger
        self.payouts = Payouts(ledger)
        self._guard, self._verifier, self._chain, self._clock = guard, verifier, chain, clock
        self._busy = threading.Lock()

    def pay(self, terms: Terms, token: str, also: Callable[[], None] | None = None) -> Paid:
        """Pay an order against its seal, once; `also` writes to the ledger in the same commit.

        Raises RefusedError (not paid) and AwayError (nothing was paid; call again with the same order).
        """
        with self._busy:
            before = self._earlier(terms)
            if before is not None:
                return before
            seal = self._verify(terms, token)  # (1)
            self.payouts.keep_epoch(self._verifier.highest_epoch)
            self.payouts.claim(seal.id, terms, seal.claims.exp * 1000)  # (2)
            receipt = self._redeem(seal)  # (3), (4)
            # No leeway here, unlike in the verifier: in doubt we do not pay.
            if self._clock() >= receipt.expires:
                self._give_up(seal.id, "receipt_expired")
                raise RefusedError("receipt_expired", "the receipt's ten seconds are over")
            self._debit(seal.id, terms, also)  # (5)
            return self._finish(self.payouts.find(seal.id))  # (6)

    def resolve(self) -> list[Payout]:
        """Bring what is open to its end, at the start and whenever the guard was away. Returns what is left."""
        with self._busy:
            for payout in self.payouts.unresolved():
                if payout.state == "paid":
                    self._finish(payout)
                else:
                    self._give_up(payout.seal, "unresolved")
            return self.payouts.unresolved()

    def _verify(self, terms: Terms, token: str) -> VerifiedSeal:
        meant = Payment(
            account=terms.account,
            chain=terms.chain,
            asset=terms.asset,
            amount=terms.amount,
            destination=terms.destination,
            memo=terms.memo,
            fee=terms.fee,
            outflow=terms.outflow,
        )
        try:
            return self._verifier.verify(token, meant)
        except SdkError as error:
            log.warning("seal refused: %s (order %s)", error.code, terms.reference)
            if error.code in NO_KEYS:
                raise AwayError("guard_away", "the guard's keys cannot be had; nothing was paid") from error
            raise RefusedError(error.code, error.sentence) from error

    def _redeem(self, seal: VerifiedSeal) -> VerifiedReceipt:
        try:
            redeemed = self._guard.redeem(seal.id, key=f"redeem.{seal.id}")
            return self._verifier.verify_receipt(redeemed.receipt, seal)
        except (ConflictError, NotFoundError) as error:
            if isinstance(error, RedemptionRefusedError | NotFoundError) or error.code in NEVER_REDEEMED:
                self.payouts.close(seal.id, "claimed", "void", error.code)
            else:
                self._give_up(seal.id, error.code)
            raise RefusedError(error.code, error.sentence) from error
        except SealError as error:  # a receipt that is not ours: not paid, and the guard gets told
            self._give_up(seal.id, error.code)
            raise RefusedError(error.code, error.sentence) from error
        except SdkError as error:
            raise AwayError("guard_away", "Counterseal did not answer; nothing was paid") from error

    def _debit(self, seal: str, terms: Terms, also: Callable[[], None] | None) -> None:
        raw, txid = wallet.sign(terms, seal) if terms.chain else (None, terms.reference)
        entry = Entry(f"out.{terms.reference}", terms.outflow, terms.account, self._clock(), terms.lines, seal)
        try:
            with self.ledger.transaction():
                self.payouts.pay(seal, entry, raw, txid)
                if also is not None:
                    also()
        except RefusedError as error:  # no money: nothing was posted
            self._give_up(seal, error.code)
            raise

    def _finish(self, payout: Payout) -> Paid:
        if payout.state == "paid":
            try:
                if payout.raw is not None:
                    self._chain.broadcast(payout.raw)
                self._guard.broadcast(payout.seal, payout.txid, key=f"broadcast.{payout.seal}")
                self.payouts.close(payout.seal, "paid", "reported")
            except (SdkError, OSError) as error:  # it is paid all the same; `resolve` tries again
                log.warning("payout %s is not reported yet: %s", payout.seal, type(error).__name__)
        return Paid(payout.terms.reference, payout.seal, payout.txid, self.payouts.find(payout.seal).state)

    def _give_up(self, seal: str, reason: str) -> None:
        """Not paid, and never will be under this seal. Stays `claimed` while the guard cannot be told."""
        try:
            self._guard.abandon(seal, key=f"abandon.{seal}")
        except ApiError as error:
            # Not redeemed as far as the guard knows. A redemption of ours may still be on its way, so wait until
            # the seal is dead: only then is it certain that nothing stays redeemed without a report.
            over = self._clock() > self.payouts.find(seal).expires + GRACE
            if isinstance(error, ConflictError | NotFoundError) and over:
                self.payouts.close(seal, "claimed", "void", reason)
            return
        except SdkError:
            return
        self.payouts.close(seal, "claimed", "abandoned", reason)

    def _earlier(self, terms: Terms) -> Paid | None:
        """What an earlier call for this order has done; None = nothing that stands."""
        earlier = self.payouts.of_order(terms.reference)
        if earlier is not None and earlier.terms != terms:
            raise RefusedError("order_differs", "this order was paid, or is being paid, with other terms")
        if earlier is not None and earlier.state == "claimed":
            self._give_up(earlier.seal, "unresolved")
            earlier = self.payouts.of_order(terms.reference)
            if earlier is not None:
                raise AwayError("payout_unresolved", "an earlier try is not resolved yet; nothing was paid")
        return None if earlier is None else Paid(terms.reference, earlier.seal, earlier.txid, earlier.state)
