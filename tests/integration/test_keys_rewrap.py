# SPDX-License-Identifier: Apache-2.0
"""A change of the master key: nothing is lost, nothing of the old key opens, and kills in the middle do no harm."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.gateways.keyring import create_master_key_file, key_of, master_key_from_file
from counterseal.settings import Settings
from counterseal.store.errors import MasterKeyError
from counterseal.store.rewrap import Rewrapped
from counterseal.store.tables import vault
from counterseal.wiring.masters import master_key
from counterseal.wiring.rewrapping import rewrap_store
from counterseal.wiring.stores import open_store
from tests.integration.test_api_passkeys import answer, enrol, prove
from tests.support.authenticator import Authenticator
from tests.support.hsm import PIN, SoftToken
from tests.support.server import problem, serving, settings_in

ORIGIN = "https://guard.example"
ROOT = Path(__file__).resolve().parent.parent.parent


def changed(folder: Path, settings: Settings) -> Settings:
    """The settings of after: a new key file, the old one beside it."""
    new = folder / "new.key"
    if not new.exists():
        create_master_key_file(new)
    given = settings.model_dump(exclude_unset=True)
    given |= {"master_key_file": new, "other_master_key": {"file": settings.master_key_file}}
    return Settings(**given)


def alone(settings: Settings) -> Settings:
    """Without the old key."""
    return settings.model_copy(update={"other_master_key": None})


def rewrapped(settings: Settings) -> tuple[Rewrapped, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    return asyncio.run(rewrap_store(settings, lambda *each: told.append(each))), told


async def keys_of(settings: Settings) -> set[bytes]:
    """Ids of the master keys by which rows are wrapped."""
    store = open_store(settings, master_key(settings))
    try:
        rows = await store.snapshot(lambda connection: connection.execute(vault.select()).all())
        return {key_of(blob) for row in rows for blob in (row.key, row.salt)}
    finally:
        store.close()


def keys_in(settings: Settings) -> set[bytes]:
    return asyncio.run(keys_of(settings))


def test_everything_goes_on_under_the_new_key_and_nothing_under_the_old(tmp_path: Path) -> None:
    """A passkey, a question that was asked before, a code and a link that are out, tokens; an erased account."""
    asyncio.run(_before_and_after(tmp_path))


async def _before_and_after(folder: Path) -> None:
    settings, device = settings_in(folder, base_url=ORIGIN), Authenticator(origin=ORIGIN)
    async with serving(folder, base_url=ORIGIN) as live:
        owner, other, gone = await live.owner(), await live.owner(), await live.owner()
        await enrol(owner, device)
        [link, *_] = await live.links("freeze", to=owner.mail)
        await live.officers(f"/v1/accounts/{gone.account}/erase")
        asked = await owner.ask("login")
        answered = await answer(owner, asked, device)
        withdrawal = await other.ask("withdraw_small", amount="100")
        challenge, code = await other.code(withdrawal, "email")
        tokens, auth, jwks = live.tokens, live.auth, await live.get("/v1/seals/jwks", token=None)
        key = await live.get("/v1/log/key", token=None)
    new, told = changed(folder, settings), []
    done = await rewrap_store(new, lambda *each: told.append(each))
    assert done.renewed == done.rows > 5
    assert {name for name, _, _ in told} == {"wrapped", "verified"}
    assert told[-1] == ("verified", done.rows, done.rows)
    with pytest.raises(MasterKeyError):
        open_store(settings, master_key(settings))
    assert await keys_of(alone(new)) == {master_key_from_file(folder / "new.key").key_id}
    again = await rewrap_store(new, lambda *_: None)
    assert (again.rows, again.renewed) == (done.rows, 0)
    async with serving(folder, base_url=ORIGIN, master_key_file=folder / "new.key") as live:
        live.tokens, live.auth, owner.live, other.live = tokens, auth, live, live
        assert await live.get("/v1/seals/jwks", token=None) == jwks
        assert await live.get("/v1/log/key", token=None) == key
        await live.get(f"/v1/accounts/{gone.account}", 404)
        assert (await prove(owner, asked, answered))["status"] == "done"
        proved = await other.prove(withdrawal, "email", answer=code, challenge=challenge)
        proved = await other.prove(proved, "totp")
        assert proved["status"] == "sealed", proved
        await other.redeem(proved)
        assert (await live.client.post(f"/freeze/{link}")).status_code == 200
        fresh = await owner.ask("login")
        assert fresh["status"] != "done"


def seeded(folder: Path) -> Settings:
    """A store with a few accounts, one of them erased, that no server holds."""

    async def seed() -> None:
        async with serving(folder) as live:
            people = [await live.owner() for _ in range(6)]
            await live.officers(f"/v1/accounts/{people[0].account}/erase")

    asyncio.run(seed())
    return settings_in(folder)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from counterseal.store import rewrap
from counterseal.wiring.rewrapping import rewrap_store
from tests.integration.test_keys_rewrap import changed
from tests.support.server import settings_in

rewrap.PAGE = 3  # so that there are many moments to die at
left = int(sys.argv[2])

def told(*_: object) -> None:
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

folder, url = Path(sys.argv[1]), sys.argv[3]
settings = settings_in(folder, database_url=url or None)
asyncio.run(rewrap_store(changed(folder, settings), told))
"""


def test_a_kill_at_any_moment_leaves_a_store_that_goes_on(tmp_path: Path) -> None:
    """Killed early and late: both keys open it, neither alone does, and the next run gets further."""
    settings = seeded(tmp_path)
    new, kills = changed(tmp_path, settings), 0
    url = "" if settings.database_url is None else settings.database_url.get_secret_value()
    for at in (2, 7):
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(at), url]
        ended = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
        assert ended.returncode == -9, ended.stderr
        kills += 1
        for one in (settings, alone(new)):
            with pytest.raises(MasterKeyError):
                open_store(one, master_key(one))
        open_store(new, master_key(new)).close()
    done, _ = rewrapped(new)
    assert kills == 2
    assert done.rows > 10
    assert keys_in(alone(new)) == {master_key_from_file(tmp_path / "new.key").key_id}

    async def look() -> None:
        async with serving(tmp_path, master_key_file=tmp_path / "new.key") as live:
            await live.get("/v1/accounts/u-1", 404)
            await live.get("/v1/accounts/u-2")

    asyncio.run(look())


def test_a_wrong_old_key_changes_nothing(tmp_path: Path) -> None:
    """It is said, and the store opens as before."""
    settings = seeded(tmp_path)
    create_master_key_file(tmp_path / "wrong.key")
    new = changed(tmp_path, settings)
    wrong = Settings(**new.model_dump(exclude_unset=True) | {"other_master_key": {"file": tmp_path / "wrong.key"}})
    with pytest.raises(MasterKeyError):
        rewrapped(wrong)
    assert keys_in(settings) == {master_key_from_file(settings.master_key_file).key_id}


@pytest.mark.needs("softhsm")
def test_from_a_file_into_a_token_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command; afterwards the file opens nothing, and the server runs on the token."""
    settings = seeded(tmp_path)
    site = SoftToken(tmp_path / "hsm").make("counterseal")
    monkeypatch.setenv("TOKEN_PIN", PIN)
    kms = {"pkcs11": {"module": site.module, "token": site.token, "label": site.label, "pin_variable": "TOKEN_PIN"}}
    given = settings.model_dump(exclude_unset=True)
    into = Settings(**given | {"kms": kms, "other_master_key": {"file": settings.master_key_file}})
    done, _ = rewrapped(into)
    assert done.renewed == done.rows
    with pytest.raises(MasterKeyError):
        open_store(settings, master_key(settings))

    async def look() -> None:
        async with serving(tmp_path, kms=kms) as live:
            live.owners = 6
            owner = await live.owner()
            await owner.redeem(await owner.sealed())
            found = await live.get("/v1/accounts/u-2")
            assert found["account"] == "u-2"

    asyncio.run(look())
    back = Settings(**given | {"other_master_key": {"kms": kms}})
    rewrapped(back)
    assert keys_in(settings) == {master_key_from_file(settings.master_key_file).key_id}


@pytest.mark.needs("softhsm")
def test_while_the_token_is_away_nothing_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, nothing is lost, and it goes on by itself when the token is back."""
    token = SoftToken(tmp_path / "hsm")
    site = token.make("counterseal")
    monkeypatch.setenv("TOKEN_PIN", PIN)
    kms = {"pkcs11": {"module": site.module, "token": site.token, "label": site.label, "pin_variable": "TOKEN_PIN"}}

    async def run() -> None:
        async with serving(tmp_path, kms=kms) as live:
            owner = await live.owner()
            token.take_out()
            for _ in range(2):
                body = {"account": "late", "factors": [{"factor": "password"}], "objects": []}
                refused = await live.call("POST", "/v1/accounts", body)
                assert problem(refused, 503, "kms_away")["detail"].startswith("the token cannot be used")
            token.put_back()
            await live.post("/v1/accounts", body, 201)
            await owner.redeem(await owner.sealed())

    asyncio.run(run())


def test_while_servers_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL: a server that opens both keys goes on deciding; afterwards the new key alone is enough."""
    monkeypatch.setenv("COUNTERSEAL_TEST_STORE", "postgres")
    settings = seeded(tmp_path)
    new = changed(tmp_path, settings)
    given = {"master_key_file": new.master_key_file, "other_master_key": {"file": settings.master_key_file}}

    async def run() -> None:
        async with serving(tmp_path, **given) as live:
            live.owners = 6
            owner = await live.owner()
            changing = asyncio.create_task(rewrap_store(new, lambda *_: None))
            while not changing.done():
                await owner.ask("login")
                await live.owner()
            assert (await changing).rows > 10
            await owner.redeem(await owner.sealed())
            await live.get("/v1/accounts/u-2")
        assert await keys_of(alone(new)) == {master_key_from_file(tmp_path / "new.key").key_id}

    asyncio.run(run())
