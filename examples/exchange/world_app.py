# SPDX-License-Identifier: Apache-2.0
"""The demonstration's world over HTTP, for the pages. A process of its own that no platform would run."""

from __future__ import annotations

import asyncio
import logging
import time as wall
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict

from counterseal.sdk import SdkError
from examples.exchange.service import part, problem
from examples.exchange.world import PRICES_EVERY, World

TICK = 1.0  # s
log = logging.getLogger(__name__)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpanBody(_Body):
    """How far (ms) the clock is moved."""

    span: int


class AccountBody(_Body):
    """Whose bank it is about."""

    account: str


class ContactsBody(_Body):
    """Whose messages are read."""

    contacts: tuple[str, ...]


class LookBody(_Body):
    """What the identity desk looks at (face, iddoc), for which action."""

    action: str
    factor: str
    session: str = ""


class AttackBody(AccountBody):
    """An attack, by a thief who holds `capabilities` and knows the contacts."""

    attack: str
    capabilities: tuple[str, ...]
    contacts: tuple[tuple[str, str], ...]
    objects: tuple[tuple[str, str], ...] = ()


def create_world_app(world: World, token: str) -> FastAPI:
    """The app. Plain functions: the guard is waited for in threads."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_ticking(world))
        yield
        task.cancel()

    app = part("world", token, lifespan)

    @app.exception_handler(SdkError)
    async def away(_request: Request, error: SdkError) -> Response:
        log.warning("the guard is away: %s", error.code)
        return problem(503, "guard_away", "Counterseal does not answer at the moment")

    @app.get("/clock")
    def clock() -> Any:
        return world.clock()

    @app.post("/clock")
    def move_clock(body: SpanBody) -> Any:
        return {"now": world.wait(body.span)}

    @app.post("/deposits")
    def deposit(body: AccountBody) -> Any:
        world.deposit(body.account)
        return {"account": body.account}

    @app.post("/messages")
    def messages(body: ContactsBody) -> Any:
        return msgspec.to_builtins(world.messages(body.contacts))

    @app.post("/looks")
    def look(body: LookBody) -> Any:
        return {"attestation": world.look_at(body.action, body.factor, body.session)}

    _attack_routes(app, world)
    return app


def _attack_routes(app: FastAPI, world: World) -> None:
    @app.get("/attacks")
    def offers() -> Any:
        return world.offers()

    @app.post("/attacks")
    def attack(body: AttackBody) -> Any:
        world.attack(body.account, body.attack, body.capabilities, body.contacts, body.objects)
        return {"account": body.account}

    @app.get("/attacks/{account}")
    def attempt(account: str) -> Any:
        return {"attempt": msgspec.to_builtins(world.attempt(account))}


async def _ticking(world: World) -> None:
    """The clock goes on with ours, and prices stay fresh."""
    priced = 0.0
    while True:
        try:
            await asyncio.to_thread(world.tick)
            if wall.monotonic() - priced > PRICES_EVERY / 1000:
                await asyncio.to_thread(world.push_prices)
                priced = wall.monotonic()
        except SdkError as error:
            log.warning("the guard is away: %s", error.code)
        await asyncio.sleep(TICK)
