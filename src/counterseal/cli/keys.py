# SPDX-License-Identifier: Apache-2.0
"""`keys list | rotate | rewrap | make-master | init-hsm | new-root`: docs/keys.md has the procedures."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import quote

import msgspec
import typer

from counterseal.cli.local import Config, Database, Url, server_of, settings_of
from counterseal.cli.output import Json, err, show_json, table
from counterseal.cli.remote import ask
from counterseal.settings import Settings, SettingsError

if TYPE_CHECKING:
    from counterseal.wiring.rotation import Rotations

T = TypeVar("T")
keys = typer.Typer(help="Keys: list, rotate, change the master key or the root.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(keys, name="keys")


@keys.command("list")
def list_keys(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List every key: since when it works, until when it is known, which master key wraps it."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server is not None:
        found = ask(server, "GET", "/v1/keys")["keys"]
    else:
        found = [msgspec.to_builtins(each) for each in asyncio.run(_with(settings, lambda r: r.listed()))]
    if json:
        show_json({"keys": found})
        return
    rows = [
        [
            *(each["purpose"], each["kid"][:12], each["state"]),
            _time(each["since"]),
            _time(each["until"]),
            each["master"],
        ]
        for each in found
    ]
    table("Keys", ["purpose", "kid", "state", "since", "until", "wrapped by"], rows)


@keys.command()
def rotate(
    purpose: Annotated[str, typer.Argument(help="seal, log, page or owner-link.")],
    compromised: Annotated[
        bool, typer.Option("--compromised", help="At once; what the old key signed is void.")
    ] = False,
    approval: Annotated[str | None, typer.Option(help="Through a server: the approval that two signed.")] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Make the next key of a purpose, which works after `key_overlap_ms`. For seal and log the root signs."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server is not None:
        path = f"/v1/keys/{quote(purpose, safe='')}/rotate"
        done = ask(server, "POST", path, {"compromised": compromised}, Approval=approval or "")
    else:
        work = _with(settings, lambda r: r.rotate(purpose, compromised=compromised, by="command"))
        done = msgspec.to_builtins(asyncio.run(work).result)
    if json:
        show_json(done)
        return
    err.print(f"{purpose}: {done['new'][:12]}… works from {_time(done['since'])} on.")
    err.print(f"{done['old'][:12]}… is known until {_time(done['until'])}.")


@keys.command()
def rewrap(config: Config = None, database: Database = None, json: Json = False) -> None:
    """Wrap everything under the master key of the settings instead of `other_master_key`.

    It may be stopped and run again. With SQLite stop the server first.
    """
    from counterseal.cli.store import bar
    from counterseal.wiring.rewrapping import rewrap_store

    settings = settings_of(config, database)
    with bar("Keys") as told:
        done = asyncio.run(rewrap_store(settings, told))
    if json:
        show_json(msgspec.to_builtins(done))
        return
    err.print(f"{done.rows} rows are under the new master key and verified; {done.renewed} were wrapped anew.")
    err.print("Take `other_master_key` out of the settings. Keep the old key as long as backups that need it.")


@keys.command("make-master")
def make_master(path: Annotated[Path, typer.Argument(help="File to make; never written over.")]) -> None:
    """Make a new master key file (mode 0600)."""
    from counterseal.gateways.keyring import create_master_key_file

    made = create_master_key_file(path)
    err.print(f"{path}: master key {made.key_id.hex()}. Keep a copy apart from the backups.")


@keys.command("init-hsm")
def init_hsm(config: Config = None) -> None:
    """Make the master key on the token of `kms.pkcs11`: AES-256, sensitive, never extractable."""
    from counterseal.gateways.kms_pkcs11 import Pkcs11MasterKey, TokenSite, make_key
    from counterseal.wiring.masters import pin_of

    settings = settings_of(config, None)
    if settings.kms is None:
        raise SettingsError("`kms.pkcs11` is not set", hint="Name `module`, `token`, `label` and `pin_file`.")
    token = settings.kms.pkcs11
    site = TokenSite(str(token.module), token.token, token.label)
    make_key(site, pin_of(token))
    made = Pkcs11MasterKey(site, lambda: pin_of(token))
    err.print(f"Token `{token.token}`: master key `{token.label}`, {made.key_id.hex()}.")
    err.print("Back the token up as its maker says: without it nothing in the database can be read.")


@keys.command("new-root")
def new_root(
    new_file: Annotated[Path, typer.Argument(help="The new root's file; made if it is not there.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Sign the key set under another root. Signers pin both first; then `root_key_file` names the new one."""
    settings = settings_of(config, database)
    public = asyncio.run(_with(settings, lambda r: r.renew_root(new_file)))
    if json:
        show_json(public)
    else:
        err.print(
            f"The key set is signed by {public['kid']}. Set `root_key_file` to {new_file} and keep it offline."
        )


async def _with(settings: Settings, work: Callable[[Rotations], Awaitable[T]]) -> T:
    """Work on the rings of a store that no server holds."""
    from counterseal.wiring.keys import KeyBoard
    from counterseal.wiring.rotation import rotations
    from counterseal.wiring.stores import master_key, open_clock, open_store

    master = master_key(settings)
    store = open_store(settings, master)

    try:
        clock = open_clock(settings, store)
        board = KeyBoard(store, master, lambda: max(store.latest, clock.now()))
        await board.open()
        return await work(rotations(settings, board))
    finally:
        store.close()


def _time(ms: int | None) -> str:
    if not ms:
        return "the first" if ms == 0 else ""
    return f"{dt.datetime.fromtimestamp(ms / 1000, dt.UTC):%Y-%m-%d %H:%M:%S}"
