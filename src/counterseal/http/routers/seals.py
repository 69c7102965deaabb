# SPDX-License-Identifier: Apache-2.0
"""Seals at the signer: redeem, report, key set, coverage."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.decision import for_requester
from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Committed
from counterseal.guard.model import Answer
from counterseal.guard.seals import RECEIPT_LIFE
from counterseal.guard.settlement import Outflow
from counterseal.http import examples
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.edge import Guard, KeySet
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.views import ActionView, action_view

router = Router(tags=["seals"])


class RedemptionRefusedError(ConflictError):
    """The second decision was not to allow; the seal is void."""

    code = "redemption_refused"


class ReceiptView(Reply, frozen=True):
    """A redeemed seal: pay before `expires` (ms), then report. `receipt` is a JWS."""

    seal_id: str
    receipt: str
    expires: int
    action: ActionView


class TxidBody(Body, frozen=True):
    """The transaction that was broadcast, or the ledger's reference."""

    txid: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class KeySetView(Reply, frozen=True):
    """`jwks_token`: the key set as a JWS under the root; `root`: the root's public JWK, to be pinned."""

    jwks_token: str
    root: dict[str, str]


class OutflowBody(Body, frozen=True):
    """A payment that left, by the platform's own books. With a destination it is compared, too: give it."""

    reference: Annotated[str, msgspec.Meta(max_length=128)]
    account: Annotated[str, msgspec.Meta(max_length=128)]
    asset: Annotated[str, msgspec.Meta(max_length=32)]
    amount: Decimal
    at: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    seal: Annotated[str, msgspec.Meta(max_length=128)] = ""
    chain: Annotated[str, msgspec.Meta(max_length=64)] = ""
    destination: Annotated[str, msgspec.Meta(max_length=256)] = ""
    memo: Annotated[str, msgspec.Meta(max_length=256)] = ""


class CoverageBody(Body, frozen=True):
    """What left."""

    outflows: Annotated[list[OutflowBody], msgspec.Meta(max_length=1000)]


class UncoveredView(Reply, frozen=True):
    """A payment without a redeemed seal that fits it."""

    reference: str
    account: str
    reason: str


class CoverageView(Reply, frozen=True):
    """What left against what was redeemed. Anything uncovered is an incident."""

    examined: int
    covered: int
    uncovered: list[UncoveredView]


_RECEIPT: dict[str, Any] = {
    "reply": ReceiptView,
    "example": ReceiptView(seal_id="seal_1f", receipt="eyJ…", expires=1717934410000, action=examples.ACTION),
}
_ACTION: dict[str, Any] = {"reply": ActionView, "example": examples.ACTION}


@router.post("/v1/seals/{seal}/redeem", **operation("Redeem a seal", **_RECEIPT, problems=(404, 409)))
async def redeem_seal(
    seal: str,
    caller: Annotated[Caller, require(Scope.SEALS_REDEEM)],
    write: Annotated[Write, idempotent],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Decide again in the moment of payment and take the seal, once. A refusal voids it."""
    done = await guard.settlement.redeem(seal, write.of(Answer))
    answer = done.result
    held, decision = answer.action.seal, answer.action.decision
    if answer.voided or held is None or held.redeemed_at is None:
        # The signer belongs to the platform: it learns what the requester may know, nothing sealed.
        reasons = () if decision is None else for_requester(decision).reasons
        why = ", ".join(dict.fromkeys(reason.code for reason in reasons)) or "not allowed"
        raise RedemptionRefusedError(f"the seal is void: {why}", hint="Do not pay. Read the action for reasons.")
    body = ReceiptView(
        seal_id=held.id,
        receipt=guard.sealer.receipt(answer),
        expires=held.redeemed_at + RECEIPT_LIFE,
        action=action_view(answer.account, answer.action, staff=False, position=answer.position),
    )
    return reply(body, replayed=done.replayed)


@router.post(
    "/v1/seals/{seal}/broadcast",
    **operation("Report a broadcast", **_ACTION, body_example=TxidBody(txid="0x9f…"), problems=(404, 409)),
)
async def report_broadcast(
    seal: str,
    caller: Annotated[Caller, require(Scope.SEALS_REDEEM)],
    write: Annotated[Write, idempotent],
    given: Annotated[TxidBody, json_body(TxidBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """The value left, under this transaction id."""
    return _reported(await guard.settlement.report(seal, "broadcast", given.txid, write.of(Answer)))


@router.post("/v1/seals/{seal}/abandoned", **operation("Report an abandoned seal", **_ACTION, problems=(404, 409)))
async def report_abandoned(
    seal: str,
    caller: Annotated[Caller, require(Scope.SEALS_REDEEM)],
    write: Annotated[Write, idempotent],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """The value did not leave: it goes back to the limit."""
    return _reported(await guard.settlement.report(seal, "abandoned", "", write.of(Answer)))


def _reported(done: Committed[Answer]) -> Response:
    answer = done.result
    body = action_view(answer.account, answer.action, staff=False, position=answer.position)
    return reply(body, replayed=done.replayed)


@router.get(
    "/v1/seals/jwks",
    **operation("Read the key set", reply=KeySetView, example=KeySetView(jwks_token="eyJ…", root={"kty": "OKP"})),  # noqa: S106
)
async def read_key_set(keys: Annotated[KeySet, area(KeySet)]) -> Response:
    """The keys that sign seals, signed by the root. A signer pins the root, never this reply."""
    return reply(KeySetView(jwks_token=keys.token(), root=keys.root))


@router.post(
    "/v1/coverage",
    **operation(
        "Compare what left with what was redeemed",
        reply=CoverageView,
        example=CoverageView(
            examined=2, covered=1, uncovered=[UncoveredView(reference="w-7", account="u-1001", reason="no_seal")]
        ),
        body_example=CoverageBody(
            outflows=[
                OutflowBody(reference="w-7", account="u-1001", asset="USDT", amount=Decimal(250), at=1717934410000)
            ]
        ),
    ),
)
async def read_coverage(
    caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    write: Annotated[Write, idempotent],
    given: Annotated[CoverageBody, json_body(CoverageBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Every payment must have a redeemed seal of the same account, asset and amount; each seal covers one."""
    found = await guard.settlement.coverage([Outflow(**msgspec.structs.asdict(x)) for x in given.outflows])
    return reply(
        CoverageView(
            examined=found.examined,
            covered=found.covered,
            uncovered=[UncoveredView(**msgspec.structs.asdict(item)) for item in found.uncovered],
        )
    )
