# SPDX-License-Identifier: Apache-2.0
"""Schemathesis makes requests of people who are signed in: what staff's routes take and answer is as documented."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from counterseal.wiring.application import Application
from tests.support.server import Live, settings_in
from tests.support.staff import ORIGIN, Person, Team, browser

EXAMPLES = int(os.environ.get("COUNTERSEAL_TEST_FUZZ_EXAMPLES", "6"))
UNAUTHENTICATED = 401
ENDS = ("/v1/staff/sessions/revoke", "/v1/staff/session")  # would sign everybody out


class Desk:
    """A server with an administrator and a fraud analyst signed in, and something to approve."""

    def __init__(self, folder: Path) -> None:
        self.application = Application(settings_in(folder))
        self.cookies: list[str] = []
        self.known: dict[str, list[str]] = {}

    async def prepare(self) -> Any:
        """Build it."""
        app = await self.application.build()
        live = Live(self.application, app, browser(Live(self.application, app, None, {}, None)), {}, None)  # type: ignore[arg-type]
        team = Team(live)
        ada, ines = await team.first(), await team.join("ines", "fraud")
        made = [await ines.propose(f"POST /v1/accounts/u-{number}/unfreeze") for number in range(3)]
        await ines.sign(made[1]["id"])
        gone = await team.join("gone", "viewer")  # whom requests may disable
        self.known = {"approval": [each["id"] for each in made], "staff": [gone.id]}
        self.cookies = [_cookie(ada), _cookie(ines)]
        return app


def _cookie(person: Person) -> str:
    return str(person.client.cookies["counterseal_staff"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    found = Desk(tmp_path_factory.mktemp("desk"))
    yield found
    found.application.store.close()


def test_signed_in_people_get_what_the_document_says(desk: Desk) -> None:
    """No 500, and every reply as documented, for requests that fit the document and people who are there."""
    app = asyncio.run(desk.prepare())

    async def one_life(scope: Any, receive: Any, send: Any) -> None:
        """Schemathesis opens and closes an application around each request; this one stays open."""
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
        else:
            await app(scope, receive, send)

    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = one_life
    found = [each.ok() for each in schema.get_all_operations()]
    chosen = [each for each in found if {"staff", "approvals"} & set(each.tags or ()) and each.path not in ENDS]
    assert len(chosen) > 12
    for operation in chosen:
        _fuzz(operation, desk)


def _fuzz(operation: Any, desk: Desk) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def run(case: Any) -> None:
        parameters, size = case.path_parameters or {}, len(str(case.path_parameters)) + len(str(case.body))
        for name, ids in desk.known.items():
            if name in parameters and size % 2:
                parameters[name] = ids[size // 2 % len(ids)]
        headers = {"Origin": ORIGIN, "X-Counterseal": "console", "Purpose": "a test"}
        for gone in ("Authorization", "Approval"):
            (case.headers or {}).pop(gone, None)
        if case.cookies:
            case.cookies.clear()
        response = case.call(headers=headers, cookies={"counterseal_staff": desk.cookies[size % 2]})
        case.validate_response(response, excluded_checks=[positive_data_acceptance, ignored_auth])
        assert response.status_code < 500
        if operation.definition.raw.get("security"):
            assert response.status_code != UNAUTHENTICATED, response.text  # the session is real

    run()
