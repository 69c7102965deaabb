# SPDX-License-Identifier: Apache-2.0
"""`staff first | invite | list | disable | sessions`: members of staff."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer

from counterseal.cli.local import Config, Database, Url, opened, server_of, settings_of
from counterseal.cli.output import Json, err, show_json, table, when
from counterseal.cli.remote import ask
from counterseal.settings import Settings

if TYPE_CHECKING:
    from counterseal.staff.service import StaffService
    from counterseal.staff.signin import SignIn

T = TypeVar("T")
Name = Annotated[str, typer.Argument(metavar="NAME")]
Email = Annotated[str, typer.Option(help="Their e-mail address.")]
Identity = Annotated[str, typer.Argument(metavar="ID")]
staff = typer.Typer(help="Members of staff: invite, list, disable; their sessions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(staff, name="staff")


@staff.command()
def first(
    name: Name,
    email: Email,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Invite the first administrator. Only while nobody is there."""
    body = {"name": name, "email": email, "roles": ["administrator"], "first": True}
    _invite(settings_of(config, database), url, body, json=json)


@staff.command()
def invite(
    name: Name,
    email: Email,
    role: Annotated[list[str], typer.Option(help="A role; repeat for more.")],
    account: Annotated[str | None, typer.Option(help="Their own customer account, if they have one.")] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Invite somebody. The link is shown once and works once, for 24 hours."""
    body = {"name": name, "email": email, "roles": role, "account": account}
    _invite(settings_of(config, database), url, body, json=json)


@staff.command("list")
def list_staff(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List staff, disabled ones too, and open invitations."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    found = ask(server, "GET", "/v1/staff") if server else asyncio.run(_list(settings))
    if json:
        show_json(found)
        return
    rows = [
        [each["id"], each["name"], each["email"], " ".join(each["roles"]), "disabled" if each["disabled"] else ""]
        for each in found["items"]
    ]
    rows += [
        [
            each["id"],
            each["name"],
            each["email"],
            " ".join(each["roles"]),
            f"invited until {when(each['expires'])}",
        ]
        for each in found["invitations"]
    ]
    table("Staff", ["id", "name", "e-mail", "roles", ""], rows)


@staff.command()
def disable(
    identity: Identity, config: Config = None, database: Database = None, url: Url = None, json: Json = False
) -> None:
    """End everything that somebody may do, at once."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server:
        done = ask(server, "POST", f"/v1/staff/{identity}/disable")
    else:
        done = asyncio.run(_disable(settings, identity))
    if json:
        show_json(done)
    else:
        err.print(f"{done['name']} ({identity}) is disabled; every session of theirs is over.")


@staff.command()
def sessions(
    identity: Identity, config: Config = None, database: Database = None, url: Url = None, json: Json = False
) -> None:
    """List the live sessions of somebody."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server:
        found = ask(server, "GET", f"/v1/staff/sessions?staff={identity}")["items"]
    else:
        found = asyncio.run(_sessions(settings, identity))
    if json:
        show_json(found)
        return
    rows = [
        [each["id"], when(each["created"]), when(each["last"]), each["assurance"], each["agent"]] for each in found
    ]
    table("Sessions", ["id", "since", "last seen", "by", "browser"], rows)


def _invite(settings: Settings, url: str | None, body: dict[str, Any], *, json: bool) -> None:
    server = server_of(settings, url)
    made = ask(server, "POST", "/v1/staff/invitations", body) if server else asyncio.run(_made(settings, body))
    if json:
        show_json(made)
        return
    err.print(f"Link for {body['name']}, shown this once, good once until {when(made['invitation']['expires'])}:")
    typer.echo(made["link"])


async def _with(settings: Settings, work: Callable[[StaffService, SignIn], Awaitable[T]]) -> T:
    """Run it on the store itself, while no server holds it."""
    from counterseal.staff.service import StaffService
    from counterseal.staff.signin import SignIn

    with opened(settings) as application:
        await application.keys.open()
        areas = application.staff()
        return await work(cast("StaffService", areas[StaffService]), cast("SignIn", areas[SignIn]))


async def _made(settings: Settings, body: dict[str, Any]) -> dict[str, Any]:
    from counterseal.http.openapi import plain
    from counterseal.http.routers.staff import link_of
    from counterseal.http.routers.staff_bodies import invitation_view
    from counterseal.staff.model import INVITATION_LIFETIME
    from counterseal.staff.roles import read_roles
    from counterseal.staff.service import COMMAND

    async def work(people: StaffService, _: SignIn) -> dict[str, Any]:
        made = await people.invite(
            name=body["name"],
            email=body["email"],
            roles=read_roles(body["roles"]),
            account=body.get("account") or "",
            first=body.get("first", False),
            by=COMMAND,
        )
        view = invitation_view(made.invitation, made.invitation.created + INVITATION_LIFETIME)
        return {"link": link_of(settings, made.secret or ""), "invitation": plain(view)}

    return await _with(settings, work)


async def _list(settings: Settings) -> dict[str, Any]:
    from counterseal.http.openapi import plain
    from counterseal.http.routers.staff_bodies import invitation_view, member_view
    from counterseal.staff.model import INVITATION_LIFETIME

    async def work(people: StaffService, _: SignIn) -> dict[str, Any]:
        roster = await people.roster()
        waiting = [invitation_view(each, each.created + INVITATION_LIFETIME) for each in roster.invitations]
        return {"items": plain([member_view(each) for each in roster.members]), "invitations": plain(waiting)}

    return await _with(settings, work)


async def _disable(settings: Settings, identity: str) -> dict[str, Any]:
    from counterseal.http.openapi import plain
    from counterseal.http.routers.staff_bodies import member_view
    from counterseal.staff.service import COMMAND

    async def work(people: StaffService, _: SignIn) -> dict[str, Any]:
        done: dict[str, Any] = plain(member_view((await people.disable(identity, by=COMMAND)).result))
        return done

    return await _with(settings, work)


async def _sessions(settings: Settings, identity: str) -> list[dict[str, Any]]:
    from counterseal.http.openapi import plain
    from counterseal.http.routers.staff_bodies import session_line

    async def work(_: StaffService, signin: SignIn) -> list[dict[str, Any]]:
        found = await signin.live_sessions(identity)
        return [plain(session_line(identity, each, signin.bounds, "")) for each in found]

    return await _with(settings, work)
