# SPDX-License-Identifier: Apache-2.0
"""A day of the exchange, told while it happens. Every part is a process of its own; the clock is the guard's."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from counterseal.sdk import AsyncCounterseal, Counterseal
from examples.exchange import coverage, money, parts
from examples.exchange.auth import PLATFORM
from examples.exchange.customer import Browser
from examples.exchange.errors import AwayError, ExchangeError, RequestError
from examples.exchange.ledger import Entry, Ledger, customer, move, outside
from examples.exchange.service import Part
from examples.exchange.setup import set_up
from examples.exchange.simulation import Simulation

DAY: Final = 25 * 3_600_000  # ms: a day and an hour, so that waits of 24 h are over
ADDRESS: Final = {"chain": "tron", "address": "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"}
PATIENCE: Final = 60.0  # s for a part to start
WIDTH: Final = 100


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did. `fits`: it ended as an exchange that works would let it end."""

    at: int
    who: str
    what: str
    came: str
    why: str
    fits: bool


class Story:
    """Steps as they happen."""

    def __init__(self, simulation: Simulation, *, quiet: bool) -> None:
        self.steps: list[Step] = []
        self._simulation, self._quiet = simulation, quiet

    async def tell(self, who: str, what: str, said: dict[str, Any], wanted: str) -> dict[str, Any]:
        """Note how a step ended: its `state`, else the code of the problem."""
        came = str(said.get("state") or said.get("code") or "")
        reasons = said.get("findings") or said.get("reasons") or []
        why = reasons[0] if reasons else str(said.get("detail", ""))
        at = await self._simulation.now()
        step = Step(
            at=at, who=who, what=what, came=came, why="" if came in {"done", "paid"} else why, fits=came == wanted
        )
        self.steps.append(step)
        if not self._quiet:
            clock = datetime.fromtimestamp(at / 1000, UTC).strftime("%d %b %H:%M")
            print(f"{clock}  {who:<5} {what:<56} {came}{'' if step.fits else f' (expected {wanted})'}")
            if step.why:
                print(f"{'':21}{step.why}"[:WIDTH])
        return said


async def run(guard: str, token: str, home: Path, *, as_json: bool) -> int:
    """Play it; 0 if every step ended as it should."""
    with Counterseal(guard, token) as admin:
        if not admin.read_clock().simulated:
            raise RequestError(
                "clock_real", "the demonstration waits for days: give a guard with a simulated clock"
            )
        ports = {name: _free_port() for name in ("auth", "payer", "web")}
        configs = set_up(admin, guard, home, ports)
        made = admin.create_token("clock and mail of the demonstration", PLATFORM, ["admin", "clock:write"])
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(AsyncCounterseal(guard, made.token or ""))
        prices = await stack.enter_async_context(AsyncCounterseal(guard, configs["feed"].token))
        simulation = Simulation(world, prices)
        await simulation.wait(1)
        for name in ports:
            await stack.enter_async_context(_process(name, home))
        config = configs["web"]
        clients = [await stack.enter_async_context(parts.peer_client(peer)) for peer in (config.auth, config.payer)]
        url = f"http://127.0.0.1:{ports['web']}"
        web = await stack.enter_async_context(parts.peer_client(parts.Peer(url, "")))
        for client in (*clients, web):
            await _answers(client)
        story = Story(simulation, quiet=as_json)
        found = await _play(story, simulation, web, clients, config, home)
    well = all(step.fits for step in story.steps) and found["balanced"]
    if as_json:
        print(json.dumps({"steps": msgspec.to_builtins(story.steps), **found, "well": well}))
    else:
        print(f"\nbooks balanced: {found['balanced']}; outflows {found['examined']}, sealed {found['covered']}")
        for item in found["uncovered"]:
            print(f"unsealed, found by coverage: {item['reference']} of {item['account']} ({item['reason']})")
    return 0 if well else 1


async def _play(
    story: Story,
    simulation: Simulation,
    web: httpx2.AsyncClient,
    clients: list[httpx2.AsyncClient],
    config: parts.Config,
    home: Path,
) -> dict[str, Any]:
    if config.auth is None or config.payer is None:
        raise ValueError("the web part's configuration is not complete")
    auth, payer = Part(clients[0], config.auth.token), Part(clients[1], config.payer.token)
    ledger = Ledger(home / "payer" / "ledger.db")
    ada, bo = [await _customer(simulation, web, auth, ledger, name) for name in ("ada", "bo")]
    await _honest_day(story, simulation, ada, bo)
    await _refused(story, simulation, payer, ada, bo)
    lines = move("USDT", 5_000_000, customer("bo"), outside("tron"))
    ledger.post(Entry("paid-by-hand", "withdraw", "bo", await simulation.now(), lines))
    audit = parts.read_config(home / "coverage")
    with Counterseal(audit.guard, audit.token) as guard:
        found = coverage.compare(guard, ledger, 0, await simulation.now() + 1)
    seen = {"state": ", ".join(item.reference for item in found.uncovered)}
    await story.tell("desk", "coverage looks for what left without a seal", seen, "paid-by-hand")
    balanced = ledger.imbalance() == {}
    ledger.close()
    return {"balanced": balanced, **msgspec.to_builtins(found)}


async def _customer(
    simulation: Simulation, web: httpx2.AsyncClient, auth: Part, ledger: Ledger, name: str
) -> Browser:
    browser = Browser(web, simulation, simulation.code, name, f"a long password of {name}")
    body = {"account": name, "password": browser.password, "email": browser.email}
    shown = (await auth.call("POST", "/customers", body))["shown"]
    browser.seed = httpx2.URL(shown[0]).params["secret"]
    for asset, amount in (("USDT", "10000"), ("ETH", "5")):
        minor = money.units(asset, money.parse(amount))
        lines = move(asset, minor, outside("bank"), customer(name))
        ledger.post(Entry(f"deposit.{name}.{asset}", "deposit", name, await simulation.now(), lines))
    return browser


async def _honest_day(story: Story, simulation: Simulation, ada: Browser, bo: Browser) -> None:
    for browser in (ada, bo):
        await story.tell(browser.name, "logs in on a new device", await browser.sign_in(), "done")
        await story.tell(browser.name, "saves an address", await browser.order("/addresses", ADDRESS), "done")
    withdrawal = {**ADDRESS, "asset": "USDT", "amount": "250"}
    early = await ada.order("/withdrawals", withdrawal)
    await story.tell("ada", "withdraws 250 USDT to it at once", early, "hold")
    await simulation.wait(DAY)
    await story.tell("ada", "logs in again, a day later", await ada.sign_in(), "done")
    asked = await story.tell("ada", "withdraws 250 USDT", await ada.order("/withdrawals", withdrawal), "pending")
    sale = (await ada.call("POST", "/sales", {"buyer": "bo", "asset": "USDT", "amount": "40"})).json()["sale"]
    released = await ada.order(f"/sales/{sale}/release")
    await story.tell("ada", "releases 40 USDT to bo, who paid outside", released, "pending")
    public = await _offer(bo, "3510")
    traded = await ada.order("/trades", {"offer": public, "quantity": "0.5"})
    await story.tell("ada", "buys 0.5 ETH at 3510 on the open book", traded, "done")
    deal = await ada.order("/trades", {"offer": await _offer(bo, "3510", "ada"), "quantity": "0.1"})
    await story.tell("ada", "buys 0.1 ETH from bo in a private deal", deal, "paid")
    await simulation.wait(DAY)
    await story.tell("ada", "looks at the withdrawal, a day later", await _end(ada, asked["order"]), "paid")
    await story.tell("ada", "looks at the release", await _end(ada, released["order"]), "paid")


async def _refused(story: Story, simulation: Simulation, payer: Part, ada: Browser, bo: Browser) -> None:
    offer = await _offer(bo, "5000")
    dear = await ada.order("/trades", {"offer": offer, "quantity": "0.1"}, prove=False)
    findings = dear.get("findings", [])
    await story.tell("ada", "buys 0.1 ETH at 5000", {**await ada.prove(dear), "findings": findings}, "denied")
    asked = await ada.order("/withdrawals", {**ADDRESS, "asset": "USDT", "amount": "90"}, prove=False)
    path = f"/orders/{asked['order']}/proofs"
    guessed = (await ada.call("POST", path, {"factor": "totp", "answer": "000000"})).json()
    await story.tell("thief", "guesses the code of a withdrawal of ada's", guessed, "proof_refused")
    body = {"reference": "loot", "outflow": "withdraw", "account": "ada", "asset": "USDT", "amount": "9000"}
    spot = {"chain": "tron", "destination": ADDRESS["address"]}
    try:
        await payer.call("POST", "/payouts", {**body, **spot, "seal": "there-is-none"})
        said = {"state": "paid"}
    except ExchangeError as error:
        said = {"code": error.code, "detail": error.sentence}
    await story.tell("thief", "holds the web part and tells the payer to pay 9000", said, "seal_malformed")
    waiting = await bo.order("/withdrawals", {**ADDRESS, "asset": "USDT", "amount": "250"})
    await story.tell("bo", "withdraws 250 USDT", waiting, "pending")
    frozen = (await bo.call("POST", "/freeze")).json()
    await story.tell("bo", "does not know the device in a notice and freezes", frozen, "frozen")
    await simulation.wait(DAY)
    await story.tell("bo", "looks at the withdrawal, a day later", await _end(bo, waiting["order"]), "refused")


async def _end(browser: Browser, order: str) -> dict[str, Any]:
    """Look until the order does not move any more: the collector works on it too."""
    said = await browser.look(order)
    for _ in range(10):
        if said.get("state") not in {"pending", "ready", "sealed"}:
            break
        await asyncio.sleep(0.2)
        said = await browser.look(order)
    return said


async def _offer(maker: Browser, price: str, taker: str = "") -> str:
    body = {"pair": "ETH/USDT", "side": "sell", "price": price, "quantity": "0.5", "taker": taker}
    return str((await maker.call("POST", "/offers", body)).json()["offer"])


# ------------------------------------------------------------------------------------------ processes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _process(part: str, home: Path) -> AsyncIterator[None]:
    """A part in a process of its own; its log lies in its folder."""
    with (home / part / "log").open("wb") as log:
        command = (sys.executable, "-m", "examples.exchange", "serve", part, "--home", str(home))
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        try:
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(client: httpx2.AsyncClient) -> None:
    """Wait until a part answers, whatever it says."""
    for _ in range(int(PATIENCE / 0.2)):
        try:
            await client.get("/")
        except httpx2.TransportError:
            await asyncio.sleep(0.2)
        else:
            return
    raise AwayError("part_away", f"{client.base_url} did not start; its folder holds its log")
