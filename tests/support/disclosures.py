# SPDX-License-Identifier: Apache-2.0
"""A platform with records behind real HTTP, and requests that two officers approved."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Commit, Loaded, Store
from counterseal.judicial.disclosure.model import Made
from counterseal.judicial.requests import record
from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.model import (
    Approved,
    Claim,
    Field,
    Happened,
    JudicialRequest,
    Review,
    Silence,
    State,
    Type,
    Window,
)
from examples.exchange.records import Records
from examples.exchange.records_app import create_records_app

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
DAY = 86_400_000
FIELDS = (
    Field("u-1", "name", "T1", "us/court_order/subscriber"),
    Field("u-1", "email", "T1", "us/court_order/subscriber"),
)


class Policy:
    """Says of every request what it was told to say: the neighbour that decides is tested elsewhere."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = ""
        self.longest: int | None = 90 * DAY  # a silence, by the rule pack

    async def check_release(self, request: str) -> None:
        self.asked.append(request)
        self.gate(None, 0)

    def gate(self, request: Any, now: int) -> tuple[str, ...]:
        if self.refuses:
            raise ConflictError("the policy does not release it", code=self.refuses)
        return ("st_a", "st_b")

    def delivery_key(self, request: JudicialRequest, now: int) -> str:
        return request.key if request.key_evidence else ""

    def silence_limit(self, request: JudicialRequest, start: int) -> int | None:
        return None if self.longest is None else start + self.longest


class Exposed:
    """Remembers what the guard would be told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def disclosed(self, disclosure: Any) -> None:
        self.told.append(disclosure.id)

    async def forged_kin(self, request: str) -> tuple[Any, ...]:
        return ()


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The app on a loopback port; its origin."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve([held]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def platform(
    folder: Path, clock: Callable[[], int], secret: str = SECRET
) -> AsyncIterator[tuple[Records, str]]:
    """Records of the example exchange, and the URL where the desk asks."""
    records = Records(folder / "records.db", clock)
    try:
        async with serving(create_records_app(records, secret, clock)) as origin:
            yield records, f"{origin}/desk"
    finally:
        records.close()


def request_of(key: str, now: int, **changes: Any) -> JudicialRequest:
    """A request for two fields of one account, approved by two officers as it stands."""
    made = JudicialRequest(
        id=f"jr_{secrets.token_hex(8)}",
        reference=f"CS-2024-{secrets.randbelow(10**6):06d}",
        type=Type.DISCLOSURE,
        state=State.APPROVED,
        received=now - DAY,
        by="tok_desk",
        claim=Claim(authority="District Court of Northmark"),
        case_number="24-CR-117",
        legal_basis="court_order",
        window=Window(now - 30 * DAY, now),
        accounts=("u-1",),
        fields=FIELDS,
        review=Review(now - 1, "st_legal", passed=True, basis="court_order", reason="in order"),
        key=key,
        key_evidence="ev_1",
        history=(Happened(now, "approved", "st_a+st_b", state=State.APPROVED),),
    )
    return approved(msgspec.structs.replace(made, **changes), now)


def approved(request: JudicialRequest, now: int, **changes: Any) -> JudicialRequest:
    """The request with two officers' approval of exactly this."""
    approval = Approved(now, digest_of(request), ("st_a", "st_b"))
    return msgspec.structs.replace(request, approvals=(msgspec.structs.replace(approval, **changes),))


async def put(store: Store, request: JudicialRequest, now: int) -> JudicialRequest:
    """Store the request as it is."""

    def function(loaded: Loaded) -> Commit[Made]:
        held = loaded.states.get(f"judicial_request:{request.id}")
        return Commit(Made(request.id), record.saved(loaded, held, request, "put", now))

    await store.transact(record.keys_of(request.id), function, now=now)
    return request


async def read(store: Store, request: str) -> JudicialRequest:
    """The request as it is stored."""
    held = await store.read(f"judicial_request:{request}")
    assert isinstance(held, JudicialRequest)
    return held


def silence(now: int, days: int = 30) -> Silence:
    """An order not to tell the owner."""
    return Silence("order of 3 June", now + days * DAY)
