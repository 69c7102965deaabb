# SPDX-License-Identifier: Apache-2.0
"""The posture of one account: what each capability would do to it now, and what would help."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.openapi import operation
from counterseal.http.routing import IDENTIFIER, Router
from counterseal.http.services import area
from counterseal.prover.exposure import Outcome, Way
from counterseal.prover.findings import Start, Step, Use
from counterseal.prover.posture import Advice, Change, Posture, Tally
from counterseal.prover.proof import Recovery
from counterseal.prover.report.posture import Document, document_of

HOUR = 3_600_000
LONGEST = 90 * 24 * HOUR

router = Router(tags=["accounts"])


class PostureQuery(Body, frozen=True):
    """`window`: ms that the owner needs to react. `foreign`: an action that was not the owner's: what it granted
    counts as the attacker's."""

    window: Annotated[int, msgspec.Meta(ge=0, le=LONGEST)] = 24 * HOUR
    foreign: Annotated[str, msgspec.Meta(pattern=IDENTIFIER, max_length=128)] | msgspec.UnsetType = msgspec.UNSET


_PATH = (
    Step("login", 0, 0, (Use("sms", "sim_swap"),), (), "muted", (), 41),
    Step("withdraw_api", 0, 0, (), ("api_withdraw",), "muted", (), 118),
)
_WAY = Way("withdraw_api", None, 0, Decimal(500000), 24 * HOUR)
_NOTHING = Outcome((), (), (), Decimal(0))
_SIM = Outcome(("sim_swap",), (_WAY,), _PATH, None)
EXAMPLE = document_of(
    "u-1001",
    1_717_934_400_000,
    Posture(
        policy="okx-2024",
        digest="sha256:0d5c2a7f",
        currency="USD",
        window=24 * HOUR,
        start=Start(frozenset({"sms"}), frozenset({"sms"}), {"session": 2 * HOUR}),
        nothing=_NOTHING,
        singles=(_SIM, Outcome(("totp_seed",), (), (), Decimal(0))),
        pairs=(),
        tally=Tally(1, 1, 1, Decimal(0), 0, 0, 0, Decimal(0), 1),
        advice=(
            Advice(
                "factor",
                "totp",
                (Change(("sim_swap",), _WAY, None),),
                (),
                Tally(0, 0, 0, Decimal(0), 0, 0, 0, Decimal(0), 0),
                helps=True,
            ),
        ),
        best="factor:totp",
        recoveries=(Recovery(("sms",), (), {"session": 72 * HOUR}, ("ask_recovery", "login")),),
    ),
)


@router.get(
    "/v1/accounts/{account}/posture",
    **operation("Read an account's posture", reply=Document, example=EXAMPLE, problems=(404,)),
)
async def read_posture(
    account: str,
    caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[PostureQuery, query(PostureQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """What each single capability and the worst pairs would do to the account now: silent, how long after the first
    notice, or never; by which outflows and how much; what an enrolment more would change. Windows are lower bounds;
    `exact: false` = the search was given up and the bound answers. Suspicions and freezes are left out."""
    foreign = () if asked.foreign is msgspec.UNSET else (asked.foreign,)
    return reply(await guard.postures.read(account, asked.window, foreign))
