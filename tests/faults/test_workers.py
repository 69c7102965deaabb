# SPDX-License-Identifier: Apache-2.0
"""Workers that die between effect and mark, two on one timer, rows that cannot be read, an old backup."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from counterseal.guard.accounts import Accounts
from counterseal.http.edge import Guard
from counterseal.store import tables as t
from counterseal.store.backup import backup, restore
from counterseal.store.rows import Rows
from counterseal.workers.timers import TimerWorker
from tests.support.server import HOUR, MINUTE, Live, Owner, problem, served, serving


def accounts(live: Live) -> Accounts:
    return live.app.state.services.areas[Guard].accounts


async def spoil(live: Live, table: sa.Table, name: str, column: str, row: str) -> None:
    """Overwrite stored bytes behind the store's back, and let it forget what it has in memory."""

    def task(connection: sa.Connection, _rows: Rows) -> None:
        connection.execute(table.update().where(table.c[name] == row).values({column: b"spoiled" * 20}))
        live.application.store._committer.book.cache.clear()

    await live.application.store._writer.perform(task)


async def events(live: Live, person: Owner) -> Counter[str]:
    entries = (await live.get(f"/v1/accounts/{person.account}/timeline?limit=500"))["entries"]
    return Counter(event for entry in entries for event in entry["events"])


@served()
async def test_a_timer_that_always_fails_keeps_no_other(live: Live) -> None:
    """A state that cannot be read: its timer stays and is told; the one that comes after it fires."""
    broken, sound = await live.owner(), await live.owner()
    for person in (broken, sound):
        await person.done("withdraw", "totp", "email", amount="5000")
    await live.settle()
    await spoil(live, t.state, "subject", "data", f"account:{broken.account}")
    moved = await live.call("POST", "/v1/clock", {"advance": 25 * HOUR})
    assert moved.status_code in {200, 503}
    live.application.clock.set(max(live.now, live.application.clock.now() + 25 * HOUR))
    worker = TimerWorker(live.application.store, live.application.clock, accounts(live), lag=lambda _late: None)
    for _ in range(3):
        with contextlib.suppress(Exception):
            await worker.turn()
    assert (await events(live, sound))["BecameReady"] == 1


@served()
async def test_a_message_that_cannot_be_read_keeps_no_other(live: Live) -> None:
    """One row of the outbox is spoiled: the next owner is told all the same."""
    first, second = await live.owner(), await live.owner()
    live.application.clock.set_unsafely(live.now, trusted=True)
    await live.call("POST", f"/v1/accounts/{first.account}/freeze", {})
    waiting = await live.application.store.snapshot(
        lambda c: c.execute(sa.select(t.outbox.c.id).where(t.outbox.c.delivered.is_(None))).scalars().all()
    )
    if not waiting:  # the worker was faster: there is no row left to spoil
        return
    await spoil(live, t.outbox, "id", "payload", waiting[0])
    await live.call("POST", f"/v1/accounts/{second.account}/freeze", {})
    for _ in range(50):
        told = (await live.get("/v1/outbox?limit=500"))["messages"]
        if any(message["to"] == second.mail for message in told):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("nobody told the second owner")


@served()
async def test_two_workers_on_one_timer_make_one_transition(live: Live) -> None:
    """Ten waits end at once and four workers see them: each is decided once, and nobody fails."""
    person = await live.owner()
    for _ in range(10):
        await person.done("withdraw", "totp", "email", amount="500")
    await live.settle()
    live.application.clock.set(live.now + 24 * HOUR + MINUTE)
    workers = [
        TimerWorker(live.application.store, live.application.clock, accounts(live), lag=lambda _late: None)
        for _ in range(4)
    ]
    for _ in range(3):
        await asyncio.gather(*(worker.turn() for worker in workers))
    found = await events(live, person)
    assert found["BecameReady"] == 10
    assert await live.application.store.due(live.now) == []


@served()
async def test_a_notice_that_was_sent_and_not_marked_is_sent_again_and_counts_once(live: Live) -> None:
    """The worker dies after the channel took a notice and its acceptance was written, before the row was closed."""
    person = await live.owner()
    action = await person.done("withdraw", "totp", "email", amount="5000")
    await live.settle()
    before = await live.get(f"/v1/actions/{action['id']}?view=staff")
    state = await live.application.store.read(f"account:{person.account}")
    notices = [notice for notice in state.notices.values() if notice.action == action["id"]]
    assert notices
    assert notices[0].started is not None
    live.application.clock.set(live.now + 5 * HOUR)
    for contact in notices[0].contacts * 2:
        await accounts(live).notice_accepted(person.account, notices[0].id, contact, live.now)
    after = await live.application.store.read(f"account:{person.account}")
    assert after.notices[notices[0].id].started == notices[0].started, "the wait does not begin anew"
    assert after.actions[action["id"]].due == state.actions[action["id"]].due
    assert (await live.get(f"/v1/actions/{action['id']}?view=staff"))["status"] == before["status"] == "pending"


def test_an_old_backup_voids_what_was_given_out_since(tmp_path: Path) -> None:
    """Seal, code and link of before the restore are void, those of after work; the proof that the backup forgot is
    dated before the epoch; a hold that stood in the backup still stands."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()

    async def before() -> tuple[Any, ...]:
        async with serving(old, database_url=None) as live:
            person = await live.owner()
            held = await person.done("withdraw", "totp", "email", amount="5000")
            await live.settle()
            sealed = await person.sealed("10")
            code = await person.ask("withdraw_small", amount="20")
            challenge, answer = await person.code(code, "email")
            links = await live.links("freeze", to=person.mail)
            backup(old / "counterseal.db", new / "copy.db")
            await person.redeem(sealed)  # the backup does not know
            due = (await live.application.store.read(f"account:{person.account}")).actions[held["id"]].due
            return person, live.tokens, held, sealed, (code, challenge, answer), links, due, live.application

    person, tokens, held, sealed, (code, challenge, answer), links, due, application = asyncio.run(before())
    for name in ("master.key", "root.key"):
        (new / name).write_bytes((old / name).read_bytes())
        (new / name).chmod(0o600)
    restored = restore(new / "copy.db", new / "counterseal.db", application.master, now=application.store.latest)
    assert restored.epoch == 1

    async def after() -> None:
        async with serving(new, database_url=None) as live:
            live.tokens.update(tokens)
            person.live = live
            problem(await live.call("POST", f"/v1/seals/{sealed['seal']['id']}/redeem"), 409, "seal_epoch")
            body = {"factor": "email", "answer": answer, "challenge": challenge}
            problem(await live.call("POST", f"/v1/actions/{code['id']}/proofs", body), 422, "proof_refused")
            for link in links:
                page = await live.client.post(f"/freeze/{link}")
                assert page.status_code >= 400
            state = await live.application.store.read(f"account:{person.account}")
            assert not state.freezes
            assert state.actions[held["id"]].due == due
            early = await live.post(f"/v1/actions/{held['id']}/decide")
            assert early["status"] == "pending"
            assert (await person.redeem(await person.sealed("10")))["receipt"]

    asyncio.run(after())
