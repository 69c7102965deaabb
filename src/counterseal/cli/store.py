# SPDX-License-Identifier: Apache-2.0
"""`backup` and `restore`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from counterseal.cli.local import Config, Database, settings_of
from counterseal.cli.output import Json, err, show_json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    destination: Annotated[Path, typer.Argument(help="File to write; a manifest is written beside it.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Copy the store while the server goes on. Keep the master key elsewhere."""
    from counterseal.store import backup as backups

    made = backups.backup(settings_of(config, database).database, destination)
    if json:
        show_json(msgspec.to_builtins(made))
    else:
        err.print(f"{destination}: {made.size} log entries, epoch {made.epoch}, root {made.root[:16]}…")


def restore(
    source: Annotated[Path, typer.Argument(help="A backup with its manifest beside it.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Make a backup the store, in a new epoch: older seals, codes and links are void. Never overwrites."""
    from counterseal.store import backup as backups
    from counterseal.wiring.application import master_key

    settings = settings_of(config, database)
    done = backups.restore(source, settings.database, master_key(settings), now=time.time_ns() // 1_000_000)
    if json:
        show_json(msgspec.to_builtins(done))
    else:
        err.print(f"{settings.database}: {done.size} log entries restored, epoch {done.epoch} begins.")
        err.print("Tell witnesses: the log goes on from an older state. Older seals, codes and links are void.")
