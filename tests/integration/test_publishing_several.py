# SPDX-License-Identifier: Apache-2.0
"""Two processes on one PostgreSQL: published at one, the other decides by it in the very next transaction."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import msgspec

from counterseal.access.model import Scope
from counterseal.gateways.packs import packs_directory
from counterseal.publishing.model import Verdict
from counterseal.publishing.service import Publish
from counterseal.wiring.application import Application
from tests.support.postgres import new_database
from tests.support.server import settings_in
from tests.support.server_process import ServerProcess


def test_published_at_one_the_other_decides_by_it(tmp_path: Path) -> None:
    """The other process has loaded the old policy, and is asked at once."""
    url = new_database()
    given = {"policy": "okx-2024", "database_url": url, "clock": "real"}
    settings = settings_in(tmp_path, **given)

    async def run() -> None:
        application = Application(settings)
        app = await application.build()
        names = ("database", "master_key_file", "root_key_file", "outbox_folder")
        server = ServerProcess(tmp_path, {**given, **{name: getattr(settings, name) for name in names}})
        async with app.router.lifespan_context(app):
            await asyncio.to_thread(server.start)
            try:
                await _publish_and_ask(application, server.url)
            finally:
                await asyncio.to_thread(server.stop)

    asyncio.run(run())


async def _publish_and_ask(application: Application, url: str) -> None:
    made = await application.access.create_token(
        name="test", platform="exchange", by="test", scopes=[Scope.ACCOUNTS_WRITE, Scope.ACTIONS_WRITE]
    )
    headers = {"Authorization": f"Bearer {made.secret}"}
    versions = application.publishing.versions
    before = await versions.in_force()

    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as other:

        async def asked(key: str) -> str:
            body = {"action": "login", "objects": {"session": f"s-{key}"}}
            answer = await other.post("/v1/accounts/u-1/actions", json=body, headers={"Idempotency-Key": key})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["decision"]["policy"])

        factors = [{"factor": "email", "contact": "u1@example.test"}, {"factor": "password"}]
        there = await other.post(
            "/v1/accounts", json={"account": "u-1", "factors": factors}, headers={"Idempotency-Key": "r"}
        )
        assert there.status_code in {200, 201}, there.text
        assert await asked("one") == before
        text = (packs_directory() / "okx-2024.yaml").read_text("utf-8").replace("200000/24h", "100000/24h")
        version = (await versions.upload(text, None, "", "staff:st_editor")).result.version
        verdict = await _examined(application, version)
        signed = Publish(verdict.digest, verdict.against, verdict.is_weaker, verdict.failing)
        await versions.publish(version, signed, ("st_one", "st_two"))
        assert await asked("two") == f"sha256:{version}"


async def _examined(application: Application, version: str) -> Verdict:
    """The verdict is not what is tested here, and is made without its search."""

    async def at_once(*_versions: object) -> Verdict:
        return Verdict("", 0, ())

    versions = application.publishing.versions
    versions._parts = msgspec.structs.replace(versions._parts, examine=at_once)
    return await versions.examine(version)
