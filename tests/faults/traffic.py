# SPDX-License-Identifier: Apache-2.0
"""What clients do to a server over HTTP, and an outsider's ledger of every answer that they got.

The server runs `hardened` on a simulated clock. A write that was not answered is sent again under its key, as the
guide for integrators says; the ledger holds what was acknowledged and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from counterseal.access.model import Scope
from counterseal.factors import totp
from counterseal.wiring.application import Application
from tests.support.server import ADDRESS, DAY, HOUR, START, settings_in

MINUTE = 60_000
FACTORS = ("sms", "email", "totp", "password")
LIMIT = 1000  # of withdraw_small in 24 h
OFFICERS = ("ines", "omar")
SETTLED = frozenset({200, 201, 403, 404, 409, 422, 429})  # an answer; everything else is asked again


class Away(Exception):  # noqa: N818 - no error of ours: the server did not answer
    """The server did not answer, or said that its store is away."""


@dataclass
class Sent:
    """A write as it was sent, and what was answered first: `reply` None = nothing yet."""

    path: str
    body: Any
    key: str
    officers: bool = False
    status: int = 0
    reply: Any = None


@dataclass
class Person:
    """An account owner. `used`: the last step of the authenticator app that was answered with."""

    name: str
    seed: totp.TotpSeed
    used: int = -1
    frozen: bool = False


@dataclass
class Ledger:
    """What an outsider knows: writes with their answers, checkpoints, the least time of each delayed outflow."""

    tokens: dict[str, str]
    sent: list[Sent] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    waits: dict[str, int] = field(
        default_factory=dict
    )  # delayed action -> accepted at (ms): 24 h from then at least
    people: list[Person] = field(default_factory=list)
    count: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def acknowledged(self) -> list[Sent]:
        return [one for one in self.sent if one.reply is not None]


async def make_tokens(folder: Path, **settings: Any) -> dict[str, str]:
    """Tokens made before the server starts."""
    application = Application(settings_in(folder, **settings))
    try:
        made = {}
        scopes = [scope for scope in Scope if scope is not Scope.STAFF_OFFICER]
        for name, given in (("platform", scopes), *((officer, [Scope.STAFF_OFFICER]) for officer in OFFICERS)):
            one = await application.access.create_token(
                name=name,
                platform="exchange",
                scopes=given,
                officer=None if name == "platform" else name,
                lifetime=366 * DAY,
                by="test",
            )
            made[name] = one.secret or ""
        return made
    finally:
        application.store.close()


class Client:
    """Journeys of random people against one server."""

    def __init__(
        self, ledger: Ledger, http: httpx2.AsyncClient, chance: random.Random, *, again: bool = False
    ) -> None:
        self.again = again  # a connection that ended under a request: send it once more, as an SDK does
        self.ledger, self.http, self.chance = ledger, http, chance
        self.now = START
        self.outcomes: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.unexpected: list[str] = []
        self.journeys = 0
        self._moving = asyncio.Lock()
        self._running = 0
        self._still = asyncio.Condition()

    # ------------------------------------------------------------ the wire

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """One request. Raises Away where there is no answer or 503."""
        headers.setdefault("Authorization", f"Bearer {self.ledger.tokens['platform']}")
        begin = time.perf_counter()
        try:
            response = await self.http.request(method, path, json=body, headers=headers)
        except httpx2.TransportError as error:
            if not self.again:
                raise Away from error
            self.outcomes["sent again"] += 1
            response = await self.http.request(method, path, json=body, headers=headers)
        self.latencies.append(time.perf_counter() - begin)
        self.outcomes[f"{response.status_code}"] += 1
        if response.status_code == 503 and int(response.headers["retry-after"]) >= 1:
            raise Away
        if response.status_code not in SETTLED:
            self.unexpected.append(f"{method} {path}: {response.status_code} {response.text[:300]}")
        return response

    async def get(self, path: str) -> Any:
        """The JSON of a read."""
        return (await self.call("GET", path)).json()

    async def write(self, path: str, body: Any = None, *, officers: bool = False) -> Any:
        """Send once, and write the answer into the ledger; the JSON."""
        one = Sent(path, body, f"key-{next(self.ledger.count)}", officers)
        self.ledger.sent.append(one)
        response = await self.send(one)
        one.status, one.reply = response.status_code, plain(response)
        return one.reply if response.is_success else {}

    async def send(self, one: Sent) -> httpx2.Response:
        """A write of the ledger as it was or will be sent."""
        headers = {"Idempotency-Key": one.key}
        if one.officers:
            headers["Authorization"] = f"Bearer {self.ledger.tokens[OFFICERS[0]]}"
            headers["Second-Officer"] = self.ledger.tokens[OFFICERS[1]]
        return await self.call("POST", one.path, one.body, **headers)

    # ------------------------------------------------------------ time

    async def move(self, duration: int) -> None:
        """Everybody finishes, the clock moves on, and what was due has happened."""
        async with self._moving:
            async with self._still:
                await self._still.wait_for(lambda: not self._running)
            self.now = (await self.write("/v1/clock", {"advance": duration})).get("now", self.now)

    async def journey(self, which: Callable[[], Awaitable[None]]) -> None:
        """One journey; the clock stands meanwhile."""
        async with self._moving:
            self._running += 1
        try:
            await which()
        finally:
            self._running -= 1
            async with self._still:
                self._still.notify_all()

    # ------------------------------------------------------------ people

    async def register(self) -> Person:
        """A new account with an old device and address."""
        person = Person(f"p-{next(self.ledger.count)}", totp.TotpSeed(self.chance.randbytes(20)))
        old = self.now - 30 * DAY
        where = {"chain": "eth", "address": ADDRESS, "memo": ""}
        secret = base64.b32encode(person.seed.secret).decode()
        body = {
            "account": person.name,
            "phrase": "blue heron",
            "factors": [
                {"factor": "sms", "contact": f"+8525{self.chance.randrange(10**7):07d}"},
                {"factor": "email", "contact": f"{person.name}@example.test"},
                {"factor": "totp", "secret": secret},
                {"factor": "password"},
            ],
            "objects": [
                {"kind": "session", "id": "s1", "facts": ["session"]},
                {"kind": "device", "id": "d1", "facts": ["device"], "since": old},
                {"kind": "address", "address": where, "facts": ["address"], "since": old},
            ],
        }
        await self.write("/v1/accounts", body)
        self.ledger.people.append(person)
        return person

    async def ask(self, person: Person, action: str, amount: int | None = None) -> Any:
        """An action by the old session and device, an outflow to the old address."""
        body: dict[str, Any] = {"action": action, "objects": {"session": "s1", "device": "d1"}}
        if amount is not None:
            paid = {"asset": "USD", "amount": str(amount), "chain": "eth", "destination": ADDRESS}
            body["payment"] = paid | {"audience": "hot-wallet"}
        return await self.write(f"/v1/accounts/{person.name}/actions", body)

    def code(self, person: Person) -> str | None:
        """A code that was not used, or None until the clock has moved."""
        step = totp.step_at(self.now)
        if step <= person.used:
            return None
        person.used = step
        return totp.code_at(person.seed, step)

    async def prove(self, person: Person, action: Any) -> Any:
        """The app's code (the word of a test where it was used already) and, by the word of a test, the e-mail."""
        path, code = f"/v1/actions/{action.get('id')}/proofs", self.code(person)
        if code is None:
            await self.write(f"/v1/test{path[3:]}", {"factor": "totp"})
        else:
            await self.write(path, {"factor": "totp", "answer": code})
        return await self.write(f"/v1/test{path[3:]}", {"factor": "email"})

    async def spend(self, action: Any) -> None:
        """Redeem twice (the second is a mistake), and report."""
        if not action.get("seal"):
            return
        seal = f"/v1/seals/{action['seal']['id']}"
        first = await self.write(f"{seal}/redeem")
        second = await self.write(f"{seal}/redeem")
        assert not (first and second), "one seal, two receipts"
        if first:
            await self.write(f"{seal}/broadcast", {"txid": action["id"]})

    # ------------------------------------------------------------ journeys

    async def pay(self, person: Person) -> None:
        """A small withdrawal from the ask to the report."""
        await self.spend(await self.prove(person, await self.ask(person, "withdraw_small", 90)))

    async def pay_later(self, person: Person) -> None:
        """A large withdrawal: 24 h from the accepted notice."""
        action = await self.prove(person, await self.ask(person, "withdraw", 5000))
        if action.get("status") == "pending":
            self.ledger.waits[action["id"]] = self.now

    async def collect(self, _person: Person) -> None:
        """Ask for what waited; nothing comes before its time."""
        if not self.ledger.waits:
            return
        name = self.chance.choice(sorted(self.ledger.waits))
        found = await self.write(f"/v1/actions/{name}/decide")
        if found.get("status") == "sealed":
            assert self.now >= self.ledger.waits[name] + 24 * HOUR, "a hold became shorter"
            await self.spend(found)
        elif found.get("status") not in (None, "pending", "ready"):
            self.ledger.waits.pop(name, None)

    async def one_code_twice(self, person: Person) -> None:
        """One code on two actions at once."""
        one, two = await asyncio.gather(*(self.ask(person, "withdraw_small", 1) for _ in range(2)))
        code = self.code(person)
        if code is None or not (one and two):
            return
        body = {"factor": "totp", "answer": code}
        given = await asyncio.gather(
            *(self.write(f"/v1/actions/{each['id']}/proofs", body) for each in (one, two)), return_exceptions=True
        )
        assert sum(bool(each) for each in given if isinstance(each, dict)) <= 1, "one code, two proofs"
        for each in given:
            if isinstance(each, BaseException):
                raise each

    async def wrong(self, person: Person) -> None:
        """A wrong code, then cancelled."""
        action = await self.ask(person, "withdraw_small", 1)
        if action:
            await self.write(f"/v1/actions/{action['id']}/proofs", {"factor": "totp", "answer": "000000"})
            await self.write(f"/v1/actions/{action['id']}/cancel")

    async def brake(self, person: Person) -> None:
        """Freeze while a payment is made; officers lift another time."""
        if person.frozen:
            person.frozen = not await self.write(f"/v1/accounts/{person.name}/unfreeze", officers=True)
            return
        person.frozen = True
        await asyncio.gather(self.pay(person), self.write(f"/v1/accounts/{person.name}/freeze", {}))

    async def suspect(self, person: Person) -> None:
        """A signal, and a look at the account and its timeline."""
        body = {"capability": "sms_intercept", "until": self.now + HOUR, "evidence": "a report"}
        await self.write(f"/v1/accounts/{person.name}/suspicions", body)
        await self.get(f"/v1/accounts/{person.name}")
        await self.get(f"/v1/accounts/{person.name}/timeline?limit=50")

    async def any(self) -> None:
        """One random journey of a random person."""
        ledger, chance = self.ledger, self.chance
        person = chance.choice(ledger.people) if ledger.people else await self.register()
        journeys = (
            self.pay,
            self.pay_later,
            self.collect,
            self.one_code_twice,
            self.wrong,
            self.brake,
            self.suspect,
        )
        await chance.choices(journeys, weights=(6, 2, 2, 2, 2, 1, 1))[0](person)


def plain(response: httpx2.Response) -> Any:
    """An answer without what names the request itself."""
    found = response.json()
    if isinstance(found, dict):
        found.pop("instance", None)
    return found
