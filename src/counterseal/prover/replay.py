# SPDX-License-Identifier: Apache-2.0
"""The replay semantics: does one path do what it says? Independent of the engines that found it.

Steps are done at their moments; in between, time passes as docs/prover-model.md says. Where a pending action takes
effect at the very moment of a step, every order is tried and one that works is enough.
"""

from __future__ import annotations

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Attack, Gift, Start, Step
from counterseal.prover.replay_game import Game
from counterseal.prover.replay_play import Run, plays
from counterseal.prover.replay_state import Change

NO_GIFT = Gift()


class Confirmed(msgspec.Struct, frozen=True):
    """The path works. `window`: ms, None = silent; `leaves`: ms from the first step; `timeline`: what changed."""

    window: int | None
    leaves: int
    timeline: tuple[Change, ...]

    @property
    def confirmed(self) -> bool:
        """Yes."""
        return True


class Refuted(msgspec.Struct, frozen=True):
    """The path does not do what it says. `step`: index of the step that fails; None = the attack as a whole."""

    step: int | None
    sentence: str

    @property
    def confirmed(self) -> bool:
        """No."""
        return False


def replay(policy: Policy, start: Start, attack: Attack, gift: Gift = NO_GIFT) -> Confirmed | Refuted:
    """Do the steps of the attack one by one and compare with what it claims. Never raises on a false claim."""
    wrong = _malformed(policy, attack)
    if wrong is not None:
        return wrong
    game = Game(policy, start, attack.capabilities, gift)
    furthest, worst = -1, Refuted(None, "there is no order in which its steps can be done")
    for found in plays(game, attack.path, attack.leaves):
        verdict = _compare(attack, found) if isinstance(found, Run) else Refuted(found.step, found.sentence)
        if isinstance(verdict, Confirmed):
            return verdict
        if found.done > furthest:
            furthest, worst = found.done, verdict
    return worst


def _malformed(policy: Policy, attack: Attack) -> Refuted | None:
    """What is wrong with the attack before any step is done."""
    unknown = sorted(set(attack.capabilities) - policy.vocabulary.capabilities.keys())
    if unknown:
        return Refuted(None, f"`{unknown[0]}` is not a capability")
    if not attack.path:
        return Refuted(None, "the path has no steps")
    for index, step in enumerate(attack.path):
        rule = policy.rules.get(step.action)
        if rule is None:
            return Refuted(index, f"the policy has no action `{step.action}`")
        if rule.verb == "revoke":
            return Refuted(index, f"`{step.action}` only ends something, which the attacker does not do")
        if step.line != rule.line:
            return Refuted(index, f"`{step.action}` is on line {rule.line}, not {step.line}")
    return _end_malformed(policy, attack) or _times_malformed(attack)


def _end_malformed(policy: Policy, attack: Attack) -> Refuted | None:
    """The last step is the outflow."""
    index = len(attack.path) - 1
    last = policy.rules[attack.path[index].action]
    if last.name != attack.outflow:
        return Refuted(index, f"the last step is `{last.name}`, not `{attack.outflow}`")
    if not last.outflow and not last.discloses:
        return Refuted(index, f"by `{last.name}` neither value nor data leaves")
    return None


def _times_malformed(attack: Attack) -> Refuted | None:
    """Times run from the first step; only the outflow may stand behind later ones."""
    times = [step.at for step in attack.path]
    for index in range(1, len(times) - 1):
        if times[index] < times[index - 1]:
            return Refuted(index, "the step is earlier than the one before it")
    if min(times) != 0:
        return Refuted(times.index(min(times)), "times do not run from the first step")
    return None


def _compare(attack: Attack, run: Run) -> Confirmed | Refuted:
    """The claims of the attack against what happened."""
    for index, claimed in enumerate(attack.path):
        wrong = _differs(claimed, run.steps[index])
        if wrong:
            return Refuted(index, wrong)
    if run.leaves != attack.leaves:
        return Refuted(len(attack.path) - 1, f"value leaves at {run.leaves} ms, not {attack.leaves}")
    if run.window is None and attack.window is not None:
        return Refuted(None, f"nobody is told, but the window is said to be {attack.window} ms")
    if run.window is not None and attack.window is None:
        return Refuted(None, f"it is said to be silent, but the owner is told at {run.told} ms")
    if run.window != attack.window:
        return Refuted(None, f"the window is {run.window} ms, not {attack.window}")
    return Confirmed(run.window, run.leaves, run.timeline)


def _differs(claimed: Step, real: Step) -> str:
    """The first claim of a step that is not true; empty = all are."""
    missing = sorted(set(claimed.facts) - set(real.facts))
    if missing:
        return f"it does not rest on `{missing[0]}`: the attacker has it not, or the rule does not ask for it"
    if claimed.effect != real.effect:
        return f"it takes effect at {real.effect} ms, not {claimed.effect}"
    if claimed.notice != real.notice:
        return f"its notice is {real.notice}, not {claimed.notice}"
    if sorted(claimed.reached) != sorted(real.reached):
        return f"its notice reaches {list(real.reached)}, not {list(claimed.reached)}"
    return ""
