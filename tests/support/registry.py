# SPDX-License-Identifier: Apache-2.0
"""A server with legal staff who keep the registry of authorities."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from counterseal.core.transaction import Commit, Loaded
from counterseal.judicial.registry.near import Seen, change_of, near_of
from counterseal.judicial.registry.service import Registry
from counterseal.judicial.registry.stored import Done
from tests.support.server import START, Live, served
from tests.support.staff import Person, Team

COURT = "nm-district-court"


@dataclass
class House:
    """Three people with the role legal; `other` are two of whom one did not enter anything."""

    live: Live
    ines: Person
    omar: Person
    vera: Person

    @property
    def registry(self) -> Registry:
        """The area's service."""
        found: Registry = self.live.app.state.services.areas[Registry]
        return found

    async def noted(self, authority: str, seen: Seen) -> None:
        """A request of this authority ("" = nobody known), as its own commit notes it."""

        def function(loaded: Loaded) -> Commit[Done]:
            return Commit(Done(authority), (change_of(loaded, authority, seen),))

        await self.live.application.store.transact([near_of(authority)], function, now=self.live.now)

    @property
    def other(self) -> tuple[Person, Person]:
        """Two, of whom one did not sign with `signed`."""
        return self.omar, self.vera

    async def proposed(self, path: str, body: Any, one: Person | None = None, two: Person | None = None) -> str:
        """The id of an approval that both have signed."""
        one, two = one or self.ines, two or self.omar
        made = await one.propose(f"POST {path}", body)
        await one.sign(made["id"])
        await two.sign(made["id"])
        return str(made["id"])

    async def used(self, approval: str, path: str, body: Any, key: str | None = None) -> httpx2.Response:
        """The request itself, under an approval."""
        return await self.ines.call("POST", path, body, headers={"Approval": approval}, key=key)

    async def try_signed(self, path: str, body: Any, *by: Person) -> httpx2.Response:
        """Whatever comes of it."""
        return await self.used(await self.proposed(path, body, *by), path, body)

    async def signed(
        self, path: str, body: Any, status: int = 200, *, by: tuple[Person, Person] | None = None
    ) -> Any:
        """The reply to a change that two people signed."""
        answer = await self.try_signed(path, body, *(by or (self.ines, self.omar)))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def court(self, *more: Any, **options: Any) -> None:
        """An authority: the usual court with a number, or another one with this contact alone."""
        await enter(self, *more, **options)

    async def read(self, received: int | None = None, authority: str = COURT) -> Any:
        """The authority, as it counts for a request received then."""
        asked = "" if received is None else f"?received={received}"
        return await self.ines.get(f"/v1/desk/authorities/{authority}{asked}")

    async def only(self) -> str:
        """The id of the court's first contact."""
        return str((await self.read())["contacts"][0]["id"])

    async def advance(self, duration: int) -> None:
        """Move the clock on (ms); sessions end meanwhile, so everybody signs in again."""
        await self.live.advance(duration)
        for person in (self.ines, self.omar, self.vera):
            await person.sign_in()


async def enter(
    house: House, contact_: Any = None, authority: str = COURT, country: str = "nm", role: str = "court"
) -> None:
    """An authority signed for by Ines and Omar."""
    usual = [contact("+1 202 555 0179")] if authority == COURT else []
    contacts = [*usual, *([] if contact_ is None else [contact_])]
    body = {"id": authority, "details": {**details(role), "country": country}, "contacts": contacts}
    await house.signed("/v1/desk/authorities", body, 201)


def details(role: str = "court") -> dict[str, Any]:
    """Of the usual court."""
    return {"name": "District Court of Northmark", "country": "nm", "role": role}


def contact(value: str, kind: str = "phone", *uses: str) -> dict[str, Any]:
    """A contact found in the public directory."""
    found = {"where": "https://directory.example/courts", "at": START}
    return {"kind": kind, "value": value, "uses": list(uses or ("call_back",)), "source": found}


def source(house: House, where: str = "https://directory.example/courts", at: int | None = None) -> dict[str, Any]:
    """A look at a source now."""
    return {"where": where, "at": house.live.now if at is None else at}


def housed(test: Callable[[House], Awaitable[None]], **settings: Any) -> Callable[[Path], None]:
    """Decorator: run an async test with three members of legal staff at a fresh server."""

    @functools.wraps(test)
    async def inside(live: Live) -> None:
        team = Team(live)
        house = House(live, *[await team.join(name, "legal") for name in ("ines", "omar", "vera")])
        await test(house)

    del inside.__wrapped__  # type: ignore[attr-defined] # pytest asks for the server alone
    return served(**settings)(inside)
