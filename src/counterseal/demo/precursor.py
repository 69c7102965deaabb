# SPDX-License-Identifier: Apache-2.0
"""Step 0 of the story: whether forged evidence satisfies the rule for disclosure of the policy in force."""

from __future__ import annotations

from counterseal.core.policy.model import CapabilitySpec, Policy, Rule, Vocabulary
from counterseal.demo.model import Attack, CaseResult, DemoError, Played

DISCLOSE = "disclose_identity"


def read_rule(attack: Attack, policy: Policy, vocabulary: Vocabulary) -> CaseResult:
    """A precursor: whether the rule for disclosure is satisfied by what its capabilities can forge.

    The desk is not part of this edition, so the rule is read from the server's policy, not played.
    """
    specs: list[CapabilitySpec] = [vocabulary.capabilities[name] for name in attack.capabilities]
    forged = frozenset().union(*(spec.produces for spec in specs))
    rule = policy.rules.get(DISCLOSE)
    if rule is None:
        raise DemoError(f"the policy has no rule `{DISCLOSE}`", code="rule_missing")
    cubes = _proof_sets(rule)
    open_to = any(cube <= forged for cube in cubes)
    missing = sorted((tuple(sorted(cube - forged)) for cube in cubes), key=lambda names: (len(names), names))
    lacks = () if open_to else missing[0]
    outcome = "disclosed" if open_to else "refused"
    made_by = tuple(next(s.name for s in specs if factor in s.produces) for factor in sorted(forged))
    step = Played(
        at=0,
        actor="attacker",
        action=DISCLOSE,
        outcome="done" if open_to else "deny",
        aim="get the data of clients",
        proofs=tuple(sorted(forged)),
        made_by=made_by,
        lacks=lacks,
        reason=f"the rule is: {rule.require.text}",
        line=rule.line,
    )
    return CaseResult(
        attack=attack.id,
        incident=attack.incident,
        title=attack.title,
        pack=policy.name,
        digest=policy.digest,
        outcome=outcome,
        began=attack.begins,
        zone=attack.zone,
        stopped_at=DISCLOSE,
        steps=(step,),
    )


def _proof_sets(rule: Rule) -> list[frozenset[str]]:
    """The minimal sets of factors that satisfy a rule which asks for nothing else."""
    atoms = rule.require.atoms
    return [
        frozenset(getattr(atoms[bit], "factor", "") for bit in range(len(atoms)) if cube >> bit & 1)
        for cube in rule.require.cubes
    ]
