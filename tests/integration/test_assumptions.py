# SPDX-License-Identifier: Apache-2.0
"""Every write of the API and every command runs the policy, only refuses, or is a named assumption."""

from __future__ import annotations

import typer
from typer.main import get_command

from counterseal import cli
from counterseal.http import access
from counterseal.http.routing import WRITES, DirectRoute
from counterseal.prover.assumptions import (
    ASSUMPTIONS,
    NEVER_COUNTED_ON,
    ONLY_REFUSES,
    RUNS_THE_POLICY,
)
from counterseal.prover.reading import READING_COMMANDS, READS_ONLY
from counterseal.wiring.application import ROUTERS, TEST_ROUTERS


def test_every_write_operation_is_accounted_for() -> None:
    """A new operation that changes state has to be given its place before it lands."""
    routes = [route for router in (*ROUTERS, *TEST_ROUTERS, access.router) for route in router.routes]
    writes = {r.name for r in routes if isinstance(r, DirectRoute) and r.methods & WRITES}
    assumed = [name for item in ASSUMPTIONS for name in item.operations]
    known = [*RUNS_THE_POLICY, *ONLY_REFUSES, *NEVER_COUNTED_ON, *READS_ONLY, *assumed]
    assert len(known) == len(set(known)), "an operation stands in two places"
    assert writes == set(known)


def test_every_command_is_accounted_for() -> None:
    """A new command that changes state has to be given its place before it lands."""
    app = typer.Typer()
    cli.register(app)
    found: set[str] = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        children = getattr(command, "commands", None)
        found |= {name} if children is None else {f"{name} {child}" for child in children}
    assumed = {name for item in ASSUMPTIONS for name in item.commands}
    assert found == assumed | READING_COMMANDS


def test_an_assumption_says_what_it_takes_for_granted() -> None:
    """Each has a stable name and one sentence without a full stop."""
    names = [item.name for item in ASSUMPTIONS]
    assert len(names) == len(set(names))
    assert all(item.text and not item.text.endswith(".") for item in ASSUMPTIONS)
