# SPDX-License-Identifier: Apache-2.0
"""What the operations about actions take."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from counterseal.http.body import Body


class AddressBody(Body, frozen=True):
    """A destination: address age and verification bind to chain, address and memo."""

    chain: str
    address: str
    memo: str = ""


class PaymentBody(Body, frozen=True):
    """An outflow. `audience`: the signer or ledger that will redeem the seal."""

    asset: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    amount: Decimal
    chain: Annotated[str, msgspec.Meta(max_length=64)] = ""
    destination: str = ""
    memo: str = ""
    fee_cap: Decimal = Decimal(0)
    audience: Annotated[str, msgspec.Meta(max_length=128)] = ""


class EnrolBody(Body, frozen=True):
    """A factor to bind. Without `secret` one is made and shown once in the reply. For a passkey `secret` is the
    JSON {"challenge": ..., "response": the browser's answer to the options of a registration}. `confirm`: the first
    code of an authenticator app."""

    factor: Annotated[str, msgspec.Meta(max_length=64)]
    contact: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    secret: Annotated[str, msgspec.Meta(max_length=32768)] | None = None
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""
    confirm: Annotated[str, msgspec.Meta(max_length=16)] | None = None


class LockBody(Body, frozen=True):
    """An owner's stricter rule for one outflow: off, a lower limit, or a longer delay in ms, at most 7 days."""

    outflow: str
    off: bool = False
    limit: Decimal | None = None
    delay: Annotated[int, msgspec.Meta(ge=0, le=7 * 86_400_000)] = 0


class AskBody(Body, frozen=True):
    """What is asked for, on behalf of a requester. `source`: a network name that costs something to change."""

    action: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    objects: dict[str, str] = {}
    address: AddressBody | None = None
    payment: PaymentBody | None = None
    enrol: Annotated[list[EnrolBody], msgspec.Meta(max_length=8)] = []
    context: Annotated[list[str], msgspec.Meta(max_length=16)] = []
    lock: LockBody | None = None
    source: Annotated[str, msgspec.Meta(max_length=128)] = ""


class ChallengeBody(Body, frozen=True):
    """Which factor's contact shall get a code."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ProofBody(Body, frozen=True):
    """An answer: a code, the JWS attestation of the platform's auth service, or for a passkey the JSON
    {"challenge": ..., "response": the browser's answer}."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]
    challenge: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    source: Annotated[str, msgspec.Meta(max_length=128)] = ""


class DisputeBody(Body, frozen=True):
    """`uphold`: the change goes on; else it ends."""

    uphold: bool


class ViewQuery(Body, frozen=True):
    """`view`: requester (default) or staff."""

    view: str = "requester"
