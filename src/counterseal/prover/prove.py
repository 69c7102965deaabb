# SPDX-License-Identifier: Apache-2.0
"""`prove`: every property, every minimal set, the duals and what it rests on, for each kind of account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.carriers import carriers
from counterseal.prover.case import Case
from counterseal.prover.duals import duals_of
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.losses import worst_loss
from counterseal.prover.minimal import rank
from counterseal.prover.proof import Carrier, Cell, ProfileProof, Proof, Verdict
from counterseal.prover.replay import replay
from counterseal.prover.verdicts import applies, verdict

HEAT_ROWS = 24  # sets in the heat table besides the single capabilities
SIZES = (1, 2)


class RefutedError(AssertionError):
    """Two engines disagree about a path: a defect of the prover, never to be shown as a finding."""


def prove(
    policy: Policy,
    window: int,
    profiles: Sequence[Profile] | None = None,
    *,
    source: str = "",
    timer: Callable[[], float] = lambda: 0.0,
    done: Callable[[str], None] = lambda _: None,
) -> Proof:
    """The proof of a policy. `window`: ms that the owner needs. `profiles`: None = those of the vocabulary.
    `timer`: CPU seconds (the prover reads no clock). `done`: called with each profile that is finished.

    Raises RefutedError if the replay semantics refutes a path that the search found.
    """
    seconds: dict[str, float] = {}
    found: list[ProfileProof] = []
    for profile in policy.vocabulary.profiles.values() if profiles is None else profiles:
        found.append(prove_profile(policy, profile, window, seconds=seconds, timer=timer))
        done(profile.name)
    return proof_of(policy, window, found, seconds, source)


def proof_of(
    policy: Policy, window: int, profiles: Iterable[ProfileProof], seconds: Mapping[str, float], source: str
) -> Proof:
    """The whole from its parts, which may have been made in several processes."""
    parts = tuple(profiles)
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


def prove_profile(
    policy: Policy,
    profile: Profile,
    window: int,
    *,
    seconds: dict[str, float] | None = None,
    timer: Callable[[], float] = lambda: 0.0,
) -> ProfileProof:
    """One profile. Raises RefutedError, TooLargeError, TooMuchWorkError."""
    clock = _Clock(timer, {} if seconds is None else seconds)
    case = Case(policy, start_of(profile))
    goals = (*case.disclosures, *case.outflows)
    names = tuple(policy.vocabulary.capabilities)
    complete = case.full.space.sets is None
    clock.lap("bound")
    minimal = case.attacks(names, window, goals)
    clock.lap("exact")
    told = [prop for prop in policy.properties if applies(prop, profile)]
    verdicts = [verdict(prop, case, profile) for prop in told]
    clock.lap("properties")
    for attack in (*minimal, *(attack for one in verdicts for attack in one.attacks)):
        confirm(policy, case, attack)
    clock.lap("replay")
    duals = duals_of(policy, profile)
    clock.lap("duals")
    held = [prop for prop, one in zip(told, verdicts, strict=True) if one.holds == "yes"]
    carrying = carriers(case, held)
    clock.lap("assumptions")
    heat, losses = _heat(case, minimal), tuple(worst_loss(case, size, window, case.outflows) for size in SIZES)
    clock.lap("table")
    return ProfileProof(
        profile=profile.name,
        factors=profile.factors,
        channels=profile.channels,
        sets=1 << len(names) if complete else case.full.space.size,
        same=_same(case),
        verdicts=tuple(_resting(one, carrying) for one in verdicts),
        minimal=tuple(minimal),
        heat=heat,
        losses=losses,
        duals=duals,
        carriers=carrying,
    )


def confirm(policy: Policy, case: Case, attack: Attack) -> None:
    """Check a path by the replay semantics. Raises RefutedError."""
    answer = replay(policy, case.start, attack, case.gift)
    if not answer.confirmed:
        who = " and ".join(attack.capabilities)
        raise RefutedError(f"the replay semantics refutes {who} on {attack.outflow}: {answer}")


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
        found = case.table(names)
        for outflow in case.outflows:
            attack = found.get(outflow)
            silent = attack is not None and attack.silent
            cells.append(Cell(names, outflow, silent, None if attack is None else attack.window))
    return tuple(cells)


def shortest(attacks: Iterable[Attack]) -> list[Attack]:
    """Attacks in the order in which people want to see them: silent, short windows, few capabilities, few steps."""
    return sorted(attacks, key=lambda one: (rank(one), len(one.capabilities), len(one.path), one.capabilities))
