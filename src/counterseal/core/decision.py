# SPDX-License-Identifier: Apache-2.0
"""What the guard answers, with all its reasons, and the three views of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """The four answers."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    HOLD = "hold"
    DENY = "deny"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason. `until` (ms) is exact where waiting ends it; None = waiting does not, or nobody knows.

    `tell`: who may read it (owner | staff | sealed). `about` names the atom, object or capability.
    """

    code: str
    text: str
    about: str = ""
    until: int | None = None
    tell: str = "owner"


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """An outcome, the rule and policy line it rests on, all reasons, and the minimal sets of proofs that would do.

    `alternatives`: each a sorted tuple of factor classes still missing. `until`: end of the hold (ms) if known.
    `candidates`: enrolled factors that the rule names (all that a requester is told before a first proof).
    """

    outcome: Outcome
    rule: str
    line: int
    policy: str
    at: int
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    candidates: tuple[str, ...] = ()
    until: int | None = None
    proved: bool = False  # a proof of this action has succeeded


def for_requester(decision: Decision) -> Decision:
    """What the requester may see: factor names first, exact reasons only after one proof of this action."""
    if decision.proved or not decision.candidates:
        reasons = tuple(reason for reason in decision.reasons if reason.tell == "owner")
        return msgspec.structs.replace(decision, reasons=reasons)
    if decision.outcome is Outcome.ALLOW:
        return msgspec.structs.replace(decision, reasons=(), alternatives=())
    return msgspec.structs.replace(
        decision,
        outcome=Outcome.CHALLENGE,
        reasons=(),
        alternatives=tuple((factor,) for factor in decision.candidates),
        until=None,
    )


def for_staff(decision: Decision) -> Decision:
    """What fraud and support staff may see: everything but what is sealed."""
    reasons = tuple(reason for reason in decision.reasons if reason.tell != "sealed")
    return msgspec.structs.replace(decision, reasons=reasons)


def sealed_view(decision: Decision) -> Decision:
    """Everything, for the judicial desk."""
    return decision
