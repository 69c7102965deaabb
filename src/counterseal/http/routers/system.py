# SPDX-License-Identifier: Apache-2.0
"""Policy in force, prices, clock, development outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Protocol

import msgspec
from starlette.responses import PlainTextResponse, Response

from counterseal.access.model import Scope
from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Commit, Committed, Timer
from counterseal.guard.model import Done
from counterseal.guard.ports import Price
from counterseal.guard.prices import PushedPrices
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services

router = Router(tags=["system"])


class SettableClock(Protocol):
    """A simulated clock."""

    def now(self) -> int:
        """Ms."""
        ...

    def set(self, now: int) -> None:
        """Never backwards."""
        ...


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated clock, and what works off everything that has become due."""

    clock: SettableClock
    settle: Callable[[], Awaitable[None]]
    due: Callable[..., Awaitable[list[Timer]]]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def move(self, target: int) -> None:
        """Go on to `target` (ms), stopping at every timer on the way: what is due happens when it is due."""
        await self.settle()
        while timers := await self.due(target, limit=1):
            if timers[0].due_at <= self.clock.now():
                break  # it was worked off and is not ready to go
            self.clock.set(timers[0].due_at)
            await self.settle()
        self.clock.set(target)
        await self.settle()


class Outbox(Protocol):
    """The development outbox."""

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        ...


class RuleView(Reply, frozen=True):
    """An action or outflow of the policy. `limit`: accounting currency per period (ms)."""

    name: str
    kind: str
    outflow: bool
    line: int
    require: str
    factors: list[str]
    notify: list[str]
    delay: int
    limit: Decimal | None
    period: int | None


class PolicyView(Reply, frozen=True):
    """The policy in force."""

    policy: str
    digest: str
    currency: str
    small: Decimal
    not_offered: list[str]
    rules: list[RuleView]


class PriceBody(Body, frozen=True):
    """What one unit is worth in the accounting currency, when (ms) and by whom."""

    asset: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    value: Decimal
    at: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    source: Annotated[str, msgspec.Meta(max_length=64)] = ""


class PricesBody(Body, frozen=True):
    """Prices."""

    prices: Annotated[list[PriceBody], msgspec.Meta(min_length=1, max_length=1000)]


class TakenView(Reply, frozen=True):
    """How many prices were taken."""

    taken: int
    log_position: int


class ClockBody(Body, frozen=True):
    """Move a simulated clock: `advance` by ms or `set` to ms. Never backwards."""

    advance: Annotated[int, msgspec.Meta(ge=0, le=10 * 366 * 86_400_000)] | None = None
    set: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class ClockView(Reply, frozen=True):
    """The server's time (ms)."""

    now: int
    simulated: bool
    trusted: bool


class MessageView(Reply, frozen=True):
    """A message of the development outbox."""

    id: str
    channel: str
    to: str
    subject: str
    text: str
    short: str
    at: int


class OutboxView(Reply, frozen=True):
    """Newest first."""

    messages: list[MessageView]


class LimitQuery(Body, frozen=True):
    """`limit`: at most 500."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


POLICY_EXAMPLE = PolicyView(
    policy="hardened",
    digest="sha256:0d5c…",
    currency="USD",
    small=Decimal(1000),
    not_offered=["card"],
    rules=[],
)
CLOCK_EXAMPLE = ClockView(now=1717934400000, simulated=True, trusted=True)


@router.get("/v1/policy", **operation("Read the policy in force", reply=PolicyView, example=POLICY_EXAMPLE))
async def read_policy(guard: Annotated[Guard, area(Guard)]) -> Response:
    """Its rules with line numbers. The digest is in every decision and seal."""
    policy = guard.tools.policies.current
    rules = [
        RuleView(
            name=rule.name,
            kind=rule.kind,
            outflow=rule.outflow,
            line=rule.line,
            require=rule.require.text,
            factors=sorted(rule.require.factors),
            notify=list(rule.notify or ()),
            delay=rule.delay,
            limit=None if rule.limit is None else rule.limit.amount,
            period=None if rule.limit is None else rule.limit.period,
        )
        for rule in policy.rules.values()
    ]
    return reply(
        PolicyView(
            policy=policy.name,
            digest=policy.digest,
            currency=policy.currency,
            small=policy.small,
            not_offered=sorted(policy.not_offered),
            rules=rules,
        )
    )


@router.get(
    "/v1/policy/text",
    **operation("Read the policy document", example="counterseal: 1\n", media_type="text/plain"),
)
async def read_policy_text(guard: Annotated[Guard, area(Guard)]) -> Response:
    """The YAML document as it was loaded."""
    return PlainTextResponse(guard.tools.policies.current.text)


@router.put(
    "/v1/prices",
    **operation(
        "Push prices",
        reply=TakenView,
        example=TakenView(taken=1, log_position=9),
        body_example=PricesBody(prices=[PriceBody(asset="ETH", value=Decimal("3500.10"), at=1717934400000)]),
    ),
)
async def push_prices(
    caller: Annotated[Caller, require(Scope.PRICES_WRITE)],
    write: Annotated[Write, idempotent],
    given: Annotated[PricesBody, json_body(PricesBody)],
    prices: Annotated[PushedPrices, area(PushedPrices)],
) -> Response:
    """What limits are measured with. Without a fresh price an outflow is held."""
    pushed = [Price(item.asset, item.value, item.at, item.source) for item in given.prices]
    done = await prices.push(pushed, write.of(Done))
    return reply(TakenView(taken=len(pushed), log_position=done.result.position), replayed=done.replayed)


@router.get("/v1/clock", **operation("Read the clock", reply=ClockView, example=CLOCK_EXAMPLE))
async def read_clock(held: Annotated[Services, services]) -> Response:
    """The server's time. `trusted` false: the clock has jumped and outflows stop."""
    clock = held.clock
    return reply(ClockView(now=clock.now(), simulated=clock.simulated, trusted=clock.trusted()))


@router.post(
    "/v1/clock",
    **operation(
        "Move the simulated clock",
        reply=ClockView,
        example=CLOCK_EXAMPLE,
        body_example=ClockBody(advance=3_600_000),
        problems=(409,),
    ),
)
async def move_clock(
    caller: Annotated[Caller, require(Scope.CLOCK_WRITE)],
    write: Annotated[Write, idempotent],
    given: Annotated[ClockBody, json_body(ClockBody)],
    held: Annotated[Services, services],
) -> Response:
    """Only on a store that never saw a real clock. What becomes due is worked off before this answers."""
    simulation = held.areas.get(Simulation)
    if simulation is None:
        raise ConflictError("this server runs on the real clock", code="clock_real")
    clock, store, idempotency = simulation.clock, held.store, write.of(Done)
    async with simulation.lock:  # one move after the other; a repeated one moves nothing
        done: Committed[Done] | None = await store.replayed(idempotency)
        if done is None:
            target = clock.now() + (given.advance or 0) if given.set is None else given.set
            if target < clock.now():
                raise ConflictError("a clock never goes backwards", code="clock_backwards")
            await simulation.move(target)
            moved = Done("", target)
            done = await store.transact([], lambda _loaded: Commit(moved), now=target, idempotency=idempotency)
    return reply(ClockView(now=done.result.at, simulated=True, trusted=True), replayed=done.replayed)


@router.get(
    "/v1/outbox",
    **operation("Read the development outbox", reply=OutboxView, example=OutboxView(messages=[]), problems=(404,)),
)
async def read_outbox(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    asked: Annotated[LimitQuery, query(LimitQuery)],
    held: Annotated[Services, services],
) -> Response:
    """Messages that were written to the outbox folder instead of being sent. Not there in production."""
    outbox = held.areas.get(Outbox)
    if outbox is None:
        raise NotFoundError("this server sends its messages", code="no_outbox")
    return reply(OutboxView(messages=[MessageView(**item) for item in outbox.recent(asked.limit)]))
