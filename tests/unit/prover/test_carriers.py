# SPDX-License-Identifier: Apache-2.0
"""What a proof rests on, held to its meaning: the verdicts of the game in which the attacker has the gift."""

from __future__ import annotations

import pytest

from counterseal.core.policy.properties import AnyLeavingOneChannel, LossAtMost
from counterseal.gateways.packs import load_pack
from counterseal.prover.carriers import carriers
from counterseal.prover.case import Case
from counterseal.prover.findings import Gift, start_of
from counterseal.prover.proof import Carrier
from counterseal.prover.verdicts import applies, threshold, verdict

GIFTS = {
    "factor": lambda name: Gift(proves=frozenset({name})),
    "fact": lambda name: Gift(gives=frozenset({name})),
    "channel": lambda name: Gift(mutes=frozenset({name})),
}


def dropped(pack: str, profile: str) -> tuple[dict[str, Carrier], dict[str, Case]]:
    """`factor sms` and the like -> the carrier, and the case in which it is dropped."""
    policy = load_pack(pack)
    kind = policy.vocabulary.profiles[profile]
    case = Case(policy, start_of(kind))
    held = [p for p in policy.properties if applies(p, kind) and verdict(p, case, kind).holds == "yes"]
    found = {f"{one.kind} {one.name}": one for one in carriers(case, held) if one.kind in GIFTS}
    return found, {key: Case(policy, case.start, GIFTS[one.kind](one.name)) for key, one in found.items()}


@pytest.mark.parametrize(
    ("pack", "profile", "names"),
    [
        ("hardened", "sms_only", ("factor email", "factor call_back", "factor gov_mail", "fact address")),
        ("hardened", "passkey_user_push", ("factor passkey", "fact payout", "channel push")),
        ("federated-login-skips-otp", "sms_only", ("factor docket", "factor face", "fact session", "channel sms")),
    ],
)
def test_a_carrier_breaks_what_fails_once_the_attacker_has_it(
    pack: str, profile: str, names: tuple[str, ...]
) -> None:
    found, cases = dropped(pack, profile)
    decided = 0
    for name in names:
        case = cases[name]
        kind = case.policy.vocabulary.profiles[profile]
        base = Case(case.policy, case.start)
        for prop in case.policy.properties:
            if threshold(prop) is None or not applies(prop, kind) or verdict(prop, base, kind).holds != "yes":
                continue
            if isinstance(prop.given_form, AnyLeavingOneChannel):
                continue  # which sets leave one is told without the gift
            told = verdict(prop, case, kind).holds
            if told != "undecided":  # the whole game with forged evidence in it can be too large
                decided += 1
                assert (prop.name in found[name].breaks) == (told == "no"), (name, prop.name)
    assert decided >= 3 * len(names)


def test_a_loss_that_grows_beyond_its_bound_is_never_passed_over() -> None:
    """Losses are told from the bound alone, which may see more than there is, never less."""
    found, cases = dropped("hardened", "passkey_user_push")
    for name in ("factor passkey", "fact payout"):
        case = cases[name]
        kind = case.policy.vocabulary.profiles["passkey_user_push"]
        for prop in (one for one in case.policy.properties if isinstance(one.assert_form, LossAtMost)):
            if verdict(prop, case, kind).holds == "no":
                assert prop.name in found[name].breaks


def test_one_forged_proof_less_is_enough_for_a_disclosure() -> None:
    """The desk stands apart in the classes; its evidence carries a property like anything else."""
    found, _ = dropped("hardened", "sms_only")
    evidence = ("call_back", "docket", "gov_mail", "official_channel", "portal", "signed_letter")
    forged = {name for name, one in found.items() if "no single forgery discloses" in one.breaks}
    assert forged == {f"factor {name}" for name in evidence}


def test_a_channel_that_somebody_mutes_carries_what_one_channel_alone_carries() -> None:
    found, _ = dropped("hardened", "passkey_user_push")
    assert "nobody drains silently" in found["channel email"].breaks
    assert "nobody drains silently" not in found["factor fundpw"].breaks
