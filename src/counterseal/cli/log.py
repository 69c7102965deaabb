# SPDX-License-Identifier: Apache-2.0
"""`log export | verify | checkpoint`: the tamper-evident log outside the server."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterseal.audit.model import LogVerdict
from counterseal.cli.local import Config, Database, Url, server_of, settings_of
from counterseal.cli.output import Json, err, show_json
from counterseal.core.errors import InputError
from counterseal.settings import Settings

log = typer.Typer(help="The tamper-evident log: export, verify, checkpoint.", no_args_is_help=True)
UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(log, name="log")


def duration(text: str) -> int:
    """`10m` in ms."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise InputError(f"`{text}` is not a duration", hint="Write 90s, 10m, 24h or 7d.")
    return int(found[1]) * UNITS[found[2]]


def _bar() -> Progress:
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*parts, console=err, transient=True)


@log.command()
def export(
    destination: Annotated[Path, typer.Argument(help="JSON Lines file to write.")],
    opened: Annotated[bool, typer.Option("--open", help="With payloads (personal data), for an auditor.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Export the log up to its latest checkpoint. Works beside a running server."""
    size = asyncio.run(_export(settings_of(config, database), destination, opened=opened))
    err.print(f"{destination}: {size} entries.")


async def _export(settings: Settings, destination: Path, *, opened: bool) -> int:
    from counterseal.audit.export import write_export
    from counterseal.cli.offline import offline_log

    async with offline_log(settings) as (reader, key, successions):
        with _bar() as bar:
            task = bar.add_task("Exporting", total=None)
            return await write_export(
                destination,
                reader,
                key=key,
                opened=opened,
                successions=successions,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )


@log.command()
def verify(
    source: Annotated[Path, typer.Argument(metavar="EXPORT", help="A file of `log export`.")],
    checkpoint: Annotated[Path | None, typer.Option(help="A checkpoint kept outside, or a witness's file.")] = None,
    key: Annotated[str | None, typer.Option(help="The log's verifier key, kept outside.")] = None,
    max_age: Annotated[str | None, typer.Option(help="Refuse an older latest checkpoint, e.g. 10m.")] = None,
    now: Annotated[int | None, typer.Option(help="Time in ms instead of the clock (simulated logs).")] = None,
    json: Json = False,
) -> None:
    """Find removal, rollback, reordering, edits. Names the first bad entry. Exit code 1 if anything is wrong."""
    from counterseal.audit.verify import verify_export

    with _bar() as bar:
        task = bar.add_task("Verifying", total=None)
        verdict = verify_export(
            source,
            checkpoint=None if checkpoint is None else checkpoint.read_text(encoding="utf-8"),
            public_key=key,
            now=time.time_ns() // 1_000_000 if now is None else now,
            max_age=None if max_age is None else duration(max_age),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    _tell(verdict, json=json)
    if verdict.findings:
        raise typer.Exit(1)


def _tell(verdict: LogVerdict, *, json: bool) -> None:
    if json:
        first = verdict.first_bad
        show_json(
            {
                "intact": not verdict.findings,
                "origin": verdict.origin,
                "epoch": verdict.epoch,
                "entries": verdict.entries,
                "verified_size": verdict.verified_size,
                "root": verdict.root.hex(),
                "checkpoint_time": verdict.checkpoint_time,
                "anchored": verdict.anchored,
                "first_bad": None if first is None else msgspec.to_builtins(first),
                "findings": [msgspec.to_builtins(item) for item in verdict.findings],
            }
        )
        return
    for finding in verdict.findings:
        typer.echo(f"BAD  {finding.sentence}")
    if verdict.findings:
        typer.echo(f"The first {verdict.verified_size} entries are as signed.")
        return
    typer.echo(f"OK   {verdict.verified_size} entries of {verdict.origin}, root {verdict.root.hex()}")
    if not verdict.anchored:
        typer.echo(
            "     No checkpoint or key from outside was given: whoever holds the log's key could have\n"
            "     rewritten everything. Use --checkpoint with a file of a witness."
        )


@log.command("checkpoint")
def show_checkpoint(config: Config = None, database: Database = None, url: Url = None) -> None:
    """Print the latest signed checkpoint. Keep it outside."""
    settings = settings_of(config, database)
    server = server_of(settings, url)
    if server is not None:
        from counterseal.cli.remote import read_text

        typer.echo(read_text(server, "/v1/log/checkpoint"), nl=False)
        return
    typer.echo(asyncio.run(_checkpoint(settings)), nl=False)


async def _checkpoint(settings: Settings) -> str:
    from counterseal.cli.offline import offline_log

    async with offline_log(settings) as (reader, _, _):
        found = await reader.latest_checkpoint()
        if found is None:
            raise InputError("the log has no checkpoint yet", hint="Start the server for ten seconds.")
        return found.note
