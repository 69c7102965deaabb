# SPDX-License-Identifier: Apache-2.0
"""Commands on the store: directly when nobody holds it, through the API of the server that does otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterseal.core.errors import CountersealError
from counterseal.settings import Settings, load_settings

if TYPE_CHECKING:
    from counterseal.wiring.application import Application

TOKEN_VARIABLE = "COUNTERSEAL_CLIENT_TOKEN"  # noqa: S105 - the name of a variable
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (default: counterseal.toml).")]
Database = Annotated[Path | None, typer.Option("--database", help="Database file; overrides the settings.")]
Url = Annotated[str | None, typer.Option("--url", help="Work through this server's API.")]


class ClientTokenError(CountersealError):
    """A server holds the store, and there is no token to ask it with."""

    code = "client_token_missing"


def settings_of(config: Path | None, database: Path | None, **more: Any) -> Settings:
    """Settings with what the command line says on top."""
    given = {key: value for key, value in {"database": database, **more}.items() if value is not None}
    if database is not None:  # a file that is named is meant
        given["database_url"] = None
    return load_settings(config, **given)


@contextmanager
def opened(settings: Settings) -> Iterator[Application]:
    """The application on a store that no server holds, without its workers; given back at the end."""
    from counterseal.wiring.application import Application

    application = Application(settings)
    try:
        yield application
    finally:
        application.store.close()


def client_token(url: str) -> str:
    """The token for the API, from the environment, never from the command line (others can read those)."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise ClientTokenError(
            f"the server at {url} holds the store", hint=f"Set {TOKEN_VARIABLE} to an admin token, or stop it."
        )
    return token


def server_of(settings: Settings, url: str | None) -> str | None:
    """The API to go through: the one named, or the one of the server that holds the store."""
    from counterseal.store.lock import holder_of

    if url is not None:
        return url.rstrip("/")
    if settings.database_url is not None:  # held by nobody: several processes share it
        return None
    holder = holder_of(settings.database)
    return None if holder is None else holder.url
