# SPDX-License-Identifier: Apache-2.0
"""`steps_of`: the actions of one account, from its events alone. One pass, no engine: it is kept per account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from counterseal.core import events as e
from counterseal.core.account import Instance, Notice, Object, Request
from counterseal.core.decision import Outcome
from counterseal.core.policy.expression import Age, Fact, Proof
from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.cause.model import Given, Rested, Trace
from counterseal.prover.history import Past


def steps_of(policy: Policy, account: str, pasts: Iterable[Past]) -> tuple[Trace, ...]:
    """The actions of one account in the order in which they were asked for. `policy`: what rules mean; a rule that
    it does not have rests on nothing but its proofs."""
    reader = _Reader(policy, account)
    for past in pasts:
        for event in past.events:
            reader.take(event)
    return tuple(reader.closed(trace) for trace in reader.traces.values())


class _Reader:
    """What the events have said so far: who granted each fact and each instance."""

    def __init__(self, policy: Policy, account: str) -> None:
        self.policy, self.account = policy, account
        self.facts: dict[str, dict[str, Rested]] = {}  # object -> fact -> its grant
        self.instances: dict[str, str] = {}  # instance -> the action that enrolled it
        self.traces: dict[str, Trace] = {}
        self.notices: dict[str, str] = {}  # notice -> action

    def take(self, event: e.Event) -> None:
        """The next event: what it grants, then what it says of its action."""
        match event:
            case e.Registered(objects=objects, instances=instances):
                self._know(objects, instances)
            case e.Asked(at=at, action=action, request=request):
                self.traces[action] = self._asked(action, at, request)
            case e.Proved(action=action, proof=proof):
                given = Given(proof.factor, proof.instance, self.instances.get(proof.instance, ""))
                self._set(action, gave=(*self._of(action).gave, given))
            case e.Decided(action=action, decision=decision):
                worked = self._of(action).worked or decision.outcome is Outcome.ALLOW
                self._set(action, line=decision.line, policy=decision.policy, worked=worked)
            case e.NoticeTaken(notice=taken, contact=contact) if taken in self.notices:
                action = self.notices[taken]
                self._set(action, told=(*self._of(action).told, contact))
            case _:
                self._ended(event)
        notice = getattr(event, "notice", None)
        if isinstance(notice, Notice) and notice.action in self.traces:
            self.notices[notice.id] = notice.action
            sent = dict.fromkeys((*self._of(notice.action).sent, *notice.contacts))
            self._set(notice.action, sent=tuple(sent))

    def _ended(self, event: e.Event) -> None:
        match event:
            case e.Accepted(action=action):
                self._set(action, worked=True)
            case e.Applied(at=at, action=action, objects=objects, instances=instances):
                self._set(action, end="done", ended_at=at, worked=True)
                self._know(objects, instances)
            case e.Sealed(at=at, action=action):
                self._set(action, end="sealed", ended_at=at, worked=True)
            case e.Redeemed(at=at, action=action):
                self._set(action, end="redeemed", ended_at=at, left=True, worked=True)
            case e.Reported(at=at, action=action, spend=spend):
                gone = spend is not None
                self._set(action, end="broadcast" if gone else "abandoned", ended_at=at, left=gone)
            case e.Cancelled(at=at, action=action, by=by):
                self._set(action, end="cancelled", ended_at=at, ended_by=by)
            case _:
                pass

    def _of(self, action: str) -> Trace:
        return self.traces.get(action) or Trace(self.account, action, 0, "")

    def _set(self, action: str, **fields: Any) -> None:
        if action in self.traces:  # the record may begin later than the action
            self.traces[action] = replace(self.traces[action], **fields)

    def _know(self, objects: Iterable[Object], instances: Iterable[Instance]) -> None:
        for each in objects:
            kept = self.facts.setdefault(f"{each.kind}:{each.id}", {})
            for name, fact in each.facts.items():
                by = fact.grant.action if fact.grant.action in self.traces else ""
                kept[name] = Rested(name, f"{each.kind}:{each.id}", by, fact.grant.at)
        for instance in instances:
            by = instance.grant.action
            self.instances[instance.id] = by if by in self.traces else ""

    def _asked(self, action: str, at: int, request: Request) -> Trace:
        named = [f"{kind}:{identity}" for kind, identity in sorted(request.objects.items())]
        facts = tuple(fact for key in named for fact in self.facts.get(key, {}).values())
        rule = self.policy.rules.get(request.rule)
        return Trace(
            *(self.account, action, at, request.rule, 0 if rule is None else rule.line),
            facts=facts,
            session=request.objects.get("session", ""),
            device=request.objects.get("device", ""),
            source=request.source,
            grants=() if rule is None else rule.grants,
            discloses=() if rule is None else rule.discloses,
        )

    def closed(self, trace: Trace) -> Trace:
        """With the sets of facts that it can have rested on, once all its proofs are known."""
        rule = self.policy.rules.get(trace.rule)
        return trace if rule is None else replace(trace, ways=ways(rule, trace))


def ways(rule: Rule, trace: Trace) -> tuple[tuple[str, ...], ...]:
    """The minimal sets of facts of the cubes that these proofs and facts can have met. Waits and statements of the
    platform are taken as met: so no way is left out that was open. A step that was refused rested on none."""
    if not trace.worked:
        return ((),)
    proofs, held = {one.factor for one in trace.gave}, {one.fact for one in trace.facts}
    found: set[frozenset[str]] = set()
    for cube in rule.require.cubes:
        atoms = [atom for at, atom in enumerate(rule.require.atoms) if cube >> at & 1]
        asked = {atom.factor for atom in atoms if isinstance(atom, Proof)}
        facts = {atom.name for atom in atoms if isinstance(atom, Fact)}
        facts |= {atom.fact for atom in atoms if isinstance(atom, Age)}
        if asked <= proofs and facts <= held:
            found.add(frozenset(facts))
    least = [one for one in found if not any(other < one for other in found)]
    return tuple(sorted(tuple(sorted(one)) for one in least)) or ((),)
