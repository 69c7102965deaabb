# SPDX-License-Identifier: Apache-2.0
"""The moments of one attack in the order of a picture: what is done, what takes effect, when the owner stops it."""

from __future__ import annotations

import msgspec

from counterseal.prover.findings import Attack, Step


class Moment(msgspec.Struct, frozen=True):
    """`kind`: act (a step is done), effect (a delayed one takes effect), loss, owner (he freezes the account).

    `step` is None for the owner. `at`: ms since the first step.
    """

    kind: str
    at: int
    step: Step | None = None


def moments(attack: Attack, window: int) -> tuple[Moment, ...]:
    """`window`: ms that the owner needs. Of a delayed step both ends are shown; without a delay the end is the act.

    An owner who stops it at the very moment of the loss was in time (a window of T is enough for T).
    """
    found: list[tuple[int, int, int, Moment]] = []
    for number, step in enumerate(attack.path):
        last = number == len(attack.path) - 1
        if not last or attack.leaves > step.at:
            found.append((step.at, 1, number, Moment("act", step.at, step)))
        if last:
            found.append((attack.leaves, 2, number, Moment("loss", attack.leaves, step)))
        elif step.effect > step.at:
            found.append((step.effect, 0, number, Moment("effect", step.effect, step)))
    first = attack.first_notice
    if first is not None:
        found.append((first + window, 1, len(attack.path), Moment("owner", first + window)))
    ordered = sorted(found, key=lambda each: each[:3])
    return tuple(moment for *_, moment in ordered)


def first_told(attack: Attack) -> Step | None:
    """The step whose notice is the first that reaches the owner; None = silent."""
    if attack.silent:
        return None
    return next((step for step in attack.path if step.notice == "reached"), None)
