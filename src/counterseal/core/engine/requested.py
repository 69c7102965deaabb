# SPDX-License-Identifier: Apache-2.0
"""Whether evidence satisfies a rule about a request: the same compiled requirement and the same `assess`."""

from __future__ import annotations

from collections.abc import Collection

from counterseal.core.account import Action, Grant, Instance, Request, State, UsedProof
from counterseal.core.decision import Decision
from counterseal.core.engine.assess import assess
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy, Rule

REQUEST = "request"


def decide_evidence(
    policy: Policy, name: str, evidence: Collection[str], now: int, context: Collection[str] = ()
) -> tuple[Rule, Decision]:
    """Decide a rule with `subject: request` over kinds of evidence that are taken as verified at `now` (ms).

    Nothing is kept: a request has no account. Raises InputError for a rule that is none, and for evidence or
    statements of context that it does not ask for.
    """
    rule = policy.rules.get(name)
    if rule is None:
        raise InputError(f"the policy has no action `{name[:64]}`", code="unknown_action")
    if rule.subject != REQUEST:
        raise InputError(f"`{rule.name}` is about an account, not about a request", code="wrong_subject")
    for factor in evidence:
        if factor not in rule.require.factors:
            raise InputError(f"`{factor[:64]}` is not asked for here", code="factor_not_asked")
    for stated in context:
        if stated not in policy.vocabulary.context:
            raise InputError(f"`{stated[:64]}` is not a context of the vocabulary", code="unknown_context")
    grant = Grant(now, REQUEST)
    open_to_all = {factor: Instance(factor, factor, grant, started=now) for factor in rule.require.factors}
    proofs = tuple(UsedProof(factor, factor, now, f"evidence:{factor}") for factor in sorted(set(evidence)))
    action = Action(REQUEST, Request(rule.name, context=frozenset(context)), now, proofs=proofs)
    return rule, assess(policy, State(REQUEST, enrolled=open_to_all), action, now, trusted_time=True)
