# SPDX-License-Identifier: Apache-2.0
"""Who made each step: the cone of what is disputed, backwards to what granted it, forwards to what it granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from counterseal.core import inputs as i
from counterseal.prover.cause.model import ATTACKER, CERTAIN, INFERRED, OPEN, OWNER, PLATFORM, UNKNOWN, Claim, Trace
from counterseal.prover.history import Past

DAY = 86_400_000
AGED = 7 * DAY
"""What the account had for so long before the first disputed step is the owner's usual device or network."""
MOST_WORDS = 5


class Word(msgspec.Struct, frozen=True, gc=False):
    """Who made a step, how sure that is, and why. `other`: the reading that is left open."""

    who: str
    sure: str
    why: tuple[str, ...]
    other: str = ""


def attribute(traces: Sequence[Trace], claim: Claim | None, pasts: Iterable[Past] = ()) -> dict[str, Word]:
    """Action -> who made it. `traces`: of one account, in order. What nothing ties to anybody is `unknown`."""
    cone = _Cone(traces, claim)
    cone.seeds(pasts)
    cone.grow()
    return {trace.action: cone.word(trace) for trace in traces}


class _Cone:
    def __init__(self, traces: Sequence[Trace], claim: Claim | None) -> None:
        self.traces = {trace.action: trace for trace in traces}
        self.claim = claim or Claim("")
        self.words: dict[str, Word] = {}
        self.grants = {trace.action: granted(trace) for trace in traces}

    # ------------------------------------------------------------ what somebody said

    def seeds(self, pasts: Iterable[Past]) -> None:
        for action in self.claim.theirs:
            self._say(action, OWNER, CERTAIN, "the owner says that it was theirs")
        for action in self.claim.actions:
            self._say(action, ATTACKER, CERTAIN, "the owner says that it was not theirs")
        for past in pasts:
            self._sign(past)
        for trace in self.traces.values():
            if trace.ended_by == "link":
                told = "it was cancelled by the link of a notice to the owner"
                other = "whoever held that mailbox or number cancelled what was the owner's"
                self._say(trace.action, ATTACKER, INFERRED, told, other)
        since, until = self.claim.since, self.claim.until
        if since is None or self.claim.actions:
            return
        for trace in self.traces.values():
            if trace.left and since <= trace.at <= (trace.at if until is None else until):
                told = "value left by it in the time of which the owner says that it was not them"
                self._say(trace.action, ATTACKER, INFERRED, told)

    def _sign(self, past: Past) -> None:
        given = past.input
        if isinstance(given, i.ResolveDispute) and not given.uphold:
            self._say(given.action, ATTACKER, CERTAIN, "officers ended it after the owner had disputed it")

    def _say(self, action: str, who: str, sure: str, why: str, other: str = "") -> bool:
        """The first word on a step stands; what agrees is added to its evidence."""
        known = self.words.get(action)
        if action not in self.traces:
            return False
        if known is None:
            self.words[action] = Word(who, sure, (why,), other)
            return True
        if known.who == who and why not in known.why and len(known.why) < MOST_WORDS:
            self.words[action] = msgspec.structs.replace(known, why=(*known.why, why))
        return False

    # ------------------------------------------------------------ backwards and forwards

    def grow(self) -> None:
        """Until nothing is added: every step is said at most once."""
        self.first = min((self.traces[a].at for a, w in self.words.items() if w.who == ATTACKER), default=None)
        if self.first is None:
            return
        changed = True
        while changed:
            changed = self._back() | self._forth()

    def _attackers(self) -> list[Trace]:
        return [self.traces[action] for action, word in self.words.items() if word.who == ATTACKER]

    def _back(self) -> bool:
        changed = False
        for trace in self._attackers():
            for granting, what in self.grants[trace.action].items():
                before = self.traces.get(granting)
                if before is None or granting in self.words:
                    continue
                why = f"it granted {what}, on which the attacker's `{trace.rule}` rests"
                usual = self._usual(before)
                if usual:
                    other = f"the attacker made it from the owner's own device: then {what} was never the owner's"
                    changed |= self._say(granting, OWNER, INFERRED, f"{why}; but {usual}", other)
                elif trace.at - before.at > AGED:
                    other = "the attacker was in the account longer than this"
                    told = f"{why}; but that was {(trace.at - before.at) // DAY} days before"
                    changed |= self._say(granting, OWNER, INFERRED, told, other)
                else:
                    other = f"the owner made it, and {what} was taken from them afterwards"
                    changed |= self._say(granting, ATTACKER, INFERRED, why, other)
        return changed

    def _forth(self) -> bool:
        changed = False
        actions = {trace.action: trace for trace in self._attackers()}
        fresh = self._sources(actions.values())
        for trace in self.traces.values():
            if trace.action in self.words:
                continue
            for granting, what in self.grants[trace.action].items():
                if granting in actions:
                    why = f"it rests on {what}, which the attacker's `{actions[granting].rule}` granted"
                    changed |= self._say(trace.action, ATTACKER, INFERRED, why)
            if trace.source and trace.source in fresh:
                why = "it came from the attacker's network, which the account had never seen before"
                changed |= self._say(trace.action, ATTACKER, INFERRED, why)
        return changed

    def _sources(self, attackers: Iterable[Trace]) -> frozenset[str]:
        """Networks of the attacker that nobody used in this account before the attacker's first step there."""
        mine = {trace.source for trace in attackers if trace.source}
        others = {t.source for t in self.traces.values() if self.words.get(t.action, _NOBODY).who != ATTACKER}
        early = {t.source for t in self.traces.values() if t.at < (self.first or 0) - AGED}
        confirmed = {t.source for a, t in self.traces.items() if self.words.get(a, _NOBODY).who == OWNER}
        return frozenset(mine - early - confirmed) if others else frozenset(mine)

    def _usual(self, trace: Trace) -> str:
        """Why a step looks like the owner's: an aged device AND a usual network; empty = it does not."""
        before = (self.first or trace.at) - AGED
        device = any(r.item == f"device:{trace.device}" and r.since <= before for r in trace.facts)
        source = any(t.source == trace.source and t.at <= before for t in self.traces.values() if t is not trace)
        if trace.device and device and trace.source and source:
            return "it came from a device and a network that the account had used long before"
        return ""

    def word(self, trace: Trace) -> Word:
        """What is said in the end."""
        known = self.words.get(trace.action)
        if known is not None:
            return known
        usual = self._usual(trace)
        if usual:
            return Word(OWNER, INFERRED, (usual,))
        if self.first is None or trace.at < self.first - AGED:
            return Word(OWNER, INFERRED, ("it was long before the attack, and nothing of the attack rests on it",))
        if trace.ended_by == PLATFORM:
            return Word(PLATFORM, INFERRED, ("the platform ended it",))
        told = "nothing in the record ties it to the owner or to the attacker"
        return Word(UNKNOWN, OPEN, (told,), "it may be the attacker's")


_NOBODY = Word(UNKNOWN, OPEN, ())


def granted(trace: Trace) -> Mapping[str, str]:
    """The earlier actions that this one rests on -> what they gave it."""
    if not any(one.granted_by for one in trace.gave) and not any(one.granted_by for one in trace.facts):
        return {}
    found = {one.granted_by: f"the {one.factor} `{one.instance}`" for one in trace.gave if one.granted_by}
    needed = {name for way in trace.ways for name in way}
    for fact in trace.facts:
        if fact.granted_by and (fact.fact in needed or fact.item == f"session:{trace.session}"):
            found.setdefault(fact.granted_by, f"`{fact.item}`")
    return found
