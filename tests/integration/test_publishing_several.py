# SPDX-License-Identifier: Apache-2.0
"""Two processes on one PostgreSQL: published at one by two people with passkeys, on a verdict of the real prover.
The other decides by it in its very next transaction, seals of the old version included."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.support.postgres import new_database
from tests.support.publishing import PACK, House, one_profile
from tests.support.server import Live, Owner, problem, serving
from tests.support.server_process import ServerProcess

SHARED = ("database", "master_key_file", "root_key_file", "outbox_folder")
GIFT = "require: session and (fundpw or second)\n    limit: 10000/24h"
NEXT = PACK.replace(GIFT, "require: session and fundpw and second\n    limit: 10000/24h")
WITHOUT = NEXT[: NEXT.index("  gift:\n")] + "  gift: not_offered\n" + NEXT[NEXT.index("  p2p_release:") :]


class Other:
    """The other process, spoken to over its socket with the tokens of the first."""

    def __init__(self, live: Live, client: httpx2.AsyncClient) -> None:
        self._live, self._client = live, client

    async def post(self, path: str, body: Any = None, token: str = "platform") -> httpx2.Response:
        """A write, with a key of its own."""
        key = secrets.token_hex(8)
        headers = {"Authorization": f"Bearer {self._live.tokens[token]}", "Idempotency-Key": key}
        return await self._client.post(path, json=body, headers=headers)

    async def asked(self, owner: Owner) -> str:
        """The policy that decides an ask there."""
        answer = await self.post(f"/v1/accounts/{owner.account}/actions", owner.request("login"))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["decision"]["policy"])

    async def redeemed(self, action: Any) -> httpx2.Response:
        """What its signer gets for a seal."""
        return await self.post(f"/v1/seals/{action['seal']['id']}/redeem", None, "signer")


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[House, Other, ServerProcess]]:
    """One server in this process, staffed, and one of its own on the same database."""
    vocabulary = one_profile(folder)
    given = {"policy": "okx-2024", "vocabulary": vocabulary, "database_url": new_database()}
    async with serving(folder, clock_kind="real", **given) as live:
        settings = live.application.settings
        shared = {name: getattr(settings, name) for name in SHARED}
        server = ServerProcess(folder, {**given, "clock": "real", **shared})
        await asyncio.to_thread(server.start)
        try:
            async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
                house = await House(live, vocabulary.read_text("utf-8")).staffed()
                yield house, Other(live, client), server
        finally:
            await asyncio.to_thread(server.stop)


async def sealed(live: Live, outflow: str) -> tuple[Owner, Any]:
    """A new owner with the seal of an outflow that his second password alone gets."""
    owner = await live.owner(factors=("sms", "email", "totp", "password", "fundpw"))
    paid = {"asset": "USD", "amount": "100", "destination": "u-friend", "audience": "ledger"}
    done = await owner.done(outflow, "fundpw", payment=paid)
    assert done["status"] == "sealed", done
    return owner, done


def test_published_at_one_the_other_decides_by_it(tmp_path: Path) -> None:
    """The other has loaded the old policy, and is asked at once. A seal of the old version is decided again by the
    new one: what it still allows is paid, what it refuses is void, and nothing else about the seal has changed."""

    async def run() -> None:
        async with two(tmp_path) as (house, other, _):
            live = house.live
            anybody = await live.owner()
            before = await live.application.publishing.versions.in_force()
            assert await other.asked(anybody) == before
            version = (await house.draft(NEXT))["version"]
            await house.examined(version)
            _, still = await sealed(live, "p2p_release")
            stricter_for, stricter = await sealed(live, "gift")
            frozen_for, frozen = await sealed(live, "p2p_release")
            assert (await house.published(version)).status_code == 200
            assert await other.asked(anybody) == f"sha256:{version}" != before

            paid = await other.redeemed(still)
            assert paid.status_code == 200, paid.text
            assert paid.json()["action"]["decision"]["policy"] == f"sha256:{version}"
            void = problem(await other.redeemed(stricter), 409, "redemption_refused")
            assert "proof_missing" in void["detail"]
            problem(await other.redeemed(stricter), 409, "seal_spent")
            here = await live.call("POST", f"/v1/seals/{stricter['seal']['id']}/redeem", token="signer")
            problem(here, 409, "seal_spent")
            again = await live.get(f"/v1/actions/{stricter['id']}")
            assert again["status"] == "refused"
            assert await spent(live, stricter_for) == 0, "its value was given back"
            await live.post(f"/v1/accounts/{frozen_for.account}/freeze", {"kind": "owner"})
            stopped = problem(await other.redeemed(frozen), 409, "redemption_refused")
            assert "frozen" in stopped["detail"]

    asyncio.run(run())


def test_a_brake_and_a_rule_that_is_gone_stop_seals_of_before(tmp_path: Path) -> None:
    """Both are read in the transaction of the redemption, at the process that knew nothing of them."""

    async def run() -> None:
        async with two(tmp_path) as (house, other, server):
            live = house.live
            version = (await house.draft(WITHOUT))["version"]
            await house.examined(version)
            _, gone = await sealed(live, "gift")
            _, braked = await sealed(live, "p2p_release")
            assert (await house.published(version)).status_code == 200
            refused = problem(await other.redeemed(gone), 409, "redemption_refused")
            assert "unknown_action" in refused["detail"]
            await live.officers("/v1/brakes", {"reason": "a bug", "action": "p2p_release"}, 201)
            stopped = problem(await other.redeemed(braked), 409, "redemption_refused")
            assert "brake" in stopped["detail"]
            asked = await other.post(f"/v1/accounts/{(await live.owner()).account}/actions", {"action": "gift"})
            problem(asked, 422, "not_offered")
            # Killed and started anew, with settings that name the first policy.
            await asyncio.to_thread(server.end)
            await asyncio.to_thread(server.start)
            assert await other.asked(await live.owner()) == f"sha256:{version}"

    asyncio.run(run())


async def spent(live: Live, owner: Owner) -> int:
    """How many values are reserved or spent in the owner's account."""
    return len((await live.application.store.read(f"account:{owner.account}")).spends)
