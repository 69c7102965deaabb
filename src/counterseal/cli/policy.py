# SPDX-License-Identifier: Apache-2.0
"""`policy lint | show | schema | list`; versions of a server are in policy_publish.py."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from counterseal.cli import policy_publish
from counterseal.cli.output import Json, err, show_json, table
from counterseal.core.errors import PolicyError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.core.policy.model import Policy
from counterseal.core.policy.schema import policy_schema
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary

policy = typer.Typer(help="Policies: lint, show, list, schema; versions of a server.", no_args_is_help=True)
Pack = Annotated[str, typer.Argument(metavar="PACK", help="A shipped name or a file.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    policy_publish.register(policy)
    app.add_typer(policy, name="policy")


@policy.command()
def lint(pack: Pack, json: Json = False) -> None:
    """Check a policy. Exit code 1 on errors, 0 with warnings only."""
    try:
        loaded = load_pack(pack)
    except PolicyError as error:
        faults = error.faults if isinstance(error, PolicyFaults) else (error,)
        found = [_fault(item) for item in faults]
        _say(pack, found, json=json)
        raise typer.Exit(1) from None
    warnings = [
        {
            "severity": item.severity,
            "code": item.code,
            "line": item.span.line,
            "column": item.span.column,
            "sentence": item.sentence,
            "hint": item.hint,
        }
        for item in loaded.warnings
    ]
    _say(pack, warnings, json=json)
    if not json:
        err.print(f"{loaded.name}: {len(loaded.rules)} rules, {loaded.digest}")


def _fault(item: PolicyError) -> dict[str, Any]:
    return {
        "severity": "error",
        "code": item.code,
        "line": item.span.line,
        "column": item.span.column,
        "sentence": item.sentence,
        "hint": item.hint,
    }


def _say(pack: str, found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        show_json({"pack": pack, "findings": found})
        return
    for item in found:
        where = f"{pack}:{item['line']}:{item['column']}"
        typer.echo(f"{where}: {item['severity']} [{item['code']}] {item['sentence']}. {item['hint']}".rstrip())


@policy.command()
def show(pack: Pack, json: Json = False) -> None:
    """Show the rules of a policy as a table."""
    loaded = load_pack(pack)
    if json:
        show_json([_rule(loaded, name) for name in loaded.rules])
        return
    rows = [
        [
            str(rule.line),
            rule.name,
            rule.require.text,
            "" if rule.limit is None else f"{rule.limit.amount:f}/{rule.limit.period // 3_600_000}h",
            f"{rule.delay // 3_600_000}h" if rule.delay else "",
        ]
        for rule in loaded.rules.values()
    ]
    table(f"{loaded.name}  {loaded.digest[:23]}", ["line", "rule", "requires", "limit", "delay"], rows)


def _rule(loaded: Policy, name: str) -> dict[str, Any]:
    rule = loaded.rules[name]
    return {
        "name": name,
        "kind": rule.kind,
        "outflow": rule.outflow,
        "line": rule.line,
        "require": rule.require.text,
        "grants": rule.grants,
        "holds": rule.holds,
        "notify": rule.notify,
        "delay": rule.delay,
        "limit": None if rule.limit is None else str(rule.limit.amount),
        "source": rule.source,
        "as_of": rule.as_of,
        "confidence": rule.confidence,
        "assumed": rule.assumed,
    }


@policy.command("list")
def list_packs(json: Json = False) -> None:
    """List the shipped policies."""
    packs = [load_pack(name) for name in shipped_packs()]
    if json:
        show_json([{"policy": item.name, "digest": item.digest, "rules": len(item.rules)} for item in packs])
        return
    table("Policies", ["policy", "rules", "digest"], [[p.name, str(len(p.rules)), p.digest] for p in packs])


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a policy document, for editors."""
    show_json(policy_schema(shipped_vocabulary()))
