# SPDX-License-Identifier: Apache-2.0
"""What a pass is never shown without: can the owner still act, and can an attacker keep him waiting for ever.

A policy under which nobody can log in is safe from everybody. So each proof also says what an owner regains who has
lost a factor or whose proofs are in doubt (owner.py), which outflows he gets to at all and what the platform has to
state for them, and who could starve him (starving.py).
"""

from __future__ import annotations

from collections.abc import Collection

from counterseal.core.policy.model import Policy, Profile
from counterseal.core.policy.properties import OwnerRegains
from counterseal.prover.findings import NOTHING, Start, start_of
from counterseal.prover.owner import Owner
from counterseal.prover.proof import Duals, Recovery
from counterseal.prover.starving import starving

__all__ = ["duals_of", "recover", "recoveries", "starving", "unreachable"]

SESSION = "session"


def recover(
    policy: Policy, start: Start, lost: frozenset[str], suspected: str | None, wishes: Collection[str]
) -> Recovery:
    """How long the owner needs without these factors, and with this capability suspected, to have each wish (facts
    and outflow rules): ms from now; None = never. `path`: the actions to the first fact of the wishes.

    Many questions about one account are cheaper with one `Owner`. Raises TooMuchWorkError.
    """
    return Owner(policy, start, wishes).recovery(lost, suspected)


def recoveries(policy: Policy, profile: Profile) -> tuple[Recovery, ...]:
    """The owner of this profile with nothing lost, with each factor lost, and with each capability suspected that
    could produce a proof of a factor he has. He wants a session and every outflow."""
    return _recoveries(_owner(policy, profile), profile)


def unreachable(policy: Policy, profile: Profile, lost: frozenset[str] = NOTHING) -> tuple[str, ...]:
    """Outflows that the owner never gets to without these factors, whatever the platform states."""
    outflows = _outflows(policy)
    owner = Owner(policy, start_of(profile), outflows)
    return tuple(name for name in outflows if owner.way(name, lost) is None)


def duals_of(policy: Policy, profile: Profile) -> Duals:
    """The duals of one policy for one profile; starvation by single capabilities. Raises TooMuchWorkError."""
    owner = _owner(policy, profile)
    needs = {name: owner.needs(name) for name in _outflows(policy)}
    return Duals(
        recoveries=_recoveries(owner, profile),
        unreachable=tuple(name for name in _outflows(policy) if owner.way(name) is None),
        needs={name: names for name, names in needs.items() if names},
        starvation=starving(policy, profile, 1),
    )


def _owner(policy: Policy, profile: Profile) -> Owner:
    promised = [prop.assert_form.fact for prop in policy.properties if isinstance(prop.assert_form, OwnerRegains)]
    session = [SESSION] if SESSION in policy.vocabulary.facts else []
    return Owner(policy, start_of(profile), dict.fromkeys((*session, *promised, *_outflows(policy))))


def _outflows(policy: Policy) -> tuple[str, ...]:
    return tuple(rule.name for rule in policy.rules.values() if rule.outflow)


def _recoveries(owner: Owner, profile: Profile) -> tuple[Recovery, ...]:
    factors = frozenset(profile.factors)
    suspects = [name for name, spec in owner.policy.vocabulary.capabilities.items() if spec.produces & factors]
    return (
        owner.recovery(),
        *(owner.recovery(frozenset({factor})) for factor in profile.factors),
        *(owner.recovery(suspected=name) for name in suspects),
    )
