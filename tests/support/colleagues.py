# SPDX-License-Identifier: Apache-2.0
"""Members of staff of a server that listens: they sign with passkeys what clients and commands then carry out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx2

from tests.support.live_server import LiveServer
from tests.support.server import Live
from tests.support.staff import ORIGIN, Person

BASE_URL = ORIGIN
"""The `base_url` that the server must be given: passkeys answer under this name only."""


class Colleagues:
    """The staff of `server`. They speak to it over HTTP, on a loop of their own."""

    def __init__(self, server: LiveServer, runner: asyncio.Runner) -> None:
        self.server, self._runner = server, runner
        self.people: dict[str, Person] = {}

    def join(self, name: str, *roles: str) -> Person:
        """Somebody with these roles, invited by an administrator's token, signed in."""
        body = {"name": name, "email": f"{name}@example.test", "roles": roles, "first": False, "account": None}
        headers = {"Authorization": f"Bearer {self.server.token}", "Idempotency-Key": secrets.token_hex(8)}
        answer = httpx2.post(f"{self.server.url}/v1/staff/invitations", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        person = Person(cast("Live", None), name, httpx2.AsyncClient(base_url=self.server.url))
        self._runner.run(self._enter(person, answer.json()["link"]))
        self.people[name] = person
        return person

    def approved(self, operation: str, body: Any, *by: str) -> str:
        """The id of an approval that two of them signed; `by`: their names, none = the first two."""
        return self._runner.run(self._approved(operation, body, by))

    def propose(self, operation: str, body: Any) -> str:
        """The id of an approval that nobody signed yet."""
        one = next(iter(self.people.values()))
        return str(self._runner.run(one.propose(operation, body))["id"])

    def token(self, name: str, *scopes: str, officer: str | None = None) -> str:
        """A token with these scopes."""
        body = {"name": name, "platform": "exchange", "scopes": scopes, "officer": officer}
        headers = {"Authorization": f"Bearer {self.server.token}", "Idempotency-Key": secrets.token_hex(8)}
        answer = httpx2.post(f"{self.server.url}/v1/tokens", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def _enter(self, person: Person, link: str) -> None:
        await person.enrol(link)
        await person.sign_in()

    async def _approved(self, operation: str, body: Any, by: tuple[str, ...]) -> str:
        one, two = (self.people[name] for name in by or list(self.people)[:2])
        made = await one.propose(operation, body)
        await one.sign(made["id"])
        assert (await two.sign(made["id"]))["status"] == "approved"
        return str(made["id"])

    async def _leave(self) -> None:
        for person in self.people.values():
            await person.client.aclose()


@contextmanager
def colleagues(server: LiveServer) -> Iterator[Colleagues]:
    """Nobody yet; whoever joins leaves at the end."""
    with asyncio.Runner() as runner:
        found = Colleagues(server, runner)
        try:
            yield found
        finally:
            runner.run(found._leave())
