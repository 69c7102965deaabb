# SPDX-License-Identifier: Apache-2.0
"""Brakes on the whole platform, break-glass and the end of sessions for one account: what two officers decide above
the policy."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.engine.doubt import open_now
from counterseal.core.engine.glass import left, recent
from counterseal.core.platform import Brake
from counterseal.core.stops import BrakeKind, Glass
from counterseal.guard.brakes import LONGEST, SHORTEST, Braked, BrakeGiven, Brakes, Spot
from counterseal.guard.model import Done
from counterseal.http.account_views import GlassView
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers.account_bodies import DONE_EXAMPLE, DoneView
from counterseal.http.routers.accounts import done
from counterseal.http.routing import Router
from counterseal.http.services import area

router = Router(tags=["brakes"])

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Held = Annotated[Brakes, area(Brakes)]
_GLASS_LONGEST: Final = 4 * 3_600_000
_DONE: Final[dict[str, Any]] = {"reply": DoneView, "example": DONE_EXAMPLE}


class SpotBody(Body, frozen=True):
    """A destination to stop. No `chain`: on any chain; `memo` null: with any memo."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    chain: Annotated[str, msgspec.Meta(max_length=64)] = ""
    memo: Annotated[str, msgspec.Meta(max_length=256)] | None = None


class BrakeBody(Body, frozen=True):
    """What to stop on every account: exactly one of `asset`, `destination` and `action`. `duration`: ms, null =
    until it is lifted."""

    reason: Reason
    asset: Annotated[str, msgspec.Meta(max_length=64)] = ""
    destination: SpotBody | None = None
    action: Annotated[str, msgspec.Meta(max_length=128)] = ""
    duration: Annotated[int, msgspec.Meta(ge=SHORTEST, le=LONGEST)] | None = None


class LiftBody(Body, frozen=True):
    """Why it may go on."""

    reason: Reason


class BrakeView(Reply, frozen=True):
    """A brake. `about`: the asset, the action, or `address`, `chain|address`, `chain|address|memo`; `until` null =
    until it is lifted."""

    id: str
    kind: BrakeKind
    about: str
    since: int
    until: int | None
    officers: list[str]
    reason: str
    lifted: bool


class BrakeList(Reply, frozen=True):
    """Those that stand now, the newest first."""

    items: list[BrakeView]


class GlassBody(Body, frozen=True):
    """For how long (ms, up to 4 h), and why."""

    duration: Annotated[int, msgspec.Meta(ge=1, le=_GLASS_LONGEST)]
    reason: Reason


class EndBody(Body, frozen=True):
    """Why; staff read it, the owner does not."""

    reason: Reason


class OpeningView(GlassView, frozen=True):
    """`closed_by`: who ended it before its time, which is then its `until`; empty = nobody."""

    closed_by: str


class GlassNow(Reply, frozen=True):
    """The openings that reach into the last 24 h, newest first, and how much (ms) may still be opened."""

    account: str
    open: bool
    left: int
    items: list[OpeningView]


_BRAKE: Final = BrakeView(
    id="brk_018ff2c3b3800a1b2c3d4e5f60718293a4b5",
    kind="asset",
    about="USDT",
    since=1_717_891_200_000,
    until=None,
    officers=["st_0a1b2c3d4e5f607182", "st_9a8b7c6d5e4f302112"],
    reason="the issuer halted transfers",
    lifted=False,
)
_OPENING: Final = OpeningView(
    id="gls_018ff2c3b3800a1b2c3d4e5f60718293a4b5",
    since=1_717_891_200_000,
    until=1_717_894_800_000,
    officers=["st_0a1b2c3d4e5f607182", "st_9a8b7c6d5e4f302112"],
    reason="came to the branch with a passport",
    closed_by="",
)
_GLASS: Final = GlassNow(account="u-1001", open=True, left=3 * 3_600_000, items=[_OPENING])
_SHOWN: Final[dict[str, Any]] = {"reply": BrakeView, "example": _BRAKE}


@router.get("/v1/brakes", **operation("List brakes", reply=BrakeList, example=BrakeList(items=[_BRAKE])))
async def list_brakes(caller: Annotated[Caller, require(Scope.STAFF_READ)], brakes: Held) -> Response:
    """What is stopped on every account, by whom and why."""
    return reply(BrakeList(items=[_view(each) for each in await brakes.listed()]))


@router.post(
    "/v1/brakes",
    **operation(
        "Set a brake",
        **_SHOWN,
        body_example=BrakeBody(reason="the issuer halted transfers", asset="USDT"),
        status=201,
        problems=(409,),
    ),
)
async def set_brake(
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    wanted: Annotated[BrakeBody, json_body(BrakeBody)],
    brakes: Held,
) -> Response:
    """Two officers stop an asset, a destination or an action on every account, at once. It only refuses and delays:
    no wait ends sooner. A redemption under it is refused and voids its seal."""
    spot = wanted.destination
    given = BrakeGiven(
        asset=wanted.asset,
        destination=None if spot is None else Spot(spot.address, spot.chain, spot.memo),
        action=wanted.action,
        duration=wanted.duration,
        reason=wanted.reason,
    )
    made = await brakes.set(given, officers.names, write.of(Braked))
    return reply(_view(made.result.brake), status=201, replayed=made.replayed)


@router.post(
    "/v1/brakes/{brake}/lift",
    **operation(
        "Lift a brake",
        reply=BrakeView,
        example=msgspec.structs.replace(_BRAKE, lifted=True),
        body_example=LiftBody(reason="transfers run again"),
        problems=(404,),
    ),
)
async def lift_brake(
    brake: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    wanted: Annotated[LiftBody, json_body(LiftBody)],
    brakes: Held,
) -> Response:
    """Two officers end it. What waited goes on as it was."""
    ended = await brakes.lift(brake, officers.names, wanted.reason, write.of(Braked))
    return reply(_view(ended.result.brake, lifted=True), replayed=ended.replayed)


@router.get(
    "/v1/accounts/{account}/glass",
    **operation("Read break-glass", reply=GlassNow, example=_GLASS, problems=(404,)),
)
async def read_glass(
    account: str,
    caller: Annotated[Caller, require(Scope.ACCOUNTS_READ, Scope.DECISIONS_STAFF)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Whether it is open, who opened and closed it within 24 h, and how much is left of the four hours."""
    state, now = await guard.accounts.read(account), guard.tools.clock.now()
    items = [_opening(each) for each in sorted(recent(state, now), key=lambda each: -each.since)]
    return reply(GlassNow(account, open_now(state, now) is not None, max(0, left(state, now)), items))


@router.post(
    "/v1/accounts/{account}/glass",
    **operation(
        "Open break-glass",
        **_DONE,
        body_example=GlassBody(duration=3_600_000, reason="came to the branch with a passport"),
        problems=(404, 409),
    ),
)
async def open_glass(
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    wanted: Annotated[GlassBody, json_body(GlassBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two members of staff (`Approval`, never tokens) put suspicions aside for what is no outflow, up to 4 h in
    24 h. Requirements and waits stay; the owner is told on every channel."""
    made = await guard.accounts.open_glass(account, officers.names, wanted.reason, wanted.duration, write.of(Done))
    return done(made.result, replayed=made.replayed)


@router.post(
    "/v1/accounts/{account}/glass/close",
    **operation("Close break-glass", **_DONE, problems=(404, 409)),
)
async def close_glass(
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_READ)],
    write: Annotated[Write, idempotent],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Anybody of staff ends it at once: suspicions count for everything again."""
    ended = await guard.accounts.close_glass(account, caller.token_id, write.of(Done))
    return done(ended.result, replayed=ended.replayed)


@router.post(
    "/v1/accounts/{account}/sessions/end",
    **operation(
        "End every session",
        **_DONE,
        body_example=EndBody(reason="the order that named this account was forged"),
        problems=(404,),
    ),
)
async def end_sessions(
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    wanted: Annotated[EndBody, json_body(EndBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two of staff (`Approval`, never tokens) end every session of an account now; the owner is told on every
    channel. No hold ends and nothing is let out. Other systems hear `account.sessions_ended` and end theirs."""
    ended = await guard.accounts.end_sessions(account, officers.names, wanted.reason, write.of(Done))
    return done(ended.result, replayed=ended.replayed)


def _opening(glass: Glass) -> OpeningView:
    return OpeningView(
        id=glass.id,
        since=glass.since,
        until=glass.until,
        officers=list(glass.officers),
        reason=glass.reason,
        closed_by=glass.closed_by,
    )


def _view(brake: Brake, *, lifted: bool = False) -> BrakeView:
    return BrakeView(
        id=brake.id,
        kind=brake.kind,
        about=brake.about,
        since=brake.since,
        until=brake.until,
        officers=list(brake.officers),
        reason=brake.reason,
        lifted=lifted,
    )
