# SPDX-License-Identifier: Apache-2.0
"""Floods of wrong answers: from one source, from many at one account, from many over the fleet. Brakes and honest
owners go on, budgets hold, memory stays bounded. COUNTERSEAL_TEST_FLOOD=1 makes them long."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter

import msgspec
from msgspec.structs import asdict

from counterseal.core.account import State
from counterseal.factors import throttle
from counterseal.http.edge import Guard
from tests.support.server import Live, Owner, served

LONG = os.environ.get("COUNTERSEAL_TEST_FLOOD") == "1"
ROUNDS = 40 if LONG else 4
UNKNOWN = {"device": "unknown", "session": "s9"}
HOME = "203.0.113.7"


async def wrong(person: Owner, source: str) -> list[int]:
    """A stranger's ask and five wrong answers; their statuses."""
    action = await person.ask("login", objects=UNKNOWN, source=source)
    body = {"factor": "totp", "answer": "000000", "source": source}
    path = f"/v1/actions/{action['id']}/proofs"
    return [(await person.live.call("POST", path, body)).status_code for _ in range(5)]


async def flood(people: list[Owner], sources: list[str]) -> Counter[int]:
    """Everybody at once."""
    pairs = [(people[n % len(people)], source) for n, source in enumerate(sources)]
    found = await asyncio.gather(*(wrong(person, source) for person, source in pairs))
    return Counter(status for statuses in found for status in statuses)


async def honest(person: Owner) -> float:
    """The owner on the known device logs in and withdraws; how long the answers took (s), the middle one."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        action = await person.ask("login", source=HOME)
        times.append(time.perf_counter() - began)
    await person.prove(action, "password")
    done = await person.prove(action, "totp")
    assert done["status"] in {"done", "ready"}, done
    await person.sealed()
    return sorted(times)[1]


async def size_of(person: Owner) -> int:
    state = await person.live.application.store.read(f"account:{person.account}")
    assert isinstance(state, State)
    return len(msgspec.msgpack.encode(asdict(state), enc_hook=str))


@served()
async def test_many_sources_at_one_account_do_not_stop_its_owner(live: Live) -> None:
    """Hundreds of addresses: thirty answers are looked at, the rest is 429; the account stays as small."""
    victim = await live.owner()
    first = await flood([victim], [f"198.51.{n // 200}.{n % 200}" for n in range(20)])
    assert first[422] == throttle.STRANGERS_BUDGET, first
    sizes = []
    for place in range(1, ROUNDS):
        found = await flood([victim], [f"100.{place}.{n // 200}.{n % 200}" for n in range(80)])
        assert found[422] == 0, found
        assert found[429] + found[404] + found[409] == 400, found
        sizes.append(await size_of(victim))
    assert sizes[-1] < 1.1 * sizes[0], sizes
    assert await honest(victim) < 0.5


@served()
async def test_one_source_at_many_accounts_is_stopped_and_stops_nobody_else(live: Live) -> None:
    """One address and a list of accounts: its budget, and no more; from elsewhere everybody goes on."""
    people = [await live.owner() for _ in range(12 if not LONG else 100)]
    found = await flood(people, ["198.51.100.66"] * 3 * len(people))
    assert found[422] == throttle.SOURCE_BURST, found
    assert found[429] > 0
    fresh = await wrong(people[-1], "198.51.100.67")
    assert fresh == [422] * 5
    assert await honest(people[0]) < 0.5


@served()
async def test_many_sources_over_the_fleet_do_not_stop_known_devices(live: Live) -> None:
    """The class's budget of strangers is used up; owners on known devices have their own."""
    people = [await live.owner() for _ in range(3)]
    fleet = live.app.state.services.area(Guard).fleet
    used = 0
    while fleet.take("totp", f"s{used}", known=False, now=live.now) is None:
        used += 1
    assert used == throttle.FACTOR_BURST
    assert await wrong(people[0], "198.51.100.1") == [429] * 5
    for person in people:
        assert await honest(person) < 0.5


def test_a_flood_of_sources_is_remembered_within_bounds() -> None:
    """Ever new sources: the table has an end, and at the end it refuses instead of forgetting who failed."""
    budget = throttle.FleetBudget(max_sources=1000, factor_burst=10**6)
    taken = sum(bool(budget.take("totp", f"s{n}", known=False, now=1)) for n in range(5000))
    assert taken == 1000
    assert len(budget._sources) == 1000
