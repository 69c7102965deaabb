# SPDX-License-Identifier: Apache-2.0
"""The exchange with its pages on loopback: a guard in a process of its own, the parts in threads of this one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from examples.exchange import parts
from examples.exchange.auth_app import create_auth_app
from examples.exchange.ledger import Ledger
from examples.exchange.pages.routes import add_pages
from examples.exchange.payer_app import create_payer_app
from examples.exchange.setup import set_up
from examples.exchange.web import create_web_app
from examples.exchange.world_app import create_world_app
from tests.support.exchange import ROOT, Server, counterseal_server, free_port


@dataclass
class Site:
    """The running exchange. `url`: its pages; `public`: the guard as browsers see it."""

    url: str
    public: str
    guard: Server
    ledger: Ledger


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """An app on 127.0.0.1 in a thread."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="error",
        access_log=False,
        loop="asyncio",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until, "the app did not start"
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def exchange_site(folder: Path) -> Iterator[Site]:
    """Everything that `python -m examples.exchange run` starts, with free ports."""
    guard_port = free_port()
    ports = {name: free_port() for name in ("auth", "payer", "web", "world")}
    public, own = f"http://localhost:{guard_port}", f"http://127.0.0.1:{ports['web']}"
    program = ROOT / ".venv" / "bin" / "counterseal"
    more = {"BASE_URL": public, "RETURN_ORIGINS": f'["{own}"]'}
    with ExitStack() as stack:
        guard = stack.enter_context(counterseal_server(folder, program, port=guard_port, **more))
        home = folder / "exchange"
        with guard.admin() as admin:
            configs = set_up(admin, guard.url, home, ports, public=public)
        auth = parts.open_auth(home / "auth", configs["auth"])
        ledger, payer, exchange = parts.open_payer(home / "payer", configs["payer"])
        stack.callback(auth.close)
        stack.callback(ledger.close)
        stack.enter_context(serving(create_auth_app(auth, configs["auth"].own), ports["auth"]))
        payer_app = create_payer_app(ledger, payer, exchange, configs["payer"].own)
        stack.enter_context(serving(payer_app, ports["payer"]))
        world = parts.open_world(home, configs["world"])
        stack.callback(world.close)
        stack.enter_context(serving(create_world_app(world, configs["world"].own), ports["world"]))
        to_auth, to_payer = (parts.peer_client(configs["web"].auth), parts.peer_client(configs["web"].payer))
        guarded, auth_part, payer_part = parts.open_web(home / "web", configs["web"], to_auth, to_payer)
        web = create_web_app(guarded, auth_part, payer_part)
        front = parts.open_front(home / "web", configs["web"], guarded, auth_part, payer_part)
        assert front is not None
        add_pages(web, front)
        stack.callback(guarded.orders.close)
        stack.enter_context(serving(web, ports["web"]))
        assert httpx2.get(f"{own}/", trust_env=False).status_code == 200
        yield Site(own, public, guard, ledger)
