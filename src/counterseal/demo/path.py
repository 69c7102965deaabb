# SPDX-License-Identifier: Apache-2.0
"""Plays a path that the prover reports against a live server, and says whether it ended as predicted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from counterseal.core.policy.model import Policy, Profile
from counterseal.demo.path_script import script
from counterseal.demo.plan import TOLERANCE, Plan, PlannedStep, plan_of
from counterseal.demo.replay_parts import Stage, Stepped, Told
from counterseal.demo.replayer import Replay
from counterseal.prover.findings import Attack
from counterseal.sdk import Counterseal

__all__ = ["TOLERANCE", "PlayedPath", "play", "play_all", "script"]


class PlayedPath(msgspec.Struct, frozen=True, kw_only=True):
    """What came of playing a path. Times in ms since the first step.

    `window`: None = nobody was told, or nothing left. `late`: by how much steps came later than
    predicted. `differences`: one sentence for each.
    """

    attack: Attack
    policy: str
    profile: str
    account: str
    steps: tuple[Stepped, ...]
    left: bool
    leaves: int | None
    window: int | None
    first_notice: Told | None
    late: int
    differences: tuple[str, ...]

    @property
    def as_predicted(self) -> bool:
        """Whether every step, every notice, the loss and the window came as the prover says."""
        return not self.differences


def play(attack: Attack, policy: Policy, profile: Profile, client: Counterseal, account: str) -> PlayedPath:
    """Play one attack on a new account of this profile.

    `policy` must be the one in force; the token needs `counterseal.demo.server.PATH_SCOPES`. Raises
    ReplayError on a real clock, DemoError for a path that no API call can make.
    """
    return _played(attack, policy, profile, Stage(client), account)


def play_all(
    attacks: Sequence[tuple[Attack, Profile]], policy: Policy, client: Counterseal, prefix: str
) -> list[PlayedPath]:
    """Play many attacks side by side in the same simulated time, each on an account of its own (`prefix` and a
    number). As `play`; the results are in the order given."""
    stage = SharedStage(client, len(attacks))

    def run(numbered: tuple[int, tuple[Attack, Profile]]) -> PlayedPath:
        number, (attack, profile) = numbered
        try:
            return _played(attack, policy, profile, stage, f"{prefix}{number}")
        finally:
            stage.leave()

    with ThreadPoolExecutor(max_workers=max(1, len(attacks))) as pool:
        return list(pool.map(run, enumerate(attacks)))


class SharedStage(Stage):
    """A stage for replays that run side by side: time passes when all of them wait for it, to the first moment that
    one of them waits for."""

    def __init__(self, client: Counterseal, replays: int) -> None:
        super().__init__(client)
        self._changed = threading.Condition()
        self._waiting: dict[object, int] = {}
        self._replays = replays
        self._failed: Exception | None = None

    def move(self, moment: int) -> None:
        """See Stage. Raises what moving the clock raised, in each replay."""
        with self._changed:
            me = object()
            self._waiting[me] = moment
            self._turn()
            while me in self._waiting and self._failed is None:
                self._changed.wait()
            if self._failed is not None:
                raise self._failed

    def leave(self) -> None:
        """A replay is over: nobody waits for it any more."""
        with self._changed:
            self._replays -= 1
            self._turn()

    def _turn(self) -> None:
        if not self._waiting or len(self._waiting) < self._replays:
            return
        try:
            super().move(min(self._waiting.values()))
        except Exception as error:  # noqa: BLE001 - it is raised again in each replay
            self._failed = error
        self._waiting = {who: moment for who, moment in self._waiting.items() if moment > self.now}
        self._changed.notify_all()


def _played(attack: Attack, policy: Policy, profile: Profile, stage: Stage, account: str) -> PlayedPath:
    plan = plan_of(attack, policy, profile, account)
    replay = Replay(stage, account, muted=plan.muted)
    replay.register(plan.factors, plan.contacts, plan.objects)
    send(replay, plan)
    first = next((each for each in sorted(replay.told, key=lambda each: each.at) if each.owner), None)
    leaves = None if replay.left_at is None else replay.left_at - replay.began
    return PlayedPath(
        attack=attack,
        policy=policy.name,
        profile=profile.name,
        account=account,
        steps=tuple(replay.steps),
        left=leaves is not None,
        leaves=leaves,
        window=None if first is None or leaves is None else leaves - first.at,
        first_notice=first,
        late=replay.late,
        differences=tuple(_differences(attack, plan, replay, first, leaves)),
    )


def send(replay: Replay, plan: Plan) -> None:
    """Send the steps in the order of their times, until one is refused."""
    for step in plan.steps:
        _send(replay, step)
        if not replay.steps[-1].taken:
            return
    for step in plan.steps:
        if step.collect_at is not None and step.payment is not None:
            replay.collect(step.payment, at=step.collect_at)


def _send(replay: Replay, step: PlannedStep) -> None:
    if step.evidence is not None:
        replay.request(step.action, step.evidence, at=step.at, context=step.context)
        return
    if step.renew is not None:
        replay.renew(step.renew[0], at=step.at, objects=step.renew[1])
    replay.step(
        step.action,
        step.proofs,
        at=step.at,
        objects=step.objects,
        address=step.address,
        enrol=step.enrol,
        context=step.context,
        payment=step.payment,
    )


def _differences(attack: Attack, plan: Plan, replay: Replay, first: Told | None, leaves: int | None) -> list[str]:
    found: list[str] = []
    for step, done in zip(plan.steps, replay.steps, strict=False):
        if not done.taken:
            found.append(f"`{done.action}` was to go through and is {done.status}: {'; '.join(done.reasons)}")
        if done.unused:
            found.append(f"`{done.action}` needed no proof of {', '.join(done.unused)}")
        found += _notice(step, done)
    if leaves is None:
        return [*found, f"`{attack.outflow}` was to let value out and did not"]
    if not attack.leaves <= leaves <= attack.leaves + TOLERANCE:
        found.append(f"value was to leave after {attack.leaves} ms and left after {leaves}")
    if attack.window is None and first is not None:
        found.append(f"nobody was to be told, and {first.channel} took a notice after {first.at} ms")
    elif attack.window is not None and first is None:
        found.append("the owner was to be told and was not")
    elif attack.window is not None and first is not None:
        window = leaves - first.at
        if abs(window - attack.window) > TOLERANCE:
            found.append(f"the window was to be {attack.window} ms and is {window}")
    return found


def _notice(step: PlannedStep, done: Stepped) -> list[str]:
    reached = sorted({each.channel for each in done.told if each.owner})
    kind = "reached" if reached else "muted" if done.told else "none"
    predicted = step.source
    if not done.taken or (kind, reached) == (predicted.notice, sorted(predicted.reached)):
        return []
    said = f"{predicted.notice} ({', '.join(predicted.reached)})"
    return [f"the notice of `{done.action}` was to be {said} and is {kind} ({', '.join(reached)})"]
