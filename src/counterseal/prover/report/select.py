# SPDX-License-Identifier: Apache-2.0
"""Which attacks are told, and once each: the same path against many profiles is one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from counterseal.prover.findings import Attack
from counterseal.prover.proof import ProfileProof, Proof, Verdict
from counterseal.prover.report.glossary import NO_GLOSSARY, Glossary, Scene, is_disclosure, scene_of
from counterseal.prover.report.words import rank

Told = TypeVar("Told", bound=Hashable)


class Finding(msgspec.Struct, frozen=True):
    """An attack, the scene of the first profile it works against, all such profiles, the properties it breaks.

    `ways`: how many different paths the same set takes to the same outflow with the same window.
    """

    attack: Attack
    scene: Scene
    profiles: tuple[str, ...]
    breaks: tuple[Verdict, ...]
    ways: int


class _Gathered(msgspec.Struct):
    """What is known of one set, outflow and window while the profiles are read."""

    attack: Attack
    scene: Scene
    profiles: dict[str, None]
    breaks: dict[str, Verdict]
    paths: set[Attack]


def findings(proof: Proof, glossary: Glossary = NO_GLOSSARY) -> list[Finding]:
    """Every set and outflow once for each window: counterexamples of properties first, value before data.

    The worst of each capability set comes before the second worst of any, so that the first few differ.
    """
    gathered: dict[tuple[tuple[str, ...], str, int | None], _Gathered] = {}
    for profile in proof.profiles:
        scene = scene_of(proof, profile)
        told: list[tuple[Attack, Verdict | None]] = [(each, None) for each in profile.minimal]
        told += [(each, verdict) for verdict in profile.verdicts for each in verdict.attacks]
        for attack, verdict in told:
            key = (attack.capabilities, attack.outflow, attack.window)
            found = gathered.setdefault(key, _Gathered(attack, scene, {}, {}, set()))
            found.profiles[profile.profile] = None
            found.paths.add(_same_path(attack))
            if verdict is not None and verdict.holds != "yes":
                found.breaks.setdefault(verdict.name, verdict)
    return _ordered(list(gathered.values()), glossary)


def _ordered(gathered: list[_Gathered], glossary: Glossary) -> list[Finding]:
    turn: Counter[tuple[str, ...]] = Counter()
    keyed = []
    for each in sorted(gathered, key=lambda each: _weight(each, glossary)):
        keyed.append((turn[each.attack.capabilities], each))
        turn[each.attack.capabilities] += 1
    keyed.sort(key=lambda pair: (*_class(pair[1]), pair[0]))  # stable: within a turn the worst stays first
    return [
        Finding(each.attack, each.scene, tuple(each.profiles), tuple(each.breaks.values()), len(each.paths))
        for _, each in keyed
    ]


def _class(each: _Gathered) -> tuple[bool, bool]:
    return not each.breaks, is_disclosure(each.attack, each.scene, NO_GLOSSARY)


def _weight(each: _Gathered, glossary: Glossary) -> tuple[bool, int, int, Decimal, tuple[object, ...]]:
    """Worst first: silent, the shortest window, the smaller set, the larger limit."""
    attack = each.attack
    limit = glossary.limits.get(attack.outflow)
    amount = Decimal("Infinity") if limit is None else limit.amount
    return attack.window is not None, attack.window or 0, len(attack.capabilities), -amount, rank(attack)


def _same_path(attack: Attack) -> Attack:
    """The attack without the channels that were reached: another profile has others, and it is the same way."""
    return replace(attack, path=tuple(replace(step, reached=()) for step in attack.path))


def grouped(proof: Proof, told: Callable[[ProfileProof], Told]) -> list[tuple[Told, list[str]]]:
    """What is told of each profile, once, with the names of the profiles that it is true of."""
    groups: dict[Told, list[str]] = {}
    for profile in proof.profiles:
        groups.setdefault(told(profile), []).append(profile.profile)
    return list(groups.items())


def shared(names: Sequence[str], proof: Proof) -> str:
    """`every profile`, `sms_only`, `sms_only, totp_user and 3 more`."""
    everyone = len(proof.profiles) > 1 and len(names) == len(proof.profiles)
    if everyone:
        return "every profile"
    shown = 3
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
