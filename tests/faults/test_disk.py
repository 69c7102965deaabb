# SPDX-License-Identifier: Apache-2.0
"""A disk that takes nothing more: writes are refused, /readyz says so, and it comes back without a restart."""

from __future__ import annotations

import asyncio

import httpx2

from tests.integration.test_api_disk import full_disk
from tests.support.server import Live, problem, served


async def readiness(live: Live) -> tuple[int, dict[str, bool]]:
    """Status and checks of /readyz."""
    found: httpx2.Response = await live.client.get("/readyz")
    return found.status_code, {check["name"]: check["ok"] for check in found.json()["checks"]}


@served()
async def test_a_full_disk_is_not_ready_and_alive(live: Live) -> None:
    """Reads go on, so asking the store is not enough: the last write failed, and that is tried again."""
    person = await live.owner()
    assert (await readiness(live))[0] == 200
    with full_disk():
        for _ in range(2):
            refused = await live.call("POST", f"/v1/accounts/{person.account}/freeze", {}, key="k")
            problem(refused, 503, "store_unavailable")
            assert int(refused.headers["retry-after"]) >= 1
            status, checks = await readiness(live)
            assert (status, checks["writing"], checks["store"]) == (503, False, True)
            assert (await live.client.get("/healthz")).status_code == 200
            assert (await live.call("GET", f"/v1/accounts/{person.account}")).status_code == 200
    assert (await readiness(live))[0] == 200, "nobody had to write for it to notice"
    await live.post(f"/v1/accounts/{person.account}/freeze", {}, key="k")


@served()
async def test_a_disk_that_hangs_is_told_in_time(live: Live) -> None:
    """The writing thread waits in the kernel: callers are told, newcomers refused, and what was written counts once
    it goes on."""
    person = await live.owner()
    store = live.application.store
    store._writer._patience = 0.4
    committer, hangs = store._committer, asyncio.Event()
    loop, real = asyncio.get_running_loop(), committer.commit

    def slowly(*given: object) -> object:
        asyncio.run_coroutine_threadsafe(hangs.wait(), loop).result(20)
        return real(*given)  # type: ignore[arg-type]

    committer.commit = slowly  # type: ignore[method-assign, assignment]
    try:
        await asyncio.sleep(1.1)  # the watch looks with the patience that it began with, once a second
        path = f"/v1/accounts/{person.account}/freeze"
        answers = await asyncio.wait_for(
            asyncio.gather(*(live.call("POST", path, {}, key=f"k{n}") for n in range(20))), 10
        )
        for answer in answers:
            problem(answer, 503, "store_unavailable")
        assert (await readiness(live))[1]["writing"] is False
        assert store.waiting == 0
    finally:
        hangs.set()
        committer.commit = real  # type: ignore[method-assign]
    for _ in range(100):
        if (await readiness(live))[0] == 200:
            break
        await asyncio.sleep(0.05)
    assert (await live.call("POST", path, {}, key="k0")).is_success
    assert len((await live.get(f"/v1/accounts/{person.account}"))["freezes"]) == 1
