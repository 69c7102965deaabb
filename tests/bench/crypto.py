# SPDX-License-Identifier: Apache-2.0
"""What one proof, seal, attestation and notice costs, and how long a policy takes to load."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal

import msgspec

from counterseal.core.account import Payment
from counterseal.core.effects import SendNotice
from counterseal.factors import totp
from counterseal.factors.attestation import verify_attestation
from counterseal.gateways.keyring import SigningKey, new_signing_key, sign_jwks
from counterseal.gateways.packs import load_pack
from counterseal.guard.seals import SealFacts, seal_claims, sign_seal
from counterseal.notices.service import Sender, make_links
from counterseal.notices.templates import render
from counterseal.sdk import jws
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE
from counterseal.sdk.models import Payment as SdkPayment
from counterseal.sdk.verifier import SealVerifier
from counterseal.wiring.verifiers import attestation_key
from tests.bench import passkeys, people
from tests.bench.measure import Figure, Pace, Tick, alternate, figure, repeat, ticks

NOW = people.NOW


def totp_call() -> Callable[[], object]:
    """A right code of the step before: all three steps of the window are computed anyway."""
    seed = people.seed_of(1)
    code = totp.code_at(seed, totp.step_at(NOW) - 1)
    assert totp.verify_totp(seed, code, NOW)
    return lambda: totp.verify_totp(seed, code, NOW)


def seal_calls() -> tuple[Callable[[], object], Callable[[], object]]:
    """Sign a seal; verify it as a signer does, key set, circumstances and payment included."""
    root, key = new_signing_key("root", os.urandom), new_signing_key("seal", os.urandom)
    payment = Payment("USDT", Decimal("100.5"), "eth", people.address_of(1, 3), "", Decimal(1), "hot-wallet")
    facts = SealFacts(
        issuer="bench.example/log",
        seal="seal_1",
        account="u-1",
        action="act_1",
        outflow="withdraw",
        payment=payment,
        policy="sha256:" + "0" * 64,
        position=41,
        epoch=0,
        issued=NOW,
        test=False,
    )
    token = sign_seal(seal_claims(facts), key)
    keys = sign_jwks(root, [key.public_jwk()], NOW, NOW + 30 * people.DAY)
    verifier = SealVerifier(root.public_jwk(), "hot-wallet", jwks_token=keys, clock=lambda: NOW + 1000)
    expected = SdkPayment(
        account="u-1",
        chain="eth",
        asset="USDT",
        amount=Decimal("100.5"),
        destination=people.address_of(1, 3),
    )
    verifier.verify(token, expected)
    return lambda: sign_seal(seal_claims(facts), key), lambda: verifier.verify(token, expected)


def attestation_call() -> Callable[[], object]:
    """A statement of the platform's auth service about a face check."""
    key: SigningKey = new_signing_key("seal", os.urandom)
    claims = {
        "iss": "exchange",
        "aud": ATTESTATION_AUDIENCE,
        "sub": "u-1",
        "sid": "s1",
        "act": "act_1",
        "method": "face",
        "iat": NOW // 1000,
        "jti": "jti-1",
    }
    token = jws.sign(msgspec.json.encode(claims), typ=ATTESTATION_TYPE, kid=key.kid, signer=key.sign)
    keys = {key.kid: attestation_key(key.kid, "exchange", key.public, NOW - people.DAY, None)}

    def call() -> object:
        return verify_attestation(
            token,
            keys=keys,
            account="u-1",
            action="act_1",
            action_name="withdraw",
            session="s1",
            methods={"face"},
            now=NOW,
        )

    call()
    return call


def notice_call() -> Callable[[], object]:
    """A notice by e-mail: one-time links, subject, text and HTML."""
    sender = Sender("https://guard.example", "Example Exchange", os.urandom(32), 0)
    effect = SendNotice(
        "ntc_1.mail",
        "ntc_1",
        "email_1.contact",
        "email",
        "u1@example.test",
        "withdraw.pending",
        "en",
        "blue heron",
        "act_1",
        {"amount": "100.5", "asset": "USDT", "destination": people.address_of(1, 3), "delay": "86400000"},
    )

    def call() -> object:
        links = make_links(effect, "account:u-1", NOW, sender)
        return render(effect, base_url=sender.base_url, links=links, platform=sender.platform)

    assert call()
    return call


WHAT = {
    "totp": ("TOTP verified (window of three steps)", "codes/s"),
    "seal_sign": ("Seal made and signed (Ed25519)", "seals/s"),
    "seal_verify": ("Seal verified by the SDK", "seals/s"),
    "attestation": ("Attestation verified", "attestations/s"),
    "notice": ("Notice by e-mail written, with links and HTML", "notices/s"),
    "policy_load": ("Pack `hardened` loaded, linted, compiled", "loads/s"),
}


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return ticks(len(WHAT), pace.rounds) + passkeys.units(pace)


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """Everything, one core."""
    sign, verify = seal_calls()
    calls = {
        "totp": totp_call(),
        "seal_sign": sign,
        "seal_verify": verify,
        "attestation": attestation_call(),
        "notice": notice_call(),
        "policy_load": lambda: load_pack("hardened"),
    }
    cases = {name: repeat(_loop(call, 1 if name == "policy_load" else 20), pace) for name, call in calls.items()}
    samples = alternate(cases, pace.rounds, tick)
    found = [figure(f"cost.{name}", WHAT[name][0], taken, unit=WHAT[name][1]) for name, taken in samples.items()]
    return [*found, *passkeys.measure(pace, tick)]


def _loop(call: Callable[[], object], times: int) -> Callable[[], int]:
    def once() -> int:
        for _ in range(times):
            call()
        return times

    return once
