# SPDX-License-Identifier: Apache-2.0
"""The verdict on one property for one kind of account.

Every `given` about attackers is closed downwards (with a set it holds every smaller one), so a property fails if
and only if a minimal set of the given ones breaks it, and those are the counterexamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from counterseal.core.policy import properties as p
from counterseal.core.policy.model import Profile, Property
from counterseal.prover.case import Case
from counterseal.prover.duals import starving, unreachable
from counterseal.prover.findings import NOTHING, Attack
from counterseal.prover.game import TooMuchWorkError
from counterseal.prover.losses import over, worst_loss
from counterseal.prover.minimal import EVER, SILENT, rank
from counterseal.prover.owner import Owner
from counterseal.prover.proof import Verdict
from counterseal.prover.space import TooLargeError
from counterseal.prover.substitutes import substitutes

HOUR = 3_600_000


def applies(prop: Property, profile: Profile) -> bool:
    """Whether a property speaks of this profile."""
    if prop.profiles and profile.name not in prop.profiles:
        return False
    return not isinstance(prop.given_form, p.Enrolled) or prop.given_form.factor in profile.factors


def threshold(prop: Property) -> int | None:
    """The window under which an attack breaks it; None = it is about something else."""
    match prop.assert_form:
        case p.NoOutflow() | p.NoDisclosure():
            return EVER
        case p.NoSilentOutflow():
            return SILENT
        case p.WindowAtLeast(wait):
            return wait
        case _:
            return None


def goals_of(prop: Property, case: Case) -> tuple[str, ...]:
    """The rules that a property speaks of: those that disclose, or the outflows but for the excepted ones."""
    if isinstance(prop.assert_form, p.NoDisclosure):
        return case.disclosures
    return tuple(name for name in case.outflows if name not in prop.outflows_excepted)


def verdict(prop: Property, case: Case, profile: Profile) -> Verdict:
    """The verdict; `undecided` where the search was given up, never a pass by default."""
    try:
        attacks, note = _broken(prop, case, profile)
    except (TooMuchWorkError, TooLargeError) as error:
        return _verdict(prop, "undecided", note=f"{error.sentence} {error.hint}".strip())
    return _verdict(prop, "no" if attacks or note else "yes", attacks, note)


def _verdict(prop: Property, holds: str, attacks: Sequence[Attack] = (), note: str = "") -> Verdict:
    lines = dict.fromkeys(step.line for attack in attacks for step in attack.path)
    return Verdict(
        prop.name, prop.line, prop.given, prop.assertion, holds, tuple(attacks), note, lines=tuple(lines)
    )


def _broken(prop: Property, case: Case, profile: Profile) -> tuple[list[Attack], str]:
    """(counterexamples, what is wrong in words); nothing and "" = the property holds."""
    goals, window = goals_of(prop, case), threshold(prop)
    if window is not None:
        return _attacks(prop.given_form, case, window, goals), ""
    match prop.assert_form:
        case p.LossAtMost():
            return _losses(prop, prop.assert_form, case, goals)
        case p.NotSubstitutes(weaker, stronger):
            found = substitutes(case.policy, profile, weaker, stronger)
            return [], "; ".join(f"line {one.line}: `{one.rule}` takes {one.text}" for one in found)
        case p.NoStarvation():
            size = prop.given_form.count if isinstance(prop.given_form, p.AtMost) else 1
            return [], "; ".join(
                f"{' and '.join(one.capabilities)} restarts `{one.clock}` by `{one.action}`: `{one.outflow}` waits"
                for one in starving(case.policy, profile, size)
            )
        case _:
            return [], _owner(prop, case, profile, goals)


def _attacks(given: p.Given, case: Case, window: int, goals: Sequence[str]) -> list[Attack]:
    names = case.policy.vocabulary.capabilities
    match given:
        case p.AtMost(count):
            return case.attacks(tuple(names), window, goals, largest=count)
        case p.TheseCapabilities(chosen):
            return case.attacks(chosen, window, goals)
        case p.AnyLeavingOneChannel():
            found: dict[tuple[tuple[str, ...], str], Attack] = {}
            for quiet in leaving_one(case):
                for attack in case.attacks(quiet, window, goals):
                    found.setdefault((attack.capabilities, attack.outflow), attack)
            return sorted(found.values(), key=lambda one: (rank(one), len(one.capabilities), one.capabilities))
        case _:
            return case.attacks(tuple(names), window, goals)


def leaving_one(case: Case) -> list[tuple[str, ...]]:
    """Per channel the capabilities that do not mute it: every set that leaves one is in one of these."""
    names = case.policy.vocabulary.capabilities
    found = [
        tuple(name for name, spec in names.items() if channel not in spec.mutes)
        for channel in sorted(case.start.channels - case.gift.mutes)
    ]
    return list(dict.fromkeys(found))


def _losses(prop: Property, form: p.LossAtMost, case: Case, outflows: Sequence[str]) -> tuple[list[Attack], str]:
    given = prop.given_form
    if isinstance(given, p.AtMost):
        loss = worst_loss(case, given.count, form.reacts, outflows)
        tried = [loss.capabilities] if loss.amount is None or loss.amount > form.amount else []
    elif isinstance(given, p.TheseCapabilities):
        tried = [given.names]
    elif isinstance(given, p.AnyLeavingOneChannel):
        tried = leaving_one(case)
    else:
        tried = [tuple(case.policy.vocabulary.capabilities)]
    for names in tried:
        found = over(case, names, form.reacts, form.amount, outflows)
        if found:
            return found, ""
    return [], ""


def _owner(prop: Property, case: Case, profile: Profile, outflows: Sequence[str]) -> str:
    """What an owner cannot do that he was promised, in words; "" = nothing."""
    form, given = prop.assert_form, prop.given_form
    count = given.count if isinstance(given, p.Lost) else 0
    if isinstance(form, p.EveryOutflowReachable):
        missing: list[str] = []
        for lost in _losses_of(profile, count):
            never = unreachable(case.policy, profile, lost)
            missing += [f"`{name}` without {_all(lost)}" for name in outflows if name in never]
        return "not reachable: " + ", ".join(missing) if missing else ""
    if isinstance(form, p.OwnerRegains):
        owner, wrong = Owner(case.policy, case.start, (form.fact,)), list[str]()
        for lost in _losses_of(profile, count):
            time = owner.recovery(lost).regains[form.fact]
            if time is None or time > form.within:
                late = "never" if time is None else f"after {time // HOUR} h"
                wrong.append(f"without {_all(lost)}: `{form.fact}` {late}")
        return "; ".join(wrong)
    return ""


def _losses_of(profile: Profile, count: int) -> list[frozenset[str]]:
    """The largest sets of at most `count` factors that the owner has lost: a smaller loss leaves more."""
    size = min(count, len(profile.factors))
    return [frozenset(chosen) for chosen in combinations(profile.factors, size)] or [NOTHING]


def _all(lost: frozenset[str]) -> str:
    return " and ".join(sorted(lost)) or "losing anything"
