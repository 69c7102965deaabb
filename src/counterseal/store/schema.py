# SPDX-License-Identifier: Apache-2.0
"""Brings a database to the schema of this program, forwards only, with Alembic."""

from __future__ import annotations

import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from counterseal.store.errors import SchemaNewerError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The revision this program reads and writes; a test compares it with the migrations' head."""
KNOWN = frozenset({"0001", "0002", HEAD})
_ALONE = threading.Lock()
MIGRATIONS = Path(__file__).parent / "migrations"


def revision_of(connection: sa.Connection) -> str | None:
    """The database's revision, or None for an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(connection: sa.Connection) -> None:
    """Upgrade to `HEAD` in the caller's transaction; raises SchemaNewerError for an unknown revision."""
    found = revision_of(connection)
    if found == HEAD:
        return
    if found is not None and found not in KNOWN:
        raise SchemaNewerError(
            f"the store has schema `{found}`, which this program does not know",
            hint="Start the newer Counterseal that wrote it.",
        )
    from alembic import command  # noqa: PLC0415 - slow to import, needed once in the life of a store
    from alembic.config import Config  # noqa: PLC0415

    with _ALONE:  # Alembic keeps its context in a global
        _upgrade(command, Config(), connection)


def _upgrade(command: ModuleType, config: Config, connection: sa.Connection) -> None:
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
