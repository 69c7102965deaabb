# SPDX-License-Identifier: Apache-2.0
"""No path is shown before the replay semantics, which shares no code with the search, has played it."""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.core.policy.model import Policy
from counterseal.prover.case import Case
from counterseal.prover.findings import Attack
from counterseal.prover.minimal import rank
from counterseal.prover.replay import replay


class RefutedError(AssertionError):
    """Two engines disagree about a path: a defect of the prover, never to be shown as a finding."""


def confirm(policy: Policy, case: Case, attack: Attack) -> None:
    """Check a path by the replay semantics. Raises RefutedError."""
    answer = replay(policy, case.start, attack, case.gift)
    if not answer.confirmed:
        who = " and ".join(attack.capabilities)
        raise RefutedError(f"the replay semantics refutes {who} on {attack.outflow}: {answer}")


def shortest(attacks: Iterable[Attack]) -> list[Attack]:
    """Attacks in the order in which people want to see them: silent, short windows, few capabilities, few steps."""
    return sorted(attacks, key=lambda one: (rank(one), len(one.capabilities), len(one.path), one.capabilities))
