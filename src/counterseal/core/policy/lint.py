# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a policy although every word of it is known.

Errors are refused; warnings are kept with the policy. Codes are stable; docs/policy.md explains each.
That no requirement can become true through a suspicion, a freeze, an expiry or an unavailable factor needs
no check here: the grammar has no atom that could, and `stretch` below 1 is refused by the loader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from counterseal.core.errors import Span
from counterseal.core.policy.clocks import clock_members, targets
from counterseal.core.policy.closure import reachable, satisfiable
from counterseal.core.policy.expression import Age, Fact, Since
from counterseal.core.policy.faults import Lint
from counterseal.core.policy.model import Requirement, Rule, Vocabulary
from counterseal.core.policy.rules import Draft

MONEY_OBJECTS = frozenset({"address", "api_key", "payout"})
"""Kinds of objects through which value leaves."""


class Document(msgspec.Struct, frozen=True):
    """What the lint looks at. `complete`: nothing was left out because of earlier faults."""

    vocabulary: Vocabulary
    drafts: tuple[Draft, ...]
    not_offered: Mapping[str, Span]
    outflows: Span
    complete: bool

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules."""
        return tuple(draft.rule for draft in self.drafts)


def lint(document: Document) -> tuple[Lint, ...]:
    """Every finding. Checks that need the whole document are left out while it has other faults."""
    found = [item for draft in document.drafts for item in _of_rule(draft)]
    found.extend(_outflows(document))
    if document.complete:
        found.extend(_facts(document))
        found.extend(_clocks(document))
        found.extend(_platform(document))
        found.extend(_money(document))
    return tuple(found)


def _of_rule(draft: Draft) -> Iterator[Lint]:
    """What one rule shows by itself."""
    rule, keys = draft.rule, draft.keys
    for mention in draft.mentions:
        if isinstance(mention.atom, Age) and _ages_without(rule.require, mention.atom):
            fact = mention.atom.fact
            hint = f"Write `{fact} and age({fact}) >= ...`."
            yield Lint("age_without_fact", f"`age({fact})` without `{fact}` beside it", hint, mention.span)
    if rule.delay and not rule.notify:
        hint = "Add `notify`: a delay protects only an owner who hears of it and can cancel."
        yield Lint("delay_untold", f"`{rule.name}` waits, but nobody is told", hint, keys["delay"])
    if rule.silences and not rule.notify:
        hint = "Add `notify` with the channel as it was before."
        yield _warning(
            "silence_untold", f"`{rule.name}` silences a channel without a notice", hint, keys["silences"]
        )
    if (rule.holds or rule.starts) and not rule.notify:
        key = keys.get("holds") or keys.get("starts") or draft.key
        hint = "Add `notify`: a hold gives time only to an owner who is told."
        yield _warning("hold_untold", f"`{rule.name}` starts a hold, but nobody is told", hint, key)
    if rule.subject == "request":
        for word in ("grants", "revokes", "removes", "silences", "confirms", "lifts", "locks"):
            if word in keys:
                sentence = f"a judicial request cannot do what `{word}` says to an account"
                yield Lint("request_effect", sentence, "It can only disclose.", keys[word])
    elif rule.discloses:
        sentence = "only a judicial request discloses"
        yield Lint("discloses_misplaced", sentence, "Add `subject: request`.", keys["discloses"])


def _ages_without(requirement: Requirement, age: Age) -> bool:
    """Whether some way to meet the requirement has this age but not its fact."""
    index = {atom: 1 << number for number, atom in enumerate(requirement.atoms)}
    fact, bit = index.get(Fact(age.fact), 0), index.get(age, 0)
    return any(cube & bit and not cube & fact for cube in requirement.cubes)


def _outflows(document: Document) -> Iterator[Lint]:
    """Each outflow of the closed list is ruled, or said not to be offered, and not both."""
    ruled = {draft.rule.kind: draft for draft in document.drafts if draft.rule.outflow}
    for kind, sentence in document.vocabulary.outflow_kinds.items():
        if kind in ruled and kind in document.not_offered:
            line = ruled[kind].key.line
            text = f"`{kind}` is not offered, but line {line} has a rule for it"
            yield Lint("outflow_contradicted", text, "Keep one of the two.", document.not_offered[kind])
        elif document.complete and kind not in ruled and kind not in document.not_offered:
            text = f"the outflow `{kind}` has no rule ({sentence})"
            yield Lint("outflow_missing", text, f"Add a rule, or `{kind}: not_offered`.", document.outflows)


def _facts(document: Document) -> Iterator[Lint]:
    """Facts that nothing grants, and rules that nobody can ever reach."""
    vocabulary = document.vocabulary
    granted = {name for rule in document.rules for name in rule.grants}
    everything = reachable(document.rules, vocabulary, frozenset(vocabulary.factors))
    for draft in document.drafts:
        missing: dict[str, Span] = {}
        for mention in draft.mentions:
            if isinstance(mention.atom, Fact | Age):
                name = mention.atom.name if isinstance(mention.atom, Fact) else mention.atom.fact
                if name not in granted:
                    missing.setdefault(name, mention.span)
        for name, span in missing.items():
            hint = "Add an action with `grants`, or leave the fact out."
            yield Lint("fact_never_granted", f"nothing grants `{name}`", hint, span)
        if not missing and not satisfiable(draft.rule.require.expression, vocabulary, everything):
            hint = "The facts that it needs wait for each other."
            place = draft.keys.get("require", draft.key)
            yield Lint("unreachable", f"nobody can ever reach `{draft.rule.name}`", hint, place)


def _clocks(document: Document) -> Iterator[Lint]:
    """Clocks that nothing restarts, and verbs that restart one in this rule but not in that one."""
    members = clock_members({rule.name: rule for rule in document.rules}, document.vocabulary)
    for draft in document.drafts:
        for mention in draft.mentions:
            if isinstance(mention.atom, Since) and not members[mention.atom.clock]:
                hint = "It always counts as over. Add `holds` to an action, or leave it out."
                text = f"nothing restarts the clock `{mention.atom.clock}`"
                yield _warning("clock_idle", text, hint, mention.span)
        rule = draft.rule
        for clock, pairs in members.items():
            shared = [target for target in targets(rule) if (rule.verb, target) in pairs]
            if shared and clock not in (*rule.holds, *rule.starts):
                other = _holder(document.rules, rule.verb, shared[0], clock)
                text = f"`{rule.name}` does `{rule.verb}` to `{shared[0]}` without `{clock}`, `{other}` restarts it"
                hint = "One verb on one target restarts a clock always or never: use another verb, or hold both."
                yield Lint("clock_ambiguous", text, hint, draft.key)


def _holder(rules: tuple[Rule, ...], verb: str, target: str, clock: str) -> str:
    return next(
        rule.name
        for rule in rules
        if rule.verb == verb and target in targets(rule) and clock in (*rule.holds, *rule.starts)
    )


def _platform(document: Document) -> Iterator[Lint]:
    """Outflows that need nothing but what the platform says it has verified."""
    vocabulary = document.vocabulary
    attested = frozenset(name for name, spec in vocabulary.factors.items() if spec.attested)
    have = reachable(document.rules, vocabulary, attested)
    for draft in document.drafts:
        rule = draft.rule
        if not rule.outflow:
            continue
        alone = satisfiable(rule.require.expression, vocabulary, have)
        if alone and not rule.trusts_platform:
            hint = "Ask for a proof that Counterseal verifies, or admit it with `trusts: platform`."
            text = f"`{rule.name}` can be reached with proofs that only the platform verified"
            yield Lint("platform_trusted", text, hint, draft.keys.get("require", draft.key))
        elif rule.trusts_platform and not alone:
            text = f"`{rule.name}` does not rest on the platform alone"
            yield _warning("platform_trust_idle", text, "Remove `trusts: platform`.", draft.keys["trusts"])


def _money(document: Document) -> Iterator[Lint]:
    """Objects through which value leaves, granted without a hold and used without an age."""
    kinds = document.vocabulary.facts
    unaged = {
        fact
        for rule in document.rules
        if rule.outflow
        for fact in kinds
        if kinds[fact] in MONEY_OBJECTS and _used_unaged(rule.require, fact, kinds)
    }
    for draft in document.drafts:
        rule = draft.rule
        if rule.outflow or rule.holds or rule.starts or rule.delay:
            continue
        for fact in rule.grants:
            if fact in unaged:
                text = f"`{rule.name}` grants `{fact}` without a hold, and an outflow uses it at once"
                hint = f"Add `holds` or `delay`, or ask for `age({fact})` where value leaves."
                yield _warning("hold_missing", text, hint, draft.words[("grants", fact)])


def _used_unaged(requirement: Requirement, fact: str, kinds: Mapping[str, str]) -> bool:
    """Whether some cube has the fact and no age of any fact of the same object."""
    bit, ages = 0, 0
    for index, atom in enumerate(requirement.atoms):
        if atom == Fact(fact):
            bit |= 1 << index
        elif isinstance(atom, Age) and kinds.get(atom.fact) == kinds[fact] and atom.wait > 0:
            ages |= 1 << index
    return any(cube & bit and not cube & ages for cube in requirement.cubes)


def _warning(code: str, sentence: str, hint: str, span: Span) -> Lint:
    return Lint(code, sentence, hint, span, "warning")
