# SPDX-License-Identifier: Apache-2.0
"""Calls that a server answers only on a simulated clock with `test_scopes` (scope test:attest)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.sdk.replies import Action, Decision
from counterseal.sdk.transport import Call, segment, write


class Evidence(msgspec.Struct, frozen=True):
    """What a rule about a request decides on evidence, and which factors' values it would disclose."""

    decision: Decision
    discloses: tuple[str, ...] = ()


def attest_test_proof(
    action: str, factor: str, *, instance: str | None = None, key: str | None = None
) -> Call[Action]:
    """Let a factor that nobody verified count as proved (test:attest). `instance`: one of several of its class."""
    path = f"/v1/test/actions/{segment(action)}/proofs"
    return write(Action, path, {"factor": factor, "instance": instance}, key=key)


def evaluate_test_request(
    rule: str, evidence: Sequence[str], *, context: Sequence[str] = (), key: str | None = None
) -> Call[Evidence]:
    """Decide a rule with `subject: request` on evidence that is taken as verified (test:attest)."""
    body = {"rule": rule, "evidence": list(evidence), "context": list(context) or None}
    return write(Evidence, "/v1/test/requests", body, key=key)
