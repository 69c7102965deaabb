# SPDX-License-Identifier: Apache-2.0
"""The reference account: takes inputs one by one, says what each leads to, and writes it into the history."""

from __future__ import annotations

from counterseal.core import inputs as i
from counterseal.core.account import Request
from counterseal.core.policy.model import Rule
from tests.reference.past import DAY, ContactThen, Entry, Start, Suspicion
from tests.reference.semantics import MINUTE, Answer, Reading, factors_of

HOUR = 60 * MINUTE


class RefusedError(Exception):
    """The input can never be right; nothing changes."""


def need(condition: object, why: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise RefusedError(why)


class Reference(Reading):
    """One account under one policy."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.answered: dict[str, str] = {}  # action -> the last outcome that it was told

    def take(self, given: i.Input, now: int) -> Answer | None:
        """One input. Raises RefusedError; then the history is as before."""
        entry, answer = getattr(self, f"_{type(given).__name__.lower()}")(given, now)
        self.entries.append(entry)
        if isinstance(given, i.Ask | i.Prove | i.Decide) and answer is not None:
            self.answered[entry.action] = answer.outcome
        return answer

    # ------------------------------------------------------------ asking and deciding

    def _register(self, given: i.Register, now: int) -> tuple[Entry, None]:
        need(not self.entries, "exists")
        return Entry(now, given, ("registered",)), None

    def _ask(self, given: i.Ask, now: int) -> tuple[Entry, Answer]:
        need(self.request(given.id) is None, "exists")
        rule = self.policy.rules.get(given.request.rule)
        need(rule is not None and rule.subject == "account" and rule.name not in self.gone, "unknown rule")
        assert rule is not None
        need(given.request.context <= self.policy.vocabulary.context.keys(), "unknown context")
        self._well_formed(rule, given.request)
        need(not self.impossible(given.request), "impossible")
        return self._after(given, now, ("asked",))

    def _well_formed(self, rule: Rule, request: Request) -> None:
        words = self.policy.vocabulary
        factors = [item.factor for item in request.enrol]
        for name in (*rule.grants, *rule.confirms):
            need(name in words.factors or words.facts[name] in request.objects, "object missing")
        confirmed = {*rule.confirms} & {*words.factors}
        need(not confirmed or "factor" in request.objects, "object missing")
        need(set(factors) <= set(rule.grants), "binds what the rule does not")
        need(len(set(factors)) == len(factors), "twice")
        need(len({item.instance for item in request.enrol}) == len(factors), "twice")
        for item in request.enrol:
            need(item.contact or not words.factors[item.factor].contact, "contact missing")
        bound = [name for name in rule.grants if name in words.factors]
        need(factors or not bound or not all(words.factors[name].contact for name in bound), "nothing to bind")
        if rule.locks is not None:
            lock = request.lock
            offered = self.policy.rules.keys() - self.gone
            need(lock and lock.outflow in offered and self.policy.rules[lock.outflow].outflow, "no lock")

    def _after(self, given: i.Input, now: int, did: tuple[str, ...]) -> tuple[Entry, Answer]:
        """Decide with this entry in the list, and carry out what is allowed."""
        self.entries.append(Entry(now, given, did))
        try:
            entry = self.entries[-1]
            answer = self.decide(entry.action, now, trusted=given.trusted_time, brake=given.brake)  # type: ignore[union-attr]
            if answer.outcome == "allow":
                entry = self._carry_out(entry)
        finally:
            self.entries.pop()
            self.memory.clear()
        return entry, answer

    def _carry_out(self, entry: Entry) -> Entry:
        rule = self.rule(self.request(entry.action).rule, entry.at)
        own = self.lock(rule.name).delay if self.lock(rule.name) else 0
        if rule.locks == "loosen":
            own = max((lock.delay for lock in map(self.lock, self.policy.rules) if lock), default=0)
        delay = max(rule.delay, own)
        if delay and self.accepted_at(entry.action) is None:
            return self._did(entry, "accepted", self._notice(rule, entry, "pending"), delay)
        if not rule.outflow:
            return self._did(entry, "applied", self._notice(rule, entry, "done"))
        if not entry.given.seal:  # type: ignore[union-attr]
            return self._did(entry, "ready", {})
        again = self.seal(entry.action) is not None
        return self._did(entry, "sealed", {} if again else self._notice(rule, entry, "sealed"))

    def _did(self, entry: Entry, word: str, notices: dict[str, tuple[str, ...]], delay: int = 0) -> Entry:
        return Entry(entry.at, entry.given, (*entry.did, word), notices, delay=delay)

    def _notice(self, rule: Rule, entry: Entry, suffix: str) -> dict[str, tuple[str, ...]]:
        if rule.notify is None:
            return {}
        return {f"{entry.action}.{suffix}": self.reachable(rule.notify, entry.at)}

    def _decide(self, given: i.Decide, now: int) -> tuple[Entry, Answer]:
        status, seal = self.status(given.action), self.seal(given.action)
        if status == "sealed":
            need(seal and (now >= seal[1] + 2 * MINUTE or given.epoch != seal[2]), "sealed")
        need(status in ("open", "ready", "pending", "sealed"), "over")
        if status == "pending":
            return self._due(given, now)
        met = self.due(given.action) or self.accepted_at(given.action)
        need(met is None or now - met <= DAY, "lapsed")
        need(status != "open" or now - self.asked_at(given.action) <= 30 * MINUTE, "lapsed")
        return self._after(given, now, ("decided",))

    def _due(self, given: i.Due | i.Decide, now: int) -> tuple[Entry, Answer]:
        started = self.status(given.action) == "open" and self.proofs(given.action)
        if started and self.policy.attempts is not None and self.answered[given.action] != "hold":
            return self._lapse(given, now)
        need(self.status(given.action) == "pending", "not pending")
        due, gone = self.due(given.action), self.request(given.action).rule in self.gone
        if due is None or now < due:
            return Entry(now, given, ("waits",)), Answer("deny") if gone else Answer("hold", until=due)
        if not given.trusted_time:
            return Entry(now, given, ("waits",)), Answer("deny" if gone else "hold")
        if gone:  # it has waited for something that cannot be any more; all who were told of it are told
            everywhere = self.reachable(tuple({item.channel for item in self.contacts().values()}), now)
            return Entry(now, given, ("refused",), {f"{given.action}.lapsed": everywhere}), Answer("deny")
        answer = self.decide(given.action, now, brake=given.brake)
        rule = self.rule(self.request(given.action).rule, now)
        entry = Entry(now, given, ("decided",))
        if answer.outcome == "allow":
            word, notices = ("ready", {}) if rule.outflow else ("applied", self._notice(rule, entry, "done"))
            return self._did(entry, word, notices), answer
        return (entry if answer.outcome == "hold" else self._did(entry, "refused", {})), answer

    def _lapse(self, given: i.Due | i.Decide, now: int) -> tuple[Entry, None]:
        if now - self.asked_at(given.action) <= 30 * MINUTE or not given.trusted_time:
            return Entry(now, given, ("waits",)), None
        told = {f"{given.action}.attempt": self.reachable(self.policy.attempts or (), now)}
        return self._did(Entry(now, given), "refused", told), None

    # ------------------------------------------------------------ proofs

    def _answerable(self, action: str, now: int) -> None:
        need(self.status(action) == "open" and now - self.asked_at(action) <= 30 * MINUTE, "over")

    def _asked_for(self, action: str, factor: str, now: int) -> None:
        rule = self.rule(self.request(action).rule, now)
        need(rule.name not in self.gone, "not asked for")
        need(factor in factors_of(rule.require.expression), "not asked for")
        wrong = [e for e in self.of(action) if isinstance(e.given, i.ProofFailed) and e.given.factor == factor]
        need(len(wrong) < 5, "blocked")

    def _prove(self, given: i.Prove, now: int) -> tuple[Entry, Answer]:
        self._answerable(given.action, now)
        spent = [e.given for e in self.entries if isinstance(e.given, i.Prove) and e.did]
        proof, item = given.proof, self.factors().get(given.proof.instance)
        need(proof.token not in {one.proof.token for one in spent}, "spent")
        self._asked_for(given.action, proof.factor, now)
        need(item and item.factor == proof.factor and item.removed is None, "no such factor")
        of_item = [one for one in spent if one.proof.instance == proof.instance]
        need(
            given.step is None or all(given.step > (o.step if o.step is not None else -1) for o in of_item), "step"
        )
        need(given.used is None or given.used not in {one.used for one in of_item}, "used")
        if given.challenge is not None:
            self._challenge_open(given, spent, now)
        return self._after(given, now, ("proved",))

    def _challenge_open(self, given: i.Prove, spent: list[i.Prove], now: int) -> None:
        sent = [e.given for e in self.of(given.action) if isinstance(e.given, i.Challenged)]
        one = next((c for c in sent if c.id == given.challenge), None)
        need(one and one.instance == given.proof.instance and now < one.expires, "no open challenge")
        need(given.challenge not in {other.challenge for other in spent}, "used")
        wrong = [e for e in self.of(given.action) if getattr(e.given, "challenge", None) == given.challenge]
        need(sum(isinstance(e.given, i.ProofFailed) for e in wrong) < 5, "blocked")

    def _prooffailed(self, given: i.ProofFailed, now: int) -> tuple[Entry, None]:
        self._answerable(given.action, now)
        return Entry(now, given, ("failed",)), None

    def _challenged(self, given: i.Challenged, now: int) -> tuple[Entry, None]:
        self._answerable(given.action, now)
        self._asked_for(given.action, given.factor, now)
        item = self.factors().get(given.instance)
        need(item and item.factor == given.factor and item.removed is None, "no such factor")
        need(item and item.contact in self.contacts(), "no contact")
        return Entry(now, given, ("challenged",)), None

    # ------------------------------------------------------------ brakes

    def _link(self, contact: str | None, link: str | None, now: int) -> ContactThen | None:
        if contact is None and link is None:
            return None
        need(
            link is None or link not in {getattr(e.given, "link", None) for e in self.entries if e.did}, "link used"
        )
        found = self.contacts().get(contact or "")
        need(found and (found.replaced is None or now < found.replaced + 7 * DAY), "no such contact")
        return found

    def _cancel(self, given: i.Cancel, now: int) -> tuple[Entry, None]:
        status = self.status(given.action)
        need(status, "unknown")
        contact = self._link(given.contact, given.link, now)
        if status == "disputed":
            return Entry(now, given), None
        need(status in ("open", "pending", "ready", "sealed"), "over")
        rule, words = self.rule(self.request(given.action).rule, now), self.policy.vocabulary.factors
        changed = {words[n].channel for n in (*rule.grants, *rule.removes) if n in words} | {*rule.silences}
        changed = set() if rule.name in self.gone else changed
        change = contact is not None and status == "pending" and self.request(given.action).payment is None
        disputes = change and contact is not None and (contact.channel in changed or self._cancelled_by(given, now))
        return Entry(now, given, ("disputed" if disputes else "cancelled",)), None

    def _cancelled_by(self, given: i.Cancel, now: int) -> bool:
        """Whether a link of this contact has ended a waiting change in the last 30 days."""
        return any(
            isinstance(e.given, i.Cancel)
            and "cancelled" in e.did
            and e.given.contact == given.contact
            and e.at > now - 30 * DAY
            and self.accepted_at(e.given.action) is not None
            and self.request(e.given.action).payment is None
            for e in self.entries
        )

    def _freezenow(self, given: i.FreezeNow, now: int) -> tuple[Entry, None]:
        contact = self._link(given.contact, given.link, now)
        before = [e for e in self.entries if isinstance(e.given, i.FreezeNow) and e.did]
        need(given.freeze.id not in {e.given.freeze.id for e in before}, "exists")  # type: ignore[union-attr]
        need(given.freeze.kind != "staff" or len(set(given.freeze.by.split("+"))) > 1, "two officers")
        if given.freeze.kind == "owner" and any(kind == "owner" for kind, *_ in self.unlifted()):
            return Entry(now, given), None
        channels = tuple({item.channel for item in self.contacts().values()})
        notices = {f"{given.id}.freeze": self.reachable(channels, now)}
        return Entry(now, given, ("frozen",), notices, suspicions=self._repeats(given, contact, now)), None

    def _repeats(self, given: i.FreezeNow, contact: ContactThen | None, now: int) -> tuple[Suspicion, ...]:
        """A second freeze by one contact, once its first is over, makes its channel suspect."""
        same = [
            e.at
            for e in self.entries
            if isinstance(e.given, i.FreezeNow) and e.did and e.given.contact == given.contact
        ]
        same = [at for at in same if at > now - 30 * DAY]
        if contact is None or not same or self.frozen_by(given.contact, now):
            return ()
        words = self.policy.vocabulary
        found = []
        for name, spec in words.capabilities.items():
            produces = {words.factors[factor].channel for factor in spec.produces}
            if contact.channel in spec.mutes and contact.channel in produces:
                found.append(
                    (f"{given.id}.{name}", name, same[0], now + 30 * DAY, contact.instance or given.contact)
                )
        return tuple(found)

    def _liftfreeze(self, given: i.LiftFreeze, now: int) -> tuple[Entry, None]:
        need(len(set(given.officers)) > 1, "two officers")
        need(self.ever_frozen(), "not frozen")
        channels = tuple({item.channel for item in self.contacts().values()})
        return Entry(now, given, ("lifted",), {f"{given.id}.lifted": self.reachable(channels, now)}), None

    def ever_frozen(self) -> bool:
        """Whether a freeze was not lifted (one that has run out counts too)."""
        return bool(self.freezes(-1))

    def _resolvedispute(self, given: i.ResolveDispute, now: int) -> tuple[Entry, None]:
        need(len(set(given.officers)) > 1 and self.status(given.action) == "disputed", "no dispute")
        return Entry(now, given, ("upheld" if given.uphold else "cancelled",)), None

    # ------------------------------------------------------------ evidence

    def _suspect(self, given: i.Suspect, now: int) -> tuple[Entry, None]:
        one = given.suspicion
        need(one.capability in self.policy.vocabulary.capabilities and one.since < one.until, "not a suspicion")
        return Entry(now, given, ("suspected",)), None

    def _clearsuspicion(self, given: i.ClearSuspicion, now: int) -> tuple[Entry, None]:
        known = {e.given.suspicion.id for e in self.entries if isinstance(e.given, i.Suspect) and e.did}
        known |= {one[0] for e in self.entries for one in e.suspicions}
        gone = {e.given.suspicion for e in self.entries if isinstance(e.given, i.ClearSuspicion) and e.did}
        need(len(set(given.officers)) > 1 and given.suspicion in known - gone, "no suspicion")
        return Entry(now, given, ("cleared",)), None

    def notices(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        return {name: (e.at, to) for e in self.entries for name, to in e.notices.items()}

    def _noticeaccepted(self, given: i.NoticeAccepted, now: int) -> tuple[Entry, None]:
        sent = self.notices().get(given.notice)
        taken = [
            e for e in self.entries if isinstance(e.given, i.NoticeAccepted) and e.given.notice == given.notice
        ]
        if sent is None or any(e.given.contact == given.contact for e in taken):  # type: ignore[union-attr]
            return Entry(now, given), None
        need(given.contact in sent[1], "not for this contact")
        begun = any(e.begun is not None and e.begun[0] == given.notice for e in self.entries)
        counts = not begun and self.unsuspected(given.contact, now)
        moment = max(sent[0], min(given.at, now))
        return Entry(now, given, ("taken",), begun=(given.notice, moment) if counts else None), None

    def _confirmnotice(self, given: i.ConfirmNotice, now: int) -> tuple[Entry, None]:
        sent = self.notices().get(given.notice)
        begun = any(e.begun is not None and e.begun[0] == given.notice for e in self.entries)
        heard = begun and self.heard(Start(notice=given.notice), now) is not None
        need(len(set(given.officers)) > 1 and sent and not heard and now >= sent[0] + 7 * DAY, "too early")
        return Entry(now, given, ("confirmed",), begun=None if begun else (given.notice, now)), None

    # ------------------------------------------------------------ break-glass

    def _openglass(self, given: i.OpenGlass, now: int) -> tuple[Entry, None]:
        need(len(set(given.officers)) > 1 and given.reason.strip() and 0 < given.duration <= 4 * HOUR, "not so")
        need(not self.glass(now), "open")
        need(given.duration + self.glass_used(now) <= 4 * HOUR, "spent")
        channels = tuple({item.channel for item in self.contacts().values()})
        return Entry(now, given, ("opened",), {f"{given.id}.glass": self.reachable(channels, now)}), None

    def glass_used(self, now: int) -> int:
        """The lengths of the openings that reach into the last day."""
        spans = []
        for opened in (e for e in self.entries if isinstance(e.given, i.OpenGlass) and e.did):
            end = opened.at + opened.given.duration  # type: ignore[union-attr]
            closed = [e.at for e in self.entries if isinstance(e.given, i.CloseGlass) and e.did]
            spans.append((opened.at, min([end, *(at for at in closed if opened.at <= at)])))
        return sum(end - at for at, end in spans if end > now - DAY)

    def _closeglass(self, given: i.CloseGlass, now: int) -> tuple[Entry, None]:
        need(self.glass(now), "not open")
        return Entry(now, given, ("closed",)), None

    def _endsessions(self, given: i.EndSessions, now: int) -> tuple[Entry, None]:
        need(len(set(given.officers)) > 1 and given.reason.strip(), "not so")
        channels = tuple({item.channel for item in self.contacts().values()})
        return Entry(now, given, ("ended",), {f"{given.id}.sessions": self.reachable(channels, now)}), None

    # ------------------------------------------------------------ seals

    def _redeem(self, given: i.Redeem, now: int) -> tuple[Entry, Answer]:
        seal = self.seal(given.action)
        need(seal and seal[0] == given.seal and self.status(given.action) == "sealed", "no seal")
        need(seal and given.epoch == seal[2] and now < seal[1] + 2 * MINUTE, "no live seal")
        answer = self.decide(given.action, now, trusted=given.trusted_time, brake=given.brake)
        return Entry(now, given, ("redeemed" if answer.outcome == "allow" else "voided",)), answer

    def _report(self, given: i.Report, now: int) -> tuple[Entry, None]:
        seal = self.seal(given.action)
        need(seal and seal[0] == given.seal and given.outcome in ("broadcast", "abandoned"), "no seal")
        done = [e.given for e in self.of(given.action) if isinstance(e.given, i.Report)]
        if done:
            same = (given.outcome, given.txid) == ("broadcast", done[0].txid) and done[0].outcome == "broadcast"
            need(same, "reported")
            return Entry(now, given), None
        need(self.when(given.action, "redeemed"), "not redeemed")
        return Entry(now, given, ("reported",)), None
