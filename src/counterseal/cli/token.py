# SPDX-License-Identifier: Apache-2.0
"""`token create | list | revoke`: platform tokens."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any

import typer

from counterseal.cli.local import Config, Database, Url, opened, server_of, settings_of
from counterseal.cli.output import Json, err, show_json, table
from counterseal.cli.remote import ask
from counterseal.settings import Settings

DAY = 86_400_000
token = typer.Typer(help="Platform tokens: create, list, revoke.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(token, name="token")


@token.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="A scope; repeat for more.")],
    platform: Annotated[str, typer.Option(help="Whose token it is.")] = "platform",
    officer: Annotated[str | None, typer.Option(help="The officer whose hands it is in.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Its life.")] = 90,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Create a token. It is shown once."""
    settings = settings_of(config, database)
    body = {"name": name, "platform": platform, "scopes": scope, "lifetime_days": days, "officer": officer}
    server = server_of(settings, url)
    made = ask(server, "POST", "/v1/tokens", body) if server else asyncio.run(_create(settings, body))
    if json:
        show_json(made)
        return
    err.print(f"Token {made['record']['id']} for {name}, shown this once:")
    typer.echo(made["token"])


@token.command("list")
def list_tokens(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List tokens, ended ones too. Never their secrets."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    found = ask(server, "GET", "/v1/tokens")["items"] if server else asyncio.run(_list(settings))
    if json:
        show_json(found)
        return
    rows = [
        [
            item["id"],
            item["name"],
            item["officer"] or "",
            _day(item["expires"]),
            "revoked" if item["revoked"] else "",
            " ".join(item["scopes"]),
        ]
        for item in found
    ]
    table("Tokens", ["id", "name", "officer", "expires", "", "scopes"], rows)


@token.command()
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
) -> None:
    """End a token now."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server:
        ask(server, "POST", f"/v1/tokens/{identity}/revoke")
    else:
        asyncio.run(_revoke(settings, identity))
    err.print(f"Token {identity} is revoked.")


def _day(at: int) -> str:
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC).strftime("%Y-%m-%d")


async def _create(settings: Settings, body: dict[str, Any]) -> dict[str, Any]:
    from counterseal.access.model import Scope
    from counterseal.http.access import token_view
    from counterseal.http.openapi import plain

    with opened(settings) as application:
        made = await application.access.create_token(
            name=body["name"],
            platform=body["platform"],
            scopes=[Scope(item) for item in body["scopes"]],
            lifetime=body["lifetime_days"] * DAY,
            officer=body["officer"],
            by="command",
        )
    return {"token": made.secret, "record": plain(token_view(made.token))}


async def _list(settings: Settings) -> list[dict[str, Any]]:
    from counterseal.http.access import token_view
    from counterseal.http.openapi import plain

    with opened(settings) as application:
        return [plain(token_view(item)) for item in await application.access.tokens(limit=1_000)]


async def _revoke(settings: Settings, identity: str) -> None:
    with opened(settings) as application:
        await application.access.revoke_token(identity, by="command")
