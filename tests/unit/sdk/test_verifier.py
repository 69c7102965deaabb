# SPDX-License-Identifier: Apache-2.0
"""The signer's first gate: what passes it, and every way that must not."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import warnings
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from counterseal.guard.seals import receipt_claims, seal_claims, sign_receipt
from counterseal.sdk import Payment, SealError, SealVerifier, UnsafeAcceptTestSeals, VerifiedSeal
from counterseal.sdk.errors import (
    KeyInputError,
    KeySetError,
    PaymentInputError,
    ReceiptMismatchError,
    SdkError,
    SealAudienceError,
    SealEpochError,
    SealExpiredError,
    SealHeaderError,
    SealIssuerError,
    SealKeyError,
    SealMalformedError,
    SealMismatchError,
    SealModeError,
    SealNotYetValidError,
    SealSignatureError,
    SealTimeError,
)
from tests.support.sealing import (
    ADDRESS,
    AUDIENCE,
    LOG_KEY,
    NOW,
    OTHER_SEAL_KEY,
    PAYMENT,
    ROOT,
    SEAL_KEY,
    facts,
    key_set,
    seal,
    token,
    url64,
)

KEYS = key_set(SEAL_KEY, LOG_KEY)
HEADER = {"alg": "EdDSA", "typ": "counterseal-seal+jwt", "kid": SEAL_KEY.kid}
CLAIMS = msgspec.structs.asdict(seal_claims(facts()))
GOOD = seal()


def verifier(now: int = NOW, **arguments: Any) -> SealVerifier:
    given_keys = {"jwks_token": KEYS} if "jwks_source" not in arguments else {}
    return SealVerifier(ROOT.public, AUDIENCE, **(given_keys | {"clock": lambda: now} | arguments))


def pay(**changes: Any) -> Payment:
    return msgspec.structs.replace(PAYMENT, **changes)


def refused(error: type[SdkError], text: Any, payment: Payment = PAYMENT, **arguments: Any) -> SdkError:
    with pytest.raises(error) as caught:
        verifier(**arguments).verify(text, payment)
    assert type(caught.value) is error
    assert caught.value.diagnostics().endswith(".")
    return caught.value


def test_a_good_seal_passes_and_must_be_redeemed() -> None:
    verified = verifier().verify(GOOD, PAYMENT)
    assert (verified.id, verified.claims.amount, verified.token) == ("seal_1", "1250.5", GOOD)
    assert "must still be redeemed" in (VerifiedSeal.__doc__ or "").lower()
    assert "not yet a permission" in (SealVerifier.verify.__globals__["__doc__"] or "").lower()


PEM = Ed25519PublicKey.from_public_bytes(ROOT.public).public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


@pytest.mark.parametrize("root", [ROOT.public, ROOT.public_jwk(), json.dumps(ROOT.public_jwk()), PEM, PEM.decode()])
def test_the_root_is_pinned_as_bytes_jwk_or_pem(root: Any) -> None:
    assert SealVerifier(root, AUDIENCE, jwks_token=KEYS, clock=lambda: NOW).verify(GOOD, PAYMENT)


@pytest.mark.parametrize("root", [b"", b"\0" * 32, b"short", "", "{}", {}, {**ROOT.public_jwk(), "d": "AAAA"}])
def test_other_roots_are_refused_at_once(root: Any) -> None:
    with pytest.raises(KeyInputError):
        SealVerifier(root, AUDIENCE, jwks_token=KEYS)


# (1) One form of token.


@pytest.mark.parametrize("alg", ["none", "None", "", "HS256", "ES256", "RS256", "Ed25519", None, ["EdDSA"]])
def test_other_algorithms_are_refused(alg: object) -> None:
    refused(SealHeaderError, token({**HEADER, "alg": alg}, CLAIMS, SEAL_KEY.sign))


def test_the_public_key_is_no_hmac_secret() -> None:
    def mac(message: bytes) -> bytes:
        return hmac.digest(SEAL_KEY.public, message, hashlib.sha512)

    refused(SealHeaderError, token({**HEADER, "alg": "HS512"}, CLAIMS, mac))
    refused(SealSignatureError, token(HEADER, CLAIMS, mac))


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": OTHER_SEAL_KEY.public_jwk()},
        {"jku": "https://evil.example"},
        {"x5c": ["MII"]},
        {"crit": ["exp"]},
        {"b64": False},
        {"cty": "x"},
        {"typ": "JWT"},
        {"typ": "counterseal-receipt+jwt"},
        {"typ": "counterseal-attestation+jwt"},
        {"kid": None},
    ],
)
def test_other_headers_are_refused(extra: dict[str, Any]) -> None:
    refused(SealHeaderError, token({**HEADER, **extra}, CLAIMS, SEAL_KEY.sign))


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c.d", GOOD + "=", GOOD + "\n", "A" * 9000, None, 1, b"x", GOOD.encode()]
)
def test_what_is_no_token_is_refused(text: Any) -> None:
    refused(SealMalformedError, text)


# (2) and (3) The key set.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (key_set(SEAL_KEY, root=type(ROOT)("root", b"\x03\x04" * 16)), "key_set_root"),
        (key_set(SEAL_KEY, expires=NOW), "key_set_expired"),
        (key_set(SEAL_KEY, now=NOW + 6_000), "key_set_invalid"),
        (seal(ROOT), "key_set_invalid"),
        ("", "key_set_invalid"),
        (KEYS[:-4], "key_set_invalid"),
        (KEYS + "A", "key_set_invalid"),
    ],
)
def test_a_key_set_that_the_root_did_not_sign_or_that_is_over_opens_nothing(text: str, code: str) -> None:
    assert refused(KeySetError, GOOD, jwks_token=text).code == code


LIFE = {"iat": NOW // 1000, "exp": NOW // 1000 + 60}
JWK = SEAL_KEY.public_jwk()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "exactly"),
        ({"keys": [JWK], **LIFE, "more": 1}, "exactly"),
        ({"keys": {}, **LIFE}, "exactly"),
        ({"keys": [JWK], **LIFE, "iat": True}, "time in seconds"),
        ({"keys": [JWK], **LIFE, "exp": str(NOW)}, "time in seconds"),
        ({"keys": [JWK], **LIFE, "exp": NOW}, "time in seconds"),
        ({"keys": ["k"], **LIFE}, "not a JWK"),
        ({"keys": [JWK, {**JWK, "kid": OTHER_SEAL_KEY.kid}], **LIFE}, "thumbprint"),
        ({"keys": [{**JWK, "kid": None}], **LIFE}, "thumbprint"),
        ({"keys": [{**JWK, "x": "AAAA"}], **LIFE}, "32 bytes"),
        ({"keys": [{**JWK, "x": "="}], **LIFE}, "base64url"),
        ({"keys": [{**JWK, "kty": "oct"}], **LIFE}, "type OKP"),
        ({"keys": [{**JWK, "d": "AAAA"}], **LIFE}, "private"),
        ({"keys": [JWK], **LIFE, "exp": NOW // 1000}, "expired"),
    ],
)
def test_a_signed_key_set_of_another_form_opens_nothing(body: dict[str, Any], sentence: str) -> None:
    header = {"alg": "EdDSA", "typ": "jwk-set+jwt", "kid": ROOT.kid}
    assert verifier(jwks_token=token(header, {"keys": [JWK], **LIFE}, ROOT.sign)).verify(GOOD, PAYMENT)
    text = token(header, body, ROOT.sign)
    assert sentence in str(refused(KeySetError, GOOD, jwks_token=text))
    gate = verifier()
    with pytest.raises(KeySetError, match=sentence):
        gate.update_keys(text)
    assert gate.verify(GOOD, PAYMENT), "the set in hand stays"


def test_a_key_of_another_purpose_seals_nothing() -> None:
    refused(SealKeyError, seal(LOG_KEY))
    refused(SealKeyError, seal(ROOT))


def test_a_key_that_is_not_in_the_set_seals_nothing() -> None:
    refused(SealKeyError, seal(OTHER_SEAL_KEY))
    forged = token(HEADER, CLAIMS, OTHER_SEAL_KEY.sign)
    refused(SealSignatureError, forged)


class Source:
    """A key set endpoint whose answer and failure the test sets."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


def test_an_unknown_key_makes_it_fetch_once_in_a_while() -> None:
    clock, source = Clock(), Source(KEYS, key_set(SEAL_KEY, OTHER_SEAL_KEY, now=NOW))
    gate = verifier(jwks_source=source, clock=clock)
    assert gate.verify(GOOD, PAYMENT)
    for _ in range(5):
        with pytest.raises(SealKeyError):
            gate.verify(seal(OTHER_SEAL_KEY), PAYMENT)
    assert source.calls == 1, "a flood of unknown keys is no flood of fetches"
    clock.now += 30_000
    assert gate.verify(seal(OTHER_SEAL_KEY), PAYMENT)
    assert gate.verify(GOOD, PAYMENT)
    assert source.calls == 2


def test_without_a_key_set_nothing_passes() -> None:
    clock, source = Clock(), Source(OSError("down"), RuntimeError("down"), KEYS)
    gate = verifier(jwks_source=source, clock=clock)
    for expected in (1, 1):
        with pytest.raises(KeySetError) as caught:
            gate.verify(GOOD, PAYMENT)
        assert (caught.value.code, source.calls) == ("key_set_unavailable", expected)
    clock.now += 1_000
    with pytest.raises(KeySetError):
        gate.verify(GOOD, PAYMENT)
    clock.now += 1_000
    assert gate.verify(GOOD, PAYMENT)


def test_a_set_in_hand_serves_until_it_expires() -> None:
    clock, source = Clock(), Source(key_set(SEAL_KEY, expires=NOW + 60_000), OSError("down"))
    gate = verifier(jwks_source=source, clock=clock)
    assert gate.verify(GOOD, PAYMENT)
    clock.now += 59_999
    assert gate.verify(GOOD, PAYMENT)
    clock.now += 1
    with pytest.raises(KeySetError) as caught:
        gate.verify(GOOD, PAYMENT)
    assert caught.value.code == "key_set_expired"


def test_a_withdrawn_key_leaves_within_a_minute() -> None:
    """Its set would be good for a year."""
    clock, source = Clock(), Source(KEYS, key_set(OTHER_SEAL_KEY, now=NOW))
    gate = verifier(jwks_source=source, clock=clock)
    assert gate.verify(GOOD, PAYMENT)
    clock.now += 59_999
    assert gate.verify(GOOD, PAYMENT)
    clock.now += 1
    with pytest.raises(SealKeyError):
        gate.verify(GOOD, PAYMENT)
    assert source.calls == 2


def test_a_worse_set_does_not_take_the_place_of_the_one_in_hand() -> None:
    """Whoever stands between can withhold a new set for as long as the old one lasts, and do no more."""
    stranger = type(ROOT)("root", b"\x03\x04" * 16)
    worse = key_set(OTHER_SEAL_KEY, root=stranger), key_set(OTHER_SEAL_KEY, now=NOW - 1)
    clock, source = Clock(), Source(KEYS, *worse)
    gate = verifier(jwks_source=source, clock=clock)
    for _ in range(3):
        assert gate.verify(GOOD, PAYMENT)
        clock.now += 60_000 if source.calls < 2 else 0


def test_two_roots_are_pinned_while_one_takes_the_others_place() -> None:
    """The old one's set and the new one's are taken; a third root's is not."""
    new, third = (type(ROOT)("root", bytes((number, 9)) * 16) for number in (5, 6))
    sets = [key_set(SEAL_KEY), key_set(SEAL_KEY, root=new), key_set(SEAL_KEY, root=third)]
    for signed in sets[:2]:
        gate = SealVerifier([ROOT.public, new.public], AUDIENCE, jwks_token=signed, clock=Clock())
        assert gate.verify(GOOD, PAYMENT)
    with pytest.raises(KeySetError):
        SealVerifier([ROOT.public, new.public], AUDIENCE, jwks_token=sets[2], clock=Clock()).verify(GOOD, PAYMENT)
    with pytest.raises(KeySetError):
        SealVerifier([], AUDIENCE, jwks_token=KEYS)


def test_an_older_set_does_not_bring_a_withdrawn_key_back() -> None:
    gate = verifier()
    gate.update_keys(key_set(OTHER_SEAL_KEY, now=NOW))
    with pytest.raises(KeySetError) as caught:
        gate.update_keys(KEYS)
    assert caught.value.code == "key_set_rollback"
    with pytest.raises(SealKeyError):
        gate.verify(GOOD, PAYMENT)


@pytest.mark.parametrize("arguments", [{}, {"jwks_token": KEYS, "jwks_source": lambda: KEYS}])
def test_keys_come_from_exactly_one_place(arguments: dict[str, Any]) -> None:
    with pytest.raises(KeySetError):
        SealVerifier(ROOT.public, AUDIENCE, **arguments)


# (4) The signature.


@given(place=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 6))
def test_bit_flips_are_refused(place: int, bit: int) -> None:
    data = bytearray(GOOD.encode())
    data[place] ^= 1 << bit
    with pytest.raises(SealError):
        verifier().verify(data.decode("ascii"), PAYMENT)


@given(st.one_of(st.text(max_size=100), st.binary(max_size=100), st.none(), st.integers()))
def test_any_other_value_is_refused(text: Any) -> None:
    refused(SealMalformedError, text)


# (5) The claims.


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_every_claim_is_required_and_typed(name: str) -> None:
    refused(SealMalformedError, signed({k: v for k, v in CLAIMS.items() if k != name}))
    for value in (None, [], {}, True, str(CLAIMS[name]) if isinstance(CLAIMS[name], int) else 1):
        refused(SealMalformedError, signed(CLAIMS | {name: value}))


def signed(claims: dict[str, Any] | bytes) -> str:
    return token(HEADER, claims, SEAL_KEY.sign)


def test_an_unknown_claim_is_refused() -> None:
    refused(SealMalformedError, signed(CLAIMS | {"more": "x"}))


def test_a_claim_given_twice_is_refused() -> None:
    refused(SealMalformedError, signed(json.dumps(CLAIMS).encode()[:-1] + b',"amount":"9"}'))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(CLAIMS)), value=JSON)
def test_any_value_of_a_signed_claim_is_accepted_or_refused(name: str, value: object) -> None:
    try:
        verified = verifier().verify(signed(CLAIMS | {name: value}), PAYMENT)
    except SealError:
        return
    assert name in {"iss", "jti", "act", "pol", "pos", "epoch", "iat", "exp", "fee_cap"} or value == CLAIMS[name]
    assert verified.claims.sub == "alice"


# (6) The mode.


def test_a_test_seal_is_refused_unless_unsafely_accepted() -> None:
    refused(SealModeError, seal(test=True))
    with pytest.warns(UserWarning, match="never pay real value"):
        unsafe = UnsafeAcceptTestSeals()
    assert verifier(unsafe=unsafe).verify(seal(test=True), PAYMENT)
    assert verifier(unsafe=unsafe).verify(GOOD, PAYMENT)
    for mode in ("", "shadow", "ENFORCE", "Test"):
        refused(SealModeError, signed(CLAIMS | {"mode": mode}), unsafe=unsafe)


# (7) Its life.


@pytest.mark.parametrize(
    ("offset", "error"),
    [(-5_001, SealNotYetValidError), (-5_000, None), (0, None), (124_999, None), (125_000, SealExpiredError)],
)
def test_its_life_is_120_s_with_5_s_of_leeway(offset: int, error: type[SdkError] | None) -> None:
    if error is None:
        assert verifier(NOW + offset, jwks_token=key_set(SEAL_KEY, now=NOW - 10_000)).verify(GOOD, PAYMENT)
    else:
        refused(error, GOOD, now=NOW + offset, jwks_token=key_set(SEAL_KEY, now=NOW - 10_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW // 1000 + 121},
        {"exp": 10**15},
        {"exp": NOW // 1000 - 1},
        {"iat": 0},
        {"iat": -1},
        {"iat": NOW},
    ],
)
def test_another_life_is_refused(changes: dict[str, int]) -> None:
    refused(SealTimeError, signed(CLAIMS | changes))


# (8) Issuer and audience.


@pytest.mark.parametrize("audience", ["", "hot-wallet-2", "HOT-WALLET-1", "hot-wallet-1 "])
def test_a_seal_for_another_signer_is_refused(audience: str) -> None:
    refused(SealAudienceError, seal(audience=audience))


def test_a_pinned_issuer_must_be_the_seal_s() -> None:
    assert verifier(issuer="https://guard.example").verify(GOOD, PAYMENT)
    refused(SealIssuerError, GOOD, issuer="https://other.example")


# (9) The epoch.


def test_a_restore_voids_older_seals() -> None:
    gate = verifier()
    assert gate.verify(GOOD, PAYMENT)
    assert gate.highest_epoch == 2
    assert gate.verify(seal(epoch=3), PAYMENT)
    with pytest.raises(SealEpochError):
        gate.verify(GOOD, PAYMENT)
    assert gate.highest_epoch == 3
    refused(SealEpochError, GOOD, minimum_epoch=3)
    assert verifier(minimum_epoch=2).verify(GOOD, PAYMENT)


def test_a_seal_that_is_refused_before_moves_no_epoch() -> None:
    """Otherwise a forgery, a test guard or another signer's seal could shut this signer out."""
    gate = verifier()
    for text in (
        seal(OTHER_SEAL_KEY, epoch=9),
        seal(test=True, epoch=9),
        seal(audience="x", epoch=9),
        token(HEADER, CLAIMS | {"epoch": 9}, OTHER_SEAL_KEY.sign),
    ):
        with pytest.raises(SealError):
            gate.verify(text, PAYMENT)
    assert gate.highest_epoch == 0


# (10) The payment.


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "bob"}, "account"),
        ({"account": "Alice"}, "account"),
        ({"account": "аlice"}, "account"),  # noqa: RUF001 - Cyrillic
        ({"chain": "polygon"}, "chain"),
        ({"asset": "usdt"}, "asset"),
        ({"amount": Decimal("1250.51")}, "amount"),
        ({"amount": Decimal("1250.4999999999999999999999999999999999")}, "amount"),
        ({"amount": Decimal(1250500)}, "amount"),
        ({"destination": ADDRESS[:-1] + "8"}, "destination"),
        ({"memo": "1"}, "memo"),
        ({"fee": Decimal("0.0100001")}, "fee"),
        ({"outflow": "gift"}, "outflow"),
    ],
)
def test_another_payment_is_refused(changes: dict[str, Any], field: str) -> None:
    error = refused(SealMismatchError, GOOD, pay(**changes))
    assert isinstance(error, SealMismatchError)
    assert error.field == field


@pytest.mark.parametrize("amount", ["1250.5", "1250.50", "1250.500000", "1.2505E+3"])
def test_the_same_amount_in_another_notation_passes(amount: str) -> None:
    assert verifier().verify(GOOD, pay(amount=Decimal(amount)))


@pytest.mark.parametrize("amount", ["1250.50", "1250.5", "1250.500"])
def test_the_seal_s_amount_may_have_trailing_zeros(amount: str) -> None:
    assert verifier().verify(signed(CLAIMS | {"amount": amount}), PAYMENT)


@pytest.mark.parametrize(
    "amount",
    [
        "1e0",
        "1E0",
        "1.2505e3",
        "+1",
        "-1",
        "",
        ".5",
        "5.",
        "01",
        "1,5",
        "1_0",
        " 1",
        "1\n",
        "NaN",
        "Infinity",
        "0x1",
        "\u0661",
    ],
)
def test_an_amount_in_other_notation_is_refused_in_a_seal(amount: str) -> None:
    for name in ("amount", "fee_cap"):
        refused(SealMalformedError, signed(CLAIMS | {name: amount}))


def test_destinations_are_compared_by_the_rules_of_their_chain() -> None:
    checksummed = "0x52908400098527886E0F7030069857D2E4169EE7"
    assert verifier().verify(GOOD, pay(destination=checksummed))
    tron = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
    other = seal(chain="tron", destination=tron)
    assert verifier().verify(other, pay(chain="tron", destination=tron))
    for look_alike in (tron.replace("a", "\N{CYRILLIC SMALL LETTER A}", 1), tron[:-1] + "V", tron.swapcase()):
        refused(SealMismatchError, other, pay(chain="tron", destination=look_alike))


def test_a_payment_that_goes_nowhere_matches_only_such_a_seal() -> None:
    nowhere = seal(destination="", chain="")
    assert verifier().verify(nowhere, pay(destination="", chain=""))
    refused(SealMismatchError, nowhere)
    refused(SealMismatchError, GOOD, pay(destination=""))


def test_without_a_stated_outflow_any_kind_passes() -> None:
    assert verifier().verify(seal(outflow="gift"), pay(outflow=None))


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal(-1), 1.5, 1, "1", None]
)
def test_a_payment_s_amounts_are_finite_decimals(value: Any) -> None:
    for name in ("amount", "fee"):
        with pytest.raises(PaymentInputError):
            pay(**{name: value})


def test_a_malformed_payment_is_the_caller_s_fault() -> None:
    for changes in (
        {"destination": "0x12"},
        {"destination": ADDRESS + " "},
        {"memo": "a\0"},
        {"chain": "Ethereum"},
    ):
        with pytest.raises(PaymentInputError):
            verifier().verify(GOOD, pay(**changes))


# Receipts.


def receipt(now: int = NOW + 1000, epoch: int = 2, **changes: Any) -> str:
    claims = receipt_claims(
        seal_claims(facts(**changes)), receipt="rcp", policy="p", position=9, epoch=epoch, now=now
    )
    return sign_receipt(claims, SEAL_KEY)


def test_a_receipt_fits_its_seal_for_ten_seconds() -> None:
    sealed = verifier().verify(GOOD, PAYMENT)
    assert verifier(NOW + 1000).verify_receipt(receipt(), sealed).expires == NOW + 11_000
    assert verifier(NOW + 15_999).verify_receipt(receipt(), sealed)
    with pytest.raises(SealExpiredError):
        verifier(NOW + 16_000).verify_receipt(receipt(), sealed)


@pytest.mark.parametrize(
    "changes", [{"seal": "seal_2"}, {"account": "bob"}, {"amount": Decimal(1)}, {"memo": "1"}, {"issuer": "x"}]
)
def test_a_receipt_for_another_seal_is_refused(changes: dict[str, Any]) -> None:
    sealed = verifier().verify(GOOD, PAYMENT)
    with pytest.raises(ReceiptMismatchError):
        verifier(NOW + 1000).verify_receipt(receipt(**changes), sealed)


def test_a_seal_is_no_receipt_and_a_receipt_no_seal() -> None:
    sealed = verifier().verify(GOOD, PAYMENT)
    with pytest.raises(SealHeaderError):
        verifier().verify_receipt(GOOD, sealed)
    refused(SealHeaderError, receipt(), now=NOW + 1000)
    as_receipt = token({**HEADER, "typ": "counterseal-receipt+jwt"}, CLAIMS, SEAL_KEY.sign)
    with pytest.raises(SealMalformedError):
        verifier().verify_receipt(as_receipt, sealed)
    with pytest.raises(SealModeError):
        verifier(NOW + 1000).verify_receipt(receipt(test=True), sealed)


# Use.


def test_threads_share_one_verifier() -> None:
    gate = verifier(jwks_source=lambda: KEYS)
    seals = [seal(epoch=epoch) for epoch in range(2, 12)]
    failed: list[Exception] = []

    def work() -> None:
        for text in seals:
            try:
                gate.verify(text, PAYMENT)
            except SealEpochError:
                continue
            except Exception as error:  # noqa: BLE001 - collected for the assertion
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert gate.highest_epoch == 11


def test_making_a_verifier_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verifier().verify(GOOD, PAYMENT)


def test_the_form_of_tokens_is_the_one_the_tests_make() -> None:
    """The helper of these tests and the guard agree, so a refusal above is not an artefact of the helper."""
    assert verifier().verify(signed(CLAIMS), PAYMENT).claims == seal_claims(facts())
    assert url64(b"\xff\xfe\xfd") == "__79"
