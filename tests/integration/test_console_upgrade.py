# SPDX-License-Identifier: Apache-2.0
"""A store of before revision 0002: what the console needs is filled in from the sealed parts, once."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from tests.support.server import Live, serving

OLD = """
DROP INDEX ix_entry_outcome_position; DROP INDEX ix_entry_rule_outcome_position; DROP INDEX ix_entry_unread;
DROP INDEX ix_state_frozen; DROP INDEX ix_state_pending; DROP INDEX ix_state_disputed; DROP INDEX ix_state_unread;
ALTER TABLE entry DROP COLUMN rule; ALTER TABLE entry DROP COLUMN outcome;
ALTER TABLE state DROP COLUMN frozen; ALTER TABLE state DROP COLUMN pending; ALTER TABLE state DROP COLUMN disputed;
ALTER TABLE meta DROP COLUMN turn; ALTER TABLE meta DROP COLUMN messages; ALTER TABLE meta DROP COLUMN edge;
UPDATE alembic_version SET version_num = '0001';
"""


async def seen(live: Live) -> tuple[Any, ...]:
    """Everything that is read from the new columns."""
    overview = await live.get("/v1/overview")
    accounts = await live.get("/v1/accounts")
    return (
        (await live.get("/v1/decisions"))["decisions"],
        overview["frozen_accounts"],
        accounts,
        overview["decisions"],
    )


def unread(path: Path) -> tuple[int, int]:
    with sqlite3.connect(path) as raw:
        entries = raw.execute("SELECT count(*) FROM entry WHERE outcome IS NULL").fetchone()[0]
        states = raw.execute(
            "SELECT count(*) FROM state WHERE pending IS NULL AND subject LIKE 'account:%'"
        ).fetchone()[0]
    raw.close()
    return entries, states


async def run(folder: Path) -> None:
    database = folder / "counterseal.db"
    async with serving(folder) as live:
        owner, other, gone = await live.owner(), await live.owner(), await live.owner()
        await owner.sealed()
        await live.post(f"/v1/accounts/{other.account}/freeze", {"kind": "owner"})
        await other.ask("withdraw_small", amount="5")
        await gone.ask("withdraw_small", amount="5")
        await live.officers(f"/v1/accounts/{gone.account}/erase")
        before = await seen(live)
    raw = sqlite3.connect(database)
    raw.executescript(OLD)
    raw.close()
    async with serving(folder) as live:
        async with asyncio.timeout(20):
            while unread(database) != (0, 0):  # noqa: ASYNC110 - another connection does it
                await asyncio.sleep(0.05)
        assert await seen(live) == before
        assert before[0]
        assert before[1] == 1
        assert await live.application.console._read_unread() == 0


def test_a_store_of_before_shows_its_decisions_too(tmp_path: Path) -> None:
    """After the upgrade the console shows what it showed of the same store."""
    asyncio.run(run(tmp_path))
