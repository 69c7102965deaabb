# SPDX-License-Identifier: Apache-2.0
"""A path without the steps that it does not need, by greedy deletion under the replay semantics."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from counterseal.core.policy.model import CapabilitySpec, Policy
from counterseal.prover.findings import Attack, Gift, Start, Step, Use
from counterseal.prover.replay import NO_GIFT, Confirmed, replay
from counterseal.prover.replay_game import Game
from counterseal.prover.replay_play import Run, plays


def shorten(policy: Policy, start: Start, attack: Attack, gift: Gift = NO_GIFT) -> Attack:
    """The attack without needless steps: as silent, with a window and an end no later than before.

    Each step left is told anew (notice, effect, times from the first step). A proof that a capability gives at any
    time is taken from there, so that binding the factor first is no longer needed. What the replay refutes comes
    back as it is.
    """
    if not isinstance(replay(policy, start, attack, gift), Confirmed):
        return attack
    game = Game(policy, start, attack.capabilities, gift)
    shorter = _best(game, attack, tuple(_resourced(step, game.specs) for step in attack.path)) or attack
    index = 0
    while index < len(shorter.path) - 1:
        fewer = _best(game, shorter, _without(shorter.path, index))
        shorter, index = (fewer, 0) if fewer else (shorter, index + 1)
    return shorter


def _resourced(step: Step, specs: Mapping[str, CapabilitySpec]) -> Step:
    """The step with each proof from a capability that gives it at any time, where there is one."""

    def source(use: Use) -> Use:
        able = [name for name, spec in specs.items() if use.factor in spec.proves]
        return use if not able or use.source in able else Use(use.factor, able[0])

    return replace(step, uses=tuple(source(use) for use in step.uses))


def _without(path: tuple[Step, ...], index: int) -> tuple[Step, ...]:
    """The path without one step, its times from the first one left."""
    left = path[:index] + path[index + 1 :]
    first = min(step.at for step in left)
    return tuple(replace(step, at=step.at - first) for step in left)


def _best(game: Game, attack: Attack, path: tuple[Step, ...]) -> Attack | None:
    """The best way in which these steps do what the attack does; None = they do not."""
    found = [
        run
        for run in plays(game, path, attack.leaves)
        if isinstance(run, Run) and _as_good(run, attack) and _same_facts(run, path)
    ]
    if not found:
        return None
    run = min(found, key=lambda one: (one.window is not None, one.window or 0, one.leaves))
    steps = tuple(run.steps[index] for index in range(len(path)))
    return replace(attack, window=run.window, leaves=run.leaves, path=steps)


def _as_good(run: Run, attack: Attack) -> bool:
    if run.window is None:
        return True
    return attack.window is not None and run.window <= attack.window


def _same_facts(run: Run, path: tuple[Step, ...]) -> bool:
    """A step that rested on a fact of a deleted one would have to be told differently."""
    return all(run.steps[index].facts == step.facts for index, step in enumerate(path))
