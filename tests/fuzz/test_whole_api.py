# SPDX-License-Identifier: Apache-2.0
"""Schemathesis makes requests from our own document, sound and broken ones, against the whole server.

`COUNTERSEAL_TEST_FUZZ_EXAMPLES` says how many for each operation; `make fuzz` sets 60.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from counterseal.access.model import Scope
from counterseal.wiring.application import Application
from tests.support.server import DAY, Live, Owner, settings_in

EXAMPLES = int(os.environ.get("COUNTERSEAL_TEST_FUZZ_EXAMPLES", "6"))
TOO_LARGE = 413
PARTS = 4
PAGES = ("/freeze/", "/cancel/", "/step/", "/disclosure/", "/portal")  # answer people, in HTML
SCOPES = [scope for scope in Scope if scope is not Scope.CLOCK_WRITE]


class Server:
    """The application, what exists in it, and the tokens of two officers."""

    def __init__(self, folder: Path) -> None:
        self.application = Application(settings_in(folder, test_scopes=True))
        self.known: dict[str, list[str]] = {}
        self.headers: dict[str, str] = {}

    async def prepare(self) -> Any:
        """Build it, and make an account with an open action and a seal, so that not all is 404."""
        app = await self.application.build()
        tokens = {}
        for officer in ("ines", "omar"):
            made = await self.application.access.create_token(
                name="fuzz", platform="exchange", scopes=SCOPES, lifetime=366 * DAY, officer=officer, by="test"
            )
            assert made.secret is not None
            tokens[officer] = made.secret
        self.headers = {"Authorization": f"Bearer {tokens['ines']}", "Second-Officer": tokens["omar"]}
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://counterseal.test") as client:
            live = Live(self.application, app, client, {"platform": tokens["ines"]}, None)  # type: ignore[arg-type]
            person = Owner(live, "u-1001", "+85251230001", "u1@example.test")
            await person.register(settled=True)
            asked = [await person.ask("withdraw_small", amount="1"), await person.ask("login")]
            released = await person.ask("add_address", address={"chain": "eth", "address": "0x" + "1" * 40})
            proved = await person.prove(asked[0], "totp")
            self.known = {
                "account": ["u-1001"],
                "action": [item["id"] for item in (*asked, released, proved)],
            }
        return app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.application.console.proofs.stop()
    found.application.store.close()


@pytest.fixture(scope="module")
def operations(server: Server) -> list[Any]:
    """The operations of the document, but the one that moves the clock (it would end every token)."""
    app = asyncio.run(server.prepare())

    async def one_life(scope: Any, receive: Any, send: Any) -> None:
        """Schemathesis opens and closes an application around each request; this one stays open."""
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})

    schema = schemathesis.openapi.from_asgi("/openapi.json", one_life).exclude(path="/v1/clock", method="POST")
    schema = schema.exclude(path="/v1/decisions/stream")  # has no end; test_console_stream.py refuses broken ones
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.name)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_answer_keeps_to_the_document(
    part: int, mode: GenerationMode, server: Server, operations: list[Any]
) -> None:
    """No 500, no 503, and every reply as the document says, for sound and for broken requests."""
    assert len(operations) > 40
    for operation in operations[part::PARTS]:
        _fuzz(operation, mode, server)


def _fuzz(operation: Any, mode: GenerationMode, server: Server) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        given = server.headers
        if mode is GenerationMode.POSITIVE:
            _use_known(case, server)
        else:  # what was broken stays broken: a real token comes only in the place of a made-up one
            given = {name: value for name, value in given.items() if name in (case.headers or {})}
        # What is right by the document may still be wrong by the policy; and the token below is real.
        response = case.call(headers=given)
        unasked = [positive_data_acceptance, ignored_auth]
        if response.status_code == TOO_LARGE:  # a refusal, too, which the check does not know
            unasked.append(negative_data_rejection)
        if "Purpose" in (case.headers or {}):  # staff's alone: nobody reads it of a token
            unasked.append(negative_data_rejection)
        case.validate_response(response, excluded_checks=unasked)
        assert response.status_code < 500
        if response.status_code >= 400 and not case.path.startswith(PAGES):
            assert response.headers["content-type"][0] == "application/problem+json"
            assert response.json()["code"]

    try:
        run()
    except Unsatisfiable:  # nothing about this operation can be broken
        assert mode is GenerationMode.NEGATIVE


def _use_known(case: Any, server: Server) -> None:
    """Half of the requests about an account or action are about one that exists; never an erasure."""
    parameters = case.path_parameters or {}
    # A made-up session or approval beside the real tokens is one refusal, and hides all that lies behind it.
    if case.cookies:
        case.cookies.clear()
    if case.headers:
        case.headers.pop("Approval", None)
    if case.path.endswith("/erase"):
        return
    for name, ids in server.known.items():
        if name in parameters and len(str(parameters[name])) % 2:
            parameters[name] = ids[len(str(parameters[name])) // 2 % len(ids)]
