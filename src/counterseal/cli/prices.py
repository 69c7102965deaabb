# SPDX-License-Identifier: Apache-2.0
"""`counterseal prices history | import`: the history of prices that losses are valued with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, show_json, table, when
from counterseal.cli.remote import Server
from counterseal.core.errors import InputError

prices = typer.Typer(help="The history of prices that losses are valued with.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(prices, name="prices")


def read_file(file: Path) -> bytes:
    """The bytes of a file. Raises InputError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"`{file}` cannot be read: {(error.strerror or str(error)).lower()}") from None


@prices.command("history")
def history(
    asset: Annotated[str, typer.Argument(help="As in BTC.")],
    currency: Annotated[str, typer.Argument(help="As in USD.")],
    since: Annotated[int, typer.Option(help="From when on (ms since the epoch).")],
    until: Annotated[int, typer.Option(help="Until when (ms), up to 31 days later.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List the recorded prices of a pair, with who said so and when it was recorded."""
    query = urlencode({"asset": asset, "currency": currency, "since": since, "until": until})
    found = Server(config, database, url).get(f"/v1/prices/history?{query}")
    if json:
        show_json(found)
        return
    rows = [
        [when(each["at"]), each["value"], each["source"], when(each["recorded"]), each["hash"][:12]]
        for each in found["items"]
    ]
    table(f"{asset} in {currency}", ["at", "value", "source", "recorded", "hash"], rows)


@prices.command("fetch")
def fetch(
    asset: Annotated[str, typer.Argument(help="As in BTC.")],
    currency: Annotated[str, typer.Argument(help="As in USD.")],
    since: Annotated[int, typer.Option(help="From when on (ms since the epoch).")],
    until: Annotated[int, typer.Option(help="Until when (ms), up to 31 days later.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Ask the price service of the settings for a pair, and take in what it says."""
    body = {"asset": asset, "currency": currency, "since": since, "until": until}
    _show(Server(config, database, url).post("/v1/prices/history/fetch", body), json=json)


@prices.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: asset, currency, at, value, source. See docs/loss.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would add, keep nothing.")] = False,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Take prices in from a file, all of it or nothing; a mistake is named with line and column."""
    path = "/v1/prices/history" + ("?dry_run=true" if dry_run else "")
    _show(Server(config, database, url).post(path, read_file(file)), json=json)


def _show(found: Any, *, json: bool) -> None:
    if json:
        show_json(found)
        return
    done = "were" if found["kept"] else "would be"
    err.print(f"{found['new']} prices {done} new, {found['corrected']} put right, {found['known']} known.")
