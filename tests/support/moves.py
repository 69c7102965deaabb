# SPDX-License-Identifier: Apache-2.0
"""Random inputs that fit a state: what an owner, an attacker, staff, channels and signers could do next."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from counterseal.core import inputs as i
from counterseal.core.account import Action, Enrol, Freeze, Lock, Request, Suspicion, UsedProof
from counterseal.core.stops import Stop
from tests.support.lab import DAY, HOUR, MINUTE, OFFICERS, SECOND, Lab, payment

WAITS = (0, 1, SECOND, MINUTE, 5 * MINUTE, 11 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY - 1, 2 * DAY, 3 * DAY)
LONGEST = 29 * DAY  # of one run: beyond 30 days the engine may forget what it rested on, and says so
CONTACT_KINDS = ("c.sms", "c.email", "c.push")


class Moves:
    """Draws the next input of a lab from a source of chance (hypothesis', so that failures shrink)."""

    def __init__(self, lab: Lab, chance: Random) -> None:
        self.lab, self.chance, self.waited, self.steps = lab, chance, 0, 0
        self.spent: list[UsedProof] = []

    def pause(self) -> None:
        """Time passes, often not at all; sometimes exactly to the end of a hold."""
        sealed = any(action.status == "sealed" for action in self.lab.state.actions.values())
        if self.chance.random() < (0.9 if sealed else 0.7):
            return
        wait = self.chance.choice(WAITS)
        ends = [a.decision.until for a in self.lab.state.actions.values() if a.decision and a.decision.until]
        ends = [end - self.lab.now for end in ends if end > self.lab.now]
        if ends and self.chance.random() < 0.3:
            wait = self.chance.choice(ends) - self.chance.choice((0, 0, 1))
        if self.waited + wait <= LONGEST:
            self.waited += wait
            self.lab.wait(wait)

    def next(self) -> i.Input:
        """One input; most are sensible, some are not."""
        weights: list[tuple[int, Callable[[], i.Input | None]]] = [
            (6, self.ask),
            (24, self.prove),
            (1, self.fail),
            (1, self.challenge),
            (3, self.decide),
            (3, self.due),
            (1, self.cancel),
            (1, self.freeze),
            (1, self.lift),
            (2, self.suspect),
            (1, self.clear),
            (7, self.accept),
            (1, self.confirm),
            (1, self.resolve),
            (4, self.redeem),
            (2, self.report),
            (1, self.glass),
            (1, self.end_sessions),
            (2, self.afterthought),
        ]
        while True:
            made = self.chance.choices([m for _, m in weights], [w for w, _ in weights])[0]()
            if made is not None:
                return made

    # ------------------------------------------------------------ asking

    def ask(self) -> i.Input:
        """Any rule, naming things that are there, or new ones."""
        lab, chance = self.lab, self.chance
        rule = lab.policy.rules[chance.choice(sorted(lab.policy.rules))]
        identity = lab.name("act")
        objects = {}
        for kind in sorted(set(lab.policy.vocabulary.facts.values())):
            there = sorted(item.id for item in lab.state.objects.values() if item.kind == kind)
            choice = [*there, *there, *there, f"new-{kind}", None]
            granted = any(lab.policy.vocabulary.facts.get(name) == kind for name in rule.grants)
            picked = chance.choice(choice[:-1] if granted else choice)
            if picked is not None:
                objects[kind] = picked
        names_one = rule.confirms or rule.removes or rule.verb == "replace"
        if names_one and lab.state.enrolled and chance.random() < 0.8:
            objects["factor"] = chance.choice(sorted(lab.state.enrolled))
        enrol = tuple(
            Enrol(name, f"{name}-{identity}", f"{name}@new" if spec.contact else None)
            for name, spec in lab.policy.vocabulary.factors.items()
            if name in rule.grants and not spec.attested and chance.random() < 0.8
        )
        value = chance.choice((1, 100, 250, 500, 1000, 1001, None)) if rule.outflow else None
        context = frozenset(name for name in lab.policy.vocabulary.context if chance.random() < 0.7)
        lock = None
        if rule.locks and (outflows := sorted(n for n, r in lab.policy.rules.items() if r.outflow)):
            limit = chance.choice((None, Decimal(100), Decimal(600)))
            lock = Lock(chance.choice(outflows), chance.random() < 0.3, limit, chance.choice((0, HOUR, DAY)))
        paid = payment(value) if rule.outflow else None
        seal = f"seal-{identity}" if chance.random() < 0.5 else ""
        request = Request(rule.name, objects, enrol, paid, context, lock)
        return i.Ask(identity, request, chance.random() < 0.97, seal, brake=self.brake())

    def _action(self, *statuses: str) -> Action | None:
        found = [a for a in self.lab.state.actions.values() if not statuses or a.status in statuses]
        if self.chance.random() < 0.03:
            found = list(self.lab.state.actions.values())
        return self.chance.choice(found) if found else None

    def prove(self) -> i.Input | None:
        """A proof that is still missing, mostly; a used one again at times."""
        lab, chance = self.lab, self.chance
        action = self._action("open")
        answerable = [a for a in lab.state.actions.values() if a.status == "open" and a.decision is not None]
        answerable = [a for a in answerable if a.decision and a.decision.outcome == "challenge"]
        if answerable and chance.random() < 0.8:
            action = answerable[-1]
        if action is None or action.request.rule not in lab.policy.rules:
            return None
        named = lab.policy.rules[action.request.rule].require.factors
        missing = sorted({f for s in (action.decision.alternatives if action.decision else ()) for f in s})
        wanted = missing if missing and chance.random() < 0.85 else sorted(named | {"password"})
        factor = chance.choice(wanted)
        instances = sorted(item.id for item in lab.state.enrolled.values() if item.factor == factor)
        name = lab.name("proof")
        instance = chance.choice(instances) if instances else factor
        proof = UsedProof(factor, instance, lab.now, name)
        fresh = [p for p in self.spent if lab.now - p.at < DAY]
        if fresh and chance.random() < 0.05:
            proof = chance.choice(fresh)
        self.spent.append(proof)
        step = None
        if factor == "totp":
            self.steps += 1
            step = self.steps if chance.random() < 0.9 else chance.randint(0, self.steps)
        challenges = sorted(c.id for c in action.challenges.values() if c.factor == factor)
        challenge = chance.choice(challenges) if challenges and chance.random() < 0.8 else None
        trusted = chance.random() < 0.97
        return i.Prove(name, action.id, proof, challenge, step, None, trusted, f"seal-{name}", brake=self.brake())

    def fail(self) -> i.Input | None:
        """A wrong answer."""
        action = self._action("open")
        if action is None:
            return None
        challenge = next(iter(sorted(action.challenges)), None)
        return i.ProofFailed(self.lab.name("fail"), action.id, "sms", "sms", "here", challenge=challenge)

    def challenge(self) -> i.Input | None:
        """A code goes out."""
        action = self._action("open")
        if action is None:
            return None
        item = self.chance.choice(sorted(self.lab.state.enrolled.values(), key=lambda one: one.id))
        end = self.lab.now + 10 * MINUTE
        return i.Challenged(self.lab.name("code"), action.id, item.factor, item.id, b"digest", end)

    def decide(self) -> i.Input | None:
        """Decide again."""
        action = self._action("open", "ready", "pending", "sealed")
        if action is None:
            return None
        name = self.lab.name("decide")
        seal, epoch = f"seal-{name}" if self.chance.random() < 0.8 else "", int(self.chance.random() < 0.1)
        return i.Decide(name, action.id, self.chance.random() < 0.97, seal, epoch, brake=self.brake())

    def due(self) -> i.Input | None:
        """A timer fires, at times too early."""
        if self.chance.random() < 0.2 and (unfinished := self._action("open")) is not None:
            if self.chance.random() < 0.5 and self.waited + 31 * MINUTE <= LONGEST:
                self.waited += 31 * MINUTE
                self.lab.wait(31 * MINUTE)
            return i.Due(self.lab.name("due"), unfinished.id, self.chance.random() < 0.9)
        action = self._action("pending")
        if action is None:
            return None
        if action.due is not None and self.chance.random() < 0.6:
            wait = max(0, action.due - self.lab.now)
            if self.waited + wait <= LONGEST:
                self.waited += wait
                self.lab.wait(wait)
        return i.Due(self.lab.name("due"), action.id, self.chance.random() < 0.97, self.brake())

    # ------------------------------------------------------------ brakes and evidence

    def _link(self) -> tuple[str | None, str | None]:
        if self.chance.random() < 0.4:
            return None, None
        return self.chance.choice(sorted(self.lab.state.contacts)), self.lab.name("link")

    def cancel(self) -> i.Input | None:
        """By the platform or by the link of a contact."""
        action = self._action("open", "pending", "ready", "sealed")
        if action is None:
            return None
        contact, link = self._link()
        return i.Cancel(self.lab.name("cancel"), action.id, "link" if link else "platform", contact, link)

    def freeze(self) -> i.Input:
        """Link, owner or staff."""
        kind = self.chance.choice(("link", "link", "owner", "staff"))
        contact, link = self._link() if kind == "link" else (None, None)
        narrow = kind == "staff" and self.chance.random() < 0.5
        freeze = Freeze(self.lab.name("freeze"), kind, self.lab.now, None, "+".join(OFFICERS), narrow)
        return i.FreezeNow(self.lab.name("brake"), freeze, contact, link)

    def lift(self) -> i.Input:
        """Officers lift."""
        return i.LiftFreeze(self.lab.name("lift"), OFFICERS)

    def suspect(self) -> i.Input:
        """A signal about the account, a factor or an object."""
        lab, chance = self.lab, self.chance
        capability = chance.choice(sorted(lab.policy.vocabulary.capabilities))
        things = [*sorted(lab.state.enrolled), *sorted(item.id for item in lab.state.objects.values())]
        about = chance.choice(things) if chance.random() < 0.4 else None
        since = lab.now - chance.choice((0, 0, HOUR, DAY, 3 * DAY, 90 * DAY))
        until = lab.now + chance.choice((1, HOUR, DAY, 30 * DAY))
        return i.Suspect(lab.name("signal"), Suspicion(lab.name("suspicion"), capability, since, until, about))

    def afterthought(self) -> i.Input | None:
        """A channel turns out to have been suspect when it took a notice."""
        lab, chance = self.lab, self.chance
        begun = sorted(k for k, notice in lab.state.notices.items() if notice.started is not None)
        if not begun:
            return None
        waiting = [a.notice for a in lab.state.actions.values() if a.status in ("pending", "ready") and a.notice]
        notice = lab.state.notices[chance.choice([*begun, *(4 * [k for k in waiting if k in begun])])]
        contact = lab.state.contacts.get(next(iter(notice.accepted)))
        specs = lab.policy.vocabulary.capabilities.values()
        mutes = sorted(spec.name for spec in specs if contact is not None and contact.channel in spec.mutes)
        if contact is None or not mutes:
            return None
        since = notice.at - chance.choice((0, 1, HOUR, -HOUR, -DAY))
        about = chance.choice((None, None, contact.id, contact.instance))
        until = lab.now + chance.choice((HOUR, DAY, 30 * DAY))
        return i.Suspect(
            lab.name("signal"), Suspicion(lab.name("suspicion"), chance.choice(mutes), since, until, about)
        )

    def clear(self) -> i.Input | None:
        """Officers withdraw a suspicion that stands."""
        known = sorted(k for k, item in self.lab.state.suspicions.items() if item.until > self.lab.now)
        if not known:
            return None
        return i.ClearSuspicion(self.lab.name("clear"), self.chance.choice(known), OFFICERS)

    def accept(self) -> i.Input | None:
        """A channel takes a notice, and says when, truly or not."""
        lab, chance = self.lab, self.chance
        waiting = sorted(k for k, n in lab.state.notices.items() if n.started is None and n.contacts)
        if not waiting:
            return None
        notice = lab.state.notices[chance.choice(waiting)]
        at = lab.now - chance.choice((0, 0, 0, SECOND, DAY, -DAY))
        return i.NoticeAccepted(lab.name("taken"), notice.id, chance.choice(notice.contacts), at)

    def confirm(self) -> i.Input | None:
        """Officers confirm a notice, at times too early."""
        waiting = sorted(k for k, n in self.lab.state.notices.items() if n.started is None)
        if not waiting:
            return None
        return i.ConfirmNotice(self.lab.name("confirm"), self.chance.choice(waiting), OFFICERS)

    def resolve(self) -> i.Input | None:
        """Officers decide a dispute."""
        action = self._action("disputed")
        if action is None:
            return None
        return i.ResolveDispute(self.lab.name("resolve"), action.id, self.chance.random() < 0.5, OFFICERS)

    def redeem(self) -> i.Input | None:
        """A signer redeems, at times twice or in another epoch."""
        action = self._action("sealed")
        if action is None or action.seal is None:
            return None
        epoch = action.seal.epoch + int(self.chance.random() < 0.03)
        trusted = self.chance.random() < 0.97
        return i.Redeem(self.lab.name("redeem"), action.id, action.seal.id, epoch, trusted, self.brake())

    def brake(self) -> Stop | None:
        """What officers have stopped on the whole platform; mostly nothing."""
        if self.chance.random() < 0.95:
            return None
        until = self.chance.choice((None, self.lab.now + 1, self.lab.now + HOUR, self.lab.now + 3 * DAY))
        return Stop("brake", "asset", "BTC", until)

    def glass(self) -> i.Input:
        """Break-glass: opened for a while, closed at times, asked for too often."""
        if self.chance.random() < 0.3:
            return i.CloseGlass(self.lab.name("close"), "somebody")
        officers = OFFICERS if self.chance.random() < 0.9 else OFFICERS[:1]
        duration = self.chance.choice((1, MINUTE, HOUR, 4 * HOUR, 4 * HOUR + 1))
        return i.OpenGlass(self.lab.name("glass"), officers, "the owner called", duration)

    def end_sessions(self) -> i.Input:
        """Officers end every session; at times one of them alone asks for it."""
        officers = OFFICERS if self.chance.random() < 0.9 else OFFICERS[:1]
        return i.EndSessions(self.lab.name("end"), officers, "somebody else may be logged in")

    def report(self) -> i.Input | None:
        """A signer reports."""
        action = self._action("redeemed")
        if action is None or action.seal is None:
            return None
        outcome = self.chance.choice(("broadcast", "broadcast", "abandoned"))
        return i.Report(self.lab.name("report"), action.id, action.seal.id, outcome, "tx")
