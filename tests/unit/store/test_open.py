# SPDX-License-Identifier: Apache-2.0
"""What a store checks when it is opened: lock, schema, clock, master key."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from counterseal.store import schema
from counterseal.store.errors import ClockMismatchError, MasterKeyError, SchemaNewerError, StoreLockedError
from counterseal.store.lock import Holder, StoreLock, holder_of
from counterseal.store.tables import metadata
from tests.support.store import NOW, Counter, PlainMasterKey, add, key, message
from tests.unit.store.conftest import Open

pytestmark = pytest.mark.anyio
A = "account:a"

HOLDER = """
import sys, time
from pathlib import Path
from counterseal.store.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), "http://127.0.0.1:8400")
print("held", flush=True)
time.sleep(60)
"""


class TestLock:
    def test_another_process_is_refused_and_told_where_the_api_is(self, database: Path, open_store: Open):
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(database)], stdout=subprocess.PIPE)
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(StoreLockedError) as refused:
                open_store()
            assert refused.value.url == "http://127.0.0.1:8400"
            assert refused.value.pid == holder.pid
            assert refused.value.diagnostics() == (
                f"the store `store.db` is held by process {holder.pid}, which serves http://127.0.0.1:8400. "
                "Use the API at http://127.0.0.1:8400."
            )
            assert holder_of(database) == Holder(holder.pid, "http://127.0.0.1:8400")
            holder.send_signal(signal.SIGKILL)
        finally:
            holder.kill()
            holder.communicate()
        assert holder_of(database) is None
        open_store()

    def test_the_url_can_be_told_later(self, database: Path, open_store: Open):
        assert holder_of(database) is None
        store = open_store(url="http://127.0.0.1:8400/a-long-path")
        store.announce("http://[::1]:1")
        with pytest.raises(StoreLockedError) as refused:
            StoreLock(database)
        assert (refused.value.url, refused.value.pid) == ("http://[::1]:1", os.getpid())
        store.close()
        assert holder_of(database) is None

    def test_a_holder_that_serves_nothing(self, database: Path, open_store: Open):
        open_store()
        with pytest.raises(StoreLockedError, match=f"held by process {os.getpid()}$") as refused:
            StoreLock(database)
        assert refused.value.url == ""


class TestSchema:
    def test_the_migrations_end_where_the_program_does(self, tmp_path: Path):
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        scripts = ScriptDirectory.from_config(config)
        assert scripts.get_current_head() == schema.HEAD
        assert {script.revision for script in scripts.walk_revisions()} == schema.KNOWN

    def test_the_migrated_schema_is_that_of_the_tables(self, tmp_path: Path):
        migrated = sa.create_engine(f"sqlite:///{tmp_path}/migrated.db")
        created = sa.create_engine(f"sqlite:///{tmp_path}/created.db")
        with migrated.begin() as connection:
            schema.migrate(connection)
            assert schema.revision_of(connection) == schema.HEAD
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        metadata.create_all(created)
        assert _ddl(migrated) == _ddl(created)
        migrated.dispose()
        created.dispose()

    def test_a_newer_schema_is_refused_and_left_alone(self, database: Path, open_store: Open):
        open_store().close()
        with sqlite3.connect(database) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.close()
        with pytest.raises(SchemaNewerError, match="schema `9999`"):
            open_store()
        assert holder_of(database) is None

    def test_migrating_starts_no_second_time(self, open_store: Open, monkeypatch):
        open_store()
        monkeypatch.setattr(alembic.command, "upgrade", None)  # calling it would raise TypeError
        open_store()

    def test_foreign_keys_full_sync_and_wal_are_on(self, open_store: Open):
        connection = open_store()._committer.open()
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
        connection.rollback()
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}

    async def test_readers_cannot_write(self, open_store: Open):
        with pytest.raises(Exception, match="store or its disk is away"):
            await open_store().snapshot(lambda c: c.exec_driver_sql("DELETE FROM subject"))


def _ddl(engine: sa.Engine) -> set[tuple[str, tuple[str, ...]]]:
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).fetchall()
    # The order of a table's constraints has no meaning; that of its columns is checked by their rows.
    return {(name, tuple(sorted(_parts(sql)))) for name, sql in rows}


def _parts(sql: str) -> list[str]:
    flat = " ".join(sql.replace('"', "").split())
    return [part.strip(" )") for part in re.split(r",(?![^(]*\))", flat.partition("(")[2])] + [
        flat.partition("(")[0]
    ]


class TestClock:
    @pytest.mark.parametrize(("first", "second"), [("real", "simulated"), ("simulated", "real")])
    def test_real_and_simulated_time_never_meet(self, open_store: Open, first: str, second: str):
        open_store(clock=first)
        with pytest.raises(ClockMismatchError, match=f"seen a {first} clock"):
            open_store(clock=second)
        assert open_store(clock=first).clock == first


class TestMasterKey:
    async def test_another_master_key_is_refused_at_once(self, open_store: Open):
        await open_store().transact([A], add(A), now=NOW)
        with pytest.raises(MasterKeyError):
            open_store(master=PlainMasterKey("another"))
        assert await open_store().read(A) == Counter(1)


class TestSecrets:
    async def test_nothing_personal_lies_in_the_files(self, open_store: Open, database: Path):
        """State, payload, message and result are sealed; so is what they were before."""
        store = open_store()
        secret = b"+86-138-0013-8000"
        function = add(A, payload=secret, text=secret.decode(), messages=(message("m", A, secret),))
        await store.transact([A], function, now=NOW, idempotency=key("k"))
        found = b"".join(path.read_bytes() for path in database.parent.iterdir())
        assert secret not in found
        assert A.encode() in found  # ids are not personal: the platform chooses them

    async def test_erasure_removes_the_wrapped_key_and_salt_from_the_files(self, open_store: Open, database: Path):
        store = open_store()
        for number in range(50):
            await store.transact([f"account:{number}"], add(f"account:{number}"), now=NOW)
        await store.erase("account:8", NOW)  # moves what is in the write-ahead log into the database
        await store.transact([A], add(A), now=NOW)
        reader = sqlite3.connect(database)
        wrapped = reader.execute("SELECT key, salt FROM vault WHERE subject = 'account:7'").fetchone()
        reader.close()
        assert all(_lies_in(part, database) for part in wrapped)
        await store.erase("account:7", NOW)
        assert not any(_lies_in(part, database) for part in wrapped)
        assert [one.payload for one in await store.entries(subject="account:7")] == [None, None]


def _lies_in(part: bytes, database: Path) -> bool:
    return any(part in path.read_bytes() for path in database.parent.iterdir())
