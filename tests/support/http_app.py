# SPDX-License-Identifier: Apache-2.0
"""The app over a real store in memory and a simulated clock, spoken to in process."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec

from counterseal.access.model import CODECS, Scope
from counterseal.access.service import AccessService
from counterseal.core.policy.model import Policy
from counterseal.gateways.clock import SimulatedClock
from counterseal.http.app import create_app
from counterseal.http.routing import Router
from counterseal.http.services import Services
from counterseal.settings import Settings
from counterseal.store.memory import MemoryStore

NOW = 1_717_891_200_000  # 9 June 2024


@dataclass
class Holder:
    """A policy holder that a test can fill."""

    current: Policy | None = None


@dataclass
class Running:
    """An app and all its parts."""

    client: httpx2.AsyncClient
    services: Services
    store: MemoryStore
    clock: SimulatedClock
    access: AccessService
    app: Any

    async def token(self, *scopes: Scope, **options: Any) -> str:
        """A new token with these scopes."""
        given = {"name": "test", "platform": "exchange", "by": "test"} | options
        made = await self.access.create_token(scopes=scopes, **given)
        assert made.secret is not None
        return made.secret

    async def headers(self, *scopes: Scope, key: str | None = None, **options: Any) -> dict[str, str]:
        """Authorization of a new token, and a fresh Idempotency-Key."""
        token = await self.token(*scopes, **options)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or secrets.token_hex(8)}


@asynccontextmanager
async def running(*, routers: Sequence[Router] = (), **options: Any) -> AsyncIterator[Running]:
    """Start the app with its workers; `options` are settings, and `checks`, `areas`, `workers` of Services."""
    store, clock = MemoryStore(CODECS), SimulatedClock(NOW)
    access = AccessService(store, clock, secrets.token_bytes, test_scopes=True)
    parts = {name: options.pop(name) for name in ("checks", "areas", "workers") if name in options}
    settings = Settings(clock="simulated", access_log=options.pop("access_log", "off"), **options)
    services = Services(settings=settings, store=store, clock=clock, access=access, policy=Holder(), **parts)
    app = create_app(services, routers=routers)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://counterseal.test") as client:
            yield Running(client, services, store, clock, access, app)


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that this is a well-formed problem (RFC 9457) and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = msgspec.json.decode(response.content)
    assert body["code"] == code, body
    assert body["type"] == f"urn:counterseal:problem:{code}"
    assert body["status"] == status
    assert body["instance"] == f"urn:counterseal:request:{response.headers['x-request-id']}"
    assert body["title"]
    assert body["detail"]
    return body


def pointers(body: dict[str, Any]) -> Iterable[str]:
    """The JSON pointers of a problem's errors."""
    return [fault["pointer"] for fault in body["errors"]]
