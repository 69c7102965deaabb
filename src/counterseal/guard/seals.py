# SPDX-License-Identifier: Apache-2.0
"""Seals and receipts: compact JWS over the claims that `counterseal.sdk` verifies.

A seal authorises exactly one action, amount and destination for SEAL_LIFE; a receipt says that it was redeemed
and is good for RECEIPT_LIFE. Times inside are whole seconds, rounded down: a life is never longer than stated.
The same inputs give the same token, so a repeated request gets the same seal.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from counterseal.core.account import Payment
from counterseal.core.destinations import canonical_destination
from counterseal.core.engine import limits
from counterseal.core.errors import CountersealError
from counterseal.sdk import jws
from counterseal.sdk.errors import PaymentInputError
from counterseal.sdk.models import (
    ENFORCE,
    RECEIPT_TYPE,
    SEAL_TYPE,
    TEST,
    ReceiptClaims,
    SealClaims,
    format_amount,
)

SEAL_LIFE = limits.SEAL_LIFETIME
RECEIPT_LIFE = limits.RECEIPT_LIFETIME


class SealInputError(CountersealError):
    """What a seal would say is not well formed: a fault of the guard, not of the caller."""

    code = "seal_input"


class Signer(Protocol):
    """A key that signs seals; `kid` is its id in the key set."""

    @property
    def kid(self) -> str:
        """The RFC 7638 thumbprint."""
        ...

    def sign(self, message: bytes, /) -> bytes:
        """The 64-byte Ed25519 signature."""
        ...


class Signers(Protocol):
    """The keys that sign seals, over time."""

    def at(self, now: int, /) -> Signer:
        """The one that is current at `now` (ms)."""
        ...


class SealFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a seal is about. `outflow`: the rule's name; `policy`: digest; `position`: in the log; `issued`: ms."""

    issuer: str
    seal: str
    account: str
    action: str
    outflow: str
    payment: Payment
    policy: str
    position: int
    epoch: int
    issued: int
    test: bool


def seal_claims(facts: SealFacts) -> SealClaims:
    """The claims of a seal; raises SealInputError unless destination and amounts are in their one spelling."""
    payment = facts.payment
    if payment.destination or payment.memo:
        one = canonical_destination(payment.chain, payment.destination, payment.memo)
        if one.address != payment.destination:
            raise SealInputError("the destination is not in its canonical spelling")
    try:
        amount, fee_cap = format_amount(payment.amount), format_amount(payment.fee_cap)
    except PaymentInputError as error:
        raise SealInputError(error.sentence) from error
    return SealClaims(
        iss=facts.issuer,
        jti=facts.seal,
        sub=facts.account,
        act=facts.action,
        name=facts.outflow,
        chain=payment.chain,
        asset=payment.asset,
        amount=amount,
        fee_cap=fee_cap,
        dst=payment.destination,
        memo=payment.memo,
        aud=payment.audience,
        pol=facts.policy,
        pos=facts.position,
        epoch=facts.epoch,
        iat=facts.issued // 1000,
        exp=(facts.issued + SEAL_LIFE) // 1000,
        mode=TEST if facts.test else ENFORCE,
    )


def sign_seal(claims: SealClaims, signer: Signer) -> str:
    """The seal as a compact JWS of type `counterseal-seal+jwt`."""
    return jws.sign(msgspec.json.encode(claims), typ=SEAL_TYPE, kid=signer.kid, signer=signer.sign)


def receipt_claims(
    seal: SealClaims, *, receipt: str, policy: str, position: int, epoch: int, now: int
) -> ReceiptClaims:
    """The claims of the receipt for a seal redeemed at `now` (ms), under the policy that allowed it again."""
    said = msgspec.structs.asdict(seal)
    said.update(
        jti=receipt,
        seal=seal.jti,
        pol=policy,
        pos=position,
        epoch=epoch,
        iat=now // 1000,
        exp=(now + RECEIPT_LIFE) // 1000,
    )
    return ReceiptClaims(**said)


def sign_receipt(claims: ReceiptClaims, signer: Signer) -> str:
    """The receipt as a compact JWS of type `counterseal-receipt+jwt`."""
    return jws.sign(msgspec.json.encode(claims), typ=RECEIPT_TYPE, kid=signer.kid, signer=signer.sign)
