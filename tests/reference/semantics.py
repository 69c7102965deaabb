# SPDX-License-Identifier: Apache-2.0
"""The reference semantics: what DESIGN says about one decision, read off the expression tree and the history.

Written for clarity only. No cubes, no fold, no code of the engine: sets of factors are tried one by one, and so
are moments in time. Every test that compares the engine with this module compares it with the written design.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations

from counterseal.core import inputs as i
from counterseal.core.account import Request
from counterseal.core.policy import expression as x
from counterseal.core.policy.model import CapabilitySpec, Rule
from counterseal.core.stops import Stop
from tests.reference.past import DAY, FactorThen, Past, Start, Why

SOMEDAY = 10**18
MINUTE = 60_000
OFFICERS = frozenset({"staff", "order"})  # freezes that only two officers lift


@dataclass(frozen=True)
class Answer:
    """A decision: allow | challenge | hold | deny, what is missing, and when a hold ends (None = unknown)."""

    outcome: str
    alternatives: frozenset[frozenset[str]] = frozenset()
    until: int | None = None


@dataclass(frozen=True)
class Doubt:
    """An active suspicion."""

    spec: CapabilitySpec
    since: int
    about: str | None


class Reading(Past):
    """What holds now, by the design. `sealed`: whether sealed suspicions are read too."""

    sealed = True
    aside = False  # break-glass: suspicions do not count against proofs and facts
    gone: frozenset[str] = frozenset()  # rules that have left the policy: what was done by them stays done

    # ------------------------------------------------------------ suspicion and doubt

    def suspicions(self, now: int) -> list[Doubt]:
        found: dict[str, tuple[str, int, int, str | None]] = {}
        for entry in self.entries:
            if isinstance(entry.given, i.Suspect) and entry.did:
                one = entry.given.suspicion
                found[one.id] = (one.capability, one.since, one.until, one.instance)
            for identity, *rest in entry.suspicions:
                found[identity] = tuple(rest)  # type: ignore[assignment]
            if isinstance(entry.given, i.ClearSuspicion) and entry.did:
                found.pop(entry.given.suspicion)
        specs = self.policy.vocabulary.capabilities
        active = [
            Doubt(specs[c], since, about) for c, since, until, about in found.values() if since <= now < until
        ]
        return [doubt for doubt in active if self.sealed or doubt.spec.tell != "sealed"]

    def against(self, now: int) -> list[Doubt]:
        """The suspicions that count against proofs and facts."""
        return [] if self.aside else self.suspicions(now)

    def glass(self, now: int) -> bool:
        """Whether break-glass stands: opened, not over, not closed."""
        opened = [e for e in self.entries if isinstance(e.given, i.OpenGlass) and e.did]
        closed = [e.at for e in self.entries if isinstance(e.given, i.CloseGlass) and e.did]
        return any(
            e.at <= now < e.at + e.given.duration and not any(e.at <= at for at in closed)  # type: ignore[union-attr]
            for e in opened
        )

    def doubtful(self, why: Why, now: int, seen: frozenset[str] = frozenset()) -> bool:
        """An active suspicion with from <= granted_at could have produced its proofs or session, recursively."""
        earlier = [doubt for doubt in self.against(now) if doubt.since <= why.at]
        factors = self.factors()
        for factor, instance in why.proofs:
            if any(factor in d.spec.produces and d.about in (None, instance) for d in earlier):
                return True
            known = instance in factors and instance not in seen
            if known and self.doubtful(factors[instance].why, now, seen | {instance}):
                return True
        if why.session is None:
            return False
        if any("session" in d.spec.holds and d.about in (None, why.session) for d in earlier):
            return True
        session = self.fact("session", why.session, "session")
        key = f"session:{why.session}"
        return session is not None and key not in seen and self.doubtful(session.why, now, seen | {key})

    def fact_doubtful(self, kind: str, identity: str, name: str, now: int) -> bool:
        """A fact that a suspected capability gives, or whose grant is doubtful."""
        fact = self.fact(kind, identity, name)
        given = any(name in d.spec.holds and d.about in (None, identity) for d in self.against(now))
        return fact is not None and (given or self.doubtful(fact.why, now, frozenset({f"{kind}:{identity}"})))

    def usable(self, item: FactorThen, now: int) -> bool:
        """A proof of this instance counts: nothing suspected could have produced it, nor bound the instance."""
        covered = any(item.factor in d.spec.produces and d.about in (None, item.id) for d in self.against(now))
        return not covered and not self.doubtful(item.why, now, frozenset({item.id}))

    # ------------------------------------------------------------ atoms

    def proved(self, action: str, now: int) -> set[str]:
        """Factor classes proved for this action: fresh (10 minutes, until the requirement was met), usable."""
        met, factors = self.accepted_at(action) is not None, self.factors()
        return {
            given.proof.factor
            for given in self.proofs(action)
            if (met or now - given.proof.at <= 10 * MINUTE)
            and factors[given.proof.instance].removed is None
            and self.usable(factors[given.proof.instance], now)
        }

    def provable(self, now: int) -> set[str]:
        """Factor classes of which the account could give a proof that counts."""
        return {item.factor for item in self.factors().values() if item.removed is None and self.usable(item, now)}

    def heard(self, start: Start, now: int) -> int | None:
        """When a wait began, as far as the owner heard of it by what is suspected now."""
        begun = self.begins(start)
        if begun is None or start.notice is None or not self.suspicions(now):
            return begun
        aside, self.aside = self.aside, False  # break-glass changes no wait
        sent = next(e.at for e in self.entries if start.notice in e.notices)
        counted = []
        for e in self.entries:
            if isinstance(e.given, i.ConfirmNotice) and e.did and e.given.notice == start.notice:
                counted.append(e.at)
            elif isinstance(e.given, i.NoticeAccepted) and e.did and e.given.notice == start.notice:
                moment = max(sent, min(e.given.at, e.at))
                if self.unsuspected(e.given.contact, now, moment):
                    counted.append(moment)
        self.aside = aside
        return max(begun, min(counted)) if counted else None

    def unsuspected(self, identity: str, now: int, taken: int | None = None) -> bool:
        """No suspicion (from before `taken`) mutes the contact, and its factor was not bound in doubt."""
        contact = self.contacts()[identity]
        for doubt in self.suspicions(now):
            mutes = contact.channel in doubt.spec.mutes and doubt.about in (None, identity, contact.instance)
            if mutes and (taken is None or doubt.since <= taken):
                return False
        item = self.factors().get(contact.instance or "")
        return item is None or not self.doubtful(item.why, now, frozenset({item.id}))

    def told_late(self, action: str, now: int) -> list[int | str | None]:
        """The end of a delay whose notice the owner did not hear when it was recorded; none where he did."""
        entry = next((e for e in self.of(action) if "accepted" in e.did), None)
        notice = f"{action}.pending"
        if entry is None or notice not in entry.notices or self.begins(Start(notice=notice)) is None:
            return []
        start = self.heard(Start(notice=notice), now)
        end = None if start is None else start + entry.delay
        return [end] if end is None or now < end else []

    def enrolled(self, at: int, now: int) -> set[str]:
        """What `strongest` reckons with at a moment: lowered only after the hold of the removal."""
        found = set()
        for item in self.factors().values():
            if item.removed is None:
                found.add(item.factor)
            elif item.floor is not None:
                clock, wait = item.floor
                start = self.stamp(clock, now)
                over = at == SOMEDAY or (start is not None and at - start >= wait)
                if not over:
                    found.add(item.factor)
        return found

    def named(self, request: Request, name: str, now: int) -> bool:
        """The object named by the request carries this fact: live and not doubtful."""
        kind = self.policy.vocabulary.facts[name]
        identity = request.objects.get(kind)
        fact = None if identity is None else self.fact(kind, identity, name)
        return fact is not None and fact.live(now) and not self.fact_doubtful(kind, identity or "", name, now)

    def stamp(self, clock: str, now: int) -> int | None:
        """When the clock by name was last restarted, and somebody told."""
        marks = self.marks()
        return self.heard(marks[f"clock:{clock}"], now) if f"clock:{clock}" in marks else None

    def age_begins(self, request: Request, name: str, now: int) -> int | None:
        kind = self.policy.vocabulary.facts[name]
        fact = self.fact(kind, request.objects[kind], name)
        return None if fact is None else self.heard(fact.start, now)

    def holds(  # noqa: PLR0911 - one line for each kind of expression
        self, e: x.Expression, action: str, have: set[str], now: int, at: int
    ) -> bool:
        """Whether the requirement holds at `at` with these proofs, if nothing else happens after `now`."""
        request = self.request(action)
        match e:
            case x.And(items):
                return all(self.holds(item, action, have, now, at) for item in items)
            case x.Or(items):
                return any(self.holds(item, action, have, now, at) for item in items)
            case x.Proof(factor):
                return factor in have
            case x.Strongest(factors):
                enrolled = self.enrolled(at, now)
                first = next((factor for factor in factors if factor in enrolled), None)
                return first is not None and first in have
            case x.AtLeast(count, factors):
                specs = self.policy.vocabulary.factors
                return len({specs[factor].channel for factor in factors if factor in have}) >= count
            case x.Fact(name):
                return self.named(request, name, now)
            case x.Context(name):
                stated = self.due(action) is not None or now - self.asked_at(action) <= 32 * MINUTE
                return stated and name in request.context
            case x.Since(clock, wait):
                return all(_over(start, wait, at) for start in self.clock(clock, now))
            case x.Age(name, wait):
                return self.named(request, name, now) and _over(self.age_begins(request, name, now), wait, at)
        raise AssertionError(e)

    # ------------------------------------------------------------ the decision

    def rule(self, name: str, now: int) -> Rule:
        """The rule that applies; a sealed suspicion slows nothing down."""
        if self.policy.stretch is not None:
            on = self.policy.vocabulary.conditions[self.policy.stretch[0]]
            if any(d.spec.name in on and d.spec.tell != "sealed" for d in self.suspicions(now)):
                return self.policy.stretched[name]
        return self.policy.rules[name]

    def required(self, action: str, now: int) -> Answer:
        """The requirement alone: try every set of proofs, now and later."""
        tree = self.rule(self.request(action).rule, now).require.expression
        have, more = self.proved(action, now), self.provable(now)
        more = (more & factors_of(tree)) - have
        sets = [set(s) for s in chain.from_iterable(combinations(sorted(more), n) for n in range(len(more) + 1))]
        if self.holds(tree, action, have, now, now):
            return Answer("allow")
        found = [s for s in sets if self.holds(tree, action, have | s, now, now)]
        if found:
            return Answer("challenge", _least(found))
        found = [s for s in sets if self.holds(tree, action, have | s, now, SOMEDAY)]
        if found:
            ends = sorted(t for t in self.moments(tree, action, now) if t > now)
            until = next((t for t in ends if any(self.holds(tree, action, have | s, now, t) for s in sets)), None)
            return Answer("hold", _least(found), until)
        return Answer("deny")

    def moments(self, tree: x.Expression, action: str, now: int) -> set[int]:
        """Every moment at which a wait of the requirement could end."""
        found = set()
        for atom in leaves(tree):
            starts: list[int | None] = []
            if isinstance(atom, x.Since):
                starts = self.clock(atom.clock, now)
            elif (
                isinstance(atom, x.Age) and self.policy.vocabulary.facts[atom.fact] in self.request(action).objects
            ):
                starts = [self.age_begins(self.request(action), atom.fact, now)]
            found |= {start + atom.wait for start in starts if start is not None}  # type: ignore[union-attr]
        for item in self.factors().values():
            start = None if item.floor is None else self.stamp(item.floor[0], now)
            if start is not None and item.floor is not None:
                found.add(start + item.floor[1])
        return found

    def decide(self, action: str, now: int, *, trusted: bool = True, brake: Stop | None = None) -> Answer:
        """Requirement and brakes together; `brake`: one on the whole platform."""
        if self.request(action).rule in self.gone:
            return Answer("deny")
        self.aside = self.glass(now) and not self.rule(self.request(action).rule, now).outflow
        answer = self.required(action, now)
        self.aside = False
        brakes = self.brakes(action, now, trusted=trusted)
        brakes += [] if brake is None else [brake.until]
        brakes += self.told_late(action, now)
        if not brakes:
            return answer
        if answer.outcome == "deny" or "stop" in brakes:
            return Answer("deny", answer.alternatives)
        ends = [*brakes, *([answer.until] if answer.outcome == "hold" else [])]
        known = [end for end in ends if isinstance(end, int)]
        return Answer("hold", answer.alternatives, max(known) if len(known) == len(ends) else None)

    def brakes(self, action: str, now: int, *, trusted: bool) -> list[int | str | None]:
        """What blocks whatever was proved: its end, None where nobody knows it, "stop" where waiting is no use."""
        request = self.request(action)
        rule = self.rule(request.rule, now)
        found: list[int | str | None] = []
        met = self.accepted_at(action)
        own = [at for kind, _, _, at in self.unlifted() if kind not in OFFICERS]
        if rule.outflow and met is not None and any(at >= met for at in own):
            found.append("stop")  # frozen while it waited
        for kind, until, _ in self.freezes(now):
            everything = kind == "staff" and not (rule.when_frozen and rule.lifts is None)
            if rule.outflow or everything or (kind == "order" and rule.lifts is not None):
                found.append("stop" if until is None else until)
        if self.status(action) == "disputed" or self.impossible(request):
            found.append("stop")
        if rule.outflow:
            found.extend([] if trusted else [None])
            found.extend(self.value_brakes(action, rule, request, now))
        return found

    def freezes(self, now: int) -> list[tuple[str, int | None, str | None]]:
        """(kind, end, contact) of every freeze that stands."""
        return [(kind, end, by) for kind, end, by, _ in self.unlifted() if end is None or now < end]

    def unlifted(self) -> list[tuple[str, int | None, str | None, int]]:
        """(kind, end, contact, when) of every freeze that was not lifted. While a link freeze by one
        contact stands, another one by it does not make it longer."""
        found: dict[str, tuple[str, int | None, str | None, int]] = {}
        for entry in self.entries:
            given = entry.given
            if isinstance(given, i.FreezeNow) and entry.did:
                until = given.freeze.until
                if given.freeze.kind == "link":
                    own = [end for k, end, by, _ in found.values() if k == "link" and by and by == given.contact]
                    standing = [end for end in own if end is not None and entry.at < end]
                    until = max(standing, default=entry.at + 3 * DAY)
                by_order = given.freeze.kind == "staff" and given.freeze.outflows_only
                kind = "order" if by_order else given.freeze.kind
                found[given.freeze.id] = (kind, until, given.contact, given.freeze.at)
            if isinstance(given, i.LiftFreeze) and entry.did:
                found = {}
            request = self.request(entry.action) if "applied" in entry.did else None
            if request is not None and self.policy.rules[request.rule].lifts == "freeze":
                found = {key: one for key, one in found.items() if one[0] in OFFICERS}
        return list(found.values())

    def frozen_by(self, contact: str | None, now: int) -> bool:
        """Whether a link freeze by this contact stands."""
        return any(kind == "link" and by == contact for kind, _, by in self.freezes(now))

    def value_brakes(self, action: str, rule: Rule, request: Request, now: int) -> list[int | str | None]:
        value = None if request.payment is None else request.payment.value
        if value is None:
            return [None]  # no price = hold
        lock, found = self.lock(rule.name), []
        limits = [] if rule.limit is None else [(rule.limit.amount, rule.limit.period)]
        if lock is not None and lock.off:
            found.append("stop")
        if lock is not None and lock.limit is not None:
            limits.append((lock.limit, rule.limit.period if rule.limit else DAY))
        for amount, period in limits:
            spent = self.spends(rule.name, except_action=action)
            moments = sorted({now, *(end for at, until, _ in spent for end in (at + period, until) if end)})
            ok = [t for t in moments if t >= now and value + counted(spent, period, t) <= amount]
            if value > amount:
                found.append("stop")
            elif not ok or ok[0] > now:
                found.append(ok[0])
        return found

    def spends(self, outflow: str, *, except_action: str = "") -> list[tuple[int, int | None, Decimal]]:
        """(at, until, value) of what left or is reserved."""
        found = []
        asked = {e.action for e in self.entries if isinstance(e.given, i.Ask) and e.did}
        for action in asked - {except_action}:
            request, seal = self.request(action), self.seal(action)
            if request.rule != outflow or seal is None or request.payment.value is None:
                continue
            status, redeemed = self.status(action), self.when(action, "redeemed")
            abandoned = any(
                isinstance(e.given, i.Report) and e.given.outcome != "broadcast" for e in self.of(action)
            )
            if status in ("sealed", "ready"):  # reserved while the seal could have lived
                found.append((seal[1], seal[1] + 2 * MINUTE, request.payment.value))
            elif redeemed and not abandoned:
                found.append((redeemed[0], None, request.payment.value))
        return found

    def names_badly(self, rule: Rule, request: Request) -> bool:
        """A rule takes away a factor that is not there, or one of several without saying which."""
        if rule.verb != "disable" or not rule.removes:
            return False
        live = [item for item in self.factors().values() if item.removed is None and item.factor in rule.removes]
        name = request.objects.get("factor")
        if name is not None:
            return name not in {item.id for item in live}
        classes = [item.factor for item in live]
        return any(classes.count(factor) > 1 for factor in classes)

    def impossible(self, request: Request) -> bool:
        """What can never take effect: a factor that is there already, a lock that would loosen."""
        rule, factors = self.policy.rules[request.rule], self.factors()
        there = {item.factor for item in factors.values() if item.removed is None}
        if any(item.instance in factors for item in request.enrol):
            return True
        words = self.policy.vocabulary.factors
        once = {name for name in there if name not in {"passkey", "guardian"} and not words[name].webauthn}
        if rule.verb == "bind" and any(n.factor in once for n in request.enrol):
            return True
        only = rule.grants and all(name in words and not words[name].attested for name in rule.grants)
        if rule.verb in {"bind", "replace"} and only and not request.enrol:
            return True
        if self.names_badly(rule, request):
            return True
        old, new = (self.lock(request.lock.outflow), request.lock) if request.lock else (None, None)
        if rule.locks != "tighten" or old is None or new is None:
            return False
        higher = old.limit is not None and (new.limit is None or new.limit > old.limit)
        return (old.off and not new.off) or higher or new.delay < old.delay


def counted(spent: list[tuple[int, int | None, Decimal]], period: int, at: int) -> Decimal:
    """What counts against a sliding limit at a moment."""
    return sum((v for t, until, v in spent if t > at - period and (until is None or until > at)), Decimal(0))


def _over(start: int | None, wait: int, at: int) -> bool:
    return at == SOMEDAY or (start is not None and at - start >= wait)


def _least(sets: list[set[str]]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(s) for s in sets if s and not any(other < s for other in sets))


def leaves(e: x.Expression) -> list[x.Expression]:
    """The atoms of a requirement."""
    return [leaf for item in e.items for leaf in leaves(item)] if isinstance(e, x.And | x.Or) else [e]


def factors_of(e: x.Expression) -> set[str]:
    """Factor classes that a requirement names."""
    found: set[str] = set()
    for leaf in leaves(e):
        if isinstance(leaf, x.Proof):
            found.add(leaf.factor)
        elif isinstance(leaf, x.Strongest | x.AtLeast):
            found.update(leaf.factors)
    return found
