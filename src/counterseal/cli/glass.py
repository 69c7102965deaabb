# SPDX-License-Identifier: Apache-2.0
"""`glass open | close | show`: break-glass for one account."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, show_json, table, when
from counterseal.cli.remote import Server

MINUTE = 60_000
Account = Annotated[str, typer.Argument(help="Whose account.")]
glass = typer.Typer(
    help="Break-glass: put suspicions about one account aside for what is no outflow.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(glass, name="glass")


@glass.command()
def show(
    account: Account, config: Config = None, database: Database = None, url: Url = None, json: Json = False
) -> None:
    """Say whether it is open, who opened and closed it within 24 h, and how much may still be opened."""
    found = Server(config, database, url).get(_path(account))
    if json:
        show_json(found)
        return
    rows = [[*(when(each[name]) for name in ("since", "until")), *_who(each)] for each in found["items"]]
    state = "is open" if found["open"] else "is not open"
    title = f"Break-glass {state} for {found['account']}; {found['left'] // MINUTE} minutes are left"
    table(title, ["since", "until", "opened by", "ended by", "why"], rows)


@glass.command("open")
def open_glass(
    account: Account,
    reason: Annotated[str, typer.Option(help="Why; staff read it, the owner does not.")],
    minutes: Annotated[int, typer.Option(min=1, max=240, help="For how long.")] = 60,
    approval: Annotated[str | None, typer.Option(help="The approval that two officers signed for this.")] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Open it. The owner is told at once. Without --approval: print what two officers have to sign.

    Tokens never stand for officers here: both sign with their passkeys in the console.
    """
    body, path = {"duration": minutes * MINUTE, "reason": reason}, _path(account)
    if approval is None:
        show_json({"operation": f"POST {path}", "body": body})
        err.print("Two officers propose and sign this in the console. Then: --approval ID.")
        return
    done = Server(config, database, url).post(path, body, approval=approval)
    if json:
        show_json(done)
    else:
        err.print(f"Break-glass is open for {account} until {when(done['until'])}. The owner is told.")


@glass.command()
def close(
    account: Account, config: Config = None, database: Database = None, url: Url = None, json: Json = False
) -> None:
    """End it at once: suspicions count for everything again. One member of staff is enough."""
    done = Server(config, database, url).post(f"{_path(account)}/close")
    if json:
        show_json(done)
    else:
        err.print(f"Break-glass is over for {account}.")


def _path(account: str) -> str:
    return f"/v1/accounts/{quote(account, safe='')}/glass"


def _who(each: Any) -> list[str]:
    return [", ".join(each["officers"]), each["closed_by"], each["reason"]]
