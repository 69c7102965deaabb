# SPDX-License-Identifier: Apache-2.0
"""`counterseal loss show | import | fetch | state | recover | packs | lint`: what an incident cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, out, show_json, table, when
from counterseal.cli.prices import read_file
from counterseal.cli.remote import Server
from counterseal.core.errors import PolicyError
from counterseal.core.policy.faults import PolicyFaults

loss = typer.Typer(help="What an incident cost, per account and asset.", no_args_is_help=True)
Incident = Annotated[str, typer.Argument(help="The incident's id.")]
Pack = Annotated[str, typer.Option(help="The valuation pack.")]
Paid = Annotated[int | None, typer.Option(help="Day of payment (ms since the epoch); default: now.")]
Why = Annotated[str, typer.Option(help="Why; it stands in the log.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(loss, name="loss")


@loss.command("show")
def show(
    incident: Incident,
    account: Annotated[str, typer.Option(help="Only this account, line by line.")] = "",
    pack: Pack = "time-of-loss",
    paid_at: Paid = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show what is missing, by asset; with --account each line, why it belongs and how it was valued."""
    query = urlencode({"pack": pack} | ({} if paid_at is None else {"paid_at": paid_at}))
    where = _path(incident, f"/loss/accounts/{quote(account, safe='')}" if account else "/loss")
    found = Server(config, database, url).get(f"{where}?{query}")
    if json:
        show_json(found)
    elif account:
        _show_account(found)
    else:
        _show_all(found)


@loss.command("import")
def import_file(
    incident: Incident,
    file: Annotated[Path, typer.Argument(help="CSV of the platform's ledger, see docs/loss.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would add, keep nothing.")] = False,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Take movements in from a file, all of it or nothing; a mistake is named with line and column."""
    path = _path(incident, "/movements") + ("?dry_run=true" if dry_run else "")
    _show_import(Server(config, database, url).post(path, read_file(file)), json=json)


@loss.command("fetch")
def fetch(
    incident: Incident,
    since: Annotated[int, typer.Option(help="From when on (ms since the epoch).")],
    until: Annotated[int, typer.Option(help="Until before when (ms).")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Ask the platform what moved in the accounts of an incident."""
    body = {"since": since, "until": until}
    _show_import(Server(config, database, url).post(_path(incident, "/movements/fetch"), body), json=json)


@loss.command("state")
def state(
    incident: Incident,
    account: Annotated[str, typer.Argument(help="Whose it is.")],
    about: Annotated[str, typer.Argument(help="row:HASH, action:ID or session:ID.")],
    why: Why,
    belongs: Annotated[bool, typer.Option("--belongs/--not", help="Whether it is part of the loss.")] = True,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """State whether something belongs to the loss. A later statement about the same puts it right."""
    body = {"account": account, "about": about, "belongs": belongs, "why": why}
    found = Server(config, database, url).post(_path(incident, "/loss/statements"), body)
    if json:
        show_json(found)
    else:
        err.print(f"{about} {'belongs' if belongs else 'does not belong'} to the loss.", markup=False)


@loss.command("recover")
def recover(
    incident: Incident,
    asset: Annotated[str, typer.Argument(help="As in BTC.")],
    amount: Annotated[str, typer.Argument(help="How much of it.")],
    why: Why,
    frozen: Annotated[bool, typer.Option("--frozen", help="It is held, and not back yet.")] = False,
    account: Annotated[str, typer.Option(help="Whose it is; empty: shared by what each lost.")] = "",
    where: Annotated[str, typer.Option(help="Where it is.")] = "",
    replaces: Annotated[str, typer.Option(help="An earlier one that this puts right.")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Note what came back, or with --frozen what is held somewhere."""
    about = {"account": account, "where": where, "replaces": replaces, "why": why}
    body = {"asset": asset, "amount": amount, "state": "frozen" if frozen else "recovered", **about}
    found = Server(config, database, url).post(_path(incident, "/loss/recoveries"), body)
    if json:
        show_json(found)
    else:
        err.print(f"Noted as {found['made']}.", markup=False)


@loss.command("packs")
def list_packs(json: Json = False) -> None:
    """List the shipped valuation packs."""
    from counterseal.gateways.valuation_packs import load_valuation_pack_file, shipped_valuation_packs

    found = [load_valuation_pack_file(name) for name in shipped_valuation_packs()]
    if json:
        show_json({"items": found})
        return
    rows = [[each.name, each.title, each.origin.confidence] for each in found]
    table("Valuation packs (not legal advice)", ["name", "title", "confidence"], rows)


@loss.command("lint")
def lint(pack: Annotated[str, typer.Argument(help="A shipped name or a file.")], json: Json = False) -> None:
    """Check a valuation pack. Exit code 1 with every mistake, by line and column."""
    from counterseal.gateways.valuation_packs import load_valuation_pack_file

    try:
        found = load_valuation_pack_file(pack)
    except PolicyError as error:
        err.print(error.diagnostics() if isinstance(error, PolicyFaults) else str(error), markup=False)
        raise typer.Exit(1) from None
    if json:
        show_json(found)
    else:
        out.print(f"{found.name}: {found.title} ({found.digest})", markup=False)


def _path(incident: str, rest: str) -> str:
    return f"/v1/incidents/{quote(incident, safe='')}{rest}"


def _show_import(found: Any, *, json: bool) -> None:
    if json:
        show_json(found)
        return
    done = "were" if found["kept"] else "would be"
    err.print(f"{found['new']} of {found['rows']} rows {done} new, of {found['accounts']} accounts.")


def _show_all(found: Any) -> None:
    least = "" if found["complete"] else "at least "
    total, currency = found["total"], found["currency"]
    out.print(f"Missing: {least}{total['net']} {currency} ({found['pack']}, {found['accounts']} accounts)")
    out.print(f"  lost {total['gross']}, came back {total['recovered']}, held {total['frozen']}")
    rows = [
        [
            each["asset"],
            *(each["amount"][name] for name in ("gross", "recovered", "frozen", "net")),
            each["value"]["net"],
        ]
        for each in found["assets"]
    ]
    table("By asset", ["asset", "lost", "came back", "held", "missing", currency], rows)
    _show_questions(found["questions"])
    if found["caveat"]:
        out.print(found["caveat"], markup=False)


def _show_account(found: Any) -> None:
    rows = [
        [
            when(each["at"]),
            each["kind"],
            f"{'not known' if each['amount'] is None else each['amount']} {each['asset']}",
            each["unvalued"] if each["value"] is None else f"{each['value']} {found['currency']}",
            each["sentence"],
        ]
        for each in found["lines"]
    ]
    table(f"Lost by {found['account']}", ["at", "what", "amount", "value", "because"], rows)
    left = [
        [when(each["at"]), each["what"], f"{each['amount']} {each['asset']}", each["sentence"]]
        for each in found["left_out"]
    ]
    if left:
        table("No part of it", ["at", "what", "amount", "because"], left)
    _show_questions(found["questions"])


def _show_questions(questions: Any) -> None:
    for each in questions:
        out.print(f"open: {each['account']} {each['about']}: {each['sentence']}", markup=False)
