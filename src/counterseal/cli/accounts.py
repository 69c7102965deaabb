# SPDX-License-Identifier: Apache-2.0
"""`accounts import`: existing accounts, reviewed before they count."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from counterseal.cli.local import Config, Database, Url, client_token, opened, server_of, settings_of
from counterseal.cli.output import Json, err, show_json, table
from counterseal.core.errors import ConflictError, InputError
from counterseal.gateways.packs import configured_pack
from counterseal.guard.importing import ImportFault, Row, check, parse
from counterseal.guard.registration import BuiltRegister
from counterseal.settings import Settings

accounts = typer.Typer(help="Accounts: import existing ones.", no_args_is_help=True)
SHOWN = 20
Built = list[tuple[Row, BuiltRegister]]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(accounts, name="accounts")


@accounts.command("import")
def import_accounts(
    source: Annotated[Path, typer.Argument(help="CSV or JSON; see docs/guide-import.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, and print the review digest.")] = False,
    reviewed: Annotated[
        str | None, typer.Option(help="The digest that a dry run printed: what was reviewed is what is imported.")
    ] = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Import accounts with stated ages, marked `imported`. All or nothing: any fault stops it before it begins."""
    settings = settings_of(config, database)
    data = source.read_bytes()
    policy = configured_pack(settings.policy, settings.vocabulary)
    digest = f"sha256:{hashlib.sha256(data + policy.digest.encode()).hexdigest()}"
    built, faults = _check(settings, data)
    report = {"accounts": len(built), "faults": [msgspec.to_builtins(x) for x in faults], "digest": digest}
    if faults or dry_run:
        _tell(report, faults, json=json)
        raise typer.Exit(1 if faults else 0)
    if reviewed != digest:
        raise InputError(
            "this is not what was reviewed" if reviewed else "an import has to be reviewed first",
            hint=f"Run with --dry-run, let somebody else review the file, then give --reviewed {digest}.",
        )
    server = server_of(settings, url)
    done, there = _remote(server, built, digest) if server else asyncio.run(_local(settings, built, digest))
    report |= {"imported": done, "existed": there}
    if json:
        show_json(report)
    else:
        err.print(f"{done} accounts imported, {there} existed and were left as they are.")


def _check(settings: Settings, data: bytes) -> tuple[Built, list[ImportFault]]:
    from counterseal.wiring.verifiers import Enrollers

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8", code="not_utf8") from error
    policy = configured_pack(settings.policy, settings.vocabulary)
    enroller = Enrollers(policy.vocabulary, os.urandom, settings.platform_name)
    now = time.time_ns() // 1_000_000 if settings.clock == "real" else settings.simulated_start_ms or 0
    return check(parse(text, policy=policy), policy=policy, enroller=enroller, random=os.urandom, now=now)


def _tell(report: dict[str, Any], faults: list[ImportFault], *, json: bool) -> None:
    if json:
        show_json(report)
        return
    if faults:
        rows = [[str(x.line), x.account, x.sentence] for x in faults[:SHOWN]]
        table(f"{len(faults)} faults; nothing is imported", ["line", "account", "what is wrong"], rows)
        if len(faults) > SHOWN:
            err.print(f"... and {len(faults) - SHOWN} more (--json shows all)")
        return
    err.print(f"{report['accounts']} accounts, no faults. Let somebody else review the file, then import with")
    typer.echo(f"--reviewed {report['digest']}")


def _bar() -> Progress:
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*parts, console=err, transient=True)


async def _local(settings: Settings, built: Built, digest: str) -> tuple[int, int]:
    """Straight into the store, 256 at a time."""
    from counterseal.core.transaction import Idempotency
    from counterseal.guard.model import Done

    with opened(settings) as application:
        guard = await application.guard()
        done = there = 0

        async def one(row: Row, made: BuiltRegister) -> bool:
            account = row.given.account
            key = Idempotency("import", f"{digest}:{account}", hashlib.sha256(digest.encode()).digest(), Done)
            try:
                result = await guard.accounts.register(account, made.register, key)
            except ConflictError:
                return False
            return not result.replayed

        with _bar() as bar:
            task = bar.add_task("Importing", total=len(built))
            for start in range(0, len(built), 256):
                results = await asyncio.gather(*(one(*item) for item in built[start : start + 256]))
                done, there = done + sum(results), there + len(results) - sum(results)
                bar.update(task, completed=start + len(results))
        return done, there


def _remote(server: str, built: Built, digest: str) -> tuple[int, int]:
    """Through the API of the server that holds the store (token with accounts:write and accounts:import)."""
    from counterseal.cli.remote import RemoteError, call

    token = client_token(server)
    done = there = 0
    with _bar() as bar:
        task = bar.add_task("Importing", total=len(built))
        for row, _ in built:
            body = _body(row)
            try:
                call(server, token, "POST", "/v1/accounts", body, f"{digest[7:39]}-{row.given.account}")
                done += 1
            except RemoteError as error:
                if error.code != "account_exists":
                    raise
                there += 1
            bar.advance(task)
    return done, there


def _body(row: Row) -> dict[str, Any]:
    given: dict[str, Any] = msgspec.to_builtins(row.given)
    for item in given["objects"]:
        spot = item["address"]
        item["address"] = None if spot is None else dict(zip(("chain", "address", "memo"), spot, strict=True))
    return given
