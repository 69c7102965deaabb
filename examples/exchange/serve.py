# SPDX-License-Identifier: Apache-2.0
"""Run one part as a process: `python -m examples.exchange serve PART --home DIR`."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from counterseal.sdk import AsyncCounterseal
from examples.exchange import feed, parts
from examples.exchange.auth_app import create_auth_app
from examples.exchange.pages.routes import add_pages
from examples.exchange.payer_app import create_payer_app
from examples.exchange.records_app import create_records_app
from examples.exchange.web import create_web_app
from examples.exchange.world_app import create_world_app

PARTS: Final = ("auth", "payer", "web", "feed", "world", "records")


def serve(part: str, home: Path) -> None:
    """Run until told to stop. A part reads its own folder and no other."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # their lines hold ids of customers and seals
    folder = home / part
    config = parts.read_config(folder)
    with ExitStack() as stack:
        stack.enter_context(parts.lock(folder))
        if part == "feed":
            asyncio.run(_feed(config))
            return
        app = _app(part, folder, config)
        uvicorn.run(app, host="127.0.0.1", port=config.port, access_log=False, log_level="warning")


def _app(part: str, folder: Path, config: parts.Config) -> FastAPI:
    if part == "auth":
        return create_auth_app(parts.open_auth(folder, config), config.own)
    if part == "payer":
        ledger, payer, exchange = parts.open_payer(folder, config)
        return create_payer_app(ledger, payer, exchange, config.own)
    if part == "records":
        records, secret = parts.open_records(folder, config)
        return create_records_app(records, secret, parts.clock_of(config))
    if part == "world":
        return create_world_app(parts.open_world(folder.parent, config), config.own)
    auth_client, payer_client = parts.peer_client(config.auth), parts.peer_client(config.payer)
    guarded, auth, to_payer = parts.open_web(folder, config, auth_client, payer_client)
    app = create_web_app(guarded, auth, to_payer)
    front = parts.open_front(folder, config, guarded, auth, to_payer)
    if front is not None:
        add_pages(app, front)
    return app


async def _feed(config: parts.Config) -> None:
    async with AsyncCounterseal(config.guard, config.token) as guard:
        await feed.keep_pushing(guard, feed.FixedVenues())
