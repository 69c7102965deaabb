# SPDX-License-Identifier: Apache-2.0
"""The disk is full: 503 with Retry-After, nothing acknowledged, nothing half done, and it recovers by itself."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.support.server import Live, problem, served


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond a page: every write of SQLite fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def unavailable(response: httpx2.Response) -> None:
    """503 that says when to come again, and nothing of the inside."""
    found = problem(response, 503, "store_unavailable")
    assert int(response.headers["retry-after"]) >= 1
    assert "sqlite" not in str(found).lower()


async def entries_at_rest(live: Live) -> int:
    """How many entries the log has once the workers have delivered what was under way."""
    before = -1
    while True:
        now = len((await live.get("/v1/log/entries?limit=1000"))["entries"])
        if now == before:
            return now
        before = now
        await asyncio.sleep(0.5)


@served()
async def test_a_full_disk_is_503_and_acknowledges_nothing(live: Live) -> None:
    """Every kind of write, twice; the process stays healthy; afterwards the same keys do the work."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    challenge, code = await person.code(action, "email")
    paid = await person.sealed("10")
    size = await entries_at_rest(live)
    account = f"/v1/accounts/{person.account}"
    totp = person.totp()
    writes: list[tuple[str, str, Any]] = [
        ("POST", f"{account}/actions", person.request("withdraw_small", amount="10")),
        ("POST", f"{account}/freeze", {}),
        ("POST", f"/v1/actions/{action['id']}/proofs", {"factor": "totp", "answer": totp}),
        (
            "POST",
            f"/v1/actions/{action['id']}/proofs",
            {"factor": "email", "answer": code, "challenge": challenge},
        ),
        ("POST", f"/v1/actions/{action['id']}/challenges", {"factor": "sms"}),
        ("POST", f"/v1/seals/{paid['seal']['id']}/redeem", None),
        ("POST", "/v1/accounts", {"account": "new", "factors": [{"factor": "totp"}]}),
        ("POST", "/v1/tokens", {"name": "n", "platform": "p", "scopes": ["admin"]}),
        ("PUT", "/v1/prices", {"prices": [{"asset": "ETH", "value": "1", "at": live.now}]}),
        ("POST", "/v1/coverage", {"outflows": []}),
    ]
    with full_disk():
        for round_ in range(2):
            for number, (method, path, body) in enumerate(writes):
                response = await live.call(method, path, body, key=f"k{number}")
                if path != "/v1/coverage":
                    unavailable(response)
                assert response.status_code in {200, 503}, (round_, response.text)
        assert (await live.client.get("/healthz")).status_code == 200
        assert (await live.client.get("/v1/policy")).status_code == 200
    assert len((await live.get("/v1/log/entries?limit=1000"))["entries"]) == size
    found = await live.get(account)
    assert found["freezes"] == []
    assert len(found["actions"]) == 2

    redeemed = await live.call("POST", writes[5][1], None, key="k5")
    assert redeemed.is_success, redeemed.text
    again = await live.call("POST", writes[0][1], writes[0][2], key="k0")
    assert again.is_success
    assert "idempotency-replayed" not in again.headers
    await person.prove(action, "email", answer=code, challenge=challenge)
    assert (await person.prove(action, "totp", answer=totp))["status"] == "sealed"


@served()
async def test_messages_wait_for_the_disk(live: Live) -> None:
    """What was to be sent while the outbox could not be written goes out later, once."""
    person = await live.owner()
    with full_disk():
        unavailable(await live.call("POST", f"/v1/accounts/{person.account}/freeze", {}, key="k"))
    await live.post(f"/v1/accounts/{person.account}/freeze", {}, key="k")
    told = [message for message in await live.messages("email") if message["to"] == person.mail]
    assert len(told) == 1
