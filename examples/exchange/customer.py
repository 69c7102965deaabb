# SPDX-License-Identifier: Apache-2.0
"""A customer with a browser, an authenticator app and a mailbox, for the demonstration and the tests."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx2
import pyotp

Codes = Callable[[str, str], Awaitable[str]]
"""(channel, contact) -> the newest code that arrived there."""
_CODE = re.compile(r"^\d[\d ]{4,11}$", re.MULTILINE)
STEP = 30_000  # ms of one TOTP code


def code_in(text: str) -> str | None:
    """The code of a message: the one line of it that holds nothing but digits."""
    match = _CODE.search(text)
    return match[0].replace(" ", "") if match else None


class Clock:
    """The customer's watch. `next_step` waits for the authenticator's next code: no code is taken twice."""

    async def now(self) -> int:
        """The time, in ms since the epoch."""
        raise NotImplementedError

    async def next_step(self, after: int) -> int:
        """Wait until the TOTP step behind `after` (ms) and return the time."""
        raise NotImplementedError


class Browser:
    """Signs in, orders, and proves what it is asked for, through the web part's public API."""

    def __init__(self, web: httpx2.AsyncClient, clock: Clock, codes: Codes, name: str, password: str) -> None:
        self.name, self.password = name, password
        self.email = f"{name}@example.test"
        self.device, self.token, self.seed = "", "", ""
        self._web, self._clock, self._codes = web, clock, codes
        self._used = -STEP

    async def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx2.Response:
        """One request, signed in if we are. `key`: repeat an earlier one."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return await self._web.request(method, path, json=body, headers=headers)

    async def sign_in(self) -> dict[str, Any]:
        """Log in from this browser; the device secret of the last time goes along."""
        self.token = ""
        body = {"account": self.name, "password": self.password, "device": self.device}
        said: dict[str, Any] = (await self.call("POST", "/login", body)).json()
        if "token" not in said:
            return said
        self.token, self.device = said["token"], said["device"]
        return await self.prove(said) if said["state"] == "challenge" else said

    async def order(self, path: str, body: Any = None, key: str = "", *, prove: bool = True) -> dict[str, Any]:
        """Order something sensitive and prove what is asked for."""
        said: dict[str, Any] = (await self.call("POST", path, body, key)).json()
        return await self.prove(said) if prove and said.get("prove") else said

    async def look(self, order: str) -> dict[str, Any]:
        """How an order stands; it goes on if it can."""
        said: dict[str, Any] = (await self.call("GET", f"/orders/{order}")).json()
        return said

    async def prove(self, said: dict[str, Any]) -> dict[str, Any]:
        """Answer until nothing more is asked for, or until we have nothing to answer with."""
        given: set[str] = set()
        while said.get("prove") and (factor := self._choose(said["prove"], given)):
            given.add(factor)
            path = f"/orders/{said['order']}"
            response = await self.call(
                "POST", f"{path}/proofs", {"factor": factor, "answer": await self._answer(path, factor)}
            )
            said = response.json()
        return said

    def _choose(self, sets: Iterable[list[str]], given: set[str]) -> str | None:
        ours = ("totp", "email", "password")
        able = sorted((names for names in sets if all(name in ours for name in names)), key=len)
        wanted = [name for names in able for name in ours if name in names and name not in given]
        return wanted[0] if wanted else None

    async def _answer(self, path: str, factor: str) -> str:
        if factor == "password":
            return self.password
        if factor == "totp":
            now = await self._clock.next_step(self._used)
            self._used = now
            return pyotp.TOTP(self.seed).at(now // 1000)
        await self.call("POST", f"{path}/challenges", {"factor": factor})
        return await self._codes(factor, self.email)
