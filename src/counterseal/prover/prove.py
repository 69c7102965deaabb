# SPDX-License-Identifier: Apache-2.0
"""`prove`: every property, every minimal set, the duals and what it rests on, for each kind of account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from counterseal.core.policy.model import Policy, Profile, Property
from counterseal.prover.carriers import carriers
from counterseal.prover.case import Case
from counterseal.prover.confirm import confirm
from counterseal.prover.duals import duals_of
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.losses import worst_loss
from counterseal.prover.profiles import alike
from counterseal.prover.proof import Carrier, Cell, ProfileProof, Proof, Verdict
from counterseal.prover.verdicts import applies, verdict

HEAT_ROWS = 24  # sets in the heat table besides the single capabilities
SIZES = (1, 2)


def prove(
    policy: Policy,
    window: int,
    profiles: Sequence[Profile] | None = None,
    *,
    source: str = "",
    timer: Callable[[], float] = lambda: 0.0,
    done: Callable[[int], None] = lambda _: None,
) -> Proof:
    """The proof of a policy. `window`: ms that the owner needs. `profiles`: None = those of the vocabulary.
    `timer`: CPU seconds (the prover reads no clock). `done`: called with how many profiles are finished.

    Raises RefutedError if the replay semantics refutes a path that the search found.
    """
    seconds: dict[str, float] = {}
    found: list[ProfileProof] = []
    wanted = list(policy.vocabulary.profiles.values() if profiles is None else profiles)
    for group in alike(policy, wanted):
        found += prove_group(policy, group, window, seconds=seconds, timer=timer)
        done(len(found))
    return proof_of(policy, window, found, seconds, source, wanted)


def proof_of(
    policy: Policy,
    window: int,
    profiles: Iterable[ProfileProof],
    seconds: Mapping[str, float],
    source: str,
    order: Sequence[Profile],
) -> Proof:
    """The whole from its parts, which may have been made in several processes."""
    place = {profile.name: at for at, profile in enumerate(order)}
    parts = tuple(sorted(profiles, key=lambda part: place[part.profile]))
    text = policy.text.splitlines()
    named = {step.line for part in parts for attack in _attacks(part) for step in attack.path}
    named |= {prop.line for prop in policy.properties}
    return Proof(
        policy=policy.name,
        digest=policy.digest,
        source=source or policy.name,
        window=window,
        currency=policy.currency,
        small=policy.small,
        profiles=parts,
        outflows=tuple(rule.name for rule in policy.rules.values() if rule.outflow),
        lines={line: text[line - 1].strip() for line in sorted(named) if 0 < line <= len(text)},
        seconds=dict(seconds),
    )


def _attacks(part: ProfileProof) -> Iterable[Attack]:
    yield from part.minimal
    for one in part.verdicts:
        yield from one.attacks


class _Clock:
    """Adds up CPU seconds per engine."""

    def __init__(self, timer: Callable[[], float], seconds: dict[str, float]) -> None:
        self.timer, self.seconds, self.last = timer, seconds, timer()

    def lap(self, engine: str) -> None:
        now = self.timer()
        self.seconds[engine] = self.seconds.get(engine, 0.0) + now - self.last
        self.last = now


def prove_group(
    policy: Policy,
    group: Sequence[Profile],
    window: int,
    *,
    seconds: dict[str, float] | None = None,
    timer: Callable[[], float] = lambda: 0.0,
) -> list[ProfileProof]:
    """Profiles that the policy cannot tell apart: one game.

    Raises RefutedError, TooLargeError, TooMuchWorkError.
    """
    clock = _Clock(timer, {} if seconds is None else seconds)
    case = Case(policy, start_of(group[0]))
    names = tuple(policy.vocabulary.capabilities)
    space = case.full.space
    clock.lap("bound")
    minimal = tuple(case.attacks(names, window, (*case.disclosures, *case.outflows)))
    clock.lap("exact")
    verdicts = {profile.name: _verdicts(case, profile) for profile in group}
    clock.lap("properties")
    shown = {attack: None for rows in verdicts.values() for _, one in rows for attack in one.attacks}
    for attack in (*minimal, *shown):
        confirm(policy, case, attack)
    clock.lap("replay")
    duals = {profile.name: duals_of(policy, profile) for profile in group}
    clock.lap("duals")
    held = {prop.name: prop for rows in verdicts.values() for prop, one in rows if one.holds == "yes"}
    carrying = carriers(case, list(held.values()))
    clock.lap("assumptions")
    heat, losses = _heat(case, minimal), tuple(worst_loss(case, size, window, case.outflows) for size in SIZES)
    clock.lap("table")
    return [
        ProfileProof(
            profile=profile.name,
            factors=profile.factors,
            channels=profile.channels,
            sets=1 << len(names) if case.complete else space.size,
            same=_same(case),
            verdicts=tuple(_resting(one, carrying) for _, one in verdicts[profile.name]),
            minimal=minimal,
            heat=heat,
            losses=losses,
            duals=duals[profile.name],
            carriers=carrying,
            profiles_alike=tuple(other.name for other in group if other is not profile),
        )
        for profile in group
    ]


def _verdicts(case: Case, profile: Profile) -> list[tuple[Property, Verdict]]:
    return [(prop, verdict(prop, case, profile)) for prop in case.policy.properties if applies(prop, profile)]


def _same(case: Case) -> dict[str, tuple[str, ...]]:
    groups = [[one[0] for one in group if len(one) == 1] for group in case.classes.members]
    return {group[0]: tuple(group[1:]) for group in groups if len(group) > 1}


def _resting(one: Verdict, carrying: Sequence[Carrier]) -> Verdict:
    return replace(one, rests_on=tuple(carrier.name for carrier in carrying if one.name in carrier.breaks))


def _heat(case: Case, minimal: Sequence[Attack]) -> tuple[Cell, ...]:
    """Every single capability, and the first minimal sets of several, on every outflow."""
    singles = [(name,) for name in case.policy.vocabulary.capabilities]
    larger = dict.fromkeys(attack.capabilities for attack in minimal if len(attack.capabilities) > 1)
    rows = [*singles, *list(larger)[:HEAT_ROWS]]
    cells: list[Cell] = []
    for names in rows:
        found = case.row(names, minimal)
        for outflow in case.outflows:
            window = found.get(outflow)
            cells.append(Cell(names, outflow, outflow in found and window is None, window))
    return tuple(cells)
