# SPDX-License-Identifier: Apache-2.0
"""Seals and receipts as they travel, and the payment that a signer means to make.

The guard signs these claims and the verifier reads them: both sides use this one definition. Times in claims
are whole seconds (NumericDate, RFC 7519); amounts are decimal strings without exponent.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from counterseal.sdk.errors import PaymentInputError

SEAL_TYPE = "counterseal-seal+jwt"
RECEIPT_TYPE = "counterseal-receipt+jwt"
KEY_SET_TYPE = "jwk-set+jwt"
ATTESTATION_TYPE = "counterseal-attestation+jwt"
ATTESTATION_AUDIENCE = "counterseal"
SEAL_PURPOSE = "seal"  # member `purpose` of the keys that may sign seals and receipts
ENFORCE = "enforce"
TEST = "test"
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?\Z")


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What seals and receipts share.

    `iss` issuer, `jti` its own id, `sub` account, `act` action id, `name` outflow, `fee_cap` in the chain's fee
    asset, `dst` canonical destination, `memo` ("" = none), `aud` signer, `pol` policy digest, `pos` position in
    the log, `epoch` of the store, `iat` and `exp` in seconds, `mode` enforce | test.
    """

    iss: str
    jti: str
    sub: str
    act: str
    name: str
    chain: str
    asset: str
    amount: str
    fee_cap: str
    dst: str
    memo: str
    aud: str
    pol: str
    pos: int
    epoch: int
    iat: int
    exp: int
    mode: str


class SealClaims(Claims, frozen=True):
    """The claims of a seal: exactly one action, amount and destination, for 120 s."""


class ReceiptClaims(Claims, frozen=True, kw_only=True):
    """The claims of a receipt: the guard took `seal` (its id) once and for all; pay within 10 s."""

    seal: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """The payment that the caller is about to sign, in its own words, not copied from the seal.

    `amount` and `fee` are Decimal or decimal text; `fee` is in the chain's fee asset. `outflow` may name the
    kind of outflow, which is then compared too. Raises PaymentInputError when made with anything else.
    """

    account: str
    chain: str
    asset: str
    amount: Decimal
    destination: str
    memo: str = ""
    fee: Decimal = Decimal(0)
    outflow: str | None = None

    def __post_init__(self) -> None:
        for name in ("amount", "fee"):
            value = getattr(self, name)
            if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
                raise PaymentInputError(f"the {name} is not a Decimal of at least zero")


class VerifiedSeal(msgspec.Struct, frozen=True):
    """A seal that passed the OFFLINE checks. THIS IS NOT A PERMISSION TO PAY.

    It must still be REDEEMED at `/v1/seals/{id}/redeem`: only there is it seen that it was not used before,
    that nobody froze the account since, and that no new suspicion, limit or policy stands against it.
    """

    claims: SealClaims
    token: str

    @property
    def id(self) -> str:
        """The id under which the seal is redeemed."""
        return self.claims.jti


class VerifiedReceipt(msgspec.Struct, frozen=True):
    """A receipt that fits its seal: the guard redeemed it. Pay before `expires` (ms), else report `abandoned`."""

    claims: ReceiptClaims
    token: str

    @property
    def expires(self) -> int:
        """End of the receipt's life, ms since the epoch."""
        return self.claims.exp * 1000


def parse_amount(text: str) -> Decimal:
    """A decimal string: digits, at most one point, no sign, exponent or leading zero; else PaymentInputError."""
    if not _AMOUNT.match(text):
        raise PaymentInputError("the amount is not a plain decimal number")
    return Decimal(text)


def format_amount(amount: Decimal) -> str:
    """The one decimal string of an amount: `1.0` and `1.00` both give `1`; raises PaymentInputError."""
    if not amount.is_finite() or amount < 0:
        raise PaymentInputError("the amount is not a finite number of at least zero")
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if not _AMOUNT.match(text):
        raise PaymentInputError("the amount has more than 30 digits on one side of the point")
    return text
