# SPDX-License-Identifier: Apache-2.0
"""What followed a request, as staff read it."""

from __future__ import annotations

from typing import Final

from counterseal.http.body import Reply
from counterseal.judicial.followup.model import Do, Event, FollowUp, Sibling, Step
from counterseal.judicial.followup.service import Shown
from counterseal.judicial.requests.model import JudicialRequest, State


class StepView(Reply, frozen=True):
    """What is done to one account. `until` (ms): end of a shield; `origin`: the sibling request that names the
    account, or the forgery of which this request is a sibling; `result`: empty = not yet, `done`, or why not."""

    account: str
    what: Do
    until: int | None
    origin: str
    result: str


class ActView(Reply, frozen=True):
    """What follows one move of the request. `faults`: what people have to do themselves (`two_officers`,
    `freeze_stands`); `void`: the act that took it back; `ended` null: it is being carried out."""

    id: str
    event: Event
    at: int
    by: list[str]
    ended: int | None
    void: str
    faults: list[str]
    steps: list[StepView]


class SiblingView(Reply, frozen=True):
    """A request that shares `traits`: officer, domain, mailbox, template, key, phone. `forged`: suspected or
    confirmed."""

    request: str
    reference: str
    state: State
    received: int
    traits: list[str]
    forged: bool


class FollowUpView(Reply, frozen=True):
    """`named`: every account that the request ever named."""

    request: str
    named: list[str]
    acts: list[ActView]
    siblings: list[SiblingView]


_REQUEST: Final = "jr_fe6f1f2c1d9b5a5ec0ffee01"
EXAMPLE: Final = FollowUpView(
    request=_REQUEST,
    named=["u-1001"],
    acts=[
        ActView(
            id=f"{_REQUEST}.9",
            event=Event.SUSPECTED,
            at=1_717_891_200_000,
            by=["st_0a1b2c3d4e5f607182"],
            ended=1_717_891_201_000,
            void="",
            faults=[],
            steps=[StepView(account="u-1001", what=Do.SHIELD, until=1_720_483_200_000, origin="", result="done")],
        )
    ],
    siblings=[
        SiblingView(
            request="jr_fe6f1f2c1d9a5a5ec0ffee02",
            reference="CS-2026-000122",
            state=State.EVIDENCE,
            received=1_717_804_800_000,
            traits=["mailbox", "phone"],
            forged=False,
        )
    ],
)


def view_of(
    held: FollowUp, acts: tuple[Shown, ...], siblings: tuple[tuple[Sibling, JudicialRequest], ...]
) -> FollowUpView:
    """Everything of one request."""
    return FollowUpView(
        request=held.request,
        named=list(held.named),
        acts=[_act(each) for each in acts],
        siblings=[
            SiblingView(
                request=other.id,
                reference=other.reference,
                state=other.state,
                received=other.received,
                traits=list(sibling.traits),
                forged=sibling.forged,
            )
            for sibling, other in siblings
        ],
    )


def _act(shown: Shown) -> ActView:
    act, head = shown.act, shown.head
    return ActView(
        id=act.id,
        event=act.event,
        at=act.at,
        by=list(act.by),
        ended=head.ended,
        void=head.void,
        faults=list(act.faults),
        steps=[_step(step, result) for step, result in zip(act.steps, shown.results, strict=True)],
    )


def _step(step: Step, result: str) -> StepView:
    return StepView(account=step.account, what=step.do, until=step.until or None, origin=step.origin, result=result)
