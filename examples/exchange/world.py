# SPDX-License-Identifier: Apache-2.0
"""The world around the exchange, for a demonstration: the bank, mailboxes and phones, the clock, and a thief.

No part of the platform: it holds a token that no platform would give to anybody, and it imports the attacker of
`counterseal demo`. The exchange's own parts need `counterseal.sdk` and nothing else.
"""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from counterseal.core.errors import CountersealError
from counterseal.demo.attacks import load_attacks
from counterseal.demo.live import Live, SharedExchange, SharedTime, Target, with_capabilities
from counterseal.demo.model import Attack, Payment, Played
from counterseal.demo.replay_parts import AuthService
from counterseal.gateways.packs import shipped_vocabulary
from counterseal.sdk import Counterseal, SdkError
from counterseal.sdk.replies import Action
from counterseal.sdk.upkeep_replies import Message
from examples.exchange import feed, money
from examples.exchange.auth import PLATFORM
from examples.exchange.errors import AwayError, ExchangeError, RequestError
from examples.exchange.ledger import Entry, Ledger, customer, move, outside
from examples.exchange.payer import AUDIENCE
from examples.exchange.service import PartClient

WELCOME: Final = {"USDT": "10000", "ETH": "5"}
THIEF: Final = "TThiefThiefThiefThiefThiefThief11"  # on the chain
INSIDER: Final = "merchant-4471"  # the thief's account on the exchange
PLAYED: Final = ("face", "iddoc")  # what the identity desk looks at
LONGEST: Final = 8 * 86_400_000  # ms that one press of a button moves the clock
PRICES_EVERY: Final = 60_000  # ms


class Step(msgspec.Struct, frozen=True):
    """One thing that the thief tried. `at`: ms of the guard's clock; `proofs`: (factor, what made it possible)."""

    at: int
    aim: str
    action: str
    outcome: str
    reason: str
    proofs: tuple[tuple[str, str], ...] = ()
    lacks: tuple[str, ...] = ()
    until: int | None = None
    line: int = 0


class Attempt(msgspec.Struct, kw_only=True):
    """An attack on one customer. `state`: running, over or failed; `paid`: money left."""

    attack: str
    title: str
    capabilities: tuple[str, ...]
    began: int
    state: str = "running"
    paid: bool = False
    failed: str = ""
    muted: tuple[str, ...] = ()  # channels whose notices the thief keeps from the owner
    steps: list[Step] = []


class World:
    """`guard`: a client with the scopes of `counterseal.demo.server.SCOPES`; `ledger`: the bank's way in."""

    def __init__(self, guard: Counterseal, ledger: Ledger, payer: PartClient) -> None:
        self._guard, self._ledger, self._payer = guard, ledger, payer
        self._venues = feed.FixedVenues()
        self._desk = AuthService(guard, PLATFORM)
        self._attacks = {each.id: each for each in load_attacks() if not each.precursor}
        self._attempts: dict[str, Attempt] = {}
        self._lock = threading.Lock()
        self._wall = wall.monotonic()

    def close(self) -> None:
        """Close the ledger's file and what the guard and the payer are reached by."""
        self._guard.close()
        self._payer.close()
        self._ledger.close()

    # ------------------------------------------------------------------------------------ clock and bank

    def clock(self) -> dict[str, Any]:
        """The guard's time (ms), and whether it can be moved."""
        found = self._guard.read_clock()
        return {"now": found.now, "simulated": found.simulated}

    def tick(self) -> None:
        """Let a simulated clock go on by the time that has passed here; called about once a second."""
        if not self._guard.read_clock().simulated:
            return
        with self._lock:
            passed, self._wall = wall.monotonic() - self._wall, wall.monotonic()
        self._guard.advance_clock(int(passed * 1000))

    def wait(self, span: int) -> int:
        """Move a simulated clock on by `span` ms, with fresh prices at the end. RequestError on the real clock."""
        if not 0 < span <= LONGEST:
            raise RequestError("span_invalid", "the clock moves by at most eight days at once")
        if not self._guard.read_clock().simulated:
            raise RequestError("clock_real", "this guard runs on the real clock: waiting takes as long as it takes")
        now = self._guard.advance_clock(span).now
        self.push_prices()
        return now

    def push_prices(self) -> None:
        """What the price feed would have said by now."""
        now = self._guard.read_clock().now
        self._guard.put_prices(self._venues.prices(now), key=f"prices.{now}")

    def deposit(self, account: str) -> None:
        """The bank credits a new customer, once."""
        now = self._guard.read_clock().now
        for asset, amount in WELCOME.items():
            lines = move(asset, money.units(asset, Decimal(amount)), outside("bank"), customer(account))
            self._ledger.post(Entry(f"welcome.{account}.{asset}", "deposit", account, now, lines))

    # ------------------------------------------------------------------------------- mailboxes, phones, desk

    def messages(self, contacts: Iterable[str]) -> list[Message]:
        """What arrived at these contacts, newest first."""
        wanted = set(contacts)
        return [message for message in self._guard.outbox() if message.to in wanted]

    def look_at(self, action: str, factor: str, session: str) -> str:
        """The identity desk has looked at a face or a document, for one action: its attestation. It believes the
        button that was pressed, as a desk that was fooled would."""
        if factor not in PLAYED:
            raise RequestError("factor_unknown", "the identity desk looks at faces and documents")
        known = self._guard.read_action(action)
        return self._desk.attest(known, factor, session or "identity-desk", self._guard.read_clock().now)

    # ------------------------------------------------------------------------------------------- the thief

    def offers(self) -> dict[str, Any]:
        """The attacks that can be played, and what a thief may hold for them."""
        spoken = shipped_vocabulary().capabilities
        used = sorted({name for each in self._attacks.values() for name in each.capabilities} | set(MORE))
        return {
            "attacks": [
                {"id": each.id, "title": each.title, "told": each.told, "capabilities": each.capabilities}
                for each in self._attacks.values()
            ],
            "capabilities": [{"id": name, "text": spoken[name].text} for name in used],
        }

    def attack(
        self,
        account: str,
        name: str,
        capabilities: Sequence[str],
        contacts: Sequence[tuple[str, str]],
        objects: Sequence[tuple[str, str]],
    ) -> None:
        """Begin an attack, in a thread of its own. RequestError: unknown, or one is under way."""
        attack = self._attacks.get(name)
        known = shipped_vocabulary().capabilities
        if attack is None or not set(capabilities) <= set(known):
            raise RequestError("attack_unknown", "there is no such attack or capability")
        began = self._guard.read_clock().now
        muted = sorted({channel for each in capabilities for channel in known[each].mutes})
        with self._lock:
            before = self._attempts.get(account)
            if before is not None and before.state == "running":
                raise RequestError("attack_running", "an attack on this account is under way")
            self._attempts[account] = attempt = Attempt(
                attack=name,
                title=attack.title,
                capabilities=tuple(capabilities),
                began=began,
                muted=tuple(muted),
                steps=[],
            )
        target = Target(
            account=account,
            contacts=tuple(contacts),
            objects=tuple(objects),
            asset="USDT",
            amount=self._ledger.balance(customer(account), "USDT"),
            destination=THIEF,
            insider=INSIDER,
        )
        work = (with_capabilities(attack, tuple(capabilities)), target, attempt)
        threading.Thread(target=self._play, args=work, daemon=True).start()

    def attempt(self, account: str) -> Attempt | None:
        """The last attack on this account."""
        return self._attempts.get(account)

    def _play(self, attack: Attack, target: Target, attempt: Attempt) -> None:
        def seen(played: Played) -> None:
            attempt.steps.append(_step(attempt.began, played))

        try:
            time = SharedTime(self._guard)
            self.push_prices()
            exchange = SharedExchange(self._guard, time, PLATFORM, AUDIENCE, self._cash)
            attempt.paid = Live(self._guard, attack, target, exchange, time).play(seen)
        except (SdkError, CountersealError, ExchangeError) as error:
            attempt.state, attempt.failed = "failed", str(error)
        except BaseException:
            attempt.state, attempt.failed = "failed", "the attack broke off; the log of the world says why"
            raise
        else:
            attempt.state = "over"

    def _cash(self, action: Action, payment: Payment) -> str:
        """The exchange's own payer is told to pay the thief, with the seal that the guard gave. "" = it paid."""
        seal = "" if action.seal is None else action.seal.token or ""
        try:
            if payment.chain:
                body = {
                    "reference": f"thief-{action.id}",
                    "outflow": action.action,
                    "account": action.account,
                    "asset": payment.asset,
                    "amount": money.text(payment.amount),
                    "chain": payment.chain,
                    "destination": payment.destination,
                    "seal": seal,
                }
                self._payer.call("POST", "/payouts", body)
                return ""
            sale = f"thief-{action.id}"
            amount = money.text(payment.amount)
            body = {"sale": sale, "seller": action.account, "buyer": payment.destination}
            self._payer.call("POST", "/sales", {**body, "asset": payment.asset, "amount": amount})
            self._payer.call("POST", f"/sales/{sale}/release", {"seller": action.account, "seal": seal})
        except AwayError:
            raise
        except ExchangeError as error:
            return error.sentence
        return ""


MORE: Final = ("pw_leak", "session_theft", "sim_swap", "device_malware", "totp_seed", "passkey_cloud_takeover")
"""Capabilities beyond those of June that can be ticked, to see what it would have taken."""


def _step(began: int, played: Played) -> Step:
    return Step(
        at=began + played.at,
        aim=played.aim,
        action=played.action,
        outcome=played.outcome,
        reason=played.reason,
        proofs=tuple(zip(played.proofs, played.made_by, strict=True)),
        lacks=played.lacks,
        until=played.until,
        line=played.line,
    )
