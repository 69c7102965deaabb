# SPDX-License-Identifier: Apache-2.0
"""Challenges that say what they are for. Nothing is stored when one is made.

    version(1) || nonce(16) || expires(8, ms) || HMAC-SHA256(key, label || purpose || nonce || expires || bound)

Each part of the MAC's message has its length before it. `bound` is the SHA-256 of what is approved, so an answer
to a challenge approves exactly that; a change of one digit makes it the answer to another question. Who takes an
answer keeps its nonce: one answer counts once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256

import msgspec

from counterseal.core.account import Action
from counterseal.factors.model import FactorSecretError
from counterseal.factors.ports import Randomness, draw
from counterseal.factors.webauthn_model import PasskeyRefused

CHALLENGE_LIFE = 300_000  # ms
NONCE_SIZE = 16
KEY_SIZE = 32  # bytes, at least
_DRIFT = 60_000  # ms that the clock may step back and still know its own challenges
_VERSION = b"\x01"
_SIZE = 1 + NONCE_SIZE + 8 + 32
_LABEL = b"counterseal/passkey-challenge/1"
_HANDLE = b"counterseal/passkey-user/1"


class Challenges:
    """Makes and checks challenges under one key. `random`: where nonces come from."""

    def __init__(self, key: bytes, random: Randomness) -> None:
        if len(key) < KEY_SIZE:
            raise FactorSecretError(f"the key of challenges has fewer than {KEY_SIZE} bytes")
        self._key = key
        self._random = random

    def __repr__(self) -> str:
        """Without the key: reprs end up in logs."""
        return "Challenges(<key>)"

    def make(self, purpose: str, bound: bytes, now: int) -> bytes:
        """A fresh challenge of 57 bytes that lives CHALLENGE_LIFE from `now` (ms)."""
        nonce = draw(self._random, NONCE_SIZE)
        expires = (now + CHALLENGE_LIFE).to_bytes(8, "big")
        return _VERSION + nonce + expires + self._mac(purpose, nonce, expires, bound)

    def check(self, challenge: bytes, purpose: str, bound: bytes, now: int) -> bytes:
        """The nonce of a challenge made here for this purpose and content that is still alive at `now`.

        Raises PasskeyRefused (passkey_challenge). The caller takes each nonce once.
        """
        nonce, expires = challenge[1 : 1 + NONCE_SIZE], challenge[1 + NONCE_SIZE : 9 + NONCE_SIZE]
        right = hmac.compare_digest(challenge[9 + NONCE_SIZE :], self._mac(purpose, nonce, expires, bound))
        if len(challenge) != _SIZE or challenge[:1] != _VERSION or not right:
            raise PasskeyRefused("passkey_challenge")
        until = int.from_bytes(expires, "big")
        if not until - CHALLENGE_LIFE - _DRIFT <= now < until:
            raise PasskeyRefused("passkey_challenge")
        return nonce

    def user_handle(self, kind: str, identity: str) -> bytes:
        """The opaque user handle (32 bytes) of an owner or a member of staff: it tells an authenticator's reader
        nothing (14.6.1). `kind`: account | staff."""
        return _keyed(self._key, _HANDLE, kind.encode(), identity.encode())

    def _mac(self, purpose: str, nonce: bytes, expires: bytes, bound: bytes) -> bytes:
        return _keyed(self._key, _LABEL, purpose.encode(), nonce, expires, bound)


def _keyed(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"".join(len(part).to_bytes(4, "big") + part for part in parts), "sha256")


def bound_digest(content: Mapping[str, object]) -> bytes:
    """SHA-256 of the canonical JSON (RFC 8785) of `content`: texts, booleans, whole numbers below 2**53, lists and
    mappings with ASCII names. Amounts are texts."""
    return sha256(msgspec.json.encode(content, order="sorted")).digest()


def action_bound(account: str, action: Action, epoch: int) -> bytes:
    """What a passkey approves when it answers for an action: everything that the action would do.

    `epoch`: the store's; a restore voids older challenges. Secrets of what is bound are in it as hashes.
    """
    request, payment = action.request, action.request.payment
    lock = request.lock
    return bound_digest(
        {
            "account": account,
            "action": action.id,
            "rule": request.rule,
            "epoch": epoch,
            "objects": dict(sorted(request.objects.items())),
            "enrol": [
                [item.factor, item.instance, item.contact or "", sha256(item.secret).hexdigest(), item.label]
                for item in request.enrol
            ],
            "payment": None
            if payment is None
            else {
                "asset": payment.asset,
                "amount": _plain(payment.amount),
                "chain": payment.chain,
                "destination": payment.destination,
                "memo": payment.memo,
                "fee_cap": _plain(payment.fee_cap),
                "audience": payment.audience,
            },
            "lock": None
            if lock is None
            else [lock.outflow, lock.off, None if lock.limit is None else _plain(lock.limit), lock.delay],
        }
    )


def _plain(amount: Decimal) -> str:
    return format(amount, "f")
