# SPDX-License-Identifier: Apache-2.0
"""Which attacks are told, and once each: the same path against many profiles is one finding."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from counterseal.prover.findings import Attack
from counterseal.prover.proof import Proof, Verdict
from counterseal.prover.report.glossary import NO_GLOSSARY, Scene, is_disclosure, scene_of
from counterseal.prover.report.words import rank


class Finding(msgspec.Struct, frozen=True):
    """An attack, the scene of the first profile it works against, all such profiles, the properties it breaks."""

    attack: Attack
    scene: Scene
    profiles: tuple[str, ...]
    breaks: tuple[Verdict, ...]


def findings(proof: Proof) -> list[Finding]:
    """Every attack of the proof: counterexamples of properties, then other minimal sets; value before data,
    worst first."""
    attacks: dict[Attack, tuple[Attack, Scene]] = {}
    profiles: dict[Attack, dict[str, None]] = {}
    breaks: dict[Attack, dict[str, Verdict]] = {}
    for profile in proof.profiles:
        scene = scene_of(proof, profile)
        told: list[tuple[Attack, Verdict | None]] = [(each, None) for each in profile.minimal]
        told += [(each, verdict) for verdict in profile.verdicts for each in verdict.attacks]
        for attack, verdict in told:
            key = _same_path(attack)
            attacks.setdefault(key, (attack, scene))
            profiles.setdefault(key, {})[profile.profile] = None
            broken = breaks.setdefault(key, {})
            if verdict is not None and verdict.holds != "yes":
                broken.setdefault(verdict.name, verdict)
    found = [
        Finding(attack, scene, tuple(profiles[key]), tuple(breaks[key].values()))
        for key, (attack, scene) in attacks.items()
    ]
    return sorted(
        found,
        key=lambda each: (not each.breaks, is_disclosure(each.attack, each.scene, NO_GLOSSARY), *rank(each.attack)),
    )


def _same_path(attack: Attack) -> Attack:
    """The attack without the channels that were reached: another profile has others, and it is the same finding."""
    return replace(attack, path=tuple(replace(step, reached=()) for step in attack.path))


def shared(names: Sequence[str], proof: Proof) -> str:
    """`every profile`, `sms_only`, `sms_only, totp_user and 3 more`."""
    everyone = len(proof.profiles) > 1 and len(names) == len(proof.profiles)
    if everyone:
        return "every profile"
    shown = 3
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
