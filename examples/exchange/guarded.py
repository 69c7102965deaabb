# SPDX-License-Identifier: Apache-2.0
"""One sensitive action from ask to end, the same for all: the part of this example to copy.

Ask first. Then do what the answer says: relay challenges, wait, show reasons, or settle. Whatever is not a clear
answer (no connection, a time-out, a 5xx, an unknown shape) stops the action: it fails closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from msgspec.structs import replace

from counterseal.sdk import AsyncCounterseal, SdkError
from counterseal.sdk.problems import (
    ConflictError,
    GuardAway,
    NotFoundError,
    ProofRefusedError,
    RefusedInputError,
    ThrottledError,
)
from counterseal.sdk.replies import Action
from examples.exchange import money
from examples.exchange.errors import (
    AwayError,
    ExchangeError,
    RefusedError,
    RequestError,
    TooManyError,
    UnknownError,
)
from examples.exchange.orders import Order, Orders
from examples.exchange.service import Part

OVER = frozenset({"done", "paid", "denied", "refused", "cancelled"})
SEAL_RAN_OUT = "seal_expired"
LAPSES = 30 * 60_000  # ms after which the guard takes no proof for an open action any more
log = logging.getLogger(__name__)


class Guarded:
    """The sensitive actions of the web part. `guard`: actions:write, actions:read, accounts:freeze."""

    def __init__(self, guard: AsyncCounterseal, payer: Part, orders: Orders, clock: Callable[[], int]) -> None:
        self.guard, self.orders = guard, orders
        self._payer, self._clock = payer, clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def start(self, order: Order) -> Order:
        """Ask for a new order; a repeated one goes on where it stood. RequestError for other words, same id."""
        known = self.orders.add(order)
        if known.details != order.details:
            raise RequestError("idempotency_mismatch", "this Idempotency-Key was used for something else")
        return await (self._ask(known) if known.status == "new" else self.go_on(known))

    async def challenge(self, order: Order, factor: str, key: str) -> Order:
        """Have a code sent to the owner. `key`: the customer's own Idempotency-Key."""
        sent = await answered(self.guard.challenge(order.action, factor, key=f"{order.id}.challenge.{key}"))
        found = sent.challenge
        if found is None:
            raise AwayError("guard_away", "no code was sent")
        return self.orders.save(replace(order, challenge=found.id, challenge_factor=factor))

    async def prove(self, order: Order, factor: str, answer: str, key: str) -> Order:
        """Hand a code or an attestation to the guard. The answer is neither kept nor logged."""
        async with self._lock(order):
            order = self.orders.find(order.id, order.account) or order
            call = self.guard.prove(
                order.action,
                factor,
                answer,
                challenge=order.challenge if factor == order.challenge_factor else None,
                source=order.source,
                key=f"{order.id}.prove.{key}",
            )
            return await self._take(order, await answered(call))

    async def go_on(self, order: Order) -> Order:
        """Look again: collect what is ready, settle what is sealed, ask again for what has lapsed."""
        async with self._lock(order):
            order = self.orders.find(order.id, order.account) or order
            if order.status in OVER:
                return order
            if order.status == "sealed" and order.seal:
                return await self._settle(order)
            action = await answered(self.guard.read_action(order.action))
            if action.status in {"ready", "sealed"}:
                return await self._decide(order)
            if order.status == "hold" and action.status in {"open", "refused"}:
                return await self._after_hold(order, action)
            return order if action.status == "open" else await self._take(order, action)

    async def look(self, order: Order) -> Order:
        """How an order stands after something happened elsewhere: on a page of Counterseal's, or in a notice."""
        async with self._lock(order):
            order = self.orders.find(order.id, order.account) or order
            if order.status in OVER or not order.action:
                return order
            action = await answered(self.guard.read_action(order.action))
            if action.status == "open":
                return await self._still_open(await self._take(order, action), action)
        return await self.go_on(order)

    async def _still_open(self, order: Order, action: Action) -> Order:
        """Go on after a wait that is over; tell what has lapsed, since nothing proves it any more."""
        now = self._clock()
        if order.status == "hold" and order.until is not None:
            return await self._after_hold(order, action)
        if now - action.asked > LAPSES and order.status in {"challenge", "hold"}:
            return self.orders.save(replace(order, status="lapsed"))
        return order

    async def again(self, order: Order, session: str, device: str) -> Order:
        """Ask anew for what has lapsed, in the session that the customer has now."""
        async with self._lock(order):
            order = self.orders.find(order.id, order.account) or order
            if order.status != "lapsed":
                return order
            return await self._ask(replace(order, session=session, device=device))

    async def adopt(self, order: Order, action_id: str) -> Order:
        """Take over an action that Counterseal's page asked for (an enrolment), so that it can go on here."""
        action = await answered(self.guard.read_action(action_id))
        if action.account != order.account:
            raise UnknownError("order_unknown", "there is no such order")
        details = replace(order.details, action=action.action)
        named = replace(order, details=details, action=action.id, asks=1, elsewhere=True)
        return await self._take(self.orders.save(named), action)

    async def cancel(self, order: Order) -> Order:
        """The customer changes their mind."""
        if order.status in OVER:
            return order
        return await self._take(order, await answered(self.guard.cancel(order.action, key=f"{order.id}.cancel")))

    async def freeze(self, account: str, key: str) -> None:
        """The owner's brake: all outflows stop now."""
        await answered(self.guard.freeze(account, key=key))

    async def collect_all(self) -> None:
        """One turn of the background job: what waits goes on, each order on its own."""
        for order in self.orders.waiting():
            try:
                await self.go_on(order)
            except ExchangeError as error:
                log.warning("order %s waits: %s", order.id, error.code)

    def _lock(self, order: Order) -> asyncio.Lock:
        """One thing at a time for each order: the customer and the collector may both be at it."""
        return self._locks.setdefault(order.id, asyncio.Lock())

    async def _after_hold(self, order: Order, action: Action) -> Order:
        """Once a hold is over: decide again, or ask again if the action has lapsed meanwhile (half an hour)."""
        if order.until is None or order.until > self._clock():
            return order
        return await (self._decide(order) if action.status == "open" else self._ask(order))

    async def _ask(self, order: Order) -> Order:
        if order.elsewhere:  # we do not have what is enrolled: only Counterseal's page can ask for it
            return self.orders.save(replace(order, status="lapsed"))
        wanted = order.details
        objects = {"session": order.session, "device": order.device, **wanted.objects}
        call = self.guard.ask(
            order.account,
            wanted.action,
            objects={kind: identity for kind, identity in objects.items() if identity},
            address=wanted.address,
            payment=wanted.payment,
            enrol=wanted.enrol,
            context=wanted.context,
            source=order.source,
            key=f"{order.id}.ask.{order.asks}",
        )
        action = await answered(call)
        fresh = replace(order, action=action.id, asks=order.asks + 1, decides=0, seal="", challenge="")
        return await self._take(fresh, action)

    async def _decide(self, order: Order) -> Order:
        key = f"{order.id}.{order.asks}.decide.{order.decides}"
        try:
            action = await answered(self.guard.decide(order.action, key=key))
        except RefusedError as error:
            if error.code == "action_lapsed":  # too late for this one: the guard wants to be asked again
                return await self._ask(order)
            raise
        return await self._take(replace(order, decides=order.decides + 1), action)

    async def _take(self, order: Order, action: Action) -> Order:
        """Store what the guard said; settle if that is now possible."""
        decision = action.decision
        order = replace(
            order,
            status=_status(action),
            prove=() if decision is None else decision.alternatives,
            until=action.due if action.status == "pending" else None if decision is None else decision.until,
            reasons=() if decision is None else tuple(dict.fromkeys(reason.text for reason in decision.reasons)),
            seal="" if action.seal is None else action.seal.token or "",
            txid="" if action.seal is None else action.seal.txid,
        )
        order = self.orders.save(order)
        return await self._settle(order) if order.seal else order

    async def _settle(self, order: Order) -> Order:
        """Hand the seal to the payer. It pays an order once, however often it is told to."""
        path, body = _instruction(order)
        try:
            paid = await self._payer.call("POST", path, body)
        except (RefusedError, RequestError, UnknownError) as error:
            if error.code == SEAL_RAN_OUT:  # nobody took it: the guard will give another one
                return self.orders.save(replace(order, status="ready", seal=""))
            return self.orders.save(replace(order, status="refused", seal="", reasons=(error.sentence,)))
        except AwayError:
            return order  # unknown: stays `sealed`, and the collector tells the payer again
        return self.orders.save(replace(order, status="paid", seal="", txid=paid["txid"]))


def _instruction(order: Order) -> tuple[str, dict[str, Any]]:
    """Where at the payer this order is settled, and with what."""
    wanted, seal = order.details, order.seal
    if wanted.sale:
        return f"/sales/{wanted.sale}/release", {"seller": order.account, "seal": seal}
    if wanted.offer:
        body = {"taker": order.account, "quantity": wanted.quantity, "trade": order.id, "seal": seal}
        return f"/offers/{wanted.offer}/take", body
    payment = wanted.payment
    if payment is None:
        raise RequestError("nothing_to_settle", "this action pays nothing")
    return "/payouts", {
        "reference": order.id,
        "outflow": wanted.action,
        "account": order.account,
        "asset": payment.asset,
        "amount": money.text(payment.amount),
        "chain": payment.chain,
        "destination": payment.destination,
        "memo": payment.memo,
        "seal": seal,
    }


def _status(action: Action) -> str:
    if action.status in {"pending", "ready", "sealed", "done", "cancelled", "refused"}:
        return action.status
    if action.status == "redeemed":
        return "paid"
    if action.status == "disputed":
        return "hold"
    outcome = "deny" if action.decision is None else action.decision.outcome
    return {"challenge": "challenge", "hold": "hold"}.get(outcome, "denied")


async def answered(call: Any) -> Any:
    """The guard's answer, or what its absence means here. Everything unclear is AwayError: the action stops."""
    try:
        return await call
    except ProofRefusedError as error:
        raise RequestError("proof_refused", "that did not work") from error
    except ThrottledError as error:
        raise TooManyError("throttled", error.sentence) from error
    except ConflictError as error:
        raise RefusedError(error.code, error.sentence) from error
    except NotFoundError as error:
        raise UnknownError(error.code, error.sentence) from error
    except RefusedInputError as error:
        raise RequestError(error.code, error.sentence) from error
    except GuardAway as error:
        log.warning("the guard is away: %s %s", error.code, getattr(error, "request_id", ""))
        raise AwayError("guard_away", "this is not possible at the moment; nothing has happened") from error
    except SdkError as error:  # our token, or our call: for us to mend, and for now the same to the customer
        log.error("the guard cannot be used: %s %s", error.code, getattr(error, "request_id", ""))  # noqa: TRY400
        raise AwayError("guard_away", "this is not possible at the moment; nothing has happened") from error
