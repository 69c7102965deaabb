# SPDX-License-Identifier: Apache-2.0
"""The paths that the prover reports for a pack, without those that send the same requests."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes
from counterseal.prover.findings import Attack, Step, start_of
from counterseal.prover.game import compile_game
from counterseal.prover.minimal import Finder, minimal_attacks
from counterseal.prover.space import every_set

HOUR = 3_600_000


def reported(policy: Policy, window: int = 24 * HOUR) -> Iterator[tuple[Attack, Profile]]:
    """For every profile and outflow the path of each minimal set with a shorter window (ms)."""
    for profile in policy.vocabulary.profiles.values():
        game = compile_game(policy, start_of(profile))
        space = every_set(Classes(game))
        finder = Finder(game, space, bound(game, space))
        for attack in minimal_attacks(finder, window, game.goals):
            yield attack, profile


def distinct(policy: Policy, *, everything: bool = False, largest: int = 2) -> list[tuple[Attack, Profile]]:
    """One of each kind of path: the same actions at the same times by the same proofs (which capability gives a
    proof does not change what is sent). Of sets of more than `largest` only those with a
    step that no other path has.

    `everything`: all sizes, and those that differ only in who is predicted to hear of it.
    """
    found: dict[object, tuple[Attack, Profile]] = {}
    steps: set[object] = set()
    for attack, profile in sorted(reported(policy), key=lambda pair: len(pair[0].capabilities)):
        sent = tuple((step.at, _what(step)) for step in attack.path)
        heard = tuple((step.notice, step.reached) for step in attack.path) if everything else ()
        new = {_what(step) for step in attack.path} - steps
        if everything or len(attack.capabilities) <= largest or new:
            found.setdefault((sent, heard), (attack, profile))
            steps |= new
    return list(found.values())


def _what(step: Step) -> tuple[object, ...]:
    return step.action, tuple((use.factor, use.source == "bound") for use in step.uses)
