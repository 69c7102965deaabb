# SPDX-License-Identifier: Apache-2.0
"""What the attacker can produce, and why. Everything that the player uses is asked for here first.

A proof is available because a capability of the vocabulary produces it, or because the attacker bound that factor
earlier. An object may be named because the attacker made it, or because a capability gives it. A message may be
read because it went to the attacker's own contact, or because a capability produces proofs of that channel.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp

from counterseal.core.policy.model import CapabilitySpec, Rule, Vocabulary
from counterseal.demo.model import Attack, BeyondCapabilitiesError, Move, Victim

STEP = 30_000  # ms of a TOTP step (RFC 6238)


class Attacker:
    """The attacker of one case as the attack goes on."""

    def __init__(self, attack: Attack, victim: Victim, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.capabilities: dict[str, CapabilitySpec] = {
            name: vocabulary.capabilities[name] for name in attack.capabilities
        }
        self._victim_contacts = {each.factor: each.contact for each in victim.factors if each.contact}
        self._contacts: dict[str, str] = {}  # contact -> factor
        self._bound: dict[str, str] = {}  # factor -> the action that bound it
        self._made: set[tuple[str, str]] = set()
        self._relayed: dict[str, str] = {}  # factor -> the one action in which a relayed code was used
        self._seeds: list[pyotp.TOTP] = []
        self._last_step = -1
        self._given = {
            (known.kind, known.id)
            for known in victim.objects
            if any(set(known.facts) & spec.holds for spec in self.capabilities.values())
        }

    def source_of(self, factor: str, action: str) -> str | None:
        """What lets the attacker prove `factor` in this action (an id): a capability, or `bound in ACTION`."""
        if factor in self._bound:
            return f"bound in {self._bound[factor]}"
        for name, spec in self.capabilities.items():
            if factor in spec.proves:
                return name
        for name, spec in self.capabilities.items():
            if factor in spec.once and self._relayed.get(factor, action) == action:
                return name
        return None

    def use(self, factor: str, action: str) -> str:
        """The source of a proof that is about to be given. Raises BeyondCapabilitiesError without one."""
        source = self.source_of(factor, action)
        if source is None:
            raise BeyondCapabilitiesError(f"nothing gives the attacker a proof of `{factor}`")
        if factor not in self._bound and factor not in self.capabilities[source].proves:
            self._relayed[factor] = action
        return source

    def require_readable(self, factor: str, to: str, action: str) -> None:
        """Raise BeyondCapabilitiesError unless the attacker sees messages to this contact."""
        own = self._contacts.get(to) == factor
        intercepted = self._victim_contacts.get(factor) == to and any(
            factor in spec.proves or (factor in spec.once and self._relayed.get(factor, action) == action)
            for spec in self.capabilities.values()
        )
        if not own and not intercepted:
            raise BeyondCapabilitiesError(f"the attacker does not see messages to this `{factor}` contact")

    def mutes(self, channel: str, to: str) -> bool:
        """Whether a notice there never reaches the owner: muted by a capability, or sent to the attacker."""
        return to in self._contacts or any(channel in spec.mutes for spec in self.capabilities.values())

    def objects_for(self, move: Move, rule: Rule | None) -> dict[str, str]:
        """The objects that a move names. Raises BeyondCapabilitiesError for one that nothing gives."""
        grants = {
            self.vocabulary.facts[name] for name in (rule.grants if rule else ()) if name in self.vocabulary.facts
        }
        for kind, identity in move.objects:
            if kind not in grants and (kind, identity) not in self._made | self._given:
                raise BeyondCapabilitiesError(f"nothing gives the attacker the {kind} `{identity}`")
        return dict(move.objects)

    def held(self, objects: tuple[tuple[str, str], ...]) -> dict[str, str]:
        """Those of these objects that the attacker has."""
        return {kind: identity for kind, identity in objects if (kind, identity) in self._made | self._given}

    def gained(self, move: Move, rule: Rule, shown: dict[str, tuple[str, ...]]) -> None:
        """The move has taken effect: the attacker has what the rule grants."""
        kinds = {self.vocabulary.facts[name] for name in rule.grants if name in self.vocabulary.facts}
        self._made |= {(kind, identity) for kind, identity in move.objects if kind in kinds}
        for item in move.enrol:
            if item.factor in rule.grants:
                self._bound[item.factor] = move.action
                if item.contact is not None:
                    self._contacts[item.contact] = item.factor
        for lines in shown.values():
            for line in lines:
                secret = parse_qs(urlsplit(line).query).get("secret") if line.startswith("otpauth://") else None
                if secret:
                    self._seeds.append(pyotp.TOTP(secret[0]))

    def first_code(self, secret: str, now: int) -> str:
        """What the attacker's own authenticator shows for a seed that is to be bound; the step is spent by it."""
        self._last_step = max(self._last_step, now // STEP)
        return pyotp.TOTP(secret).at(now // 1000)

    def code_wait(self, now: int) -> int:
        """Ms until the authenticator shows a code that was not used yet (a step counts once)."""
        return max(0, (self._last_step + 1) * STEP - now)

    def totp(self, now: int) -> str:
        """The code of the attacker's own authenticator. Raises BeyondCapabilitiesError without one."""
        if not self._seeds:
            raise BeyondCapabilitiesError("the attacker has no authenticator seed")
        self._last_step = now // STEP
        return self._seeds[-1].at(now // 1000)
