# SPDX-License-Identifier: Apache-2.0
"""`desk requests list | show`: requests of authorities at a server."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, out, show_json, table, when
from counterseal.cli.remote import Server

requests = typer.Typer(
    help="Requests of authorities: what is open, until when, what is missing.", no_args_is_help=True
)
MARKS = {"supports": "✓", "contradicts": "✗", "inconclusive": "?", "not_applicable": "–"}


@requests.command("list")
def list_requests(
    ended: Annotated[bool, typer.Option("--all", help="Also what has ended, the newest first.")] = False,
    state: Annotated[str, typer.Option(help="Only in this state.")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """List what is open, the nearest deadline first. Exit code 1 if one is overdue, so that a job can tell."""
    server, found, after = Server(config, database, url), list[Any](), ""
    while True:
        asked = {"open": "false" if ended else "true", "state": state, "after": after, "limit": "200"}
        page = server.get(f"/v1/desk/requests?{urlencode({k: v for k, v in asked.items() if v})}")
        found += page["items"]
        after = page["next"]
        if not after:
            break
    overdue = any(each["overdue"] for each in found)
    if json:
        show_json({"items": found})
        raise typer.Exit(int(overdue))
    rows = [
        [
            each["id"],
            each["reference"],
            each["type"],
            each["state"].replace("_", " "),
            each["authority"] or f"({each['claimed_authority']})",
            _due(each),
            ", ".join(each["missing"]),
        ]
        for each in found
    ]
    table("Requests", ["id", "reference", "type", "state", "authority (claimed)", "next", "missing"], rows)
    raise typer.Exit(int(overdue))


@requests.command("show")
def show_request(
    request: Annotated[str, typer.Argument(help="Its id.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show a request: its evidence and who could have forged it, what is missing, what forging all of it takes."""
    found = Server(config, database, url).get(f"/v1/desk/requests/{quote(request, safe='')}")
    if json:
        show_json(found)
        return
    held, decision = found["request"], found["decision"]
    state = held["state"].replace("_", " ")
    out.print(f"{held['reference']}, {held['type']}, {state}, received {when(held['received'])}", markup=False)
    for each in held["evidence"]:
        forged = f", could be forged by {', '.join(each['forgeable_by'])}" if each["forgeable_by"] else ""
        void = f" (void: {each['void']})" if each["void"] else ""
        findings = f" [{', '.join(each['findings'])}]" if each["findings"] else ""
        line = f"  {MARKS[each['result']]} {each['id']} {each['kind'].replace('_', ' ')}{findings}{forged}{void}"
        out.print(line, markup=False)
    if decision is None:
        out.print("The policy does not serve this type.")
        return
    _decision(decision)


def _decision(decision: Any) -> None:
    state = "allowed" if decision["allowed"] else "ready for two officers" if decision["ready"] else "not yet"
    out.print(f"Rule {decision['rule']}, line {decision['line']} of the policy: {state}", markup=False)
    for each in decision["missing"]:
        out.print(f"  missing: {each['english']}", markup=False)
    for each in decision["alternatives"]:
        out.print(f"  enough would be: {' and '.join(each)}", markup=False)
    cut = decision["cut"]
    for name, title in (("rule", "the rule"), ("standing", "the evidence that stands")):
        sets = cut[name]
        if sets:
            least = ", ".join(" + ".join(each) for each in sets[:3])
            out.print(f"To forge {title}: at least {len(sets[0])} ({least}{', ...' if len(sets) > 3 else ''})")  # noqa: PLR2004


def _due(line: Any) -> str:
    clock = line["next_clock"]
    if clock is None:
        return ""
    return f"{clock['name']} {when(clock['due'])}{' OVERDUE' if line['overdue'] else ''}"
