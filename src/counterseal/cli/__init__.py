# SPDX-License-Identifier: Apache-2.0
"""The command `counterseal`. Each group of commands is imported only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import typer

from counterseal.core.errors import CountersealError

app = typer.Typer(
    name="counterseal",
    help="Account protection for custodial platforms: one policy that guards, proves and verifies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
GROUPS = (
    "serve",
    "work",
    "demo",
    "token",
    "staff",
    "policy",
    "prove",
    "explain",
    "diff",
    "why",
    "accounts",
    "brake",
    "glass",
    "log",
    "store",
    "keys",
    "replay",
    "posture",
    "desk",
    "incident",
    "loss",
    "prices",
    "evidence",
)


def register(target: typer.Typer) -> None:
    """Add every group of commands."""
    for name in GROUPS:
        add: Callable[[typer.Typer], None] = import_module(f"counterseal.cli.{name}").register
        add(target)


def main() -> None:
    """Run; a fault of ours is one sentence with a hint and exit code 2."""
    register(app)
    try:
        app()
    except CountersealError as error:
        typer.secho(f"counterseal: {error.diagnostics()}", fg="red", err=True)
        sys.exit(2)
