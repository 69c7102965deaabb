# SPDX-License-Identifier: Apache-2.0
"""The flows that matter most once more, on PostgreSQL; COUNTERSEAL_TEST_STORE=postgres runs all of them there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from counterseal.store.postgres import PostgresStore
from tests.integration import (
    test_api_honest_path,
    test_api_races,
    test_api_replay,
    test_api_seals,
    test_approvals,
    test_console_feed,
)
from tests.integration.test_paths_live import SMS, played
from tests.support.live_server import live_server
from tests.support.postgres import server
from tests.support.server import problem, serving

CHOSEN = (
    test_api_honest_path.test_from_registration_to_broadcast,
    test_api_races.test_concurrent_withdrawals_stay_within_one_limit,
    test_api_races.test_two_redemptions_at_once_give_one_receipt,
    test_api_races.test_one_key_has_one_effect,
    test_api_replay.test_a_totp_step_never_counts_twice,
    test_api_seals.test_the_limit_used_meanwhile_voids_the_seal,
    test_api_seals.test_a_sealed_suspicion_leaves_no_trace,
    test_approvals.test_two_people_sign_and_the_operation_runs_once,
    test_console_feed.test_counts_follow_freezes_waits_and_disputes,
)


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this test lie on PostgreSQL."""
    monkeypatch.setenv("COUNTERSEAL_TEST_STORE", "postgres")


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("test", CHOSEN, ids=lambda test: test.__name__.removeprefix("test_"))
def test_it_holds_on_postgres(test: Callable[..., None], tmp_path: Path) -> None:
    test(tmp_path)


@pytest.mark.usefixtures("postgres")
def test_an_attack_of_the_prover_goes_as_predicted_on_postgres(tmp_path: Path) -> None:
    """SIM swap under the rules of 2024, played over HTTP to the end."""
    with live_server(tmp_path, policy="okx-2024") as live:
        assert isinstance(live.application.store, PostgresStore)
        result = played(live, SMS, "on-postgres")
    assert result.as_predicted, result.differences


@pytest.mark.usefixtures("postgres")
def test_while_the_database_is_away_writes_answer_503(tmp_path: Path) -> None:
    """Nothing is acknowledged that is not kept; once it is back the same key does the work once."""

    async def run() -> None:
        async with serving(tmp_path) as live:
            url = live.application.settings.database_url
            assert url is not None
            person = await live.owner()
            path, body = f"/v1/accounts/{person.account}/actions", person.request("withdraw_small", amount="10")
            with psycopg.connect(server(), autocommit=True) as connection:
                name = urlsplit(url.get_secret_value()).path[1:]
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
                ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(ends, (name,))
                for _ in range(2):
                    problem(await live.call("POST", path, body, key="k"), 503, "store_unavailable")
                assert (await live.client.get("/healthz")).status_code == 200
                assert (await live.client.get("/readyz")).status_code == 503
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            first = await live.call("POST", path, body, key="k")
            again = await live.call("POST", path, body, key="k")
            assert first.status_code == again.status_code == 200, first.text
            assert first.json() == again.json()
            found = await live.get(f"/v1/accounts/{person.account}")
            assert len(found["actions"]) == 1

    asyncio.run(run())
