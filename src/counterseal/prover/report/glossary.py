# SPDX-License-Identifier: Apache-2.0
"""What a report needs besides the findings: limits, texts of the vocabulary, channels, lines of the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from counterseal.core.policy.model import Limit, Policy
from counterseal.prover.findings import Attack, Step
from counterseal.prover.proof import ProfileProof, Proof

PHRASES = {
    "pw_leak": "leaked passwords",
    "sms_intercept": "SMS interception",
    "sim_swap": "a SIM swap",
    "email_takeover": "a taken-over mailbox",
    "session_theft": "a stolen session",
    "otp_relay": "a relaying look-alike site",
    "totp_seed": "a copied authenticator seed",
    "code_theft": "copied recovery codes",
    "face_deepfake": "a synthetic face",
    "deepfake_injection": "a video fed in place of the camera",
    "judicial_pii": "disclosed identity data",
    "disclosed_data": "identity data from an authority",
    "support_insider": "a corrupt support agent",
    "staff_collusion": "two colluding officers",
    "device_malware": "malware on the owner's device",
    "platform_web": "a compromised web server of the platform",
    "passkey_cloud_takeover": "a taken-over passkey cloud",
    "owner_deceived": "a deceived owner",
    "guardian_takeover": "a taken-over guardian",
    "api_key_leak": "a leaked API key",
    "trade_key_leak": "a leaked trading key",
    "forged_order": "a forged order",
    "hacked_gov_mailbox": "a hacked official mailbox",
    "portal_login_theft": "a stolen portal log-in",
    "authority_insider": "a corrupt officer of an authority",
    "court_insider": "a corrupt insider of a court",
    "stolen_agency_key": "a stolen signing key of a court",
    "channel_insider": "a corrupt insider of an official channel",
    "registry_poisoning": "a false number in the registry",
    "desk_insider": "a corrupt officer of the desk",
    "line_diversion": "a diverted telephone line",
}
"""Noun phrases for the shipped capabilities; one that is not here is shown by its name."""

SOURCES = {"bound": "attacker's own", "disclosed": "disclosed data", "given": "assumption dropped"}
"""What a proof came from, where it is no capability (findings.Use)."""


class Glossary(msgspec.Struct, frozen=True):
    """Facts of the policy that sentences name. Empty = nothing is known, and nothing is guessed.

    `limits`: outflow -> limit, None = it has none. `texts`: capability -> its sentence in the vocabulary.
    `notify`: action -> channels that are told. `discloses`: rule -> what it hands out.
    `requires`: rule -> its requirement as written.
    """

    currency: str = ""
    limits: Mapping[str, Limit | None] = {}
    texts: Mapping[str, str] = {}
    notify: Mapping[str, tuple[str, ...]] = {}
    discloses: Mapping[str, tuple[str, ...]] = {}
    requires: Mapping[str, str] = {}


NO_GLOSSARY = Glossary()


def glossary_of(policy: Policy) -> Glossary:
    """What a loaded policy and its vocabulary say."""
    rules = policy.rules.values()
    return Glossary(
        currency=policy.currency,
        limits={rule.name: rule.limit for rule in rules if rule.outflow},
        texts={name: each.text for name, each in policy.vocabulary.capabilities.items() if each.text},
        notify={rule.name: rule.notify or () for rule in rules},
        discloses={rule.name: rule.discloses for rule in rules if rule.discloses},
        requires={rule.name: rule.require.text for rule in rules},
    )


class Scene(msgspec.Struct, frozen=True):
    """Where an attack happens. `window`: ms that the owner needs. `lines`: line number -> text of the policy.

    `outflows`: those of the policy; empty = not known.
    """

    policy: str
    profile: str
    window: int
    channels: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()
    lines: Mapping[int, str] = {}


def scene_of(proof: Proof, profile: ProfileProof) -> Scene:
    """The scene of one profile of a proof."""
    return Scene(proof.policy, profile.profile, proof.window, profile.channels, proof.outflows, proof.lines)


def phrase(capability: str) -> str:
    """A capability as part of a sentence: `SMS interception`; an unknown one by its name."""
    return PHRASES.get(capability, capability)


def source(name: str) -> str:
    """What a proof came from, in words; a capability by its name."""
    return SOURCES.get(name, name)


def listed(names: Sequence[str], *, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, end = names or ("",)
    return f"{', '.join(before)} {last} {end}" if before else end


def is_disclosure(attack: Attack, scene: Scene, glossary: Glossary) -> bool:
    """Data leave, not value."""
    if scene.outflows:
        return attack.outflow not in scene.outflows
    return attack.outflow in glossary.discloses and attack.outflow not in glossary.limits


def muted(step: Step, scene: Scene, glossary: Glossary) -> tuple[str, ...]:
    """Channels of the owner that were told and do not reach him; empty where the policy is not known."""
    if step.notice == "none":
        return ()
    told = glossary.notify.get(step.action, ())
    return tuple(each for each in told if each in scene.channels and each not in step.reached)


def notice_words(step: Step, scene: Scene, glossary: Glossary) -> str:
    """`reached (email)`, `muted (sms, email)`, `none`. A channel that the account does not have is not named."""
    silent = muted(step, scene, glossary)
    if step.notice == "reached":
        lost = f"; muted: {', '.join(silent)}" if silent else ""
        return f"reached ({', '.join(step.reached)}{lost})" if step.reached else "reached"
    if step.notice == "muted":
        return f"muted ({', '.join(silent)})" if silent else "muted"
    return "none"


def proof_words(step: Step) -> str:
    """`sms by sms_intercept, password by attacker's own`; `none` where no proof was asked for."""
    return ", ".join(f"{use.factor} by {source(use.source)}" for use in step.uses) or "none"


def grounds(step: Step) -> str:
    """What a step rested on: `sms by sms_intercept; has session`, `has api_trade`, `nothing`."""
    parts = [proof_words(step)] if step.uses else []
    parts += [f"has {', '.join(step.facts)}"] if step.facts else []
    return "; ".join(parts) or "nothing"


def quote(line: int, lines: Mapping[int, str]) -> str:
    """A line of the policy without its indent and its comment."""
    text = lines.get(line, "").strip()
    head = text.split(" #", 1)[0].rstrip()
    return head or text


def rule_text(step: Step, scene: Scene, glossary: Glossary) -> str:
    """The policy line of a step; where the rule only begins on it, with what it requires."""
    text = quote(step.line, scene.lines)
    requires = glossary.requires.get(step.action, "")
    return f"{text} require: {requires}" if text.endswith(":") and requires else text
