# SPDX-License-Identifier: Apache-2.0
"""Suspicion and doubt: a proof counts only if no suspected capability could have produced it, and what was
granted on a doubtful proof is doubtful too."""

from __future__ import annotations

from msgspec import Struct

from counterseal.core.account import Contact, FactState, Grant, Instance, Object, State, Suspicion, object_key
from counterseal.core.policy.model import CapabilitySpec, Vocabulary

_UNKNOWN = CapabilitySpec(name="unknown")
_DEPTH = 8  # a session granted through a session ...; beyond this everything is doubtful


class Active(Struct, frozen=True):
    """A suspicion that stands now, with what its capability can do."""

    suspicion: Suspicion
    capability: CapabilitySpec

    def touches(self, instance: str) -> bool:
        """Whether the suspicion is about this instance, object or contact (or about all)."""
        return self.suspicion.instance is None or self.suspicion.instance == instance


def active(vocabulary: Vocabulary, state: State, now: int) -> tuple[Active, ...]:
    """The suspicions that stand at `now`. A capability that the vocabulary does not know covers nothing here;
    the loader of signals refuses it."""
    return tuple(
        Active(item, vocabulary.capabilities.get(item.capability, _UNKNOWN))
        for item in state.suspicions.values()
        if item.since <= now < item.until
    )


def covering(factor: str, instance: str, standing: tuple[Active, ...]) -> Active | None:
    """The first standing suspicion that could have produced a proof of this instance."""
    for item in standing:
        if factor in item.capability.produces and item.touches(instance):
            return item
    return None


def muting(contact: Contact, standing: tuple[Active, ...]) -> Active | None:
    """The first standing suspicion under which a notice to this contact may not reach the owner."""
    for item in standing:
        about = item.suspicion.instance
        named = about is None or about in (contact.id, contact.instance)
        if contact.channel in item.capability.mutes and named:
            return item
    return None


def grant_doubt(state: State, grant: Grant, standing: tuple[Active, ...], depth: int = 0) -> Active | None:
    """The suspicion that makes a grant doubtful: it began no later than the grant and could have produced one
    of its proofs, or its session is doubtful (recursively)."""
    if not standing:
        return None
    for item in standing:
        if item.suspicion.since > grant.at:
            continue
        for proof in grant.proofs:
            if proof.factor in item.capability.produces and item.touches(proof.instance):
                return item
    if grant.session is None:
        return None
    if depth >= _DEPTH:
        return standing[0]
    session = state.objects.get(object_key("session", grant.session))
    if session is None or "session" not in session.facts:
        return None
    return fact_doubt(state, session, "session", standing, depth + 1)


def fact_doubt(
    state: State, item: Object, fact: str, standing: tuple[Active, ...], depth: int = 0
) -> Active | None:
    """The suspicion that makes a fact of an object doubtful: through its grant, or because the capability
    gives this fact itself (a stolen session or key), whenever it was granted."""
    for one in standing:
        if fact in one.capability.holds and one.touches(item.id):
            return one
    state_of: FactState = item.facts[fact]
    return grant_doubt(state, state_of.grant, standing, depth)


def instance_doubt(state: State, instance: Instance, standing: tuple[Active, ...]) -> Active | None:
    """The suspicion that makes an enrolled instance doubtful: it was bound on doubtful proofs."""
    return grant_doubt(state, instance.grant, standing)
