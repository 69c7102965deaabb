# SPDX-License-Identifier: Apache-2.0
"""Documents for tests: `¤` in a text marks the place where a fault is expected."""

from __future__ import annotations

from counterseal.core.errors import PolicyError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import policy_from, shipped_vocabulary

MARK = "¤"
KINDS = tuple(shipped_vocabulary().outflow_kinds)


def document(*, head: str = "", actions: str = "", outflows: str = "", tail: str = "") -> str:
    """A whole policy around the given sections; every outflow that they leave out is not offered.

    It has the actions `login` (grants session) and `add_address` (grants address, told, held).
    """
    ruled = {line.split(":")[0].strip(" " + MARK) for line in outflows.splitlines()}
    missing = "".join(f"  {kind}: not_offered\n" for kind in KINDS if kind not in ruled)
    return (
        "counterseal: 1\npolicy: sample\n"
        + head
        + "actions:\n"
        + "  login: {require: password and totp, grants: session}\n"
        + "  add_address: {verb: bind, require: session and totp, grants: address, holds: weakened, notify: sms}\n"
        + actions
        + "outflows:\n"
        + outflows
        + missing
        + tail
    )


def marked(text: str) -> tuple[str, int, int]:
    """The text without its mark, and the mark's line and column."""
    before, mark, after = text.partition(MARK)
    assert mark, "the sample has no mark"
    assert MARK not in after, "the sample has two marks"
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def faults_of(text: str) -> list[PolicyError]:
    """Every fault of a document; fails the test when it loads."""
    try:
        policy_from(text)
    except PolicyFaults as faults:
        return list(faults.faults)
    except PolicyError as fault:
        return [fault]
    raise AssertionError("the document has no fault")


def loaded(text: str) -> Policy:
    """The policy; a fault fails the test with all its lines."""
    return policy_from(text)
