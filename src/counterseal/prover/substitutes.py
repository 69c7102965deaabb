# SPDX-License-Identifier: Apache-2.0
"""Where a weaker factor serves in the place of a stronger one that the owner has enrolled.

Told from the cubes of each rule alone, whatever an attacker holds. `confirm` rules count as all others do; rules
that only end things do not, nor do rules about a judicial request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from counterseal.core.policy.expression import Age, Atom, Context, Fact, Proof, Rank, Since
from counterseal.core.policy.model import Policy, Profile, Rule
from counterseal.core.policy.quantities import spell

Cube = frozenset[Atom]


class Substitution(msgspec.Struct, frozen=True):
    """A rule that the weaker factor opens; `text`: what it takes. `line`: of the rule."""

    rule: str
    line: int
    text: str


def substitutes(policy: Policy, profile: Profile, weaker: str, stronger: str) -> tuple[Substitution, ...]:
    """The ways in which `weaker` opens a rule without `stronger` or a factor that ranks above it.

    Found are those where the same rule can be had with such a factor in its place and nothing else that the weaker
    way does not take too; and all of a rule that removes `stronger`, or grants it otherwise than by adding one.
    Nothing if the profile does not have `stronger`: then there is nothing to stand in for.
    """
    if stronger not in profile.factors:
        return ()
    strong = {stronger, *above(policy, stronger)} - {weaker}
    found: list[Substitution] = []
    for rule in policy.rules.values():
        if rule.verb == "revoke" or rule.subject == "request":
            continue
        valid = list(_cubes(rule, profile.factors))
        takes_off = stronger in rule.removes or (stronger in rule.grants and rule.verb != "bind")
        for cube in valid:
            proofs = _proofs(cube)
            if weaker in proofs and not strong & proofs and (takes_off or _replaced(cube, valid, strong)):
                found.append(Substitution(rule.name, rule.line, _text(rule, cube)))
    return tuple(found)


def above(policy: Policy, factor: str) -> frozenset[str]:
    """Factors that stand before this one in some `strongest(...)` of the policy."""
    found: set[str] = set()
    for rule in policy.rules.values():
        for atom in rule.require.atoms:
            if isinstance(atom, Rank) and factor in atom.factors:
                found.update(atom.factors[: atom.factors.index(factor)])
    return frozenset(found)


def _cubes(rule: Rule, enrolled: Collection[str]) -> Iterator[Cube]:
    """The cubes that an owner with these factors can meet. What `strongest` comes to is known, so it drops out."""
    for bits in rule.require.cubes:
        cube = [atom for index, atom in enumerate(rule.require.atoms) if bits >> index & 1]
        ranks = [atom for atom in cube if isinstance(atom, Rank)]
        if any(set(rank.factors[: rank.index]) & set(enrolled) for rank in ranks):
            continue
        rest = frozenset(atom for atom in cube if not isinstance(atom, Rank))
        if _proofs(rest) <= set(enrolled):
            yield rest


def _proofs(cube: Cube) -> set[str]:
    return {atom.factor for atom in cube if isinstance(atom, Proof)}


def _replaced(cube: Cube, others: Collection[Cube], strong: Collection[str]) -> bool:
    """Whether another way takes a strong factor, and nothing else that this one does not take too."""
    for other in others:
        rest = [atom for atom in other if not (isinstance(atom, Proof) and atom.factor in strong)]
        if len(rest) < len(other) and all(_within(atom, cube) for atom in rest):
            return True
    return False


def _within(atom: Atom, cube: Cube) -> bool:
    """Whether a cube asks for this and no less of it."""
    if isinstance(atom, Age):
        return any(isinstance(other, Age) and other.fact == atom.fact and other.wait >= atom.wait for other in cube)
    if isinstance(atom, Since):
        waits = [other.wait for other in cube if isinstance(other, Since) and other.clock == atom.clock]
        return any(wait >= atom.wait for wait in waits)
    return atom in cube


def _text(rule: Rule, cube: Cube) -> str:
    """The cube as it could stand in a policy, in the order of the rule."""
    return " and ".join(_spelled(atom) for atom in rule.require.atoms if atom in cube)


def _spelled(atom: Atom) -> str:
    match atom:
        case Proof(factor):
            return factor
        case Fact(name):
            return name
        case Context(name):
            return f"context:{name}"
        case Since(clock, wait):
            return f"since({clock}) >= {spell(wait)}"
        case Age(fact, wait):
            return f"age({fact}) >= {spell(wait)}"
        case Rank(factors, _):
            return f"strongest({', '.join(factors)})"
