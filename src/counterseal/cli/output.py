# SPDX-License-Identifier: Apache-2.0
"""How commands speak: a table or sentences for people, one JSON document with --json."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
WIDTH = 100
out = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False)


def show_json(value: Any) -> None:
    """Indented JSON on standard output."""
    encoded = msgspec.json.encode(value, enc_hook=str)
    sys.stdout.write(msgspec.json.format(encoded, indent=2).decode() + "\n")


def when(at: int | None, never: str = "") -> str:
    """Ms since the epoch as people read them, to the minute in UTC; `never` for None."""
    return never if at is None else f"{dt.datetime.fromtimestamp(at / 1000, dt.UTC):%Y-%m-%d %H:%M} UTC"


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table of at most 100 columns."""
    made = Table(title=title, title_justify="left", width=None, box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    Console(width=min(out.width, WIDTH), highlight=False).print(made)
