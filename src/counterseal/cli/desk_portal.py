# SPDX-License-Identifier: Apache-2.0
"""`desk portal invite | list | end`: accounts of the officers' portal."""

from __future__ import annotations

from typing import Annotated

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, out, show_json, table, when
from counterseal.cli.remote import Server

portal = typer.Typer(
    help="The officers' portal: accounts of people of authorities, after a call.", no_args_is_help=True
)
ROOT = "/v1/desk/portal"
INVITED = "pi"  # how the id of an invitation begins
Approval = Annotated[str, typer.Option("--approval", help="The approval that two signed with their passkeys.")]


@portal.command("invite")
def invite(
    authority: Annotated[str, typer.Argument(help="Its id in the registry.")],
    officer: Annotated[str, typer.Argument(help="Who gets the account, as the office named them on the call.")],
    approval: Approval,
    contact: Annotated[str, typer.Option(help="The number that was called: a contact of the registry.")],
    at: Annotated[int, typer.Option(help="When (ms since the epoch), within the last day.")],
    by: Annotated[str, typer.Option(help="Which of ours called (staff id).")],
    spoke_to: Annotated[str, typer.Option(help="Who answered.")],
    mail: Annotated[str, typer.Option(help="Where the link goes: a contact of the registry.")] = "",
    language: Annotated[str, typer.Option(help="Of the letter: en or zh.")] = "en",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Invite somebody. The approval is for exactly these values, mail and language included. The code is shown
    once, to be read out on the call."""
    call = {"contact": contact, "at": at, "by": by, "spoke_to": spoke_to}
    body = {"authority": authority, "officer": officer, "call": call, "mail": mail, "language": language}
    server = Server(config, database, url)
    made = server.post(f"{ROOT}/invitations", body, approval=approval)
    if json:
        show_json(made)
        return
    out.print(f"code     {made['code'] or '(told before)'}", markup=False)
    out.print(f"link to  {made['to']}, until {when(made['expires'])}", markup=False)


@portal.command("list")
def list_accounts(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List accounts and the invitations that are open."""
    found = Server(config, database, url).get(f"{ROOT}/accounts")
    if json:
        show_json(found)
        return
    rows = [
        [
            each["id"],
            each["officer"],
            each["authority_name"],
            when(each["confirmed"]),
            when(each["counts_from"]),
            when(each["ends"]),
            each["fault"] or "counts",
        ]
        for each in found["items"]
    ]
    table("Accounts", ["id", "officer", "authority", "called", "evidence from", "ends", "state"], rows)
    waiting = [
        [each["id"], each["officer"], each["authority"], each["to"], when(each["expires"]), str(each["tries"])]
        for each in found["invitations"]
    ]
    table("Open invitations", ["id", "officer", "authority", "link to", "until", "wrong codes"], waiting)


@portal.command("end")
def end(
    account: Annotated[str, typer.Argument(help="Its id, or that of an open invitation.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """End an account at once: its sessions end, and no log-in of it is evidence any more. Of an invitation the link
    opens nothing any more."""
    server, invited = Server(config, database, url), account.startswith(INVITED)
    kind = "invitations" if invited else "accounts"
    held = server.post(f"{ROOT}/{kind}/{account}/end", {"reason": reason})
    if json:
        show_json(held)
        return
    if invited:
        out.print(f"{held['officer']} of {held['authority']}: {held['ended']}", markup=False)
        return
    out.print(f"{held['officer']} of {held['authority_name']}: ended {when(held['ended'])}", markup=False)
