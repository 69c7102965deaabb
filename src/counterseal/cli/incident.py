# SPDX-License-Identifier: Apache-2.0
"""`counterseal incident open | list | show | members | timeline | impact | note`: cases, over a server."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, out, show_json, table, when
from counterseal.cli.remote import Server

incident = typer.Typer(help="Incidents: what happened, to whom else, and what is done.", no_args_is_help=True)
Case = Annotated[str, typer.Argument(help="The incident's id.")]
LISTED = 30


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(incident, name="incident")


@incident.command("open")
def open_case(
    kind: Annotated[
        str, typer.Argument(help="account_takeover, forged_request, insider_read, api_key_leak or other.")
    ],
    title: Annotated[str, typer.Argument(help="What happened, in a few words.")],
    severity: Annotated[int, typer.Option(help="1 (worst) to 4.")] = 2,
    account: Annotated[list[str] | None, typer.Option(help="An account that was hit; may be repeated.")] = None,
    begun: Annotated[int | None, typer.Option(help="Since when the attack runs (ms since the epoch).")] = None,
    source: Annotated[str, typer.Option(help="A name of the cause: one cause opens one case.")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Open a case, or find the one that this source opened."""
    body: dict[str, Any] = {"kind": kind, "title": title, "severity": severity, "source": source}
    body["accounts"] = [{"account": each, "state": "hit"} for each in account or ()]
    if begun is not None:
        body["begun"] = begun
    found = Server(config, database, url).post("/v1/incidents", body)
    if json:
        show_json(found)
    else:
        typer.echo(f"{found['incident']}  {found['number'] or 'was open already; the accounts were added'}")


@incident.command("list")
def list_cases(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List cases with what is open in each."""
    server = Server(config, database, url)
    items: list[dict[str, Any]] = []
    after = ""
    while True:
        page = server.get(f"/v1/incidents?{urlencode({'after': after, 'limit': 500})}")
        items += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    if json:
        show_json({"items": items})
        return
    if not items:
        typer.echo("No incident is open. One is opened by a person, an owner's page, or a confirmed forgery.")
        return
    rows = [
        [each["number"], each["id"], each["stage"], str(each["severity"]), each["title"], _counted(each["counts"])]
        for each in items
    ]
    table("Incidents", ["number", "id", "stage", "sev", "what", "accounts"], rows)


@incident.command("show")
def show(case: Case, config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """Show a case: tasks, clocks, evidence, the latest notes."""
    found = Server(config, database, url).get(_path(case, ""))
    if json:
        show_json(found)
        return
    typer.echo(f"{found['number']}  {found['title']}")
    typer.echo(f"{found['kind']}, severity {found['severity']}, {found['stage']}, opened {when(found['opened'])}")
    typer.echo(f"Accounts: {_counted(found['counts'])}; {found['counts']['protected']} protected")
    tasks = [
        [each["id"], each["title"], when(each["due"], "-"), each["owner"] or "nobody"]
        for each in found["tasks"]
        if each["done"] is None
    ]
    if tasks:
        table("To do", ["task", "what", "due", "who"], tasks)
    clocks = [
        [each["rule"], each["title"], when(each["due"]), when(each["met"], "runs")] for each in found["deadlines"]
    ]
    if clocks:
        table("Clocks", ["rule", "what", "due", "met"], clocks)
    evidence = [[each["id"], each["name"], str(each["size"]), each["sha256"][:16]] for each in found["evidence"]]
    if evidence:
        table("Evidence", ["id", "file", "bytes", "SHA-256 begins"], evidence)
    for note in found["notes"][-5:]:
        out.print(f"{when(note['at'])}  {note['text']}", markup=False)


@incident.command("members")
def members(
    case: Case,
    state: Annotated[str, typer.Option(help="Only those that are hit, exposed, safe, unknown or owner_says.")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List the accounts of a case and why each is in it."""
    server = Server(config, database, url)
    items: list[dict[str, Any]] = []
    after = ""
    while True:
        query = {"after": after, "limit": 500} | ({"state": state} if state else {})
        page = server.get(_path(case, f"/members?{urlencode(query)}"))
        items += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    if json:
        show_json({"items": items})
        return
    rows = [
        [each["account"], each["state"], ", ".join(dict.fromkeys(why["kind"] for why in each["because"]))]
        for each in items[:LISTED]
    ]
    table(f"{len(items)} accounts", ["account", "state", "because"], rows)
    if len(items) > LISTED:
        typer.echo(f"... and {len(items) - LISTED} more (--json shows all)")


@incident.command("timeline")
def timeline(
    case: Case,
    account: Annotated[str, typer.Option(help="Only this account of the case.")] = "",
    after: Annotated[int, typer.Option(help="Behind this position of the log.")] = -1,
    limit: Annotated[int, typer.Option(help="So many events.")] = 100,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show what happened to the accounts that were harmed, in the order of the log."""
    query = urlencode({"account": account, "after": after, "limit": limit})
    found = Server(config, database, url).get(_path(case, f"/timeline?{query}"))
    if json:
        show_json(found)
        return
    rows = [[when(each["at"]), each["account"], each["who"], each["text"]] for each in found["events"]]
    table("Timeline", ["when", "account", "who", "what"], rows)
    if found["next"] is not None:
        typer.echo(f"More: --after {found['next']}")


@incident.command("cause")
def cause(
    case: Case, config: Config = None, database: Database = None, url: Url = None, json: Json = False
) -> None:
    """Show what suffices for the attacker's steps, what was seen before them, and the control that failed."""
    found = Server(config, database, url).get(_path(case, "/cause"))
    if json:
        show_json(found)
        return
    typer.echo(found["text"])
    if found["accounts"] < found["harmed"]:
        typer.echo(f"Read from {found['accounts']} of the {found['harmed']} accounts that were harmed.")


@incident.command("impact")
def impact(
    case: Case,
    capabilities: Annotated[
        list[str] | None,
        typer.Option("--set", help="Capabilities that suffice for the steps, with commas; may be repeated."),
    ] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Look for everyone else who was reachable the same way; all that are found become members."""
    sets = [[name.strip() for name in each.split(",") if name.strip()] for each in capabilities or ()]
    found = Server(config, database, url).post(_path(case, "/impact"), {"sets": sets})
    if json:
        show_json(found)
        return
    leads = [[each["kind"], each["said"], str(each["bearers"]), "yes"] for each in found["leads"]]
    leads += [[each["kind"], each["said"], str(each["bearers"]), "no: common"] for each in found["common"]]
    table("What the attacker left behind", ["what", "value", "accounts", "followed"], leads)
    typer.echo(", ".join(f"{count} {name}" for name, count in found["counts"].items()))
    for code in found["partial"]:
        typer.echo(f"Not whole: {PARTIAL.get(code, code)}")


PARTIAL = {
    "behind": "the index has not read all of the log; ask again",
    "most": "more accounts bear a lead than are looked at",
    "missed": "an account had more traits than are kept",
}


@incident.command("note")
def note(
    case: Case,
    text: Annotated[str, typer.Argument(help="What is to be known. Nobody can change it.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
) -> None:
    """Write a note into a case."""
    found = Server(config, database, url).post(_path(case, "/notes"), {"text": text})
    typer.echo(found["made"])


def _counted(counts: dict[str, Any]) -> str:
    said = [f"{count} {name.replace('_', ' ')}" for name, count in counts["states"].items() if count]
    return ", ".join(said) or "none"


def _path(case: str, rest: str) -> str:
    return f"/v1/incidents/{quote(case, safe='')}{rest}"
