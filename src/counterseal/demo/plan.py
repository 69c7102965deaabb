# SPDX-License-Identifier: Apache-2.0
"""From a path of the prover to what is sent to the API: objects, contacts, destinations, proofs. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from counterseal.core.policy.expression import Age, Context, Rank
from counterseal.core.policy.expression import Proof as ProofAtom
from counterseal.core.policy.model import CapabilitySpec, Policy, Profile, Rule
from counterseal.demo.model import DemoError
from counterseal.demo.replay_parts import Known, Proof
from counterseal.guard.requests import ON_LEDGER
from counterseal.prover.findings import Attack, Step, Use
from counterseal.sdk import Payment

LONG = 400 * 86_400_000
"""Ms: the age of what has no lifetime, longer than any wait."""
DAY = 86_400_000
SPARE = 60_000
"""Ms by which what has a lifetime is older than the longest wait on it."""
OWN = {"app": "totp", "printed": "rcode"}
AMOUNT = Decimal("1.00")
TOLERANCE = 2 * 60_000
"""Ms by which a played moment may be later than the predicted one: a code of an authenticator counts once in 30 s,
and what waits for a step that came late comes as late."""


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `at`: ms since the first. `collect_at`: when a delayed outflow is due. `enrol`: factor ->
    contact or "". A judicial request has `evidence` instead of proofs. `renew`: the owner's action
    that comes first, with its objects, because what a capability gives for ever is gone on this account."""

    action: str
    at: int
    objects: dict[str, str] = {}
    address: tuple[str, str] | None = None
    enrol: dict[str, str] = {}
    context: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    evidence: tuple[str, ...] | None = None
    payment: Payment | None = None
    collect_at: int | None = None
    renew: tuple[str, dict[str, str]] | None = None
    source: Step


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a replay sends. `factors`: the owner's, with their contacts or ""; `contacts`: for notices
    only; `objects`: what the attacker has from the start; `muted`: channels on which the owner hears nothing."""

    account: str
    factors: dict[str, str]
    contacts: dict[str, str]
    objects: tuple[Known, ...]
    muted: tuple[str, ...]
    steps: tuple[PlannedStep, ...]


def plan_of(attack: Attack, policy: Policy, profile: Profile, account: str) -> Plan:
    """What to send for this attack on an account of this profile. Raises DemoError for what no API call can do."""
    return _Planner(attack, policy, profile, account).plan()


def number_of(account: str) -> tuple[str, str]:
    """What tells one account's phone number (nine digits) and the attacker's address (0x...) from another's."""
    number = int.from_bytes(hashlib.sha256(account.encode()).digest()[:6], "big") % 10**9
    return f"{number:09d}", f"0x{number:040x}"


class _Planner:
    def __init__(self, attack: Attack, policy: Policy, profile: Profile, account: str) -> None:
        self.attack, self.policy, self.profile, self.account = attack, policy, profile, account
        self.words = policy.vocabulary
        unknown = sorted(set(attack.capabilities) - set(self.words.capabilities))
        if unknown:
            raise DemoError(f"`{unknown[0]}` is not a capability of this policy's vocabulary", code="path_unknown")
        self.specs: list[CapabilitySpec] = [self.words.capabilities[name] for name in attack.capabilities]
        self.digits, spot = number_of(account)
        final = self.rule(attack.path[-1].action)
        self.spot = ("" if final.kind in ON_LEDGER else "eth", spot)
        self.contacts_made = 0

    def plan(self) -> Plan:
        own = {name: self.contact(name) for name in self.profile.factors}
        bare = [name for name in self.profile.channels if name not in own]
        for name, value in own.items():
            if value and name not in self.profile.channels:
                raise DemoError(f"`{name}` has a contact, so its channel reaches the owner", code="path_profile")
        last = len(self.attack.path) - 1
        steps = [self.step(step, final=index == last) for index, step in enumerate(self.attack.path)]
        return Plan(
            account=self.account,
            factors=own,
            contacts={name: f"{name}-{self.account}" for name in bare},
            objects=self.given(),
            muted=tuple(sorted(set().union(*(spec.mutes for spec in self.specs)))),
            steps=tuple(sorted(steps, key=lambda each: each.at)),  # stable: the last one stays behind its equals
        )

    def rule(self, name: str) -> Rule:
        found = self.policy.rules.get(name)
        if found is None:
            raise DemoError(f"the policy has no rule `{name}`", code="path_unknown")
        return found

    def contact(self, factor: str, *, attacker: int = 0) -> str:
        """A contact of a factor that has one, else "". Everybody's differs."""
        if not self.words.factors[factor].contact:
            return ""
        who = f"x{attacker}-{self.account}" if attacker else self.account
        if factor == "sms":
            return f"+44{attacker}{self.digits}"
        return f"{who}@mail.test" if factor == "email" else f"{factor}-{who}"

    def given(self) -> tuple[Known, ...]:
        """What the capabilities give: one object of each kind, with all its facts."""
        facts = sorted(set().union(*(spec.holds for spec in self.specs)))
        kinds = dict.fromkeys(self.words.facts[name] for name in facts)
        found = []
        for kind in kinds:
            mine = tuple(name for name in facts if self.words.facts[name] == kind)
            spot = self.spot if kind == "address" else None
            found.append(Known(kind, self.object(kind), mine, self.age(mine), spot))
        return tuple(found)

    def object(self, kind: str) -> str:
        return f"x-{kind}-{self.account}"

    def age(self, facts: Iterable[str]) -> int:
        """Older than every wait, and not expired for as long as can be."""
        mine, rules = frozenset(facts), self.policy.rules.values()
        waits = [a.wait for rule in rules for a in rule.require.atoms if isinstance(a, Age) and a.fact in mine]
        lives = any(name in rule.lasts for rule in rules for name in mine)
        return max(waits, default=0) + SPARE if lives else LONG

    def step(self, step: Step, *, final: bool) -> PlannedStep:
        rule = self.rule(step.action)
        context = tuple(sorted({atom.name for atom in rule.require.atoms if isinstance(atom, Context)}))
        if rule.subject == "request":
            evidence = tuple(self.proof(use, step).factor for use in step.uses)
            return PlannedStep(action=rule.name, at=step.at, context=context, evidence=evidence, source=step)
        kinds = {self.words.facts[name] for name in (*step.facts, *rule.grants) if name in self.words.facts}
        payment = self.payment(rule) if rule.outflow else None
        return PlannedStep(
            action=rule.name,
            at=step.at,
            objects={kind: self.object(kind) for kind in sorted(kinds - {"address"})},
            address=self.spot if "address" in kinds and payment is None else None,
            enrol=self.enrolments(rule),
            context=context,
            proofs=tuple(self.proof(use, step) for use in _completing_last(rule, step.uses, self.profile.factors)),
            payment=payment,
            collect_at=step.effect if final and step.effect > step.at else None,
            renew=self.renewal(step),
            source=step,
        )

    def proof(self, use: Use, step: Step) -> Proof:
        """How this proof is given. Raises DemoError if nothing in the path lets the attacker give it."""
        spec = next((each for each in self.specs if each.name == use.source), None)
        told = (self.rule(each.action).discloses for each in self.before(step))
        has = use.factor in spec.produces if spec else use.source == "bound"
        if not has and not (use.source == "disclosed" and any(use.factor in each for each in told)):
            sentence = f"`{use.source}` gives the attacker no proof of `{use.factor}` in `{step.action}`"
            raise DemoError(sentence, code="path_unfounded")
        return Proof(use.factor, self.how(use.factor), use.source)

    def renewal(self, step: Step) -> tuple[str, dict[str, str]] | None:
        """The owner's action that brings back what this step rests on: a step before ended it, or its life is over.

        Nothing for what a capability gave only once: that is gone for the attacker, too.
        """
        lasting = set(step.facts) & set().union(*(spec.gives for spec in self.specs))
        for fact in sorted(lasting):
            life = min(
                (rule.lasts[fact] for rule in self.policy.rules.values() if fact in rule.lasts), default=None
            )
            over = life is not None and step.at + self.age((fact,)) + DAY > life
            if over or any(fact in self.rule(each.action).revokes for each in self.before(step)):
                rules = [rule for rule in self.policy.rules.values() if fact in rule.grants and not rule.outflow]
                rule = min(
                    rules, key=lambda each: (len(each.starts) + len(each.holds), each.delay, len(each.grants))
                )
                named = {getattr(a, "name", getattr(a, "fact", "")) for a in rule.require.atoms} | set(rule.grants)
                kinds = {self.words.facts[name] for name in named if name in self.words.facts}
                return rule.name, {kind: self.object(kind) for kind in sorted(kinds - {"address"})}
        return None

    def before(self, step: Step) -> Iterable[Step]:
        at = next(index for index, each in enumerate(self.attack.path) if each is step)
        return (each for each in self.attack.path[:at] if each.effect <= step.at)

    def how(self, factor: str) -> str:
        """Real where the factor is built, else counted as proved under the scope for tests."""
        spec = self.words.factors[factor]
        if spec.attested:
            return "attested"
        if spec.contact and factor in self.words.channels:
            return "code"
        return next((how for how, name in OWN.items() if name == factor), "test")

    def enrolments(self, rule: Rule) -> dict[str, str]:
        """What the attacker binds: his own contacts; what is attested and has none needs no data."""
        specs = self.words.factors
        wanted = [name for name in rule.grants if name in specs]
        self.contacts_made += 1
        return {
            name: self.contact(name, attacker=self.contacts_made)
            for name in wanted
            if specs[name].contact or not specs[name].attested
        }

    def payment(self, rule: Rule) -> Payment:
        """The smallest outflow to a destination of the attacker's."""
        kinds = {self.words.facts.get(getattr(a, "name", getattr(a, "fact", ""))) for a in rule.require.atoms}
        chain, destination = self.spot
        if "payout" in kinds:
            chain, destination = "", self.object("payout")
        return Payment(
            account=self.account,
            chain=chain,
            asset=self.policy.currency,
            amount=AMOUNT,
            destination=destination,
            outflow=rule.name,
        )


def _completing_last(rule: Rule, uses: Iterable[Use], enrolled: Iterable[str]) -> list[Use]:
    """The proofs in an order in which the requirement is met as late as can be: what is accepted takes no more,
    and a delayed action may be decided again by others than it was accepted by."""
    atoms, there = rule.require.atoms, frozenset(enrolled)
    every, likely = list[frozenset[str]](), list[frozenset[str]]()
    for bits in rule.require.cubes:
        mine = [atom for bit, atom in enumerate(atoms) if bits >> bit & 1]
        proofs = frozenset(atom.factor for atom in mine if isinstance(atom, ProofAtom))
        every.append(proofs)
        if not any(isinstance(atom, Rank) and there & set(atom.factors[: atom.index]) for atom in mine):
            likely.append(proofs)  # unless the path has removed something
    left, given = list(uses), set[str]()
    found: list[Use] = []
    while left:
        late = (u for cubes in (every, likely) for u in left if not any(c <= given | {u.factor} for c in cubes))
        chosen = next(late, left[0])
        left.remove(chosen)
        given.add(chosen.factor)
        found.append(chosen)
    return found
