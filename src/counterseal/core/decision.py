# SPDX-License-Identifier: Apache-2.0
"""What the guard answers, with all its reasons, and the three views of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec.structs import replace


class Outcome(StrEnum):
    """The four answers."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    HOLD = "hold"
    DENY = "deny"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One reason. `until` (ms) is exact where waiting ends it; None = waiting does not, or nobody knows.

    `tell`: who may read it (owner | staff | sealed). `about` names the atom, object or capability.
    """

    code: str
    text: str
    about: str = ""
    until: int | None = None
    tell: str = "owner"


class Decision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An outcome, the rule and policy line it rests on, all reasons, and the minimal sets of proofs that would do.

    `alternatives`: each a sorted tuple of factor classes still missing. `until`: end of the hold (ms) if known.
    `candidates`: enrolled factors that the rule names (all that a requester is told before a first proof).
    `shown`: what those see who may not know of sealed suspicions; None = this decision itself.
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
    shown: Decision | None = None


_ABOUT_SUSPICIONS = frozenset({"suspected", "doubtful"})


def for_requester(decision: Decision) -> Decision:
    """What the requester may see: factor names first, exact reasons only after one proof of this action.

    A brake on the whole platform is nobody's secret: it is told at once, before any proof is given in vain.
    Where the rule names no factor that is enrolled there is nothing to prove: the reasons are told, but none
    of suspicions.
    """
    decision = decision.shown or decision
    if decision.proved:
        return replace(decision, reasons=tuple(r for r in decision.reasons if r.tell == "owner"))
    if decision.outcome is Outcome.ALLOW:
        return replace(decision, reasons=(), alternatives=())
    brake = next((r for r in decision.reasons if r.code == "braked"), None)
    if brake is not None:
        return replace(decision, outcome=Outcome.HOLD, reasons=(brake,), alternatives=(), until=brake.until)
    if not decision.candidates:
        told = tuple(r for r in decision.reasons if r.tell == "owner" and r.code not in _ABOUT_SUSPICIONS)
        return replace(decision, reasons=told)
    return replace(
        decision,
        outcome=Outcome.CHALLENGE,
        reasons=(),
        alternatives=tuple((factor,) for factor in decision.candidates),
        until=None,
    )


def for_staff(decision: Decision) -> Decision:
    """What fraud and support staff may see: everything but what is sealed."""
    decision = decision.shown or decision
    return replace(decision, reasons=tuple(reason for reason in decision.reasons if reason.tell != "sealed"))


def sealed_view(decision: Decision) -> Decision:
    """Everything, for the judicial desk."""
    return decision
