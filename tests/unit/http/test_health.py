# SPDX-License-Identifier: Apache-2.0
"""Health, readiness and metrics say the truth about the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from counterseal.access.model import Scope
from counterseal.core.errors import UnavailableError
from counterseal.http import health
from counterseal.http.metrics import Metrics
from tests.support.http_app import Running, problem, running
from tests.support.lab_policy import lab_policy


def with_app(function: Callable[[Running], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with running(**options) as app:
            return await function(app)

    return asyncio.run(run())


def checks_of(response: Any) -> dict[str, str]:
    return {check["name"]: check["detail"] for check in response.json()["checks"]}


def load_a_policy(app: Running) -> None:
    """A real one, from a document."""
    app.services.policy.current = lab_policy()  # type: ignore[misc]


def test_a_running_process_is_healthy() -> None:
    response = with_app(lambda app: app.client.get("/healthz"))
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_without_a_policy_it_is_not_ready() -> None:
    response = with_app(lambda app: app.client.get("/readyz"))
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert checks_of(response) == {"store": "", "policy": "no policy is loaded", "clock": ""}


def test_with_everything_it_is_ready() -> None:
    async def run(app: Running) -> Any:
        load_a_policy(app)
        return await app.client.get("/readyz")

    response = with_app(run)
    assert (response.status_code, response.json()["status"]) == (200, "ready")


def test_a_clock_that_jumped_is_not_ready() -> None:
    async def run(app: Running) -> Any:
        load_a_policy(app)
        app.clock.set_unsafely(app.clock.now(), trusted=False)
        return await app.client.get("/readyz")

    response = with_app(run)
    assert response.status_code == 503
    assert "jumped" in checks_of(response)["clock"]


@pytest.mark.parametrize("fault", ["sentence", "raise ours", "raise other", "hang"])
def test_a_check_that_fails_breaks_or_hangs_is_shown(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)

    async def check() -> str | None:
        if fault == "raise ours":
            raise UnavailableError("the writer is gone")
        if fault == "raise other":
            raise RuntimeError("internal words")
        if fault == "hang":
            await asyncio.sleep(5)
        return "the witness is behind"

    async def run(app: Running) -> Any:
        load_a_policy(app)
        return await app.client.get("/readyz")

    response = with_app(run, checks={"extra": check})
    expected = {
        "sentence": "the witness is behind",
        "raise ours": "the writer is gone",
        "raise other": "failed: RuntimeError",
        "hang": "did not answer in time",
    }
    assert response.status_code == 503
    assert checks_of(response)["extra"] == expected[fault]


def test_metrics_know_routes_but_no_ids() -> None:
    async def run(app: Running) -> str:
        headers = await app.headers(Scope.ADMIN)
        await app.client.get("/v1/tokens/lin-wei", headers=headers)
        await app.client.get("/nothing/here")
        await app.client.request("BREW", "/healthz")
        return (await app.client.get("/metrics")).text

    text = with_app(run)
    assert 'http_request_duration_seconds_count{method="GET",route="/v1/tokens/{token}",status="404"} 1.0' in text
    assert 'method="GET",route="unmatched",status="404"' in text
    assert 'method="OTHER"' in text
    for absent in ("lin-wei", "nothing/here", "BREW"):
        assert absent not in text


def test_metrics_need_a_token_where_they_are_not_open() -> None:
    async def run(app: Running) -> list[Any]:
        headers = [{}, await app.headers(Scope.ADMIN), await app.headers(Scope.AUDIT_READ)]
        return [await app.client.get("/metrics", headers=each) for each in headers]

    none, wrong, right = with_app(run, metrics_access="token")
    problem(none, 401, "unauthenticated")
    problem(wrong, 403, "insufficient_scope")
    assert right.status_code == 200
    assert right.headers["content-type"].startswith("text/plain")


def test_every_metric_can_be_reported_and_is_on_a_registry_of_its_own() -> None:
    metrics, other = Metrics(), Metrics()
    metrics.decision("hold", "withdraw")
    metrics.proof("totp", "refused")
    metrics.notice("email", "accepted")
    metrics.batch(17)
    metrics.queue(3)
    metrics.outbox_lag(1_500)
    metrics.timers_lag(250)
    metrics.checkpoint_age(9_000)
    metrics.witness_age("mirror", 61_000)
    metrics.log_size(42)
    metrics.clock(trusted=False, drift=-61_000)
    text = metrics.render().decode()
    for line in (
        'counterseal_decisions_total{outcome="hold",rule="withdraw"} 1.0',
        'counterseal_proofs_total{factor="totp",result="refused"} 1.0',
        'counterseal_notices_total{channel="email",result="accepted"} 1.0',
        'counterseal_store_batch_transactions_bucket{le="32.0"} 1.0',
        "counterseal_store_queue_transactions 3.0",
        "counterseal_outbox_lag_seconds 1.5",
        "counterseal_timers_lag_seconds 0.25",
        "counterseal_checkpoint_age_seconds 9.0",
        'counterseal_witness_age_seconds{witness="mirror"} 61.0',
        "counterseal_log_entries 42.0",
        "counterseal_clock_trusted 0.0",
        "counterseal_clock_drift_seconds -61.0",
    ):
        assert line in text, line
    assert "counterseal_log_entries 42.0" not in other.render().decode()


def test_workers_live_as_long_as_the_server() -> None:
    steps: list[str] = []

    def worker(name: str) -> Any:
        @asynccontextmanager
        async def living() -> AsyncIterator[None]:
            steps.append(f"{name} starts")
            yield
            steps.append(f"{name} stops")

        return living

    async def run(app: Running) -> None:
        await app.client.get("/healthz")
        steps.append("served")

    with_app(run, workers=(worker("a"), worker("b")))
    assert steps == ["a starts", "b starts", "served", "b stops", "a stops"]
