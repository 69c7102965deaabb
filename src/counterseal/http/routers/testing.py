# SPDX-License-Identifier: Apache-2.0
"""Operations that exist only in an app on a simulated clock with `test_scopes`: proofs that nobody verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.engine.requested import decide_evidence
from counterseal.guard.model import Answer
from counterseal.guard.service import Actions
from counterseal.http import examples
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers.action_bodies import ViewQuery
from counterseal.http.routers.actions import shown
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.views import ActionView, DecisionView, decision_view

router = Router(tags=["test"])


@dataclass(frozen=True, slots=True)
class Unverified:
    """The guard's commands over verifiers that believe everything."""

    actions: Actions


class AttestedProofBody(Body, frozen=True):
    """A factor that counts as proved. `instance`: one of several of its class; default the first enrolled."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    instance: Annotated[str, msgspec.Meta(max_length=128)] = ""


class EvidenceBody(Body, frozen=True):
    """A rule with `subject: request`, and the kinds of evidence that count as verified."""

    rule: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    evidence: Annotated[list[str], msgspec.Meta(max_length=16)] = []
    context: Annotated[list[str], msgspec.Meta(max_length=16)] = []


class EvidenceView(Reply, frozen=True):
    """What the rule decides on this evidence, and which factors' values it would disclose."""

    decision: DecisionView
    discloses: list[str]


REQUEST_EXAMPLE = EvidenceView(
    decision=DecisionView(
        outcome="challenge",
        rule="disclose_identity",
        line=318,
        policy="sha256:0d5c2a7f",
        at=examples.NOON,
        until=None,
        reasons=[],
        alternatives=[["call_back"]],
        candidates=["call_back", "docket", "gov_mail", "portal", "signed_letter"],
    ),
    discloses=["kba", "iddoc"],
)


@router.post(
    "/v1/test/actions/{action}/proofs",
    **operation(
        "Count a factor as proved (simulated clock only)",
        reply=ActionView,
        example=examples.ACTION,
        body_example=AttestedProofBody(factor="passkey"),
        problems=(404, 409, 429),
    ),
)
async def attest_test_proof(
    action: str,
    caller: Annotated[Caller, require(Scope.TEST_ATTEST)],
    write: Annotated[Write, idempotent],
    given: Annotated[AttestedProofBody, json_body(AttestedProofBody)],
    view: Annotated[ViewQuery, query(ViewQuery)],
    unverified: Annotated[Unverified, area(Unverified)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """For a factor that this edition cannot verify yet. The guard sees a proof like any other."""
    done = await unverified.actions.prove(action, given.factor, given.instance, idempotency=write.of(Answer))
    return shown(done, caller, view.view, guard)


@router.post(
    "/v1/test/requests",
    **operation(
        "Decide a judicial rule (simulated clock only)",
        reply=EvidenceView,
        example=REQUEST_EXAMPLE,
        body_example=EvidenceBody(rule="disclose_identity", evidence=["gov_mail"]),
    ),
)
async def evaluate_test_request(
    caller: Annotated[Caller, require(Scope.TEST_ATTEST)],
    write: Annotated[Write, idempotent],
    given: Annotated[EvidenceBody, json_body(EvidenceBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """By the policy in force, on evidence that is taken as verified. Changes nothing and hands nothing out."""
    tools = guard.tools
    rule, decision = decide_evidence(
        tools.policies.current, given.rule, given.evidence, tools.clock.now(), given.context
    )
    return reply(EvidenceView(decision=decision_view(decision, staff=True), discloses=list(rule.discloses)))
