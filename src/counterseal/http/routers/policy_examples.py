# SPDX-License-Identifier: Apache-2.0
"""Examples of what the operations of policy publishing take and answer, for the reference."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.http.routers import policy_bodies as b
from counterseal.http.views import DecisionView

_EXAMPLE: Final = "6e2c6dd8fafee6883d9be094ff5c1434c91ff3f1fb5fcfa66ea4c1e117675419"
_OTHER: Final = _EXAMPLE[::-1]
NOON: Final = 1_717_934_400_000

ROW: Final = b.VersionRow(
    version=_OTHER,
    digest=f"sha256:{_OTHER}",
    number=2,
    name="hardened",
    state="draft",
    author="Eva (st_0a1b2c3d4e5f607182)",
    at=NOON,
    note="new addresses wait two days",
    published=None,
    approval="",
    verdict="sha256:" + "ab" * 32,
    weaker=False,
    failing=0,
    examining=False,
    fault="",
)
LIST: Final = b.VersionList(
    items=[ROW], in_force=f"sha256:{_EXAMPLE}", previous=None, settings=f"sha256:{_EXAMPLE}", shadow=None
)
VERSION: Final = b.VersionView(
    **msgspec.structs.asdict(ROW),
    text="counterseal: 1\npolicy: hardened\n",
    vocabulary="",
    proof=None,
    publications=[],
    carried={},
)
PUBLISH: Final = b.PublishBody(
    verdict="sha256:" + "ab" * 32, replaces=f"sha256:{_EXAMPLE}", weaker=False, failing=0
)
CHECK_BODY: Final = b.CheckBody(account="u-1001", action="login")
SHADOW: Final = b.ShadowView(
    version=_OTHER,
    digest=f"sha256:{_OTHER}",
    name="hardened",
    state="running",
    by="Eva (st_0a1b2c3d4e5f607182)",
    started=NOON,
    ended=None,
    lag=12,
    accounts=310,
    inputs=4_711,
    mean=95,
    slowest=2_300,
    cells=[b.CellView(action="withdraw", outflow=True, was="redeemed", now="held", count=3)],
    skipped={},
    examples=[
        b.ExampleView(
            account="u-1001",
            action="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
            rule="withdraw",
            was="redeemed",
            now="held",
            at=NOON,
            position=4_711,
            code="too_new",
            text="waits for `verified_address`",
            line=61,
        )
    ],
)
CHECK: Final = b.CheckView(
    account="u-1001",
    action="withdraw",
    policy=f"sha256:{_EXAMPLE}",
    name="hardened",
    in_force=True,
    status="open",
    decision=DecisionView(
        outcome="challenge",
        rule="withdraw",
        line=61,
        policy=f"sha256:{_EXAMPLE}",
        at=NOON,
        until=None,
        reasons=[],
        alternatives=[],
        candidates=["passkey"],
    ),
)
