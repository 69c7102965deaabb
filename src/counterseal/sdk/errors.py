# SPDX-License-Identifier: Apache-2.0
"""Every error that the SDK raises on purpose.

SdkError
├── JwsError                   a signed token is not a strict Ed25519 compact JWS
├── KeyInputError              a public key cannot be read or must not be used
├── PaymentInputError          what the caller states about a payment or trade is not well formed
│   └── DestinationError       a destination is not well formed
└── SealError                  do not pay
    ├── SealMalformedError     not a token, or not the claims of a seal
    ├── SealHeaderError        algorithm, type or header parameters
    ├── KeySetError            no key set that the pinned root signed and that is still valid
    ├── SealKeyError           the key set holds no such seal key
    ├── SealSignatureError     the signature is not by that key
    ├── SealModeError          a test seal
    ├── SealTimeError          outside its life
    │   ├── SealExpiredError
    │   └── SealNotYetValidError
    ├── SealIssuerError        issued by another service
    ├── SealAudienceError      meant for another signer
    ├── SealEpochError         from before a restore
    ├── SealMismatchError      not for this payment (`field` says where)
    └── ReceiptMismatchError   a receipt for another seal (`field` says where)

The clients add theirs in `counterseal.sdk.problems`. Messages are one lower-case sentence; `code` is stable;
`hint` says what to do.
"""

from __future__ import annotations


class SdkError(Exception):
    """Root of the tree."""

    code: str = "sdk_error"
    hint: str = ""

    def __init__(self, sentence: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code or type(self).code
        self.sentence = sentence
        self.hint = type(self).hint if hint is None else hint

    def diagnostics(self) -> str:
        """What went wrong and what to do, for a person."""
        return f"{self.sentence}. {self.hint}." if self.hint else f"{self.sentence}."


class JwsError(SdkError):
    """A token is not a compact JWS in the one form accepted.

    Codes: malformed, algorithm, embedded_key, critical_header, type, header, signature.
    """

    code = "malformed"


class KeyInputError(SdkError):
    """A public key is not an Ed25519 key in JWK or PEM form, or is one of small order."""

    code = "key_invalid"


class PaymentInputError(SdkError):
    """What the caller states about a payment or trade is not well formed."""

    code = "payment_invalid"


class DestinationError(PaymentInputError):
    """A destination is not well formed."""

    code = "destination_invalid"


class SealError(SdkError):
    """A check of a seal failed: do not pay."""

    code = "seal_refused"
    hint = "do not pay; ask the guard for a new decision"


class SealMalformedError(SealError):
    """Not a compact JWS, or its claims are not exactly those of a seal."""

    code = "seal_malformed"


class SealHeaderError(SealError):
    """The header names another algorithm or type, embeds a key, or has a parameter that no seal has."""

    code = "seal_header"
    hint = "do not pay; somebody may be forging seals"


class KeySetError(SealError):
    """No usable key set: not signed by the pinned root, expired, or older than one already seen."""

    code = "key_set_invalid"
    hint = "do not pay; fetch the key set again and compare the root key with the one from the root ceremony"


class SealKeyError(SealError):
    """The key set holds no seal key of this id."""

    code = "seal_key_unknown"
    hint = "do not pay; fetch the key set again if a key was added"


class SealSignatureError(SealError):
    """The signature is not by the key that the header names."""

    code = "seal_signature"
    hint = "do not pay; somebody may be forging seals"


class SealModeError(SealError):
    """The seal was made under a simulated clock or a test set-up."""

    code = "seal_test_mode"
    hint = "do not pay; point the platform at the guard that runs in enforce mode"


class SealTimeError(SealError):
    """Now lies outside the seal's life."""

    code = "seal_time"


class SealExpiredError(SealTimeError):
    """The seal's 120 s are over."""

    code = "seal_expired"


class SealNotYetValidError(SealTimeError):
    """The seal was issued in the future of this clock."""

    code = "seal_not_yet_valid"
    hint = "do not pay; set this machine's clock"


class SealIssuerError(SealError):
    """Another service issued the seal."""

    code = "seal_issuer"


class SealAudienceError(SealError):
    """The seal is meant for another signer."""

    code = "seal_audience"


class SealEpochError(SealError):
    """The seal is from before a restore of the guard's store."""

    code = "seal_epoch"


class SealMismatchError(SealError):
    """The seal does not authorise this payment; `field` names what differs."""

    code = "seal_mismatch"

    def __init__(self, sentence: str, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class ReceiptMismatchError(SealMismatchError):
    """The receipt is not for this seal; `field` names what differs."""

    code = "receipt_mismatch"
