# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk demo`: forged and genuine orders at a desk, under the rule of 2023 and under `hardened`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from counterseal.cli.output import WIDTH, Json, err, show_json

if TYPE_CHECKING:
    from counterseal.demo.desk_show import Shown

COLOURS = {"released": "bold red", "reachable": "red", "stopped": "green"}


def demo(*, json: Json = False) -> None:
    """Play forged and genuine orders over HTTP on two servers of their own. Exit code 1: a forgery was released
    or reachable under `hardened`, or a genuine request was not released in time."""
    import msgspec
    from rich.progress import Progress

    from counterseal.demo.desk_cases import CASES
    from counterseal.demo.desk_show import GENUINE, show
    from counterseal.demo.model import DemoError
    from counterseal.sdk import SdkError

    with Progress(console=err, disable=json or not err.is_terminal, transient=True) as progress:
        task = progress.add_task("starting the servers", total=2 * len(CASES) + GENUINE)

        def told(text: str) -> None:
            progress.update(task, description=text[:60], advance=1)

        try:
            shown = show(told)
        except SdkError as error:
            raise DemoError(error.diagnostics(), code=error.code) from error
    if json:
        show_json(msgspec.to_builtins(shown))
    else:
        _tell(shown)
    slipped = [each for each in shown.forgeries if each.policy == "hardened" and each.result in SLIPPED]
    raise typer.Exit(1 if slipped or not all(each.in_time for each in shown.genuine) else 0)


SLIPPED = {"released", "reachable"}


def _tell(shown: Shown) -> None:
    """The table of forgeries, the count of genuine requests, the story."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=WIDTH, highlight=False)
    table = Table("forgery", "policy", "result", "where", box=box.SIMPLE_HEAD, pad_edge=False)
    for each in shown.forgeries:
        style = COLOURS[each.result]
        table.add_row(each.case.replace("_", " "), each.policy, f"[{style}]{each.result}[/]", each.at)
    console.print(table)
    for pack in dict.fromkeys(each.policy for each in shown.forgeries):
        mine = [each for each in shown.forgeries if each.policy == pack]
        counted = {name: sum(each.result == name for each in mine) for name in COLOURS}
        told = ", ".join(f"{number} {name}" for name, number in counted.items() if number)
        console.print(f"{pack}: of {len(mine)} forgeries {told}.", markup=False)
    late = [each for each in shown.genuine if not each.in_time]
    good = len(shown.genuine) - len(late)
    console.print(f"hardened: {good} of {len(shown.genuine)} genuine requests released in time.", markup=False)
    for one in late:
        console.print(f"  {one.number} {one.type} {one.path} {one.language}: {one.at}", markup=False)
    story = Table("policy", "the story", "result", "where", box=box.SIMPLE_HEAD, pad_edge=False)
    for step in shown.story:
        story.add_row(step["policy"], step["step"], step["result"], step["at"])
    console.print(story)
