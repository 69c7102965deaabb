# SPDX-License-Identifier: Apache-2.0
"""A whole Counterseal: the real `Application` on a SQLite file and a simulated clock, spoken to in process."""

from __future__ import annotations

import asyncio
import base64
import functools
import inspect
import os
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from counterseal.access.model import Scope
from counterseal.factors import totp
from counterseal.gateways.keyring import SigningKey, new_signing_key
from counterseal.sdk import jws
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE
from counterseal.settings import Settings
from counterseal.wiring.application import Application
from tests.support.postgres import database_of

START = 1_717_891_200_000  # 9 June 2024
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PLATFORM = "exchange"
ADDRESS = "0x" + "ab" * 20
OTHER_ADDRESS = "0x" + "cd" * 20
FACTORS = ("sms", "email", "totp", "password")
OFFICERS = ("ines", "omar")
PLATFORM_SCOPES = [scope for scope in Scope if scope not in {Scope.STAFF_OFFICER, Scope.TEST_ATTEST}]
_CODE = re.compile(r"^([0-9]{3} [0-9]{3})$", re.MULTILINE)
_LINK = re.compile(r"https?://\S+/(freeze|cancel)/([A-Za-z0-9_-]+)")


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings of a server whose files all lie in `folder`."""
    given = {
        "database": folder / "counterseal.db",
        "master_key_file": folder / "master.key",
        "root_key_file": folder / "root.key",
        "outbox_folder": folder / "outbox",
        "policy": "hardened",
        "clock": "simulated",
        "simulated_start_ms": START,
        "access_log": "off",
    } | changes
    if os.environ.get("COUNTERSEAL_TEST_STORE") == "postgres":
        given.setdefault("database_url", database_of(str(folder)))
    if given["clock"] == "real":
        given.pop("simulated_start_ms", None)
    return Settings(**given)


@dataclass
class Live:
    """A running server with a client, tokens by name, and the key of the platform's auth service."""

    application: Application
    app: Any
    client: httpx2.AsyncClient
    tokens: dict[str, str]
    auth: SigningKey
    owners: int = 0

    @property
    def now(self) -> int:
        """The server's time (ms)."""
        return self.application.clock.now()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "platform",
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Any request. `token` is a name of `tokens`, None for no token; `key` defaults to a fresh one."""
        sent = {"Idempotency-Key": key or secrets.token_hex(12)} if method not in {"GET", "HEAD"} else {}
        if token is not None:
            sent["Authorization"] = f"Bearer {self.tokens[token]}"
        if body is not None:
            options["json"] = body
        return await self.client.request(method, path, headers=sent | dict(headers or {}), **options)

    async def get(self, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of a read, whose status must be `status`."""
        return _body(await self.call("GET", path, **options), status)

    async def post(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """The JSON of a write, whose status must be `status`."""
        return _body(await self.call("POST", path, body, **options), status)

    async def officers(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """A write by two officers."""
        second = {"Second-Officer": self.tokens[OFFICERS[1]]}
        return await self.post(path, body, status, token=OFFICERS[0], headers=second, **options)

    async def advance(self, duration: int) -> None:
        """Move the clock on; what becomes due is worked off."""
        await self.post("/v1/clock", {"advance": duration})

    async def settle(self) -> None:
        """Deliver what is in the outbox."""
        await self.advance(0)

    async def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """What was sent, newest first."""
        await self.settle()
        found: list[dict[str, Any]] = (await self.get("/v1/outbox?limit=500"))["messages"]
        return [item for item in found if channel in (None, item["channel"])]

    async def links(self, purpose: str, channel: str = "email", to: str = "") -> list[str]:
        """Tokens of one-button pages that were sent, newest message first."""
        found = []
        for message in await self.messages(channel):
            if not to or message["to"] == to:
                found += [link for kind, link in _LINK.findall(message["text"]) if kind == purpose]
        return found

    def attestation(self, account: str, action: Mapping[str, Any] | str, method: str, /, **changes: Any) -> str:
        """What the platform's auth service states about a proof that it verified itself."""
        identity = action if isinstance(action, str) else action["id"]
        claims = {
            "iss": PLATFORM,
            "aud": ATTESTATION_AUDIENCE,
            "sub": account,
            "sid": "s1",
            "act": identity,
            "method": method,
            "iat": self.now // 1000,
            "jti": secrets.token_hex(12),
        } | changes
        key = self.auth
        return jws.sign(msgspec.json.encode(claims), typ=ATTESTATION_TYPE, kid=key.kid, signer=key.sign)

    async def owner(self, *, settled: bool = True, **changes: Any) -> Owner:
        """A new account with sms, email, totp and password; `settled`: with a session, and an old device and
        address."""
        self.owners += 1
        person = Owner(self, f"u-{self.owners}", f"+8525123{self.owners:04d}", f"u{self.owners}@example.test")
        await person.register(settled=settled, **changes)
        return person


@dataclass
class Owner:
    """An account owner at the platform's own pages."""

    live: Live
    account: str
    phone: str
    mail: str
    seed: totp.TotpSeed = field(default_factory=lambda: totp.new_seed(secrets.token_bytes))
    session: str = "s1"
    device: str = "d1"
    used_step: int = -1

    async def register(
        self, *, settled: bool, factors: tuple[str, ...] = ("sms", "email", "totp", "password")
    ) -> Any:
        """Create the account at the server."""
        secret = base64.b32encode(self.seed.secret).decode()
        known = {
            "sms": {"factor": "sms", "contact": self.phone},
            "email": {"factor": "email", "contact": self.mail},
            "totp": {"factor": "totp", "secret": secret},
        }
        old = self.live.now - 30 * DAY
        where = {"chain": "eth", "address": ADDRESS, "memo": ""}
        objects = [
            {"kind": "session", "id": self.session, "facts": ["session"]},
            {"kind": "device", "id": self.device, "facts": ["device"], "since": old},
            {"kind": "address", "address": where, "facts": ["address"], "since": old},
        ]
        body = {
            "account": self.account,
            "phrase": "blue heron",
            "factors": [known.get(name, {"factor": name}) for name in factors],
            "objects": objects if settled else [],
        }
        return await self.live.post("/v1/accounts", body, 201)

    def request(self, action: str, *, amount: str | None = None, **changes: Any) -> dict[str, Any]:
        """The body of an ask; with an amount it is an outflow to the old address."""
        body: dict[str, Any] = {"action": action, "objects": {"session": self.session, "device": self.device}}
        if amount is not None:
            body["payment"] = {
                "asset": "USD",
                "amount": amount,
                "chain": "eth",
                "destination": ADDRESS,
                "audience": "hot-wallet",
            }
        return body | changes

    async def ask(self, action: str, status: int = 200, *, amount: str | None = None, **changes: Any) -> Any:
        """Ask for an action."""
        options = {name: changes.pop(name) for name in ("key", "token") if name in changes}
        body = self.request(action, amount=amount, **changes)
        return await self.live.post(f"/v1/accounts/{self.account}/actions", body, status, **options)

    async def prove(
        self, action: Any, factor: str, status: int = 200, answer: str | None = None, **more: Any
    ) -> Any:
        """Answer an action with one factor; codes are asked for and read from the outbox."""
        options = {name: more.pop(name) for name in ("key", "token") if name in more}
        if answer is None and factor in {"sms", "email"}:
            more["challenge"], answer = await self.code(action, factor)
        elif answer is None and factor == "totp":
            answer = self.totp()
        elif answer is None:
            answer = self.attested(action, factor)
        body = {"factor": factor, "answer": answer, **more}
        return await self.live.post(f"/v1/actions/{action['id']}/proofs", body, status, **options)

    def attested(self, action: Any, method: str, /, **changes: Any) -> str:
        """The platform's attestation for this owner's session."""
        return self.live.attestation(self.account, action, method, **{"sid": self.session} | changes)

    async def code(self, action: Any, factor: str) -> tuple[str, str]:
        """Ask for a code: the challenge's id and the code that arrived."""
        live = self.live
        to = {"sms": self.phone, "email": self.mail}[factor]
        before = {message["id"] for message in await live.messages(factor)}
        sent = await live.post(f"/v1/actions/{action['id']}/challenges", {"factor": factor})
        for message in await live.messages(factor):
            found = _CODE.findall(message["text"])
            if message["id"] not in before and message["to"] == to and found:
                return sent["challenge"]["id"], found[0]
        raise AssertionError(f"no code came by {factor}")

    def totp(self) -> str:
        """A fresh code of the authenticator app; the clock moves on where this step was used."""
        clock = self.live.application.clock
        if totp.step_at(clock.now()) <= self.used_step:
            clock.set((self.used_step + 1) * totp.STEP)
        self.used_step = totp.step_at(clock.now())
        return totp.code_at(self.seed, self.used_step)

    async def done(self, action: str, *factors: str, **changes: Any) -> Any:
        """Ask and prove until it is through; the last reply."""
        found = await self.ask(action, **changes)
        for factor in factors:
            found = await self.prove(found, factor)
        return found

    async def sealed(self, amount: str = "100", action: str = "withdraw_small") -> Any:
        """A withdrawal up to its seal."""
        found = await self.done(action, "totp", "email", amount=amount)
        assert found["status"] == "sealed", found
        return found

    async def redeem(self, action: Any, status: int = 200, **options: Any) -> Any:
        """What the signer does with a seal."""
        return await self.live.post(f"/v1/seals/{action['seal']['id']}/redeem", None, status, **options)

    async def staff_view(self, action: Any) -> Any:
        """The staff's view of an action."""
        return await self.live.get(f"/v1/actions/{action['id']}?view=staff")


def _body(response: httpx2.Response, status: int) -> Any:
    assert response.status_code == status, f"{response.request.method} {response.request.url}: {response.text}"
    return response.json()


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that this is a problem (RFC 9457) with this code, and return it."""
    found = any_problem(response)
    assert (response.status_code, found["code"]) == (status, code), response.text
    return found


def any_problem(response: httpx2.Response) -> dict[str, Any]:
    """Assert that this is a well-formed problem, never a 500, and return it."""
    assert 400 <= response.status_code < 600, response.text
    assert response.status_code != 500, response.text
    assert response.headers["content-type"] == "application/problem+json", response.text
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert re.fullmatch(r"[a-z0-9_]+", body["code"])
    assert body["type"].endswith(body["code"])
    assert body["detail"]
    return body


def codes(responses: list[httpx2.Response]) -> list[str]:
    """`ok` or the code of the problem, for each response."""
    return ["ok" if r.is_success else any_problem(r)["code"] for r in responses]


def reasons(action: Any) -> set[str]:
    """The codes of the reasons that an action's decision gives."""
    return {reason["code"] for reason in action["decision"]["reasons"]}


@asynccontextmanager
async def serving(
    folder: Path, *, clock: Any = None, clock_kind: str = "simulated", **changes: Any
) -> AsyncIterator[Live]:
    """Open the server of this folder with all its workers; entering it again is a restart.

    `clock` replaces the clock of the application (a SystemClock over a time that the test sets).
    """
    application = Application(settings_in(folder, clock=clock_kind, **changes))
    if clock is not None:
        application.clock = application.access._clock = clock
        application.compare_clocks = _alone  # type: ignore[method-assign] # a clock of 2024 is no database's
    app = await application.build()
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://counterseal.test") as client:
            live = Live(application, app, client, await _tokens(application), await _auth_key(application))
            yield live


async def _alone() -> int:
    return 0


async def _tokens(application: Application) -> dict[str, str]:
    async def make(scopes: list[Scope], officer: str | None = None) -> str:
        given = {"name": "test", "platform": PLATFORM, "lifetime": 366 * DAY, "by": "test"}
        made = await application.access.create_token(scopes=scopes, officer=officer, **given)
        assert made.secret is not None
        return made.secret

    allowed = [s for s in PLATFORM_SCOPES if s is not Scope.CLOCK_WRITE or application.clock.simulated]
    names = {"platform": await make(allowed), "signer": await make([Scope.SEALS_REDEEM])}
    for officer in OFFICERS:
        names[officer] = await make([Scope.STAFF_OFFICER], officer)
    return names


async def _auth_key(application: Application) -> SigningKey:
    key = new_signing_key("seal", secrets.token_bytes)
    public = {name: value for name, value in key.public_jwk().items() if name in {"kty", "crv", "x"}}
    await application.access.register_key(jwk=public, platform=PLATFORM, key_id=key.kid, by="test")
    return key


def served(**settings: Any) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Decorator: run an async test against a fresh server, given as its first argument.

    Any other argument is a fixture or a parameter of pytest, as usual.
    """

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(tmp_path: Path, **given: Any) -> None:
            async def inside() -> None:
                async with serving(tmp_path, **settings) as live:
                    await test(live, **given)

            asyncio.run(inside())

        others = list(inspect.signature(test).parameters.values())[1:]
        first = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([first, *others])  # type: ignore[attr-defined] # pytest reads it
        return run

    return decorate
