# SPDX-License-Identifier: Apache-2.0
"""`desk registry list | show | import | due`: the registry of authorities of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, out, show_json, table, when
from counterseal.cli.remote import Server
from counterseal.core.errors import InputError

registry = typer.Typer(
    help="The registry of authorities: who they are and how to reach them.", no_args_is_help=True
)


@registry.command("list")
def list_authorities(
    country: Annotated[str, typer.Option(help="Only of this country (two letters).")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List the authorities, with how many of their contacts count now."""
    server, found, after = Server(config, database, url), list[Any](), ""
    while True:
        query = urlencode({"country": country, "after": after, "limit": 200})
        page = server.get(f"/v1/desk/authorities?{query}")
        found += page["items"]
        after = page["next"]
        if not after:
            break
    if json:
        show_json({"items": found})
        return
    rows = [
        [
            each["id"],
            each["name"],
            each["country"],
            each["role"],
            f"{each['usable']} of {each['contacts']}",
            str(each["due"]),
            "" if each["ended"] is None else when(each["ended"]),
        ]
        for each in found
    ]
    table("Authorities", ["id", "name", "country", "role", "contacts that count", "to check", "ended"], rows)


@registry.command("show")
def show_authority(
    authority: Annotated[str, typer.Argument(help="Its id.")],
    received: Annotated[
        int | None, typer.Option(help="Say what counts for a request received then (ms since the epoch).")
    ] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show an authority, each contact with its source, who signed for it, and whether it counts."""
    query = "" if received is None else f"?received={received}"
    found = Server(config, database, url).get(f"/v1/desk/authorities/{quote(authority, safe='')}{query}")
    if json:
        show_json(found)
        return
    out.print(f"{found['name']} ({found['country'].upper()}, {found['role']})", markup=False)
    for name, text in (("pending", "changed, does not count yet"), ("near", "requests of the last 14 days")):
        if found[name]:
            out.print(f"  {text}: {', '.join(found[name])}", markup=False)
    rows = [
        [
            each["id"],
            each["kind"],
            each["value"],
            ", ".join(each["uses"]),
            f"{each['source']['where']}, {when(each['source']['at'])}",
            ", ".join(each["entered_by"]),
            _usable(each["usable"]),
        ]
        for each in found["contacts"]
    ]
    table("Contacts", ["id", "kind", "value", "for", "source", "signed by", "counts"], rows)


@registry.command("due")
def due(
    days: Annotated[int, typer.Option(help="How far to look ahead.")] = 30,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List contacts that are to be checked. Exit code 1 if one is overdue, so that a job can tell."""
    found = Server(config, database, url).get(f"/v1/desk/registry/due?days={days}")
    overdue = any(each["overdue"] for each in found["items"])
    if json:
        show_json(found)
        raise typer.Exit(int(overdue))
    rows = [
        [
            each["name"],
            each["kind"],
            each["value"],
            when(each["recheck"]),
            "does not count until it is checked" if each["overdue"] else "",
        ]
        for each in found["items"]
    ]
    table("To check", ["authority", "kind", "value", "by", ""], rows)
    raise typer.Exit(int(overdue))


@registry.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file, see docs/desk-registry.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would enter, keep nothing.")] = False,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Hand in a CSV file as a draft; two officers sign it in the console. A mistake is named with line and column,
    and nothing of the file is kept."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"`{file}` cannot be read: {(error.strerror or str(error)).lower()}") from None
    path = "/v1/desk/registry/trial" if dry_run else "/v1/desk/registry/imports"
    found = Server(config, database, url).post(path, data)
    if json:
        show_json(found)
        return
    shown = out if dry_run else err
    for step in found["steps"]:
        shown.print(f"line {step['line']}: {step['authority']}, {step['what']} {step['value']}", markup=False)
        for alarm in step["alarms"]:
            shown.print(f"  ! {alarm['sentence']} [{alarm['mark']}]", markup=False)
    err.print(f"{len(found['steps'])} to enter, {found['known']} there already, {len(found['marks'])} alarms.")
    if dry_run:
        return
    draft = found["draft"]["id"]
    err.print("Nothing is entered yet. Two officers sign this in the console; then, with their approval:")
    err.print(f"  counterseal desk registry apply {draft} --approval ...", markup=False)
    show_json({"operation": f"POST {_apply(draft)}", "body": _signed(found)})


@registry.command("apply")
def apply_draft(
    draft: Annotated[str, typer.Argument(help="The draft's id, as `import` said.")],
    approval: Annotated[str, typer.Option(help="The approval that two officers signed for it.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Enter a draft that two officers signed: all of it, or nothing."""
    server = Server(config, database, url)
    found = server.get(f"/v1/desk/registry/imports/{quote(draft, safe='')}")
    made = server.post(_apply(draft), _signed(found), approval=approval)
    if json:
        show_json(made)
    else:
        err.print(f"{len(found['steps'])} were entered.")


def _apply(draft: str) -> str:
    return f"/v1/desk/registry/imports/{quote(draft, safe='')}/apply"


def _signed(found: Any) -> dict[str, Any]:
    """What two officers sign of an import."""
    return {"digest": found["digest"], "accepts": found["marks"]}


def _usable(held: Any) -> str:
    if held["counts"]:
        return f"yes: {held['sentence']}"
    until = "" if held["when"] is None else f" (from {when(held['when'])})"
    return f"no: {held['sentence']}{until}"
