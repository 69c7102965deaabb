# SPDX-License-Identifier: Apache-2.0
"""Suspicion and doubt: a proof counts only if no suspected capability could have produced it, and what was
granted on a doubtful proof is doubtful too."""

from __future__ import annotations

from msgspec import Struct

from counterseal.core.account import Contact, Grant, Instance, Object, State, Suspicion, object_key
from counterseal.core.policy.model import CapabilitySpec, Rule, Vocabulary
from counterseal.core.stops import Glass

_UNKNOWN = CapabilitySpec(name="unknown")


class Active(Struct, frozen=True, gc=False):
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


def open_now(state: State, now: int) -> Glass | None:
    """The glass that is broken at `now` (ms), or None."""
    return next((item for item in state.glass if item.since <= now < item.until), None)


def puts_aside(state: State, rule: Rule, now: int) -> bool:
    """Whether break-glass puts suspicions aside for an action of this rule. Never for an outflow."""
    return not rule.outflow and bool(state.glass) and open_now(state, now) is not None


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


def grant_doubt(
    state: State, grant: Grant, standing: tuple[Active, ...], seen: frozenset[str] = frozenset()
) -> Active | None:
    """The suspicion that makes a grant doubtful: it began no later than the grant and could have produced one
    of its proofs or its session; or what it rests on, a factor or the session, is doubtful (recursively)."""
    for item in standing:
        if item.suspicion.since > grant.at:
            continue
        for proof in grant.proofs:
            if proof.factor in item.capability.produces and item.touches(proof.instance):
                return item
    for proof in grant.proofs:
        instance = state.enrolled.get(proof.instance)
        if instance is not None and instance.id not in seen:
            doubt = grant_doubt(state, instance.grant, standing, seen | {instance.id})
            if doubt is not None:
                return doubt
    return None if grant.session is None else _session_doubt(state, grant, grant.session, standing, seen)


def _session_doubt(
    state: State, grant: Grant, session: str, standing: tuple[Active, ...], seen: frozenset[str]
) -> Active | None:
    before = tuple(item for item in standing if item.suspicion.since <= grant.at)
    found = state.objects.get(object_key("session", session))
    if found is None or "session" not in found.facts:
        return before[0] if before else None  # forgotten long ago: nobody can say any more what it rested on
    for item in before:
        if "session" in item.capability.holds and item.touches(session):
            return item
    key = object_key("session", session)
    return None if key in seen else grant_doubt(state, found.facts["session"].grant, standing, seen | {key})


def fact_doubt(state: State, item: Object, fact: str, standing: tuple[Active, ...]) -> Active | None:
    """The suspicion that makes a fact of an object doubtful: through its grant, or because the capability
    gives this fact itself (a stolen session or key), whenever it was granted."""
    for one in standing:
        if fact in one.capability.holds and one.touches(item.id):
            return one
    return grant_doubt(state, item.facts[fact].grant, standing, frozenset({object_key(item.kind, item.id)}))


def instance_doubt(state: State, instance: Instance, standing: tuple[Active, ...]) -> Active | None:
    """The suspicion that makes an enrolled instance doubtful: it was bound on doubtful proofs."""
    return grant_doubt(state, instance.grant, standing, frozenset({instance.id})) if standing else None
