# SPDX-License-Identifier: Apache-2.0
"""Two processes on one PostgreSQL whose machines' clocks differ: the wrong one shortens nothing for anybody."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from counterseal.gateways.clock import SystemClock
from counterseal.wiring.application import Application
from tests.support.postgres import new_database
from tests.support.server import HOUR, Live, _auth_key, _tokens, reasons, settings_in

FAR = 2 * HOUR


@asynccontextmanager
async def process(folder: Path, url: str, ahead: int) -> AsyncIterator[Live]:
    """A server whose wall clock has been `ahead` since before it started: the watch over it sees no jump."""
    application = Application(settings_in(folder, clock="real", database_url=url))
    wall = SystemClock(wall=lambda: time.time_ns() // 1_000_000 + ahead)
    application.clock = application.access._clock = wall
    app = await application.build()
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://counterseal.test") as client:
            yield Live(application, app, client, await _tokens(application), await _auth_key(application))


@pytest.mark.parametrize("ahead", [FAR, -FAR] if "COUNTERSEAL_TEST_FAULTS" in os.environ else [FAR])
def test_a_process_with_a_wrong_clock_stops_outflows_and_dates_nothing_wrongly(tmp_path: Path, ahead: int) -> None:
    """It says that it is not ready, holds outflows and dates what it takes by the database's clock; the other
    process goes on, trusted."""

    async def run() -> None:
        url = new_database()
        async with process(tmp_path, url, 0) as right, process(tmp_path, url, ahead) as wrong:
            person = await right.owner()
            assert (await right.get("/v1/clock"))["trusted"] is True
            assert (await wrong.get("/v1/clock"))["trusted"] is False
            assert (await wrong.client.get("/readyz")).status_code == 503
            true = time.time_ns() // 1_000_000
            person.live = wrong
            held = await person.ask("withdraw_small", amount="1")
            assert "clock_untrusted" in reasons(await person.staff_view(held))
            assert abs(held["asked"] - true) < 60_000
            frozen = await wrong.post(f"/v1/accounts/{person.account}/freeze", {})
            assert abs(frozen["at"] - true) < 60_000
            assert right.application.store.latest < true + 60_000
            person.live = right
            other = await right.owner()
            asked: dict[str, Any] = await other.ask("withdraw_small", amount="1")
            assert "clock_untrusted" not in reasons(await other.staff_view(asked))

    asyncio.run(run())
