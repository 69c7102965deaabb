# SPDX-License-Identifier: Apache-2.0
"""`backup`, `restore` and `move`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from counterseal.cli.local import Config, Database, settings_of
from counterseal.cli.output import Json, err, show_json
from counterseal.settings import Settings, SettingsError, load_settings
from counterseal.store.errors import BackupError


@contextmanager
def bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar: told a part's name, how much of it is done, and how much there is."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task(title)
        yield lambda part, done, total: shown.update(
            task, description=f"{title} {part}", completed=done, total=total
        )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)
    app.command()(move)
    app.command("new-epoch")(new_epoch)


def backup(
    destination: Annotated[Path, typer.Argument(help="File to write; a manifest is written beside it.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Copy the store while the server goes on. Keep the master key elsewhere."""
    from counterseal.store import backup as backups

    settings = settings_of(config, database)
    _sqlite_only(settings)
    made = backups.backup(settings.database, destination)
    if json:
        show_json(msgspec.to_builtins(made))
    else:
        err.print(f"{destination}: {made.size} log entries, epoch {made.epoch}, root {made.root[:16]}…")


def move(
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Copy the store into the empty PostgreSQL of `database_url`, verify its log there, put the file aside.

    Stop the server first. The URL comes from the settings (COUNTERSEAL_DATABASE_URL): a command line is read
    by others.
    """
    from counterseal.store.move import move as moving
    from counterseal.wiring.stores import master_key

    settings = load_settings(config, **({} if database is None else {"database": database}))
    if settings.database_url is None:
        raise SettingsError("`database_url` says where to", hint="Set COUNTERSEAL_DATABASE_URL.")
    with bar("Moving") as told:
        url = settings.database_url.get_secret_value()
        done = moving(settings.database, url, master_key(settings), told)
    if json:
        show_json(msgspec.to_builtins(done))
    else:
        err.print(f"{done.rows} rows moved; the log is whole: {done.size} entries, root {done.root[:16]}…")
        err.print(f"The file is {done.file} now. Keep it until a backup of PostgreSQL is made and tried.")


def new_epoch(
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """After the database itself went back to an older state (PostgreSQL, a snapshot): begin a new epoch.

    Seals, codes and links given out before are void then. Stop all servers first.
    """
    from counterseal.store.epoch import begin_epoch
    from counterseal.wiring.stores import engine_of, master_key

    settings = settings_of(config, database)
    with engine_of(settings) as engine:
        done = begin_epoch(engine, master_key(settings), now=time.time_ns() // 1_000_000)
    if json:
        show_json(msgspec.to_builtins(done))
    else:
        err.print(f"Epoch {done.epoch} begins after {done.size} log entries, root {done.root[:16]}….")
        err.print("Tell witnesses. Older seals, codes and links are void.")


def restore(
    source: Annotated[Path, typer.Argument(help="A backup with its manifest beside it.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Make a backup the store, in a new epoch: older seals, codes and links are void. Never overwrites."""
    from counterseal.store import backup as backups
    from counterseal.wiring.stores import master_key

    settings = settings_of(config, database)
    _sqlite_only(settings)
    done = backups.restore(source, settings.database, master_key(settings), now=time.time_ns() // 1_000_000)
    if json:
        show_json(msgspec.to_builtins(done))
    else:
        err.print(f"{settings.database}: {done.size} log entries restored, epoch {done.epoch} begins.")
        err.print("Tell witnesses: the log goes on from an older state. Older seals, codes and links are void.")


def _sqlite_only(settings: Settings) -> None:
    if settings.database_url is not None:
        raise BackupError(
            "the store lies in PostgreSQL, which has backups of its own",
            hint="Use pg_basebackup and an archive of the write-ahead log; see docs/guide-operations.md.",
        )
