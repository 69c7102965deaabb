# SPDX-License-Identifier: Apache-2.0
"""`brake list | set | lift`: stop an asset, a destination or an action on every account."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, show_json, table, when
from counterseal.cli.remote import Server

MINUTE = 60_000
Reason = Annotated[str, typer.Option(help="Why; staff read it, owners do not.")]
Approval = Annotated[str | None, typer.Option(help="An approval that two signed for exactly this.")]
brake = typer.Typer(help="Stop an asset, a destination or an action on every account.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(brake, name="brake")


@brake.command("list")
def list_brakes(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List what is stopped now."""
    found = Server(config, database, url).get("/v1/brakes")
    if json:
        show_json(found)
        return
    rows = [
        [
            each["id"],
            each["kind"],
            each["about"],
            when(each["since"]),
            when(each["until"], "lifted by hand"),
            each["reason"],
        ]
        for each in found["items"]
    ]
    table("Brakes", ["id", "stops", "what", "since", "until", "why"], rows)


@brake.command("set")
def set_brake(
    reason: Reason,
    asset: Annotated[str, typer.Option(help="Stop this asset.")] = "",
    action: Annotated[str, typer.Option(help="Stop this action of the policy.")] = "",
    address: Annotated[str, typer.Option(help="Stop payments to this address.")] = "",
    chain: Annotated[str, typer.Option(help="Its chain; without it on any chain.")] = "",
    memo: Annotated[str | None, typer.Option(help="Its memo; without it with any memo.")] = None,
    minutes: Annotated[int | None, typer.Option(help="Until then; without it until it is lifted.")] = None,
    approval: Approval = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Stop it at once. Two officers: an approval, or a token in COUNTERSEAL_CLIENT_SECOND_TOKEN too."""
    body: dict[str, Any] = {"reason": reason, "asset": asset, "action": action}
    if address:
        body["destination"] = {"address": address, "chain": chain, "memo": memo}
    if minutes is not None:
        body["duration"] = minutes * MINUTE
    made = Server(config, database, url).post("/v1/brakes", body, approval=approval, officers=True)
    if json:
        show_json(made)
    else:
        err.print(f"{made['kind']} {made['about']} is stopped on every account ({made['id']}).")


@brake.command("lift")
def lift_brake(
    identity: Annotated[str, typer.Argument(metavar="ID")],
    reason: Reason,
    approval: Approval = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """End a brake. It takes two officers too."""
    server, path = Server(config, database, url), f"/v1/brakes/{quote(identity, safe='')}/lift"
    ended = server.post(path, {"reason": reason}, approval=approval, officers=True)
    if json:
        show_json(ended)
    else:
        err.print(f"{ended['kind']} {ended['about']} goes on.")
