# SPDX-License-Identifier: Apache-2.0
"""Passkeys: the two ceremonies of Web Authentication Level 3, as pure functions.

1. `Challenges.make` ties a challenge to what is approved; `registration_options` or `assertion_options` put it
   into the JSON that a page hands to the browser.
2. The browser's answer comes back with the challenge. The caller first has `Challenges.check` say that the
   challenge was made here, for this, and is alive, then calls `verify_registration` or `verify_assertion`.
3. The caller keeps the nonce (single use) and the new sign count in the commit that takes the answer.

Whatever is wrong with an answer is a PasskeyRefused with a stable code; no exception of a library escapes.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from counterseal.factors.webauthn import (
    ALGORITHMS,
    BACKED_UP,
    BACKUP_ELIGIBLE,
    USER_VERIFIED,
    Answer,
    AssertionAnswer,
    AuthenticatorData,
    RegistrationAnswer,
    b64url,
    check_authenticator_data,
    check_client_data,
    check_signature,
    from_b64url,
    read_answer,
    read_authenticator_data,
    read_client_data,
    read_key,
)
from counterseal.factors.webauthn_attestation import Trust, check_statement
from counterseal.factors.webauthn_cbor import read_map
from counterseal.factors.webauthn_challenge import CHALLENGE_LIFE, Challenges, action_bound, bound_digest
from counterseal.factors.webauthn_model import (
    NO_AAGUID,
    Asserted,
    Credential,
    PasskeyRefused,
    RelyingParty,
    decode_credential,
    encode_credential,
)

__all__ = [
    "NO_AAGUID",
    "Answer",
    "Asserted",
    "Challenges",
    "Credential",
    "PasskeyRefused",
    "RelyingParty",
    "Trust",
    "action_bound",
    "assertion_options",
    "b64url",
    "bound_digest",
    "credential_id_of",
    "decode_credential",
    "encode_credential",
    "from_b64url",
    "registration_options",
    "verify_assertion",
    "verify_registration",
]

TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})  # 5.8.4


def registration_options(
    rp: RelyingParty,
    user_id: bytes,
    user_name: str,
    display: str,
    challenge: bytes,
    exclude: Sequence[Credential],
    *,
    resident: bool = True,
    attestation: str = "none",
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON (5.4). `user_id`: an opaque handle of at most 64 bytes;
    `exclude`: what is registered already; `resident`: ask for a discoverable credential;
    `attestation`: none | direct (`Trust.conveyance`)."""
    return {
        "rp": {"id": rp.id, "name": rp.name},
        "user": {"id": b64url(user_id), "name": user_name, "displayName": display},
        "challenge": b64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in ALGORITHMS],
        "timeout": CHALLENGE_LIFE,
        "excludeCredentials": [_descriptor(each) for each in exclude],
        "authenticatorSelection": {
            "residentKey": "required" if resident else "preferred",
            "requireResidentKey": resident,
            "userVerification": "required",
        },
        "attestation": attestation,
        "extensions": {"credProps": True},
    }


def assertion_options(rp: RelyingParty, challenge: bytes, allow: Sequence[Credential]) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptionsJSON (5.5). An empty `allow` asks for any discoverable credential."""
    return {
        "challenge": b64url(challenge),
        "timeout": CHALLENGE_LIFE,
        "rpId": rp.id,
        "allowCredentials": [_descriptor(each) for each in allow],
        "userVerification": "required",
    }


def _descriptor(credential: Credential) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "public-key", "id": b64url(credential.id)}
    if credential.transports:
        found["transports"] = list(credential.transports)
    return found


def verify_registration(  # noqa: PLR0913 - what a ceremony needs comes in as arguments
    rp: RelyingParty,
    response: Answer,
    challenge: bytes,
    *,
    now: int,
    trust: Trust,
    user_handle: bytes = b"",
    name: str = "",
    require_user_verification: bool = True,
    device_bound: bool = False,
) -> Credential:
    """The credential of a RegistrationResponseJSON (7.1). Raises PasskeyRefused.

    `device_bound`: a key that can leave its device is refused, and where there is a trust list so is one whose
    maker it does not name. That an id is registered nowhere else is the caller's to check (7.1, step 26).
    """
    answer = read_answer(response, RegistrationAnswer)
    raw_client = from_b64url(answer.response.client_data)
    check_client_data(rp, read_client_data(raw_client), "webauthn.create", challenge)
    attested = read_map(from_b64url(answer.response.attestation_object))
    form, raw, statement = attested.get("fmt"), attested.get("authData"), attested.get("attStmt")
    if not isinstance(form, str) or not isinstance(raw, bytes) or not isinstance(statement, dict):
        raise PasskeyRefused("passkey_malformed")
    data = read_authenticator_data(raw)
    check_authenticator_data(rp, data, user_verification=require_user_verification)
    if not data.public_key or from_b64url(answer.id) != data.credential_id:
        raise PasskeyRefused("passkey_malformed")
    read_key(data.public_key)
    kind, trusted = check_statement(trust, form, statement, raw, data, sha256(raw_client).digest(), now)
    if device_bound:
        _check_bound_to_device(data)
        if trust.roots and not trusted:
            raise PasskeyRefused("passkey_attestation")
    extended = answer.client_extension_results
    properties = None if extended is None else extended.cred_props
    return Credential(
        id=data.credential_id,
        public_key=data.public_key,
        sign_count=data.sign_count,
        aaguid=_uuid(data.aaguid),
        transports=tuple(each for each in answer.response.transports or () if each in TRANSPORTS),
        backup_eligible=bool(data.flags & BACKUP_ELIGIBLE),
        backed_up=bool(data.flags & BACKED_UP),
        discoverable=bool(properties and properties.rk),
        user_handle=user_handle,
        attestation=kind,
        trusted=trusted,
        created=now,
        name=name,
    )


def verify_assertion(
    rp: RelyingParty,
    credential: Credential,
    response: Answer,
    challenge: bytes,
    *,
    sign_count: int | None = None,
    require_user_verification: bool = True,
    require_user_handle: bool = False,
    device_bound: bool = False,
) -> Asserted:
    """The verdict on an AuthenticationResponseJSON (7.2). Raises PasskeyRefused.

    `sign_count`: the last one kept, where that is not in `credential`; `require_user_handle`: nobody was named
    before the ceremony (7.2, step 6). The signature is checked before the flags
    that it covers, so that only the key's holder can be told of a clone or a synced key.
    """
    answer = read_answer(response, AssertionAnswer)
    handle = answer.response.user_handle
    if not hmac.compare_digest(from_b64url(answer.id), credential.id):
        raise PasskeyRefused("passkey_unknown")
    if require_user_handle and not handle:
        raise PasskeyRefused("passkey_unknown")
    if handle and credential.user_handle and from_b64url(handle) != credential.user_handle:
        raise PasskeyRefused("passkey_unknown")
    raw_client = from_b64url(answer.response.client_data)
    check_client_data(rp, read_client_data(raw_client), "webauthn.get", challenge)
    raw = from_b64url(answer.response.authenticator_data)
    data = read_authenticator_data(raw)
    if data.public_key:
        raise PasskeyRefused("passkey_malformed")
    check_authenticator_data(rp, data, user_verification=require_user_verification)
    signature = from_b64url(answer.response.signature)
    check_signature(credential.public_key, raw + sha256(raw_client).digest(), signature)
    if bool(data.flags & BACKUP_ELIGIBLE) != credential.backup_eligible:
        raise PasskeyRefused("passkey_changed")  # 7.2, step 19
    if device_bound:
        _check_bound_to_device(data)
    last = credential.sign_count if sign_count is None else max(sign_count, credential.sign_count)
    if (data.sign_count or last > 0) and data.sign_count <= last:
        raise PasskeyRefused("passkey_cloned")  # 7.2, step 22
    return Asserted(data.sign_count, bool(data.flags & BACKED_UP), bool(data.flags & USER_VERIFIED))


def credential_id_of(response: Answer) -> bytes:
    """Which credential an AuthenticationResponseJSON speaks for, so that the caller can look it up. Nothing is
    verified by this."""
    return from_b64url(read_answer(response, AssertionAnswer).id)


def _check_bound_to_device(data: AuthenticatorData) -> None:
    if data.flags & BACKUP_ELIGIBLE:
        raise PasskeyRefused("passkey_synced")


def _uuid(data: bytes) -> str:
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
