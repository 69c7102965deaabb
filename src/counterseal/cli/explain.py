# SPDX-License-Identifier: Apache-2.0
"""`explain`: what one set of capabilities does; `lockout`: what an owner can do who lost something."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from counterseal.cli.output import WIDTH, Json, err, out, show_json, table
from counterseal.cli.packs import Pack, ProfileNames, VocabularyFile, Window, load, window_of
from counterseal.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from counterseal.core.policy.model import Policy, Profile
    from counterseal.prover.findings import Attack
    from counterseal.prover.mutations import Mutation
    from counterseal.prover.proof import Duals, Recovery
    from counterseal.prover.report.glossary import Scene

HOUR = 3_600_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(explain)
    app.command()(lockout)


def explain(
    pack: Pack,
    capabilities: Annotated[list[str], typer.Argument(metavar="CAPABILITY...", help="What the attacker holds.")],
    profile: ProfileNames = None,
    outflow: Annotated[str | None, typer.Option(help="Only this outflow, or rule that discloses.")] = None,
    window: Window = "24h",
    vocabulary: VocabularyFile = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the worst way as a picture (SVG).")] = None,
    script: Annotated[
        Path | None, typer.Option("--script", help="Write a program that replays the worst way on a test server.")
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Show the single edits of the policy that close the worst way.")
    ] = False,
    json: Json = False,
) -> None:
    """Explain what one set of capabilities reaches: per outflow the window, and the way."""
    from counterseal.prover.profiles import alike, chosen

    policy, needed = load(pack, vocabulary), window_of(window)
    names = _known(policy, capabilities)
    groups = alike(policy, chosen(policy.vocabulary, profile or ()))
    found = [(group, _attacks(policy, group[0], names, outflow)) for group in groups]
    if svg is not None or script is not None:
        _write(policy, found, needed, svg, script)
    edits = [_closing(policy, group[0], attacks, needed) if close else None for group, attacks in found]
    if json:
        show_json(_as_json(policy, names, found, needed, edits))
        return
    for (group, attacks), closed in zip(found, edits, strict=True):
        _tell(policy, group, attacks, needed)
        if closed is not None and attacks:
            _tell_closing(closed, _worst_first(policy, attacks)[0], needed)


def _known(policy: Policy, names: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part for name in names for part in name.replace(",", " ").split()))
    for name in chosen:
        if name not in policy.vocabulary.capabilities:
            hint = f"There are {', '.join(sorted(policy.vocabulary.capabilities))}."
            raise NotFoundError(f"`{name[:64]}` is not a capability", code="unknown_capability", hint=hint)
    return chosen


def _attacks(policy: Policy, profile: Profile, names: tuple[str, ...], outflow: str | None) -> dict[str, Attack]:
    from counterseal.prover.case import Case
    from counterseal.prover.confirm import confirm
    from counterseal.prover.findings import start_of

    case = Case(policy, start_of(profile))
    if outflow is not None and outflow not in (*case.outflows, *case.disclosures):
        there = ", ".join((*case.outflows, *case.disclosures))
        raise NotFoundError(f"`{outflow[:64]}` is no outflow", code="unknown_outflow", hint=f"There are {there}.")
    found = case.table(names)
    for attack in found.values():
        confirm(policy, case, attack)
    return {name: attack for name, attack in found.items() if outflow in (None, name)}


def _scene(policy: Policy, profile: Profile, window: int) -> Scene:
    from counterseal.prover.report.glossary import Scene

    lines = {number: text.strip() for number, text in enumerate(policy.text.splitlines(), 1)}
    outflows = tuple(rule.name for rule in policy.rules.values() if rule.outflow)
    return Scene(policy.name, profile.name, window, profile.channels, outflows, lines)


def _as_json(
    policy: Policy,
    names: tuple[str, ...],
    found: list[tuple[list[Profile], dict[str, Attack]]],
    window: int,
    edits: list[tuple[Mutation, ...] | None],
) -> dict[str, Any]:
    from counterseal.prover.report.asjson import attack_json
    from counterseal.prover.report.glossary import glossary_of

    glossary = glossary_of(policy)
    profiles: dict[str, Any] = {}
    for (group, attacks), closed in zip(found, edits, strict=True):
        for profile in group:
            scene = _scene(policy, profile, window)
            ordered = _worst_first(policy, attacks)
            profiles[profile.name] = [attack_json(attack, scene, glossary) for attack in ordered]
            if closed is not None and ordered:
                profiles[profile.name][0]["closed_by"] = [
                    {"rule": edit.rule, "line": edit.line, "kind": edit.kind, "edit": edit.what} for edit in closed
                ]
    return {"policy": policy.name, "digest": policy.digest, "capabilities": names, "profiles": profiles}


def _worst_first(policy: Policy, attacks: dict[str, Attack]) -> list[Attack]:
    """Silent and short windows first; of equal ones the outflow that lets the most through."""
    from counterseal.prover.minimal import rank

    def loss(attack: Attack) -> Decimal:
        limit = policy.rules[attack.outflow].limit
        return Decimal("Infinity") if limit is None else limit.amount

    return sorted(attacks.values(), key=lambda one: (rank(one), -loss(one), len(one.path), one.outflow))


def _tell(policy: Policy, group: list[Profile], attacks: dict[str, Attack], window: int) -> None:
    from counterseal.cli.prove_text import path_table
    from counterseal.prover.report.glossary import glossary_of
    from counterseal.prover.report.words import finding

    console = Console(width=min(out.width, WIDTH), highlight=False)
    console.print(Text(f"\n{policy.name}, against {', '.join(one.name for one in group)}", style="bold"))
    if not attacks:
        console.print("Nothing leaves: these capabilities reach no outflow and no data.")
        return
    glossary, scene = glossary_of(policy), _scene(policy, group[0], window)
    ordered = _worst_first(policy, attacks)
    for attack in ordered:
        console.print(Text(f"- {finding(attack, scene, glossary)}"))
    console.print(Text(f"\nThe worst of them, `{ordered[0].outflow}`:"))
    console.print(Padding(path_table(ordered[0], scene, glossary), (0, 0, 0, 2)))


def _closing(policy: Policy, profile: Profile, attacks: dict[str, Attack], window: int) -> tuple[Mutation, ...]:
    """The edits that close the worst way; none where it leaves the owner his time as it is."""
    from counterseal.prover.closing import closing

    worst = next(iter(_worst_first(policy, attacks)), None)
    if worst is None or (worst.window is not None and worst.window >= window):
        return ()
    return closing(policy, profile, worst, window)


def _tell_closing(edits: tuple[Mutation, ...], worst: Attack, window: int) -> None:
    console = Console(width=min(out.width, WIDTH), highlight=False)
    time = f"{window / HOUR:g} h"
    if worst.window is not None and worst.window >= window:
        console.print(Text(f"\nThe owner has {time} as it is."))
    elif not edits:
        console.print(Text(f"\nNo single edit gives the owner {time} and leaves him what he can do."))
    else:
        console.print(Text(f"\nEach of these alone gives the owner {time} and leaves him what he can do:"))
        for edit in edits:
            console.print(Text(f"- {edit.what}"))


def _write(
    policy: Policy,
    found: list[tuple[list[Profile], dict[str, Attack]]],
    window: int,
    svg: Path | None,
    script: Path | None,
) -> None:
    """The worst way of all, as a picture and as a program. Raises InputError."""
    from counterseal.demo.path_script import script as program
    from counterseal.prover.report.glossary import glossary_of
    from counterseal.prover.report.timeline import timeline

    ways = [(attack, group[0]) for group, attacks in found for attack in _worst_first(policy, attacks)[:1]]
    if not ways:
        err.print("Nothing leaves, so there is nothing to draw or to replay.")
        return
    attack, profile = ways[0]
    texts: list[tuple[Path, str]] = []
    if svg is not None:
        texts.append((svg, timeline(attack, _scene(policy, profile, window), glossary_of(policy))))
    if script is not None:
        texts.append((script, program(attack, policy, profile, file=script.name)))
    for path, text in texts:
        try:
            path.write_text(text)
        except OSError as error:
            raise InputError(f"{str(path)!r} cannot be written: {error.strerror}") from error


def lockout(
    pack: Pack, profile: ProfileNames = None, vocabulary: VocabularyFile = None, json: Json = False
) -> None:
    """Show what owners can still do who lost a factor or whose factor is in doubt, and who can starve them."""
    from counterseal.prover.duals import duals_of
    from counterseal.prover.profiles import chosen

    policy = load(pack, vocabulary)
    found = {one.name: duals_of(policy, one) for one in chosen(policy.vocabulary, profile or ())}
    if json:
        from counterseal.prover.report.asjson import duals_json

        profiles = {name: duals_json(duals) for name, duals in found.items()}
        show_json({"policy": policy.name, "digest": policy.digest, "profiles": profiles})
        return
    for name, duals in found.items():
        _tell_duals(name, duals)


def _tell_duals(name: str, duals: Duals) -> None:
    rows = [[_who(one), _times(one), " > ".join(one.path) or "-"] for one in duals.recoveries]
    table(f"\n{name}: time until the owner has it again", ["without", "regains", "way to a session"], rows)
    if duals.unreachable:
        out.print(f"Never reached by this owner: {', '.join(duals.unreachable)}.")
    for outflow, needs in duals.needs.items():
        out.print(f"`{outflow}` needs the platform to state: {', '.join(needs)}.")
    for one in duals.starvation:
        who = " and ".join(one.capabilities)
        out.print(
            f"{who} can restart `{one.clock}` for ever by `{one.action}` (line {one.line}): no `{one.outflow}`."
        )


def _who(one: Recovery) -> str:
    if one.suspected:
        return f"{', '.join(one.suspected)} suspected"
    return ", ".join(one.lost) or "nothing lost"


def _times(one: Recovery) -> str:
    times: dict[str, list[str]] = {}
    for name, time in one.regains.items():
        times.setdefault("never" if time is None else f"{time / HOUR:g} h", []).append(name)
    return "; ".join(f"{time}: {', '.join(names)}" for time, names in times.items())
