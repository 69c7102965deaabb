# SPDX-License-Identifier: Apache-2.0
"""What the console reads over a store of many accounts and a long log: latency of each read in process, then of
each page in a browser."""

from __future__ import annotations

import asyncio
import gc
import itertools
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from counterseal.access.model import Scope
from counterseal.core.account import State
from counterseal.core.decision import Outcome
from counterseal.core.inputs import Ask
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Entry, Loaded, Standing
from counterseal.guard.commands import run, subject_of
from counterseal.guard.model import Done, Record, encode_record
from counterseal.wiring.application import Application
from tests.bench import console_pages, people, seed
from tests.bench.measure import Figure, Pace, Sample, Tick, figure

ACCOUNTS, QUICK_ACCOUNTS = 100_000, 300
EVENTS, QUICK_EVENTS = 1_000_000, 1_000
BUSY = 20_000  # accounts that something happens to
EACH = 5  # entries of one account in one commit
BATCH = 100  # accounts in one commit
CALLS, QUICK_CALLS = 100, 2
LOADS, QUICK_LOADS = 10, 1
SECONDS = 1.0
SCOPES = (Scope.DECISIONS_STAFF, Scope.ACCOUNTS_READ, Scope.AUDIT_READ)
RULES = ("withdraw_small", "withdraw", "login", "add_address", "internal_transfer", "p2p_release")
OUTCOMES = (Outcome.ALLOW, Outcome.CHALLENGE, Outcome.HOLD, Outcome.DENY)
SHARES = (960, 35, 4, 1)  # of a thousand
PAGES = {
    "console.overview": ("counts of the rail", "/v1/overview"),
    "console.decisions": ("100 decisions, newest first", "/v1/decisions?limit=100"),
    "console.denied": ("100 refused ones of one action", "/v1/decisions?limit=100&outcome=deny&action=withdraw"),
    "console.decisions_far": ("100 decisions from the middle", "/v1/decisions?limit=100&after={middle}"),
    "console.account_decisions": ("the decisions of an account", "/v1/decisions?account={account}"),
    "console.accounts": ("50 accounts by the beginning of their id", "/v1/accounts?query={prefix}"),
    "console.frozen": ("50 frozen accounts", "/v1/accounts?standing=frozen"),
    "console.account": ("an account", "/v1/accounts/{account}"),
    "console.notices": ("the notices of an account", "/v1/accounts/{account}/notices"),
    "console.events": ("100 events of an account in words", "/v1/accounts/{account}/events"),
    "console.log": ("100 entries of the log", "/v1/log/entries?first={middle}&limit=100"),
}


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return len(PAGES) + len(console_pages.chosen(quick=pace.quick))


def measure(pace: Pace, tick: Tick, folder: Path, seeding: Callable[[int], None]) -> list[Figure]:
    """Each page in turn; the first call of each is in its own figure's note. Raises if an answer is not 200."""
    accounts, events = (QUICK_ACCOUNTS, QUICK_EVENTS) if pace.quick else (ACCOUNTS, EVENTS)
    source = filled(folder, accounts, events, seeding)
    with tempfile.TemporaryDirectory(dir=folder) as held:
        copy = seed.copy_of(source, Path(held))
        found = asyncio.run(_measure(copy, accounts, QUICK_CALLS if pace.quick else CALLS, tick))
        note = f"{accounts:,} accounts, {events:,} entries"
        loads = QUICK_LOADS if pace.quick else LOADS
        pages = console_pages.chosen(quick=pace.quick)
        return [*found, *console_pages.measure(copy, people.name_of(3), pages, loads, note, tick)]


def filled(folder: Path, accounts: int, events: int, seeding: Callable[[int], None]) -> Path:
    """The folder of a store with this past; made once for this code and policy, since it takes minutes."""
    source = seed.seeded(folder, accounts, seeding)
    place = folder / f"console-{events}-{source.name}"
    if (place / "done").exists():
        return place
    for old in folder.glob(f"console-{events}-seed-{accounts}-*"):
        shutil.rmtree(old)
    place.mkdir()
    seed.copy_of(source, place)
    asyncio.run(_fill(place, accounts, events))
    (place / "done").touch()
    return place


async def _fill(folder: Path, accounts: int, events: int) -> None:
    application = Application(seed.settings_in(folder, access_log="off"))
    try:
        await fill(application, min(accounts, BUSY), events)
    finally:
        application.store.close()


async def _measure(folder: Path, accounts: int, calls: int, tick: Tick) -> list[Figure]:
    application = Application(seed.settings_in(folder, access_log="off"))
    try:
        application.clock.set(max(application.clock.now(), application.store.latest))  # type: ignore[union-attr] # simulated
        app = await application.build()
        made = await application.access.create_token(
            name="console", platform="bench", scopes=SCOPES, lifetime=people.DAY, by="bench"
        )
        headers = {"Authorization": f"Bearer {made.secret}"}
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench.test", headers=headers) as client:
            size = await application.store.log.size()
            given: dict[str, Any] = {"middle": size // 2, "account": people.name_of(3)}
            given["prefix"] = given["account"][:-2]
            found = []
            for name, (what, path) in PAGES.items():
                found.append(await _page(client, name, what, path.format(**given), calls, accounts, size))
                tick()
            return found
    finally:
        application.store.close()


async def _page(
    client: httpx2.AsyncClient, name: str, what: str, path: str, calls: int, accounts: int, size: int
) -> Figure:
    taken: list[float] = []
    gc.collect()
    cpu = time.process_time()
    for _ in range(calls + 1):
        start = time.perf_counter()
        response = await client.get(path)
        taken.append(time.perf_counter() - start)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.text}")
    cpu = time.process_time() - cpu
    worst = max(taken)
    sample = Sample(len(taken), sum(taken), cpu, [each * 1e6 for each in taken])
    note = (
        f"{accounts:,} accounts, {size:,} entries, one caller, in process; first call {taken[0] * 1000:.1f} ms, "
        f"slowest {worst * 1000:.1f} ms, {len(response.content):,} bytes"
    )
    reach: dict[str, Any] = {"target": f"< {SECONDS:.0f} s each", "reached": worst < SECONDS}
    return figure(name, f"console: {what}", [sample], unit="reads/s", note=note, **reach)


async def fill(application: Application, busy: int, events: int) -> None:
    """Decisions until the log has `events` entries: real records, with outcomes in fixed shares, over a day."""
    store, policy = application.store, application.policies.current
    left = events - await store.log.size()
    steps = max(1, left // EACH)
    now = max(application.clock.now(), store.latest)
    chance = random.Random(7)
    records = _records(policy, now)
    numbers = itertools.cycle(range(busy))
    for start in range(0, steps, BATCH):
        chosen = [next(numbers) for _ in range(min(BATCH, steps - start, busy))]
        at = now + start * people.DAY // steps
        keys = [subject_of(people.name_of(number)) for number in chosen]

        def function(loaded: Loaded, at: int = at, keys: list[str] = keys, start: int = start) -> Commit[Done]:
            changes: list[Change] = []
            for offset, key in enumerate(keys):
                stands = Standing(frozen=2**53 - 1 if chance.random() < 0.001 else 0)
                changes += _changes(key, loaded.states[key], records, chance, at, f"{start + offset:08d}", stands)
            return Commit(Done("", at), tuple(changes))

        await store.transact(keys, function, now=at)
    application.clock.set(now + people.DAY)  # type: ignore[union-attr] # a simulated one


Made = dict[tuple[str, Outcome], Record]


def _records(policy: Policy, now: int) -> Made:
    """One real record for each rule and outcome: an ask's, with another rule and outcome written over it."""
    state = people.state(policy)
    ask = Ask("act-0", people.request(policy, "withdraw_small"))
    _, step, _ = run(policy, "u-0000001", state, ask, now)
    if step.decision is None:
        raise RuntimeError("the ask was not decided")
    return {
        (rule, outcome): Record(
            ask, msgspec.structs.replace(step.decision, rule=rule, outcome=outcome), step.events
        )
        for rule in RULES
        for outcome in OUTCOMES
    }


def _changes(
    key: str, state: State, records: Made, chance: random.Random, at: int, name: str, stands: Standing
) -> Iterator[Change]:
    for number in range(EACH):
        rule = chance.choice(RULES)
        [outcome] = chance.choices(OUTCOMES, SHARES)
        record = records[rule, outcome]
        payload = encode_record(record)
        entry = Entry("ask", at, record.decision.policy, payload, f"act-{name}-{number}", rule, outcome.value)  # type: ignore[union-attr]
        yield Change(key, state, entry, standing=stands)
