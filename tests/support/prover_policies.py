# SPDX-License-Identifier: Apache-2.0
"""Small random policies with a vocabulary of their own, for comparing engines of the prover.

They are written as documents and read by the real loader, and use every word that the prover's game knows.
All waits are multiples of 6 h, so that engines which count in units stay small.
"""

from __future__ import annotations

from random import Random

from counterseal.core.errors import PolicyError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import policy_from, vocabulary_from

ATTEMPTS = 400
CHANNELS = {"sms": "sms", "voice": "sms", "email": "email", "pin": "password"}  # factor -> its channel
FACTORS = ("password", "pin", "sms", "voice", "email", "totp", "key", "face", "papers")
EVIDENCE = ("letter", "mailbox")  # proofs about a judicial request: no account has them enrolled
CONTACTS = ("sms", "email")
NOTICES = ("sms", "email", "push")
FACTS = ("session", "address", "api", "device")
CLOCKS = ("weakened", "added", "entered")
VERBS = ("use", "bind", "replace", "reset", "disable", "recover", "mute", "ask", "revoke", "disclose")
WAITS = (6, 12, 24, 24, 48, 72)  # h


def random_policy(seed: int, *, actions: int = 8, outflows: int = 2, capabilities: int = 6) -> Policy:
    """A policy with so many actions, outflows and capabilities, the same for the same arguments; two profiles,
    `rich` and `poor`. Raises RuntimeError if no document of this seed loads."""
    for attempt in range(ATTEMPTS):
        words, rules = random_documents(
            f"{seed}/{attempt}", actions=actions, outflows=outflows, capabilities=capabilities
        )
        try:
            return policy_from(rules, vocabulary_from(words))
        except PolicyError:
            continue  # a fact that nothing grants, a clock that a verb restarts here and not there, ...
    raise RuntimeError(f"no policy of seed {seed} loads")


def random_documents(seed: str, *, actions: int, outflows: int, capabilities: int) -> tuple[str, str]:
    """The vocabulary and the policy as YAML. They may be refused by the loader."""
    chance = Random(seed)
    return _vocabulary(chance, outflows, capabilities), _Rules(chance).policy(actions, outflows)


def _few(chance: Random, names: tuple[str, ...], least: int, most: int) -> list[str]:
    return chance.sample(names, chance.randint(least, min(most, len(names))))


def _list(names: list[str]) -> str:
    return f"[{', '.join(names)}]"


# ---------------------------------------------------------------- vocabulary


def _vocabulary(chance: Random, outflows: int, capabilities: int) -> str:
    factors = [
        f"  {name}: {{text: {name}"
        + (f", channel: {CHANNELS[name]}" if name in CHANNELS else "")
        + (", contact: true" if name in CONTACTS else "")
        + "}"
        for name in (*FACTORS, *EVIDENCE)
    ]
    return "\n".join(
        [
            "counterseal: 1",
            "vocabulary: random",
            f"channels: {_list(list(NOTICES))}",
            "factors:",
            *factors,
            f"facts: {{{', '.join(f'{name}: {name}' for name in FACTS)}}}",
            f"clocks: {{{', '.join(f'{name}: {name}' for name in CLOCKS)}}}",
            f"verbs: {{{', '.join(f'{name}: {name}' for name in VERBS)}}}",
            "context: {listed: listed}",
            f"outflows: {{{', '.join(f'out{n}: out' for n in range(outflows))}}}",
            "conditions: {exposed: [c0]}",
            "capabilities:",
            *(f"  c{number}: {_capability(chance)}" for number in range(capabilities)),
            "profiles:",
            f"  rich: {_profile(chance, 6, 9, 2)}",
            f"  poor: {_profile(chance, 3, 6, 0)}",
        ]
    )


def _capability(chance: Random) -> str:
    """What a capability does; every kind of power occurs, proofs most often."""
    form = chance.random()
    keys = ["text: c"]
    if form < 0.6:
        keys.append(f"proves: {_list(_few(chance, (*FACTORS, *EVIDENCE), 1, 2))}")
    elif form < 0.85:
        keys.append(f"once: {_list(_few(chance, FACTORS, 1, 4))}")
    if form >= 0.85 or chance.random() < 0.15:
        keys.append(f"{chance.choice(('gives', 'gives_once'))}: {_list(_few(chance, FACTS, 1, 1))}")
    if chance.random() < 0.4:
        keys.append(f"mutes: {_list(_few(chance, NOTICES, 1, 2))}")
    return f"{{{', '.join(keys)}}}"


def _profile(chance: Random, least: int, most: int, channels: int) -> str:
    factors = _few(chance, FACTORS, least, most)
    told = set(_few(chance, NOTICES, channels, len(NOTICES))) | {f for f in factors if f in CONTACTS}
    return f"{{factors: {_list(factors)}, channels: {_list(sorted(told))}}}"


# ---------------------------------------------------------------- policy


class _Rules:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        # One verb restarts a clock always or never: the lint asks for it.
        self.held = {verb: _few(chance, CLOCKS, 0, 1) for verb in VERBS}
        self.begun = {verb: _few(chance, CLOCKS, 0, 1) if chance.random() < 0.2 else [] for verb in VERBS}

    def policy(self, actions: int, outflows: int) -> str:
        head = ["counterseal: 1", "policy: random", "small: 10"]
        if self.chance.random() < 0.3:
            head.append("stretch: {exposed: 2}")
        lines = [self.entry()]
        lines += [self.action(number) for number in range(1, actions)]
        return "\n".join([*head, "actions:", *lines, "outflows:", *(self.outflow(n) for n in range(outflows)), ""])

    def entry(self) -> str:
        keys = [f"require: '{self.proof()}'", f"grants: {_list(self.few_facts('session'))}", *self.clocks("use")]
        return f"  a0: {{{', '.join([*keys, *self.told(0.5, 0)])}}}"

    def few_facts(self, first: str) -> list[str]:
        return [first, *([self.chance.choice(FACTS[1:])] if self.chance.random() < 0.3 else [])]

    def outflow(self, number: int) -> str:
        keys = [f"require: '{self.requirement(2, 4)}'", *self.told(0.8, 0.3)]
        if self.chance.random() < 0.7:
            keys.append("limit: 1000/24h")
        return f"  out{number}: {{{', '.join(keys)}}}"

    def action(self, number: int) -> str:
        chance, form = self.chance, self.chance.random()
        if form < 0.08:
            asked = " and ".join(_few(chance, EVIDENCE, 1, 2))
            told = f"discloses: {_list(_few(chance, FACTORS, 1, 2))}"
            return f"  a{number}: {{verb: disclose, subject: request, require: {asked}, {told}}}"
        if form < 0.14:
            revoked = _list(_few(chance, FACTS, 1, 1))
            return f"  a{number}: {{verb: revoke, require: '{self.requirement(1, 2)}', revokes: {revoked}}}"
        if form < 0.22:
            effect = ["verb: mute", f"silences: {_list(_few(chance, NOTICES, 1, 1))}"]
        elif form < 0.36:
            effect = ["verb: disable", f"removes: {_list(_few(chance, FACTORS, 1, 2))}"]
        elif form < 0.66:
            effect = [
                f"verb: {chance.choice(('bind', 'use', 'ask'))}",
                f"grants: {_list(_few(chance, FACTS, 1, 2))}",
            ]
        else:
            effect = self.change()
        verb = effect[0].removeprefix("verb: ")
        keys = [*effect, f"require: '{self.requirement(1, 3)}'", *self.clocks(verb)]
        return f"  a{number}: {{{', '.join([*keys, *self.told(0.65, 0.3)])}}}"

    def change(self) -> list[str]:
        """Factors bound, replaced, reset or recovered."""
        chance = self.chance
        verb = chance.choice(("bind", "replace", "replace", "reset", "recover"))
        keys = [f"verb: {verb}", f"grants: {_list(_few(chance, FACTORS, 1, 2))}"]
        if chance.random() < 0.35:
            keys.append(f"revokes: {_list(_few(chance, FACTS, 1, 1))}")
        if chance.random() < 0.25:
            keys.append(f"removes: {_list(_few(chance, FACTORS, 1, 1))}")
        if chance.random() < 0.15:
            keys.append(f"silences: {_list(_few(chance, NOTICES, 1, 1))}")
        return keys

    def clocks(self, verb: str) -> list[str]:
        found = []
        if self.held[verb]:
            found.append(f"holds: {_list(self.held[verb])}")
        if self.begun[verb]:
            found.append(f"starts: {_list(self.begun[verb])}")
        return found

    def told(self, often: float, waits: float) -> list[str]:
        """A notice, and with it sometimes a delay: a delay that nobody is told of is refused."""
        if self.chance.random() >= often:
            return []
        delay = [f"delay: {self.wait()}h"] if self.chance.random() < waits else []
        return [f"notify: {_list(_few(self.chance, NOTICES, 1, 3))}", *delay]

    def wait(self) -> int:
        return self.chance.choice(WAITS)

    # ------------------------------------------------------------ requirements

    def requirement(self, least: int, most: int) -> str:
        parts = [self.atom() for _ in range(self.chance.randint(least, most))]
        return " and ".join(dict.fromkeys(parts))

    def proof(self) -> str:
        chance, form = self.chance, self.chance.random()
        if form < 0.55:
            return chance.choice(FACTORS)
        if form < 0.8:
            return f"strongest({', '.join(_few(chance, FACTORS, 2, 3))})"
        return f"2 of ({', '.join(_few(chance, FACTORS, 3, 4))})"

    def atom(self) -> str:
        chance, form = self.chance, self.chance.random()
        if form < 0.3:
            return self.proof()
        if form < 0.6:
            return chance.choice(("session", *FACTS))
        if form < 0.7:
            fact = chance.choice(FACTS)
            return f"({fact} and age({fact}) >= {self.wait()}h)"
        if form < 0.82:
            return f"since({chance.choice(CLOCKS)}) >= {self.wait()}h"
        if form < 0.85:
            return "context:listed"
        return f"({self.atom()} or {self.atom()})"
