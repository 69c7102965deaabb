# SPDX-License-Identifier: Apache-2.0
"""The two ceremonies with a software authenticator: what passes, and the one code for each thing that is wrong."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import pytest
from msgspec.structs import replace

from counterseal.factors.model import FactorSecretError
from counterseal.factors.passkeys import (
    Challenges,
    Credential,
    PasskeyRefused,
    RelyingParty,
    Trust,
    assertion_options,
    bound_digest,
    decode_credential,
    encode_credential,
    registration_options,
    verify_assertion,
    verify_registration,
)
from counterseal.factors.webauthn_challenge import CHALLENGE_LIFE
from tests.support.authenticator import Authenticator

NOW = 1_717_900_000_000
RP = RelyingParty("guard.example", "Guard", frozenset({"https://guard.example"}))
CHALLENGES = Challenges(bytes(range(32)), secrets.token_bytes)
HANDLE = CHALLENGES.user_handle("account", "u-1")
BOUND = bound_digest({"amount": "1.5"})


def creation(**options: Any) -> dict[str, Any]:
    return registration_options(RP, HANDLE, "ada", "Ada", secrets.token_bytes(57), [], **options)


def challenge_of(options: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(options["challenge"] + "==")


def enrol(device: Authenticator, **options: Any) -> Credential:
    given = creation()
    return verify_registration(
        RP, device.register(given), challenge_of(given), now=NOW, trust=Trust(), user_handle=HANDLE, **options
    )


def use(device: Authenticator, credential: Credential, client: dict[str, Any] | None = None, **options: Any) -> Any:
    given = assertion_options(RP, secrets.token_bytes(57), [credential])
    answer = device.use(given, **(client or {}))
    return verify_assertion(RP, credential, answer, challenge_of(given), **options)


def refused(call: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(PasskeyRefused) as caught:
        call(*args, **options)
    return caught.value.code


def test_a_passkey_is_enrolled_and_used() -> None:
    device = Authenticator()
    credential = enrol(device, name="blue key")
    assert (credential.sign_count, credential.created, credential.name) == (1, NOW, "blue key")
    assert (credential.discoverable, credential.backup_eligible, credential.trusted) == (True, False, False)
    assert credential.transports == ("internal", "hybrid")
    asserted = use(device, credential)
    assert (asserted.sign_count, asserted.user_verified, asserted.backed_up) == (2, True, False)
    assert decode_credential(encode_credential(credential)) == credential


def test_answers_are_read_from_text_bytes_and_mappings() -> None:
    for form in (dict, json.dumps, lambda answer: json.dumps(answer).encode()):
        device, given = Authenticator(), creation()
        answer = form(device.register(given))
        assert verify_registration(RP, answer, challenge_of(given), now=NOW, trust=Trust()).id == device.id


@pytest.mark.parametrize(
    ("client", "code"),
    [
        ({"origin": "https://guard.example.evil.test"}, "passkey_origin"),
        ({"origin": "https://sub.guard.example"}, "passkey_origin"),
        ({"origin": "http://guard.example"}, "passkey_origin"),
        ({"origin": "https://guard.example:444"}, "passkey_origin"),
        ({"crossOrigin": True}, "passkey_origin"),
        ({"topOrigin": "https://guard.example"}, "passkey_origin"),
        ({"challenge": "AAAA"}, "passkey_challenge"),
        ({"challenge": "not base64!"}, "passkey_malformed"),
        ({"type": "payment.get"}, "passkey_malformed"),
    ],
)
def test_client_data_that_is_not_ours(client: dict[str, Any], code: str) -> None:
    device, given = Authenticator(), creation()
    answer = device.register(given, **client)
    assert refused(verify_registration, RP, answer, challenge_of(given), now=NOW, trust=Trust()) == code
    credential = enrol(device)
    assert refused(use, device, credential, client) == code


def test_another_sites_passkey() -> None:
    device = Authenticator()
    credential = enrol(device)
    given = assertion_options(RP, secrets.token_bytes(57), [credential])
    answer = device.use(given | {"rpId": "evil.test"})
    assert refused(verify_assertion, RP, credential, answer, challenge_of(given)) == "passkey_rp"


def test_a_user_who_was_not_verified() -> None:
    device = Authenticator()
    credential = enrol(device)
    device.verifies = False
    assert refused(use, device, credential) == "passkey_unverified_user"
    assert use(device, credential, require_user_verification=False).user_verified is False


def test_another_key_and_another_credential() -> None:
    device, other = Authenticator(), Authenticator()
    credential = enrol(device)
    assert refused(use, other, credential) == "passkey_unknown"
    other.id = device.id
    assert refused(use, other, credential) == "passkey_signature"


def test_another_users_handle() -> None:
    device = Authenticator()
    credential = enrol(device)
    device.user = b"somebody else"
    assert refused(use, device, credential) == "passkey_unknown"


def test_a_copy_of_an_authenticator() -> None:
    device = Authenticator()
    credential = enrol(device)
    copy = Authenticator(key=device.key, id=device.id, count=device.count, user=device.user)
    assert use(device, credential).sign_count == 2
    kept = replace(credential, sign_count=2)
    assert refused(use, copy, kept) == "passkey_cloned"
    assert refused(use, Authenticator(key=device.key, id=device.id, counting=False, user=device.user), kept) == (
        "passkey_cloned"
    )
    assert refused(use, copy, credential, sign_count=99) == "passkey_cloned"


def test_an_authenticator_that_does_not_count() -> None:
    device = Authenticator(counting=False, synced=True)
    credential = enrol(device)
    assert use(device, credential).sign_count == 0
    assert use(device, credential, sign_count=-1).sign_count == 0


def test_a_synced_key_where_it_must_stay_on_its_device() -> None:
    device = Authenticator(synced=True)
    assert refused(enrol, device, device_bound=True) == "passkey_synced"
    credential = enrol(device)
    assert (credential.backup_eligible, credential.backed_up) == (True, True)
    assert refused(use, device, credential, device_bound=True) == "passkey_synced"


def test_a_key_that_changes_its_kind() -> None:
    device = Authenticator()
    credential = enrol(device)
    device.synced = True
    assert refused(use, device, credential) == "passkey_changed"


def test_options_name_what_is_excluded_and_allowed() -> None:
    credential = enrol(Authenticator())
    made = registration_options(RP, HANDLE, "ada", "Ada", b"c" * 57, [credential], attestation="direct")
    assert made["excludeCredentials"] == assertion_options(RP, b"c" * 57, [credential])["allowCredentials"]
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["attestation"] == "direct"
    assert json.loads(json.dumps(made)) == made


def test_a_challenge_is_for_one_purpose_content_and_time() -> None:
    made = CHALLENGES.make("action", BOUND, NOW)
    nonce = CHALLENGES.check(made, "action", BOUND, NOW + CHALLENGE_LIFE - 1)
    assert made[1:17] == nonce
    other = bound_digest({"amount": "1.6"})
    late = NOW + CHALLENGE_LIFE
    for args in ((made, "approval", BOUND, NOW), (made, "action", other, NOW), (made, "action", BOUND, late)):
        assert refused(CHALLENGES.check, *args) == "passkey_challenge"
    for at in range(len(made)):
        changed = made[:at] + bytes((made[at] ^ 1,)) + made[at + 1 :]
        assert refused(CHALLENGES.check, changed, "action", BOUND, NOW) == "passkey_challenge"
    for size in range(len(made)):
        assert refused(CHALLENGES.check, made[:size], "action", BOUND, NOW) == "passkey_challenge"
    elsewhere = Challenges(bytes(32), secrets.token_bytes)
    assert refused(elsewhere.check, made, "action", BOUND, NOW) == "passkey_challenge"


def test_user_handles_differ_and_stay() -> None:
    handles = {CHALLENGES.user_handle(kind, name) for kind in ("account", "staff") for name in ("a", "b")}
    assert len(handles) == 4
    assert CHALLENGES.user_handle("staff", "a") in handles


def test_a_short_key_and_a_foreign_stored_form() -> None:
    with pytest.raises(FactorSecretError):
        Challenges(b"short", secrets.token_bytes)
    for data in (b"", b"\x02", b"\x01", b"\x01\x90"):
        with pytest.raises(FactorSecretError):
            decode_credential(data)
