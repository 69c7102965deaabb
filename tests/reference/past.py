# SPDX-License-Identifier: Apache-2.0
"""The plain history of an account: a list of what was put in and what came of it. Everything that holds now is
found by reading the list from its beginning; nothing is remembered beside it. Clear, and slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import wraps
from inspect import signature
from typing import Any, ClassVar

from counterseal.core import inputs as i
from counterseal.core.account import Lock, Request
from counterseal.core.policy.model import Policy, Rule

DAY = 86_400_000

Suspicion = tuple[str, str, int, int, str | None]
"""id, capability, since, until, about"""


@dataclass(frozen=True)
class Entry:
    """One input and what it did. `notices`: id -> contacts; `begun`: the notice whose waits begin, and when."""

    at: int
    given: i.Input
    did: tuple[str, ...] = ()
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    begun: tuple[str, int] | None = None
    delay: int = 0
    suspicions: tuple[Suspicion, ...] = ()

    @property
    def action(self) -> str:
        return self.given.id if isinstance(self.given, i.Ask) else getattr(self.given, "action", "")


@dataclass(frozen=True)
class Why:
    """What authorised a grant."""

    at: int
    proofs: tuple[tuple[str, str], ...] = ()
    session: str | None = None


@dataclass(frozen=True)
class Start:
    """When a wait begins: at a moment, or with a notice (never before `made`)."""

    at: int | None = None
    notice: str | None = None
    made: int = 0


@dataclass(frozen=True)
class FactThen:
    """A fact of an object."""

    why: Why
    start: Start
    expires: int | None = None
    lifetime: int | None = None

    def live(self, now: int) -> bool:
        return self.why.at <= now and (self.expires is None or now < self.expires)


@dataclass(frozen=True)
class FactorThen:
    """An enrolled instance; `floor`: (clock, wait) that keeps it in `strongest` after removal."""

    id: str
    factor: str
    why: Why
    contact: str | None
    removed: int | None = None
    floor: tuple[str, int] | None = None


@dataclass(frozen=True)
class ContactThen:
    """A contact."""

    channel: str
    instance: str | None
    replaced: int | None = None
    silenced: int | None = None


def scan(method: Callable[..., Any]) -> Callable[..., Any]:
    """Read the list once for equal questions about an equal beginning of it: the list only grows."""
    names = list(signature(method).parameters)[1:]

    @wraps(method)
    def asked(self: Past, *args: Any) -> Any:
        upto = args[len(names) - 1] if names[-1:] == ["upto"] and len(args) == len(names) else None
        rest = args[:-1] if upto is not None else args
        key = (method.__name__, rest, len(self.entries) if upto is None else upto)
        if key not in self.memory:
            self.memory[key] = method(self, *args)
        return self.memory[key]

    return asked


class Past:
    """Scans of the list. `upto`: read only the entries before this index."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.entries: list[Entry] = []
        self.memory: dict[Any, Any] = {}

    def before(self, upto: int | None = None) -> Iterator[tuple[int, Entry]]:
        yield from enumerate(self.entries[:upto])

    # ------------------------------------------------------------ actions

    def of(self, action: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.did and entry.action == action]

    @scan
    def request(self, action: str) -> Request | None:
        asked = [e.given for e in self.of(action) if isinstance(e.given, i.Ask)]
        return asked[0].request if asked else None

    def asked_at(self, action: str) -> int:
        return next(e.at for e in self.of(action) if isinstance(e.given, i.Ask))

    def when(self, action: str, word: str) -> list[int]:
        return [entry.at for entry in self.of(action) if word in entry.did]

    STATUS: ClassVar[dict[str, str]] = {
        "asked": "open",
        "accepted": "pending",
        "ready": "ready",
        "applied": "done",
        "sealed": "sealed",
        "cancelled": "cancelled",
        "refused": "refused",
        "disputed": "disputed",
        "upheld": "pending",
        "redeemed": "redeemed",
        "reported": "done",
        "voided": "refused",
    }

    def status(self, action: str) -> str | None:
        words = [word for entry in self.of(action) for word in entry.did if word in self.STATUS]
        return self.STATUS[words[-1]] if words else None

    def proofs(self, action: str) -> list[i.Prove]:
        return [e.given for e in self.of(action) if "proved" in e.did and isinstance(e.given, i.Prove)]

    def accepted_at(self, action: str) -> int | None:
        met = [e.at for e in self.of(action) if {"accepted", "sealed", "applied"} & set(e.did)]
        return met[0] if met else None

    def due(self, action: str) -> int | None:
        entry = next((e for e in self.of(action) if "accepted" in e.did), None)
        if entry is None:
            return None
        notice = f"{action}.pending"
        start = self.begins(Start(notice=notice)) if notice in entry.notices else entry.at
        ready = [e.at for e in self.of(action) if "ready" in e.did]
        return None if start is None else max([start + entry.delay, *ready])

    def seal(self, action: str) -> tuple[str, int, int] | None:
        """(id, issued, epoch) of the last seal."""
        made = [e for e in self.of(action) if "sealed" in e.did]
        return (made[-1].given.seal, made[-1].at, made[-1].given.epoch) if made else None  # type: ignore[union-attr]

    def effective(self, upto: int | None = None) -> Iterator[tuple[int, Entry, Rule, Request]]:
        """Entries by which an action took effect, in order."""
        for index, entry in self.before(upto):
            request = self.request(entry.action) if "applied" in entry.did else None
            if request is not None:
                yield index, entry, self.policy.rules[request.rule], request

    def why(self, index: int, entry: Entry, rule: Rule, request: Request) -> Why:
        proofs = [e.given for _, e in self.before(index + 1) if e.action == entry.action and "proved" in e.did]
        session = request.objects.get("session")
        if session is not None:
            facts = [name for name, kind in self.policy.vocabulary.facts.items() if kind == "session"]
            there = [self.fact("session", session, name, index) for name in facts]
            if set(facts) & set(rule.grants) or not any(f is not None and f.live(entry.at) for f in there):
                session = None
        return Why(entry.at, tuple((p.proof.factor, p.proof.instance) for p in proofs), session)  # type: ignore[union-attr]

    # ------------------------------------------------------------ waits

    def begins(self, start: Start, upto: int | None = None) -> int | None:
        if start.notice is None:
            return start.at
        taken = [e.begun[1] for _, e in self.before(upto) if e.begun is not None and e.begun[0] == start.notice]
        return max(taken[0], start.made) if taken else None

    def start_of(self, entry: Entry, suffix: str, action: str | None = None) -> Start:
        notice = f"{action or entry.action}.{suffix}"
        return Start(notice=notice) if notice in entry.notices else Start(at=entry.at)

    def touched(self, rule: Rule, request: Request) -> set[str]:
        """What an effective action was done to."""
        factors = self.policy.vocabulary.factors
        given = {item.factor for item in request.enrol}
        bound = {n for n in rule.grants if n in factors and (n in given or factors[n].attested)}
        facts = {n for n in rule.grants if n in self.policy.vocabulary.facts}
        return bound | facts | {*rule.revokes, *rule.removes, *rule.silences} or {rule.name}

    @scan
    def marks(self, upto: int | None = None) -> dict[str, Start]:
        """The last occurrence of each verb on each target, and of each clock by name."""
        latest: dict[str, Start] = {}
        for index, entry in self.before(upto):
            start, keys = self.restarted(entry)
            for key in keys:
                old, made = latest.get(key), start
                if old is not None and start.notice is None and self.begins(old, index) is None:
                    made = old  # a silent repeat starts nothing of which nobody was told
                latest[key] = replace(made, made=entry.at)
        return latest

    def restarted(self, entry: Entry) -> tuple[Start, set[str]]:
        """Which verbs and clocks an entry restarts, and from when they count."""
        if isinstance(entry.given, i.LiftFreeze) and entry.did:
            return self.start_of(entry, "lifted", entry.given.id), {"clock:weakened"}
        request = self.request(entry.action)
        rule = None if request is None else self.policy.rules[request.rule]
        if rule is None or request is None:
            return Start(), set()
        clocks = {f"clock:{name}" for name in (*rule.holds, *rule.starts)}
        if "applied" in entry.did:
            verbs = {f"{rule.verb}:{target}" for target in self.touched(rule, request)}
            return self.start_of(entry, "done"), clocks | verbs
        first = [e for e in self.of(entry.action) if "sealed" in e.did][:1]
        if clocks and first == [entry]:
            return self.start_of(entry, "sealed"), clocks | {f"{rule.verb}:{rule.name}"}
        return Start(), set()

    def clock(self, clock: str, now: int) -> list[int | None]:
        """When each of a clock's last occurrences began to count; None = nobody was told of it yet."""
        members = {f"{verb}:{target}" for verb, target in self.policy.clock_members.get(clock, ())}
        marks = self.marks()
        return [self.heard(marks[key], now) for key in sorted(members | {f"clock:{clock}"}) if key in marks]

    def heard(self, start: Start, now: int) -> int | None:
        """When a wait began, by what is suspected now."""
        raise NotImplementedError

    # ------------------------------------------------------------ things

    @scan
    def fact(self, kind: str, identity: str, name: str, upto: int | None = None) -> FactThen | None:
        """A fact of an object, as the entries before `upto` made it."""
        found: FactThen | None = None
        for index, entry in self.before(upto):
            if isinstance(entry.given, i.Register):
                for item in entry.given.objects:
                    if (item.kind, item.id) == (kind, identity) and name in item.facts:
                        fact = item.facts[name]
                        found = FactThen(Why(fact.grant.at), Start(at=fact.started), fact.expires, fact.lifetime)
            if isinstance(entry.given, i.EndSessions) and entry.did and kind == "session":
                found = replace(found, expires=entry.at) if found is not None and found.live(entry.at) else found
            request = self.request(entry.action)
            if request is None:
                continue
            rule, named = self.policy.rules[request.rule], request.objects.get(kind) == identity
            if "applied" in entry.did:
                only = request.objects.get(kind, identity) if rule.verb == "revoke" else identity
                if name in rule.revokes and only == identity and found is not None and found.live(entry.at):
                    found = replace(found, expires=entry.at)
                if name in rule.grants and named:
                    aged = (
                        kind not in {"api_key", "payout"}  # under their id something else may stand now
                        and found is not None
                        and found.live(entry.at)
                        and self.begins(found.start, index) is not None
                    )
                    life = rule.lasts.get(name)
                    found = FactThen(
                        self.why(index, entry, rule, request),
                        found.start if found is not None and aged else self.start_of(entry, "done"),
                        None if life is None else entry.at + life,
                        life if name in rule.sliding else None,
                    )
                if name in rule.confirms and named and found is not None:
                    found = replace(found, why=self.why(index, entry, rule, request))
            slides = found is not None and found.lifetime is not None and found.expires is not None
            if "sealed" in entry.did and named and found is not None and slides and entry.at < found.expires:
                found = replace(found, expires=entry.at + found.lifetime)
        return found

    def objects(self) -> set[tuple[str, str, str]]:
        """Every (kind, id, fact) that was ever granted."""
        found = set()
        for entry in self.entries:
            if isinstance(entry.given, i.Register):
                found |= {(item.kind, item.id, name) for item in entry.given.objects for name in item.facts}
        kinds = self.policy.vocabulary.facts
        for _, _, rule, request in self.effective():
            found |= {(kinds[n], request.objects[kinds[n]], n) for n in rule.grants if n in kinds}
        return found

    @staticmethod
    def is_meant(request: Request, item: FactorThen, found: dict[str, FactorThen]) -> bool:
        """A request that names a factor means that one of its class."""
        named = found.get(request.objects.get("factor", ""))
        return named is None or named.factor != item.factor or named.id == item.id

    @scan
    def factors(self, upto: int | None = None) -> dict[str, FactorThen]:
        """Every instance that was ever enrolled."""
        found: dict[str, FactorThen] = {}
        specs = self.policy.vocabulary.factors
        for entry in (e for _, e in self.before(upto) if isinstance(e.given, i.Register)):
            for item in entry.given.instances:
                found[item.id] = FactorThen(item.id, item.factor, Why(item.grant.at), item.contact)
        for index, entry, rule, request in self.effective(upto):
            there = [item for item in found.values() if item.removed is None]
            why = self.why(index, entry, rule, request)
            for item in there:
                if item.factor in rule.removes and self.is_meant(request, item, found):
                    wait = max((self.policy.longest_wait.get(c, 0) for c in rule.holds), default=0)
                    floor = (rule.holds[0], wait) if rule.holds else None
                    found[item.id] = replace(item, removed=entry.at, floor=floor)
            given = {item.factor: item for item in request.enrol}
            for name in (n for n in rule.grants if n in specs and (n in given or specs[n].attested)):
                for item in there:
                    named = rule.verb != "replace" or self.is_meant(request, item, found)
                    if rule.verb != "bind" and item.factor == name and named:
                        found[item.id] = replace(item, removed=entry.at, floor=None)
                new = given[name].instance if name in given else f"{entry.action}.{name}"
                contact = f"{new}.contact" if name in given and given[name].contact else None
                found[new] = FactorThen(new, name, why, contact)
            for item in there:
                if item.factor in rule.confirms and item.id == request.objects.get("factor"):
                    found[item.id] = replace(found[item.id], why=why)
        return found

    @scan
    def contacts(self, upto: int | None = None) -> dict[str, ContactThen]:
        """Every contact that there ever was."""
        found: dict[str, ContactThen] = {}
        specs = self.policy.vocabulary.factors
        for entry in (e for _, e in self.before(upto) if isinstance(e.given, i.Register)):
            for item in entry.given.contacts:
                found[item.id] = ContactThen(item.channel, item.instance, item.replaced_at, item.silenced_at)
        for index, entry, rule, request in self.effective(upto):
            old, new = self.factors(index), self.factors(index + 1)
            given = {item.factor for item in request.enrol}
            bound = {name for name in rule.grants if name in given or (name in specs and specs[name].attested)}
            gone = {k for k in old if old[k].removed is None and new[k].removed is not None}
            for item in (old[k] for k in gone if rule.verb != "bind" and old[k].factor in bound):
                contact = found.get(item.contact or "")
                if contact is not None and contact.replaced is None:
                    found[item.contact or ""] = replace(contact, replaced=entry.at)
            for key, contact in found.items():
                if contact.channel in rule.silences and contact.silenced is None and contact.replaced is None:
                    found[key] = replace(contact, silenced=entry.at)
            for key in new.keys() - old.keys():
                if new[key].contact is not None:
                    found[new[key].contact or ""] = ContactThen(specs[new[key].factor].channel, key)
        return found

    def reachable(self, channels: tuple[str, ...], now: int) -> tuple[str, ...]:
        """Contacts that a notice goes to."""
        return tuple(
            key
            for key, item in self.contacts().items()
            if item.channel in channels
            and item.silenced is None
            and (item.replaced is None or now < item.replaced + 7 * DAY)
        )

    def lock(self, outflow: str) -> Lock | None:
        """The owner's own lock."""
        made = [r.lock for _, _, rule, r in self.effective() if rule.locks and r.lock and r.lock.outflow == outflow]
        return made[-1] if made else None
