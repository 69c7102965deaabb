# SPDX-License-Identifier: Apache-2.0
"""`replay`: the record of a store under another policy."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterseal.cli.local import Config, Database, settings_of
from counterseal.cli.output import Json, err, show_json
from counterseal.core.errors import CountersealError, InputError
from counterseal.core.policy.source import plain
from counterseal.gateways.packs import configured_pack, load_pack
from counterseal.gateways.yaml_source import MAX_BYTES, read_yaml

if TYPE_CHECKING:
    from counterseal.prover.history_incidents import Named
    from counterseal.settings import Settings

MOST_WORKERS = 32


class _Stated(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of an incidents file."""

    name: str
    account: str = ""
    from_: str | None = msgspec.field(default=None, name="from")
    until: str | None = None
    actions: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    policy: Annotated[str, typer.Option("--policy", metavar="NEW", help="A shipped name or a file.")],
    since: Annotated[str | None, typer.Option(help="The policy is in force from then on (ISO 8601).")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    incidents: Annotated[
        Path | None, typer.Option(help="YAML or JSON: incidents with name, account, from, until, actions.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=MOST_WORKERS, help="Processes; default: one for each core.")
    ] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Replay what was recorded under another policy: which incidents stop, what owners would have had to do.

    Reads the database only, beside a running server. docs/replay.md says what each word of the answer means.
    """
    from counterseal.cli.replay_text import tell
    from counterseal.wiring.replaying import replay_store

    loaded, settings = load_pack(policy), settings_of(config, database)
    named = () if incidents is None else read_incidents(incidents)
    start = 0 if since is None else moment(since)
    begun = time.perf_counter()
    with _bar() as bar:
        task = bar.add_task("Replaying", total=None)
        report = replay_store(
            settings,
            loaded,
            since=start,
            account=account,
            named=named,
            recorded_currency=_currency(settings),
            workers=workers or len(os.sched_getaffinity(0)),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    seconds = round(time.perf_counter() - begun, 2)
    if json:
        show_json({**msgspec.to_builtins(report), "seconds": seconds})
        return
    tell(report, seconds)


def _bar() -> Progress:
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*parts, console=err, transient=True)


def _currency(settings: Settings) -> str | None:
    """The currency in which the record values payments: that of the policy in use; None = it cannot be read."""
    try:
        return configured_pack(settings.policy, settings.vocabulary).currency
    except CountersealError:
        return None


def moment(text: str) -> int:
    """ISO 8601 in ms; without an offset it is UTC. Raises InputError."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        hint = "Write 2024-06-09 or 2024-06-09T03:00:00Z."
        raise InputError(f"`{text[:40]}` is not a date and time", hint=hint) from error
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    number = round(found.timestamp() * 1000)
    if number < 0:
        raise InputError(f"`{text[:40]}` lies before 1970")
    return number


def read_incidents(path: Path) -> tuple[Named, ...]:
    """The incidents of a file. Raises InputError, and PolicyError with the place where it is no YAML."""
    from counterseal.prover.history_incidents import Named

    try:
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"the incidents {str(path)!r} cannot be read: {error.strerror}") from error
    try:
        stated = msgspec.convert(plain(read_yaml(source)), list[_Stated])
    except msgspec.ValidationError as error:
        hint = "A list of {name, account, from, until, actions}; see docs/replay.md."
        raise InputError(f"the incidents {str(path)!r} are not understood: {error}", hint=hint) from error
    for one in stated:
        if not one.account and not one.actions:
            raise InputError(f"the incident `{one.name[:64]}` names neither an account nor actions")
    return tuple(
        Named(
            one.name,
            one.account,
            None if one.from_ is None else moment(one.from_),
            None if one.until is None else moment(one.until),
            tuple(one.actions),
        )
        for one in stated
    )
