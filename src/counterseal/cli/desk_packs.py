# SPDX-License-Identifier: Apache-2.0
"""`desk packs list | lint | show | clocks`: the desk's rule packs, without a server."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from counterseal.cli.output import Json, err, out, show_json, table
from counterseal.core.errors import InputError, PolicyError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.gateways.desk_packs import load_desk_pack_file, shipped_desk_packs
from counterseal.judicial.packs.clocks import clocks_for
from counterseal.judicial.packs.model import Basis
from counterseal.judicial.requests.model import Type

packs = typer.Typer(help="Rule packs: legal bases, deadlines, what each may be given.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="PACK", help="A shipped name or a file.")]


@packs.command("list")
def list_packs(json: Json = False) -> None:
    """List the shipped rule packs."""
    found = [load_desk_pack_file(name) for name in shipped_desk_packs()]
    if json:
        show_json(
            {"items": [{"name": each.name, "title": each.title, "bases": list(each.bases)} for each in found]}
        )
        return
    table(
        "Rule packs (not legal advice)",
        ["name", "title", "legal bases"],
        [[each.name, each.title, ", ".join(each.bases)] for each in found],
    )


@packs.command("lint")
def lint_pack(pack: Name, json: Json = False) -> None:
    """Check a rule pack; each fault with its line. Exit code 1 on faults."""
    faults: tuple[PolicyError, ...] = ()
    told = ""
    try:
        held = load_desk_pack_file(pack)
        told = f"{held.name}: {len(held.bases)} legal bases, {held.digest}"
    except PolicyError as error:
        faults = error.faults if isinstance(error, PolicyFaults) else (error,)
    if json:
        show_json({"pack": pack, "findings": [_fault(each) for each in faults]})
    for each in () if json else faults:
        out.print(f"{pack}:{each.span.line}:{each.span.column}: {each.diagnostics()} [{each.code}]", markup=False)
    if faults:
        raise typer.Exit(1)
    if not json:
        err.print(told)


@packs.command("show")
def show_pack(pack: Name, json: Json = False) -> None:
    """Show legal bases and their rows of the scope matrix, each with source and confidence."""
    held = load_desk_pack_file(pack)
    if json:
        show_json(
            {"pack": held.name, "digest": held.digest, "bases": [_basis(each) for each in held.bases.values()]}
        )
        return
    if held.caveat:
        out.print(held.caveat, style="yellow", markup=False)
    rows = [
        [basis.name, row.category, ", ".join(row.fields), ", ".join(row.identifiers), _window(row.longest)]
        for basis in held.bases.values()
        for row in basis.allow
    ]
    table(held.title, ["legal basis", "category", "fields", "found by", "window"], rows)
    sources = [[each.name, each.origin.confidence, each.origin.source] for each in held.bases.values()]
    table("Sources", ["legal basis", "confidence", "source"], sources)


@packs.command("clocks")
def show_clocks(
    pack: Name,
    type: Annotated[Type, typer.Option("--type", help="Of the request.")] = Type.DISCLOSURE,  # noqa: A002
    received: Annotated[str, typer.Option("--received", help="ISO 8601 with its offset; else now.")] = "",
    basis: Annotated[str, typer.Option("--basis", help="Legal basis, for deadlines of its own.")] = "",
    json: Json = False,
) -> None:
    """Work out the deadlines of a request received then, in the pack's time zone."""
    held = load_desk_pack_file(pack)
    if basis:
        held.basis(basis)
    zone = ZoneInfo(held.zone)
    at = _moment(received, zone)
    found = clocks_for(held, type, at, basis=basis)
    if json:
        show_json({"pack": held.name, "received": at, "clocks": found})
        return
    rows = [[each.name, f"{_local(each.due, zone):%Y-%m-%d %H:%M %Z}", each.then, each.source] for each in found]
    table(f"Received {_local(at, zone):%Y-%m-%d %H:%M %Z}", ["deadline", "ends", "then", "entry"], rows)


def _moment(text: str, zone: ZoneInfo) -> int:
    try:
        given = dt.datetime.fromisoformat(text) if text else dt.datetime.now(dt.UTC)
    except ValueError:
        raise InputError(
            f"`{text[:40]}` is no time", code="time_invalid", hint="as 2026-11-23T12:00+01:00"
        ) from None
    return round((given if given.tzinfo else given.replace(tzinfo=zone)).timestamp() * 1000)


def _local(at: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, zone)


def _window(longest: int | None) -> str:
    return "none" if longest is None else f"up to {longest // 86_400_000} d"


def _fault(each: PolicyError) -> dict[str, Any]:
    return {
        "code": each.code,
        "line": each.span.line,
        "column": each.span.column,
        "sentence": each.sentence,
        "hint": each.hint,
    }


def _basis(held: Basis) -> dict[str, Any]:
    return {
        "name": held.name,
        "title": held.title,
        "types": held.types,
        "roles": held.roles,
        "compelling": held.compelling,
        "most_tier": held.most_tier,
        "source": held.origin.source,
        "confidence": held.origin.confidence,
        "allow": [
            {
                "category": row.category,
                "fields": row.fields,
                "identifiers": row.identifiers,
                "longest": row.longest,
                "line": row.line,
            }
            for row in held.allow
        ],
    }
