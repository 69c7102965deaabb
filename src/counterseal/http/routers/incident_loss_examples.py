# SPDX-License-Identifier: Apache-2.0
"""Examples of the loss of an incident, for the API's reference."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from counterseal.http.routers import incident_loss_bodies as b
from counterseal.http.routers import incident_loss_replies as r

AT: Final = 1717934400000
VALUE: Final = r.SumsView(gross="90000", recovered="30000", frozen="0", net="60000", outstanding="60000")
AMOUNT: Final = r.SumsView(gross="1.5", recovered="0.5", frozen="0", net="1", outstanding="1")
ASSET: Final = r.AssetLossView(asset="BTC", amount=AMOUNT, value=VALUE, debt="0", unvalued="0", undetermined=0)
LOSS: Final = r.LossView(
    currency="USD",
    pack="time-of-loss",
    digest="sha256:0d5c…",
    caveat="It says what the assets were worth when they left. It does not say what anybody is owed.",
    at=AT,
    paid_at=AT,
    total=VALUE,
    assets=[ASSET],
    accounts=1,
    complete=True,
    open=0,
    questions=[],
    surplus=[],
)
ACCOUNTS: Final = r.AccountSums(items=[r.AccountSumView(account="alice", value=VALUE, open=0)], next=None)
EVIDENCE: Final = [r.LossEvidenceView(kind="log", ref="41")]
LINE: Final = r.LossLineView(
    kind="outflow",
    at=AT,
    asset="BTC",
    amount="1.5",
    given="0",
    got_asset="",
    got="0",
    offset="0",
    recovered="0.5",
    frozen="0",
    unit="60000",
    value="90000",
    recovered_value="30000",
    frozen_value="0",
    unvalued="",
    price=r.PriceUsedView(value="60000", at=AT, sources=["kaiko"], hashes=["9f…"]),
    cap=None,
    why="step",
    sentence="the action `act_1` is a step of the attacker's",
    evidence=EVIDENCE,
)
ACCOUNT: Final = r.AccountLossView(
    account="alice",
    currency="USD",
    pack="time-of-loss",
    value=VALUE,
    open=0,
    assets=[ASSET],
    lines=[LINE],
    left_out=[],
    questions=[],
    surplus=[],
)
NOTED: Final = r.LossNoted(incident="inc_1", made="rec_0001")
STATEMENT: Final = b.StatementBody(
    account="alice", about="action:act_1", belongs=True, why="the owner was on a flight"
)
STATEMENTS: Final = r.StatementList(
    items=[r.StatementView(account="alice", about="action:act_1", belongs=True, at=AT, by="staff:st_1", why="…")]
)
RECOVERY_BODY: Final = b.RecoveryBody(
    asset="BTC", amount=Decimal("0.5"), state="recovered", why="sent back by the other exchange", account="alice"
)
RECOVERIES: Final = r.RecoveryList(
    items=[
        r.RecoveryView(
            id="rec_0001",
            asset="BTC",
            amount="0.5",
            at=AT,
            state="recovered",
            account="alice",
            where="",
            ref="",
            by="staff:st_1",
            why="sent back by the other exchange",
            replaces="",
            stands=True,
        )
    ]
)
FETCH: Final = b.FetchBody(since=AT, until=AT + 86_400_000)
ROWS: Final = r.RowsImportView(source="csv:9f…", kept=True, rows=3, new=3, known=0, accounts=1)
MOVEMENTS: Final = r.MovementList(
    account="alice",
    items=[
        r.MovementView(
            hash="9f…",
            at=AT,
            kind="withdrawal",
            asset="BTC",
            amount="1.5",
            counter_asset="",
            counter_amount="0",
            ref="w-1",
            action="act_1",
            session="",
            seal="",
            source="csv:9f…",
            imported=AT,
            by="staff:st_1",
        )
    ],
)
