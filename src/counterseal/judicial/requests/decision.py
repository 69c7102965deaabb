# SPDX-License-Identifier: Apache-2.0
"""May this be done? The policy's rule over the evidence that counts and the conditions that hold. Pure.

Evidence is a factor, a condition is context. The rule is asked by the same engine as any action of an account. One
more thing is looked at here: of what a single officer recorded by hand one piece counts at a time, so that nobody
makes both halves of the proof alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import Final

import msgspec

from counterseal.core.decision import Decision, Outcome
from counterseal.core.engine.requested import decide_evidence
from counterseal.core.policy.expression import Context as Stated
from counterseal.core.policy.model import Policy, Rule
from counterseal.judicial.packs.model import Pack
from counterseal.judicial.packs.scope import reviews_needed, scope_of
from counterseal.judicial.packs.verdicts import Scope
from counterseal.judicial.requests.binding import TWO, digest_of, standing
from counterseal.judicial.requests.cut import Cut, cuts_of
from counterseal.judicial.requests.evidence import BY_HAND, contradictions, counting
from counterseal.judicial.requests.model import (
    FACTOR_OF,
    RULE_OF,
    JudicialRequest,
    State,
    Type,
)
from counterseal.judicial.requests.stored import RequestRuleError

OFFICERS: Final = frozenset({"two_officers", "duty_officer"})
"""What approvals state; all else has to hold before anybody may approve."""

MISSING: Final[Mapping[str, tuple[str, str]]] = {
    "evidence": ("evidence is missing", "缺少证据"),
    "uncontradicted": ("something speaks against it", "存在相反证据"),
    "legal_basis": ("the legal review has not passed", "法律审查尚未通过"),
    "within_scope": ("the fields are not within the rule pack", "字段超出规则包范围"),
    "key_confirmed": ("no delivery key was confirmed on a call-back", "未经回拨确认交付密钥"),
    "two_officers": ("two officers have not approved this state of it", "尚未由两名人员批准当前内容"),
    "duty_officer": ("no officer has approved this state of it", "尚无人员批准当前内容"),
}


class NotServedError(RequestRuleError):
    """The policy has no rule for this type of request."""

    code = "type_not_served"


class Counted(msgspec.Struct, frozen=True):
    """A piece of evidence that counts as a factor."""

    factor: str
    kind: str
    evidence: str
    by: str


class Missing(msgspec.Struct, frozen=True):
    """Something that has to come before the rule allows it."""

    code: str
    english: str
    chinese: str


class Decided(msgspec.Struct, frozen=True):
    """The answer. `allowed`: the rule holds now, approvals included; `ready`: it would with the officers.
    `alternatives`: kinds of evidence of which one set would do; `digest`: what an approval is bound to."""

    rule: str
    line: int
    policy: str
    allowed: bool
    ready: bool
    counted: tuple[Counted, ...]
    context: tuple[str, ...]
    missing: tuple[Missing, ...]
    alternatives: tuple[tuple[str, ...], ...]
    digest: str
    scope: Scope
    cut_rule: Cut
    cut_standing: Cut


def rule_of(policy: Policy, request: JudicialRequest, about: JudicialRequest | None = None) -> Rule:
    """The rule that decides it; of an amendment or a withdrawal that of the request that it is about. Raises
    NotServedError where the policy has none."""
    kind = wanted(request, about)
    rule = policy.rules.get(RULE_OF.get(kind, ""))
    if rule is None or rule.subject != "request":
        raise NotServedError(f"the policy has no rule for `{kind}`")
    return rule


def wanted(request: JudicialRequest, about: JudicialRequest | None) -> Type:
    """The type by which it is decided."""
    if request.type in RULE_OF:
        return request.type
    if about is None or about.type not in RULE_OF:
        raise NotServedError(f"a request of type `{request.type}` names the request that it is about")
    return about.type


def decide(
    policy: Policy,
    request: JudicialRequest,
    pack: Pack | None,
    now: int,
    *,
    about: JudicialRequest | None = None,
    assume: Collection[str] = (),
) -> Decided:
    """Ask the rule. `assume`: conditions that are taken as stated besides those that hold (officers who are about
    to approve). Raises NotServedError."""
    rule = rule_of(policy, request, about)
    scope = scope_of(pack, request, wanted=wanted(request, about))
    counted = _counted(rule, request)
    context = context_of(request, pack, scope, now) | set(assume)
    best = _asked(policy, rule, counted, now, context)
    ready = _asked(policy, rule, counted, now, context | OFFICERS)
    alternatives = () if _allows(ready) else _evidence_wanted(policy, rule, counted, now)
    missing = [*(["evidence"] if alternatives else []), *_conditions(rule, context)]
    cut_rule, cut_standing = cuts_of(policy, rule, {each.factor for each in counted})
    return Decided(
        rule=rule.name,
        line=rule.line,
        policy=policy.digest,
        allowed=_allows(best),
        ready=_allows(ready),
        counted=counted,
        context=tuple(sorted(context)),
        missing=() if _allows(best) else tuple(Missing(each, *MISSING.get(each, (each, each))) for each in missing),
        alternatives=alternatives,
        digest=digest_of(request),
        scope=scope,
        cut_rule=cut_rule,
        cut_standing=cut_standing,
    )


def context_of(request: JudicialRequest, pack: Pack | None, scope: Scope, now: int) -> set[str]:
    """The conditions that the desk states of this request now."""
    stated = set[str]()
    if not contradictions(request) and request.state not in {State.SUSPECTED_FORGED, State.CONFIRMED_FORGED}:
        stated.add("uncontradicted")
    if reviewed(request, pack):
        stated.add("legal_basis")
    if scope.within:
        stated.add("within_scope")
    if request.key and any(each.id == request.key_evidence for each in counting(request)):
        stated.add("key_confirmed")
    approval = standing(request, now)
    if approval is not None:
        stated.add("duty_officer")
        if len(set(approval.officers)) >= TWO:
            stated.add("two_officers")
    return stated


def reviewed(request: JudicialRequest, pack: Pack | None) -> bool:
    """Whether the legal review of this very basis passed, by as many people as so many users ask for."""
    held = request.review
    if held is None or not held.passed or pack is None or held.basis != request.legal_basis:
        return False
    return len(set(held.by.split())) >= reviews_needed(pack, len(request.accounts))


def _counted(rule: Rule, request: JudicialRequest) -> tuple[Counted, ...]:
    found = [(each, FACTOR_OF[each.kind]) for each in counting(request) if each.kind in FACTOR_OF]
    return tuple(
        Counted(factor, each.kind.value, each.id, each.collected_by)
        for each, factor in found
        if factor in rule.require.factors
    )


def _asked(
    policy: Policy, rule: Rule, counted: tuple[Counted, ...], now: int, context: Collection[str]
) -> Decision:
    """The best answer over the choices of what each officer's word counts for."""
    known = [each for each in context if each in policy.vocabulary.context]
    answers = [decide_evidence(policy, rule.name, factors, now, known)[1] for factors in choices(counted)]
    return next((each for each in answers if _allows(each)), answers[0])


def choices(counted: tuple[Counted, ...]) -> list[frozenset[str]]:
    """Sets of factors that count together: all that a machine found, and one of each officer's own entries."""
    hand = {each.value for each in BY_HAND}
    free = frozenset(each.factor for each in counted if each.kind not in hand)
    own: dict[str, set[str]] = {}
    for each in counted:
        if each.kind in hand:
            own.setdefault(each.by, set()).add(each.factor)
    return [free | set(chosen) for chosen in product(*(sorted(factors) for factors in own.values()))]


def _evidence_wanted(
    policy: Policy, rule: Rule, counted: tuple[Counted, ...], now: int
) -> tuple[tuple[str, ...], ...]:
    """Sets of evidence still missing, were every condition met; none where the evidence is enough."""
    every = list(policy.vocabulary.context)
    answers = [decide_evidence(policy, rule.name, factors, now, every)[1] for factors in choices(counted)]
    if any(_allows(each) for each in answers):
        return ()
    sets = {each for answer in answers for each in answer.alternatives}
    return tuple(sorted(sets, key=lambda each: (len(each), each)))


def _conditions(rule: Rule, context: Collection[str]) -> list[str]:
    """The conditions that the rule names on every path and that are not stated, in the order of the desk's work."""
    bits = 0
    for index, cube in enumerate(rule.require.cubes):
        bits = cube if index == 0 else bits & cube
    named = {
        atom.name for index, atom in enumerate(rule.require.atoms) if bits >> index & 1 and isinstance(atom, Stated)
    }
    order = list(MISSING)
    lacking = named - set(context)
    return sorted(lacking, key=lambda each: (order.index(each) if each in order else len(order), each))


def _allows(decision: Decision) -> bool:
    return decision.outcome is Outcome.ALLOW
