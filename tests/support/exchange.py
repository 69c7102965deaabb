# SPDX-License-Identifier: Apache-2.0
"""The real server in a process of its own on a simulated clock, and the example exchange in front of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx2
from fastapi import FastAPI

from counterseal.sdk import AsyncCounterseal, Counterseal
from examples.exchange import money, parts
from examples.exchange.auth_app import create_auth_app
from examples.exchange.customer import Browser
from examples.exchange.guarded import Guarded
from examples.exchange.ledger import Entry, Ledger, customer, move, outside
from examples.exchange.market import Exchange
from examples.exchange.payer import Payer
from examples.exchange.payer_app import create_payer_app
from examples.exchange.service import Part
from examples.exchange.setup import set_up
from examples.exchange.simulation import Simulation
from examples.exchange.web import create_web_app

START = 1_717_891_200_000  # 9 June 2024
HOUR = 3_600_000
ADDRESS = "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"
ROOT = Path(__file__).resolve().parents[2]
WITHDRAWAL = {"chain": "tron", "address": ADDRESS, "asset": "USDT", "amount": "250"}
PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running `counterseal serve`."""

    url: str
    admin_token: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def admin(self) -> Counterseal:
        return Counterseal(self.url, self.admin_token)

    def stop(self) -> None:
        """It ends, as at a restart."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def start_again(self) -> None:
        """A new process on the same store and port."""
        self.process = subprocess.Popen(self.process.args, env=self.environment, stdout=subprocess.DEVNULL)
        _await(self, None)

    def pause(self) -> None:
        """It does not answer any more, like a guard behind a broken network."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def counterseal_server(
    folder: Path, program: Path, policy: str = "hardened", port: int = 0, **settings: str
) -> Iterator[Server]:
    """`settings`: more of them, as variables without their prefix."""
    port = port or free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    environment |= {
        "COUNTERSEAL_DATABASE": str(folder / "counterseal.db"),
        "COUNTERSEAL_MASTER_KEY_FILE": str(folder / "master.key"),
        "COUNTERSEAL_ROOT_KEY_FILE": str(folder / "root.key"),
        "COUNTERSEAL_OUTBOX_FOLDER": str(folder / "outbox"),
        "COUNTERSEAL_CLOCK": "simulated",
        "COUNTERSEAL_SIMULATED_START_MS": str(START),
        "COUNTERSEAL_POLICY": policy,
        "COUNTERSEAL_PORT": str(port),
        "COUNTERSEAL_BASE_URL": f"http://127.0.0.1:{port}",
        "COUNTERSEAL_ACCESS_LOG": "failures",
    } | {f"COUNTERSEAL_{name}": value for name, value in settings.items()}
    scopes = [
        word
        for scope in ("admin", "clock:write", "accounts:read", "accounts:freeze")
        for word in ("--scope", scope)
    ]
    command = [program, "token", "create", "--name", "tests", "--platform", "tests", "--json", *scopes]
    made = subprocess.run(command, env=environment, check=True, capture_output=True)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log)
        try:
            token = json.loads(made.stdout)["token"]
            server = Server(f"http://127.0.0.1:{port}", token, process, environment)
            _await(server, folder / "server.log")
            yield server
        finally:
            server.process.send_signal(signal.SIGCONT)
            server.stop()


def _await(server: Server, log: Path | None) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx2.get(f"{server.url}/readyz", timeout=2.0, trust_env=False).is_success:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text() if log else 'a second time'}")


@dataclass
class World:
    """The exchange around one server. What a test reaches past its HTTP edges, it reaches on purpose."""

    home: Path
    server: Server
    simulation: Simulation
    web: httpx2.AsyncClient
    auth: Part
    to_payer: Part
    guarded: Guarded
    ledger: Ledger
    payer: Payer
    exchange: Exchange
    configs: dict[str, parts.Config]

    async def customer(self, name: str, **funds: str) -> Browser:
        """A customer with an authenticator and a mailbox, and deposits."""
        browser = Browser(self.web, self.simulation, self.simulation.code, name, PASSWORD)
        body = {"account": name, "password": PASSWORD, "email": browser.email, "phone": "+85251234567"}
        made = await self.auth.call("POST", "/customers", body)
        browser.seed = seed_in(made["shown"])
        for asset, amount in funds.items():
            self.deposit(name, asset, amount)
        return browser

    def deposit(self, name: str, asset: str, amount: str) -> None:
        minor = money.units(asset, Decimal(amount))
        lines = move(asset, minor, outside("chain"), customer(name))
        self.ledger.post(Entry(f"deposit.{name}.{asset}.{amount}", "deposit", name, START, lines))

    def free(self, name: str, asset: str) -> Decimal:
        return self.ledger.balance(customer(name), asset)


def seed_in(shown: list[str]) -> str:
    """The seed of an `otpauth:` line (Key Uri Format)."""
    uri = next(line for line in shown if line.startswith("otpauth://"))
    return next(word.partition("=")[2] for word in uri.partition("?")[2].split("&") if word.startswith("secret="))


@asynccontextmanager
async def world(server: Server, home: Path) -> AsyncIterator[World]:
    with server.admin() as admin:
        configs = set_up(admin, server.url, home, {"auth": 1, "payer": 2, "web": 3})
    auth = parts.open_auth(home / "auth", configs["auth"])
    ledger, payer, exchange = parts.open_payer(home / "payer", configs["payer"])
    async with AsyncExitStack() as stack:

        async def client(app: FastAPI) -> httpx2.AsyncClient:
            transport = httpx2.ASGITransport(app, raise_app_exceptions=True)
            return await stack.enter_async_context(
                httpx2.AsyncClient(transport=transport, base_url="http://exchange")
            )

        to_auth = await client(create_auth_app(auth, configs["auth"].own))
        to_payer = await client(create_payer_app(ledger, payer, exchange, configs["payer"].own))
        guarded, auth_part, payer_part = parts.open_web(home / "web", configs["web"], to_auth, to_payer)
        web = await client(create_web_app(guarded, auth_part, payer_part))
        admin_client = await stack.enter_async_context(AsyncCounterseal(server.url, server.admin_token))
        prices = await stack.enter_async_context(AsyncCounterseal(server.url, configs["feed"].token))
        simulation = Simulation(admin_client, prices)
        await simulation.wait(1)
        try:
            yield World(
                home, server, simulation, web, auth_part, payer_part, guarded, ledger, payer, exchange, configs
            )
        finally:
            await guarded.guard.aclose()
            guarded.orders.close()
            auth.close()
            ledger.close()


def play(server: Server, home: Path, scene: Callable[[World], Awaitable[None]]) -> None:
    """Run a scene in a fresh exchange in front of this server."""

    async def run() -> None:
        async with world(server, home) as stage:
            await scene(stage)

    asyncio.run(run())


async def ready(stage: World, name: str, **funds: str) -> Browser:
    """A customer who is signed in, with a device and an address that are a day old."""
    browser = await stage.customer(name, **funds)
    assert (await browser.sign_in())["state"] == "done"
    assert (await browser.order("/addresses", {"chain": "tron", "address": ADDRESS}))["state"] == "done"
    await stage.simulation.wait(25 * HOUR)
    return browser
