# SPDX-License-Identifier: Apache-2.0
"""Examples of the API reference. They are Structs, so they cannot drift from what the API takes and gives."""

from __future__ import annotations

import msgspec

from counterseal.http.account_views import AccountView, ContactView, FactorView, FactView, ObjectView, WaitView
from counterseal.http.body import Body
from counterseal.http.views import ActionView, DecisionView, ProofView, ReasonView

NOON = 1_717_934_400_000  # 9 June 2024, 12:00 UTC

ACTION = ActionView(
    id="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
    account="u-1001",
    action="withdraw",
    status="open",
    asked=NOON,
    due=None,
    delay=0,
    decision=DecisionView(
        outcome="hold",
        rule="withdraw",
        line=61,
        policy="sha256:0d5c2a7f",
        at=NOON,
        until=NOON + 86_400_000,
        reasons=[ReasonView(code="too_new", text="waits for `address`", about="address", until=NOON + 86_400_000)],
        alternatives=[["passkey"]],
        candidates=["passkey", "totp"],
    ),
    proofs=[ProofView(factor="totp", at=NOON)],
    challenge=None,
    seal=None,
    shown={},
    log_position=4711,
)

DAY = 86_400_000
ACCOUNT = AccountView(
    account="u-1001",
    language="en",
    registered=NOON - 400 * DAY,
    factors=[
        FactorView(
            id="totp-1",
            factor="totp",
            label="phone",
            since=NOON - 400 * DAY,
            used=NOON - DAY,
            removed=None,
            imported=True,
            doubtful=False,
            counts_from=None,
        )
    ],
    contacts=[
        ContactView(id="mail-1", channel="email", hint="l…@example.com", since=NOON - 400 * DAY, replaced_at=None)
    ],
    objects=[
        ObjectView(
            kind="device",
            id="d-1",
            facts=[
                FactView(
                    name="known_device",
                    since=NOON - 90 * DAY,
                    started=NOON - 90 * DAY,
                    expires=None,
                    imported=False,
                    doubtful=False,
                )
            ],
        )
    ],
    freezes=[],
    glass=None,
    locks=[],
    suspicions=[],
    waits=[WaitView(clock="weakened", at=NOON - 30 * DAY, started=NOON - 30 * DAY)],
    actions=[ACTION],
)


class _Ask(Body, frozen=True):
    action: str
    objects: dict[str, str]
    payment: dict[str, str]
    context: list[str]
    source: str


ASK: msgspec.Struct = _Ask(
    action="withdraw",
    objects={"session": "s-20240609", "device": "d-1"},
    payment={
        "asset": "USDT",
        "amount": "250.00",
        "chain": "eth",
        "destination": "0x52908400098527886e0f7030069857d2e4169ee7",
        "fee_cap": "2.5",
        "audience": "hot-wallet",
    },
    context=[],
    source="203.0.113.7",
)


class _Proof(Body, frozen=True):
    factor: str
    answer: str


PROOF: msgspec.Struct = _Proof(factor="totp", answer="492039")
