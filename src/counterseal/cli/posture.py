# SPDX-License-Identifier: Apache-2.0
"""`posture`: what each capability would do to an account, or to every account of a database."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from counterseal.cli.local import Config, Database, Url, settings_of
from counterseal.cli.output import Json, show_json, table
from counterseal.cli.packs import Window, progress, window_of
from counterseal.cli.remote import ask
from counterseal.core.errors import InputError
from counterseal.gateways.packs import configured_pack

if TYPE_CHECKING:
    from counterseal.prover.fleet import FleetPosture
    from counterseal.prover.report.posture import Document
    from counterseal.settings import Settings

SHOWN = 20
WRAPPED = 98


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(posture)


def posture(
    account: Annotated[str | None, typer.Argument(help="The account; leave out with --fleet.")] = None,
    fleet: Annotated[bool, typer.Option("--fleet", help="Every account of the database, by shape.")] = False,
    window: Window = "24h",
    foreign: Annotated[
        str | None, typer.Option(help="An action that was not the owner's: what it granted is the attacker's.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=32, help="Processes for --fleet; default: one for each core.")
    ] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Say what becomes of an account if its SIM is swapped, its mailbox taken over, ... and what would help.

    Reads the database beside a running server, or asks a server with --url (token with decisions:staff).
    """
    if fleet == (account is not None):
        raise InputError("name one account, or give --fleet", hint="counterseal posture ACCOUNT")
    if fleet and (url is not None or foreign is not None):
        raise InputError("--fleet reads a database, without --url and --foreign")
    needed = window_of(window)
    if account is None:
        _fleet(settings_of(config, database), needed, workers or len(os.sched_getaffinity(0)), json=json)
        return
    if url is not None:
        document = _remote(url.rstrip("/"), account, needed, foreign)
    else:
        document = _local(settings_of(config, database), account, needed, foreign)
    if json:
        show_json(document)
        return
    _tell(document)


def _local(settings: Settings, account: str, window: int, foreign: str | None) -> Document:
    from counterseal.prover.posture import posture as prove
    from counterseal.prover.posture import start_of_state
    from counterseal.prover.report.posture import document_of
    from counterseal.wiring.fleet import latest_of_store, state_of_store

    policy, state = configured_pack(settings.policy, settings.vocabulary), state_of_store(settings, account)
    now = _now(settings, latest_of_store(settings))
    start = start_of_state(policy, state, now, () if foreign is None else (foreign,))
    return document_of(account, now, prove(policy, start, window))


def _now(settings: Settings, latest: int) -> int:
    """A simulated clock stands where the store was last written."""
    return latest if settings.clock == "simulated" else max(latest, time.time_ns() // 1_000_000)


def _remote(server: str, account: str, window: int, foreign: str | None) -> Document:
    from urllib.parse import quote

    from counterseal.prover.report.posture import Document

    more = "" if foreign is None else f"&foreign={quote(foreign, safe='')}"
    path = f"/v1/accounts/{quote(account, safe='')}/posture?window={window}{more}"
    return msgspec.convert(ask(server, "GET", path), Document)


def _tell(document: Document) -> None:
    import textwrap

    found = document.posture
    typer.echo(f"{document.account} under `{found.policy}` ({found.digest[:19]})")
    for sentence in document.sentences:
        typer.echo()
        typer.echo(textwrap.fill(sentence, WRAPPED, break_long_words=False))


def _fleet(settings: Settings, window: int, workers: int, *, json: bool) -> None:
    from counterseal.wiring.fleet import fleet_posture, latest_of_store, shapes_of_store

    policy, begun = configured_pack(settings.policy, settings.vocabulary), time.perf_counter()
    now = _now(settings, latest_of_store(settings))
    with progress() as bar:
        reading = bar.add_task("Reading", total=None)
        shapes = shapes_of_store(
            settings, policy, now, lambda done, total: bar.update(reading, completed=done, total=total)
        )
        proving = bar.add_task("Proving", total=None)
        found = fleet_posture(
            policy,
            shapes,
            window,
            workers=workers,
            progress=lambda done, total: bar.update(proving, completed=done, total=total),
        )
    seconds = round(time.perf_counter() - begun, 2)
    if json:
        show_json({**as_document(found), "at": now, "seconds": seconds})
        return
    _tell_fleet(found, seconds)


def as_document(found: FleetPosture) -> dict[str, Any]:
    """The posture of a fleet for programs: silent is `window: null` with `silent: true`; ms."""
    from counterseal.prover.minimal import SILENT
    from counterseal.prover.report.posture import fleet_sentences

    made: dict[str, Any] = msgspec.to_builtins(found)
    for group in made["groups"]:
        group["shape"] = dict(zip(found.groups[0].shape._fields, group["shape"], strict=True))
        group["rows"] = [
            {
                "capabilities": names,
                "silent": level == SILENT,
                "window": None if level == SILENT else level,
                "outflow": by,
            }
            for names, level, by in group["rows"]
        ]
    made["sentences"] = fleet_sentences(found)
    return made


def _tell_fleet(found: FleetPosture, seconds: float) -> None:
    from counterseal.prover.report.posture import fleet_sentences, soon
    from counterseal.prover.report.times import in_hours

    typer.echo(
        f"{found.accounts:,} accounts of {found.shapes:,} shapes under `{found.policy}`, in {seconds:.1f} s."
    )
    typer.echo()
    for sentence in fleet_sentences(found)[:SHOWN]:
        typer.echo(sentence)
    typer.echo()
    rows = [
        [
            f"{group.accounts:,}",
            ", ".join(sorted(group.shape.enrolled)),
            ", ".join(sorted(group.shape.channels)),
            ", ".join(group.worst) or "none",
            soon(group.window, silent=group.silent) if group.worst else f">= {in_hours(found.window)}",
        ]
        for group in found.groups[:SHOWN]
    ]
    table("Shapes", ["accounts", "factors", "told by", "worst", "window"], rows)
    if len(found.groups) > SHOWN:
        typer.echo(f"... and {len(found.groups) - SHOWN:,} more shapes (--json shows all)")
