# SPDX-License-Identifier: Apache-2.0
"""A policy that is too large to be decided: hundreds of actions that grant each other everything."""

from __future__ import annotations

from random import Random

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import policy_from, vocabulary_from

CHANNELS = ["k0", "k1", "k2"]
CLOCKS = ["c0", "c1", "c2"]


def large_policy(actions: int = 200, factors: int = 30, capabilities: int = 20, seed: int = 1) -> Policy:
    """As many actions, factors and capabilities; 12 facts, 3 clocks, 3 channels, 8 outflows."""
    chance = Random(seed)
    classes, facts = [f"f{i}" for i in range(factors)], [f"x{i}" for i in range(12)]
    words = _vocabulary(chance, classes, facts, capabilities)
    held: dict[tuple[str, str], str] = {}
    lines = ["counterseal: 1", "policy: large", "currency: USD", "small: 1", "actions:"]
    for number in range(actions):
        given = f"x{number}" if number < 12 else chance.choice(facts if chance.random() < 0.5 else classes)
        verb = chance.choice(["use", "replace"])
        require = _need(chance, classes, facts) if number >= 12 else " and ".join(chance.sample(classes, 2))
        hold = held.setdefault((verb, given), chance.choice(CLOCKS) if chance.random() < 0.4 else "")
        more = (f", holds: {hold}" if hold else "") + (", delay: 6h" if chance.random() < 0.15 else "")
        tell = chance.choice(CHANNELS)
        lines.append(f"  a{number}: {{verb: {verb}, require: {require}, grants: {given}, notify: [{tell}]{more}}}")
    lines.append("outflows:")
    for number in range(8):
        require = f"{_need(chance, classes, facts)} and x{number} and {chance.choice(classes)}"
        lines.append(f"  out{number}: {{require: {require}, limit: 100/24h, notify: [k0, k1]}}")
    lines += ["properties:", "  - {name: a day, given: capabilities <= 2, assert: window >= 24h}"]
    return policy_from("\n".join(lines), vocabulary_from(words))


def _vocabulary(chance: Random, classes: list[str], facts: list[str], capabilities: int) -> str:
    lines = ["counterseal: 1", "vocabulary: large", "channels: [k0, k1, k2]", "factors:"]
    lines += [f"  {name}: {{text: factor {name}}}" for name in classes]
    lines += ["facts:", *(f"  {name}: {name}" for name in facts)]
    lines += ["clocks: {c0: a, c1: b, c2: c}", "verbs: {use: u, replace: r}", "context: {}"]
    lines += [f"outflows: {{{', '.join(f'out{i}: o' for i in range(8))}}}", "conditions: {}", "capabilities:"]
    for number in range(capabilities):
        mutes = f", mutes: [{chance.choice(CHANNELS)}]" if chance.random() < 0.3 else ""
        once = f", once: [{chance.choice(classes)}]" if chance.random() < 0.2 else ""
        proves = ", ".join(chance.sample(classes, 2))
        lines.append(f"  cap{number}: {{text: capability {number}, proves: [{proves}]{once}{mutes}}}")
    return "\n".join([*lines, "profiles:", f"  all: {{factors: [{', '.join(classes)}], channels: [k0, k1, k2]}}"])


def _need(chance: Random, classes: list[str], facts: list[str]) -> str:
    parts = [f"({chance.choice(classes)} or {chance.choice(classes)})", chance.choice(classes)]
    if chance.random() < 0.4:
        fact = chance.choice(facts)
        parts += [fact, f"age({fact}) >= {chance.choice([6, 12, 24, 48])}h"]
    if chance.random() < 0.5:
        parts.append(f"since({chance.choice(CLOCKS)}) >= {chance.choice([6, 12, 24, 48, 72])}h")
    return " and ".join(dict.fromkeys(parts))
