# SPDX-License-Identifier: Apache-2.0
"""The platform around the guard, played honestly: its auth service, its price feed and its signer."""

from __future__ import annotations

import secrets
import warnings
from decimal import Decimal

from counterseal.demo.model import DemoError, Payment
from counterseal.demo.replay_parts import AuthService
from counterseal.sdk import Counterseal, SealVerifier, UnsafeAcceptTestSeals
from counterseal.sdk import Payment as Meant
from counterseal.sdk import ask as given
from counterseal.sdk.replies import Action

PLATFORM = "demo-exchange"
SIGNER = "demo-signer"
PRICES = {"USDT": Decimal("1.00")}
SIGNING = 5_000
"""Ms between the guard's answer and the broadcast: what the platform's signer takes."""


class Time:
    """The simulated clock of the server. It moves only when the play moves it."""

    def __init__(self, client: Counterseal) -> None:
        self._client = client
        clock = client.read_clock()
        if not clock.simulated:
            raise DemoError(
                "the server runs on the real clock",
                code="clock_real",
                hint="Start it with COUNTERSEAL_CLOCK=simulated on a store of its own.",
            )
        self.now = clock.now

    def to(self, moment: int) -> None:
        """Set the clock, never back; what is due is worked off before this returns."""
        self.now = self._client.set_clock(max(moment, self.now)).now

    def on(self, span: int) -> None:
        """Move the clock on by `span` ms."""
        self.to(self.now + span)


class Exchange:
    """One platform with its own attestation key, registered with the guard when it is made."""

    def __init__(self, client: Counterseal, time: Time) -> None:
        self._client, self._time = client, time
        self._auth = AuthService(client, PLATFORM)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the demonstration pays nothing
            unsafe = UnsafeAcceptTestSeals()
        self._verifier = SealVerifier(
            client.key_set().root,
            SIGNER,
            jwks_source=lambda: client.key_set().jwks_token,
            clock=lambda: time.now,
            unsafe=unsafe,
        )

    def attest(self, action: Action, factor: str, session: str) -> str:
        """The auth service's statement that it verified `factor` for this very action."""
        return self._auth.attest(action, factor, session, self._time.now)

    def outflow(self, payment: Payment) -> given.Outflow:
        """The payment as the platform states it to the guard; its price feed is fresh."""
        value = PRICES[payment.asset]
        self._client.put_prices([given.Price(asset=payment.asset, value=value, at=self._time.now, source="demo")])
        return given.Outflow(
            asset=payment.asset,
            amount=payment.amount,
            chain=payment.chain,
            destination=payment.destination,
            memo=payment.memo,
            fee_cap=Decimal(5) if payment.chain else Decimal(0),  # a chain takes a fee, our own ledger none
            audience=SIGNER,
        )

    def pay(self, action: Action, payment: Payment) -> int:
        """Verify the seal, redeem it, check the receipt, broadcast; the moment the money left (ms).

        Raises SealError, RedemptionRefusedError: nothing was paid.
        """
        if action.seal is None or action.seal.token is None:
            raise DemoError("the guard allowed an outflow without a seal", code="seal_missing")
        meant = Meant(
            account=action.account,
            chain=payment.chain,
            asset=payment.asset,
            amount=payment.amount,
            destination=payment.destination,
            memo=payment.memo,
            outflow=action.action,
        )
        seal = self._verifier.verify(action.seal.token, meant)
        self._time.on(SIGNING)
        redeemed = self._client.redeem(seal.id)
        self._verifier.verify_receipt(redeemed.receipt, seal)
        self._client.broadcast(seal.id, f"demo-{secrets.token_hex(16)}")
        return self._time.now
