# SPDX-License-Identifier: Apache-2.0
"""No path is shown before the replay semantics, which shares no code with the search, has played it."""

from __future__ import annotations

from counterseal.core.policy.model import Policy
from counterseal.prover.case import Case
from counterseal.prover.findings import Attack
from counterseal.prover.replay import replay


class RefutedError(AssertionError):
    """Two engines disagree about a path: a defect of the prover, never to be shown as a finding."""


def confirm(policy: Policy, case: Case, attack: Attack) -> None:
    """Check a path by the replay semantics. Raises RefutedError."""
    answer = replay(policy, case.start, attack, case.gift)
    if not answer.confirmed:
        who = " and ".join(attack.capabilities)
        raise RefutedError(f"the replay semantics refutes {who} on {attack.outflow}: {answer}")
