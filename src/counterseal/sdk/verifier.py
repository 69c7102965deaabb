# SPDX-License-Identifier: Apache-2.0
"""The offline check of a seal: a signer's first gate.

A seal that passes is NOT yet a permission to pay. The steps, repeated at each block of `SealVerifier.verify`:

 0. The caller MUST redeem the seal afterwards and MUST pay only against the receipt. Nothing here can see
    that a seal was used before, that the account was frozen since, or that the guard changed its mind.
 1. The token is a compact JWS whose header holds exactly `alg` = EdDSA, `typ` and `kid`.
 2. The key set is signed by the pinned root, valid now, and not older than one seen before.
 3. `kid` names a key of that set whose purpose is to seal.
 4. The signature is by that key.
 5. The claims are exactly those of a seal, each of its type.
 6. `mode` is `enforce`.
 7. Now lies within `iat` and `exp`, give or take LEEWAY, and the life is no longer than MAX_SEAL_LIFE.
 8. `iss` (where pinned) and `aud` are the expected ones.
 9. `epoch` is not below the highest one seen.
10. Account, chain, asset, amount, destination and memo are those of the payment, and its fee is covered.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from counterseal.sdk import jwk, jws
from counterseal.sdk.destinations import Destination, canonical_destination
from counterseal.sdk.errors import (
    JwsError,
    PaymentInputError,
    ReceiptMismatchError,
    SealAudienceError,
    SealEpochError,
    SealExpiredError,
    SealHeaderError,
    SealIssuerError,
    SealMalformedError,
    SealMismatchError,
    SealModeError,
    SealNotYetValidError,
    SealSignatureError,
    SealTimeError,
)
from counterseal.sdk.keyset import LEEWAY, PinnedKeys
from counterseal.sdk.models import (
    ENFORCE,
    RECEIPT_TYPE,
    SEAL_TYPE,
    TEST,
    Claims,
    Payment,
    ReceiptClaims,
    SealClaims,
    VerifiedReceipt,
    VerifiedSeal,
    parse_amount,
)

MAX_SEAL_LIFE = 120_000  # ms
MAX_RECEIPT_LIFE = 10_000  # ms
_MAX_SECONDS = 1 << 40
Root = bytes | str | Mapping[str, Any]
_Wire = TypeVar("_Wire", SealClaims, ReceiptClaims)


def system_clock() -> int:
    """This machine's time, ms since the epoch."""
    return time.time_ns() // 1_000_000


class UnsafeAcceptTestSeals:
    """Pass an instance to accept seals of mode `test`; for tests and demonstrations only. Warns when made.

    Whoever can run a test guard under the pinned root can then make payments pass.
    """

    def __init__(self) -> None:
        warnings.warn("test seals are accepted: never pay real value with this verifier", stacklevel=2)


class SealVerifier:
    """Checks seals offline against a pinned root key.

    `root_public_key`: 32 bytes, or JWK or PEM text; a list of them while one takes the other's
    place. `audience`: this signer's name in seals. `jwks_token` or
    `jwks_source` gives the signed key set. `minimum_epoch`: keep `highest_epoch` over restarts and hand it in.
    """

    def __init__(
        self,
        root_public_key: Root | Sequence[Root],
        audience: str,
        *,
        jwks_token: str | None = None,
        jwks_source: Callable[[], str] | None = None,
        issuer: str | None = None,
        minimum_epoch: int = 0,
        clock: Callable[[], int] = system_clock,
        unsafe: UnsafeAcceptTestSeals | None = None,
    ) -> None:
        self._keys = PinnedKeys(_roots(root_public_key), token=jwks_token, source=jwks_source)
        self._audience = audience
        self._issuer = issuer
        self._clock = clock
        self._modes = {ENFORCE} if unsafe is None else {ENFORCE, TEST}
        self._highest_epoch = minimum_epoch
        self._lock = threading.Lock()

    @property
    def highest_epoch(self) -> int:
        """The highest epoch seen in a genuine seal."""
        return self._highest_epoch

    def update_keys(self, jwks_token: str) -> None:
        """Take a newer signed key set; raises KeySetError."""
        self._keys.update(jwks_token, self._clock())

    def verify(self, token: str, payment: Payment) -> VerifiedSeal:
        """Check a seal against the payment that is meant. REDEEM it afterwards (step 0).

        Raises a SealError for each failed check, PaymentInputError if the payment is not well formed.
        """
        # Before step 1: the caller's own words must be sound, whatever the seal says.
        wanted = _destination(payment.chain, payment.destination, payment.memo)
        now = self._clock()
        claims = self._open(token, SEAL_TYPE, SealClaims, now)  # (1)-(5)
        self._check_circumstances(claims, now, MAX_SEAL_LIFE)  # (6)-(9)
        _check_payment(claims, payment, wanted)  # (10)
        return VerifiedSeal(claims, token)

    def verify_receipt(self, token: str, seal: VerifiedSeal) -> VerifiedReceipt:
        """Check the receipt that redemption returned: steps 1-9, and that it is for this very seal."""
        now = self._clock()
        claims = self._open(token, RECEIPT_TYPE, ReceiptClaims, now)  # (1)-(5)
        self._check_circumstances(claims, now, MAX_RECEIPT_LIFE)  # (6)-(9)
        if claims.seal != seal.id:
            raise ReceiptMismatchError("the receipt is for another seal", field="seal")
        for field in ("iss", "sub", "act", "name", "chain", "asset", "amount", "fee_cap", "dst", "memo", "aud"):
            if getattr(claims, field) != getattr(seal.claims, field):
                raise ReceiptMismatchError(f"the receipt's `{field}` is not the seal's", field=field)
        return VerifiedReceipt(claims, token)

    def _open(self, token: str, typ: str, shape: type[_Wire], now: int) -> _Wire:
        # (1) One form of token; the header chooses nothing.
        try:
            unverified = jws.parse(token, typ=typ)
        except JwsError as error:
            refused = SealMalformedError if error.code == "malformed" else SealHeaderError
            raise refused(error.sentence) from error
        # (2) and (3) A seal key of a key set that the pinned root signed.
        key = self._keys.find(unverified.kid, now)
        # (4) The signature is by that key.
        try:
            body = jws.verify(unverified, key)
        except JwsError as error:
            bad = SealSignatureError if error.code == "signature" else SealMalformedError
            raise bad(error.sentence) from error
        # (5) Exactly the claims of this shape.
        try:
            return msgspec.convert(body, shape, strict=True)
        except msgspec.ValidationError as error:
            raise SealMalformedError(f"the claims are not those of `{typ}`") from error

    def _check_circumstances(self, claims: Claims, now: int, longest: int) -> None:
        # (6) A test guard's seal moves no real value.
        if claims.mode not in self._modes:
            raise SealModeError(f"the seal's mode is not `{ENFORCE}`")
        # (7) Its life, and now within it.
        if not 0 < claims.iat <= claims.exp < _MAX_SECONDS or (claims.exp - claims.iat) * 1000 > longest:
            raise SealTimeError(f"the life from `iat` to `exp` is not one of at most {longest // 1000} s")
        if now < claims.iat * 1000 - LEEWAY:
            raise SealNotYetValidError("issued in the future")
        if now >= claims.exp * 1000 + LEEWAY:
            raise SealExpiredError("expired")
        # (8) From the expected guard, for this signer.
        if self._issuer is not None and claims.iss != self._issuer:
            raise SealIssuerError("issued by another service")
        if claims.aud != self._audience:
            raise SealAudienceError("meant for another signer")
        # (9) A restore of the guard's store voids what was issued before it.
        with self._lock:
            if claims.epoch < self._highest_epoch:
                raise SealEpochError("from before a restore of the guard's store")
            self._highest_epoch = claims.epoch


def _check_payment(claims: SealClaims, payment: Payment, wanted: Destination) -> None:
    # (10) Every part of the payment is the one that was decided on.
    try:
        amount, fee_cap = parse_amount(claims.amount), parse_amount(claims.fee_cap)
        sealed = _destination(claims.chain, claims.dst, claims.memo)
    except PaymentInputError as error:
        raise SealMalformedError(f"the seal's claims are not well formed: {error.sentence}") from error
    pairs: tuple[tuple[str, object, object], ...] = (
        ("account", claims.sub, payment.account),
        ("chain", claims.chain, payment.chain),
        ("asset", claims.asset, payment.asset),
        ("amount", amount, payment.amount),
        ("destination", sealed.address, wanted.address),
        ("memo", sealed.memo, wanted.memo),
        ("outflow", claims.name, claims.name if payment.outflow is None else payment.outflow),
    )
    for field, sealed_value, paid_value in pairs:
        if sealed_value != paid_value:
            raise SealMismatchError(f"the payment's {field} is not the one sealed", field=field)
    if payment.fee > fee_cap:
        raise SealMismatchError("the payment's fee is above the cap", field="fee")


def _destination(chain: str, address: str, memo: str) -> Destination:
    """Canonical; an outflow that goes nowhere (a new payout method) has neither address nor memo."""
    if not address and not memo:
        return Destination(chain, "", "")
    return canonical_destination(chain, address, memo)


def _roots(keys: Root | Sequence[Root]) -> tuple[bytes, ...]:
    return (_root(keys),) if isinstance(keys, bytes | str | Mapping) else tuple(map(_root, keys))


def _root(key: bytes | str | Mapping[str, Any]) -> bytes:
    if isinstance(key, Mapping):
        return jwk.raw_from_jwk(key)
    if isinstance(key, bytes) and len(key) == jwk.KEY_SIZE:
        jwk.public_key(key)
        return key
    return jwk.raw_from_text(key)[0]
