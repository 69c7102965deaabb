# SPDX-License-Identifier: Apache-2.0
"""`demo`: play the attacks of June 2024 over HTTP against a real server."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from counterseal.cli.output import WIDTH, Json, show_json
from counterseal.core.errors import NotFoundError

if TYPE_CHECKING:
    from counterseal.demo.model import Attack, CaseResult
    from counterseal.demo.session import Watch

PACKS = ("okx-2024", "hardened")
OUT = Path("var/demo")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    attack: Annotated[list[str] | None, typer.Option(help="Only this attack; repeat for more.")] = None,
    policy: Annotated[list[str] | None, typer.Option(help="A pack to play under; repeat for more.")] = None,
    against: Annotated[str | None, typer.Option(help="URL of a server with a simulated clock.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with a token for --against.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures and demo.json.")] = OUT,
    *,
    json: Json = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours and no moving lines.")] = False,
) -> None:
    """Play the June 2024 attacks against a real server and measure what the owner would have had.

    Starts one server for each policy on a fresh store under a simulated clock. Exit code 1: something came out
    differently from what the attack files state.
    """
    from counterseal.demo.attacks import load_attacks
    from counterseal.demo.model import DemoError
    from counterseal.sdk import SdkError

    attacks = _chosen(load_attacks(), attack or [])
    packs = policy or list(PACKS)
    with _progress(len(attacks) * (1 if against else len(packs)), plain=no_color or json) as watch:
        try:
            results = _against(against, token_file, attacks, watch) if against else _own(attacks, packs, watch)
        except SdkError as error:
            raise DemoError(error.diagnostics(), code=error.code) from error
    pictures = _write(results, out)
    if json:
        _json(results)
    else:
        _tell(results, pictures, no_color=no_color)
    raise typer.Exit(0 if all(result.as_expected for result in results) else 1)


def _chosen(attacks: Sequence[Attack], wanted: Sequence[str]) -> list[Attack]:
    known = {each.id: each for each in attacks}
    for name in wanted:
        if name not in known:
            raise NotFoundError(
                f"there is no attack `{name[:80]}`", code="attack_unknown", hint=f"Known: {', '.join(known)}."
            )
    return [each for each in attacks if not wanted or each.id in wanted]


def _own(attacks: Sequence[Attack], packs: Sequence[str], watch: Watch) -> list[CaseResult]:
    from counterseal.demo.session import play_packs
    from counterseal.gateways.packs import load_pack

    for pack in packs:
        load_pack(pack)  # a fault in it is told before a server starts
    return play_packs(attacks, packs, watch)


def _against(url: str, token_file: Path | None, attacks: Sequence[Attack], watch: Watch) -> list[CaseResult]:
    from counterseal.cli.local import client_token
    from counterseal.demo.session import play_against
    from counterseal.sdk import Counterseal

    if token_file is None:
        token = client_token(url)
    else:
        try:
            token = token_file.read_text("ascii").strip()
        except (OSError, UnicodeError) as error:
            raise NotFoundError(f"the token file `{token_file}` cannot be read", code="token_file") from error
    with Counterseal(url, token, timeout=30_000) as client:
        return play_against(client, attacks, watch)


@contextmanager
def _progress(total: int, *, plain: bool) -> Iterator[Watch]:
    """A bar on standard error; without a terminal one line for each attack that is over."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from counterseal.demo.model import Played

    console = Console(stderr=True, no_color=plain, highlight=False)
    live = console.is_terminal and not plain
    columns = (
        TextColumn("{task.description}", table_column=None),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not live, transient=True) as progress:
        task = progress.add_task("starting the servers", total=total)

        def watch(pack: str, attack: str, played: Played | None) -> None:
            where = f"{pack} {attack}".strip()
            if played is not None:
                progress.update(task, description=f"{where}: {played.action} {played.outcome}"[:60])
            elif attack:
                progress.advance(task)
                if not live:
                    console.print(f"played {where}")
            else:
                progress.update(task, description=f"{where}: the server runs")

        yield watch


def _write(results: Sequence[CaseResult], out: Path) -> list[Path]:
    """demo.svg with every case, one picture for each case, and demo.json."""
    import msgspec

    from counterseal.demo.picture import draw
    from counterseal.demo.report import to_json

    out.mkdir(parents=True, exist_ok=True)
    document = msgspec.json.format(msgspec.json.encode(to_json(results)), indent=2)
    (out / "demo.json").write_bytes(document + b"\n")
    drawn = [result for result in results if result.steps and result.outcome not in {"disclosed", "refused"}]
    if not drawn:
        return []
    paths = [out / "demo.svg"]
    paths[0].write_text(draw(drawn), "utf-8")
    for name, cases in itertools.groupby(drawn, key=lambda result: result.attack):
        paths.append(out / f"{name}.svg")
        paths[-1].write_text(draw(list(cases)), "utf-8")
    return paths


def _json(results: Sequence[CaseResult]) -> None:
    from counterseal.demo.report import to_json

    show_json(to_json(results))


def _tell(results: Sequence[CaseResult], pictures: Sequence[Path], *, no_color: bool) -> None:
    """One sentence for each case, the table, where the pictures are."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from counterseal.demo.report import COLUMNS, row, sentence

    width = min(WIDTH, Console().width) if sys.stdout.isatty() else WIDTH
    console = Console(width=width, no_color=no_color, highlight=False)
    for _, cases in itertools.groupby(results, key=lambda result: result.attack):
        console.print(sentence(list(cases)), end="\n\n", markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        wide = name in {COLUMNS[0], COLUMNS[-1]}
        table.add_column(name, overflow="fold", no_wrap=not wide, max_width=14 if name == COLUMNS[0] else None)
    before = ""
    for result in results:
        cells = list(row(result))
        style = {"drained": "bold red", "disclosed": "red"}.get(result.outcome, "green")
        if before not in {"", result.attack}:
            table.add_section()
        cells[0] = "" if before == result.attack else cells[0]
        before = result.attack
        cells[2] = f"[{style}]{cells[2]}[/]"
        table.add_row(*cells)
    console.print(table)
    if pictures:
        console.print(f"Picture: {pictures[0]}; one for each case beside it, and demo.json.", markup=False)
