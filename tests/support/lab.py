# SPDX-License-Identifier: Apache-2.0
"""One account in the laboratory: inputs by short names, its state after each, and time that one can move."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from counterseal.core import inputs as i
from counterseal.core.account import (
    Action,
    Contact,
    Enrol,
    FactState,
    Freeze,
    Grant,
    Instance,
    Lock,
    Object,
    Payment,
    Request,
    State,
    Suspicion,
    UsedProof,
)
from counterseal.core.decision import Decision
from counterseal.core.engine import Step, advance
from counterseal.core.policy.model import Policy
from tests.support.lab_policy import lab_policy

START = 1_700_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
OFFICERS = ("officer-1", "officer-2")
FACTORS = ("password", "sms", "email", "totp", "passkey", "face", "kba")
CONTACTS = {"sms": "c.sms", "email": "c.email"}


def owner(
    factors: tuple[str, ...] = FACTORS, *, objects: dict[str, tuple[str, ...]] | None = None, at: int = START
) -> i.Register:
    """An account that is 60 days old: one instance of each factor, contacts by SMS, e-mail and push, and
    `objects`: "kind:id" -> facts (default: session s1, address a1, API key k1)."""
    old = Grant(at - 60 * DAY, "import", imported=True)
    if objects is None:
        objects = {
            "session:s1": ("session",),
            "address:a1": ("address", "verified_address"),
            "api_key:k1": ("api_withdraw",),
        }
    instances = tuple(
        Instance(name, name, old, contact=CONTACTS.get(name), started=at - 60 * DAY) for name in factors
    )
    contacts = tuple(
        Contact(f"c.{channel}", channel, f"{channel}@owner", at - 60 * DAY, channel if channel in factors else None)
        for channel in ("sms", "email", "push")
    )
    things = tuple(
        Object(*key.split(":"), {fact: FactState(old, started=at - 60 * DAY) for fact in facts})
        for key, facts in objects.items()
    )
    return i.Register("account", contacts, instances, things)


def payment(value: Any, amount: Any = 1) -> Payment:
    """A payment worth `value` in the accounting currency; None = no price."""
    worth = None if value is None else Decimal(value)
    return Payment("BTC", Decimal(amount), "btc", "bc1q", value=worth, priced_at=None if value is None else START)


class Lab:
    """The account under one policy. Each method is one input; `now` is ms."""

    def __init__(self, policy: Policy | None = None, register: i.Register | None = None) -> None:
        self.policy = policy or lab_policy()
        self.now = START
        self.count = 0
        self.state: State
        self.last: Step
        self.state, self.last = advance(self.policy, None, register or owner(), START)

    def wait(self, milliseconds: int) -> None:
        """Time passes."""
        self.now += milliseconds

    def do(self, given: i.Input) -> Decision | None:
        """One input."""
        self.state, self.last = advance(self.policy, self.state, given, self.now)
        return self.last.decision

    def name(self, prefix: str) -> str:
        """A fresh id."""
        self.count += 1
        return f"{prefix}{self.count}"

    def ask(
        self,
        rule: str,
        value: Any = 1,
        *,
        enrol: tuple[Enrol, ...] = (),
        context: tuple[str, ...] = (),
        lock: Lock | None = None,
        trusted_time: bool = True,
        **objects: str,
    ) -> str:
        """Ask; returns the action's id. `objects`: kind=id; outflows are worth `value`."""
        identity = self.name("act")
        paid = payment(value) if self.policy.rules[rule].outflow else None
        request = Request(rule, objects, enrol, paid, frozenset(context), lock)
        self.do(i.Ask(identity, request, trusted_time))
        return identity

    def prove(self, action: str, factor: str, instance: str | None = None, **more: Any) -> Decision:
        """A proof of an instance (named like its factor unless said); returns the new decision."""
        name = self.name("proof")
        more.setdefault("seal", f"seal-{name}")
        proof = UsedProof(factor, instance or factor, self.now, more.pop("token", name))
        decision = self.do(i.Prove(name, action, proof, **more))
        assert decision is not None
        return decision

    def done(self, rule: str, *factors: str, **ask: Any) -> str:
        """Ask and prove."""
        identity = self.ask(rule, **ask)
        for factor in factors:
            self.prove(identity, factor)
        return identity

    def decide(self, action: str, **more: Any) -> Decision:
        """Decide again; an allowed outflow gets a seal."""
        name = self.name("decide")
        more.setdefault("seal", f"seal-{name}")
        decision = self.do(i.Decide(name, action, **more))
        assert decision is not None
        return decision

    def due(self, action: str) -> Decision:
        """The timer fires."""
        decision = self.do(i.Due(self.name("due"), action))
        assert decision is not None
        return decision

    def accept(self, action: str, contact: str = "c.push", at: int | None = None) -> None:
        """The channel of a contact takes every notice of the action."""
        for notice in [n for n in self.state.notices.values() if n.action == action]:
            if contact in notice.contacts:
                self.do(i.NoticeAccepted(self.name("taken"), notice.id, contact, self.now if at is None else at))

    def suspect(self, capability: str, *, ago: int = 0, lasts: int = 30 * DAY, about: str | None = None) -> str:
        """A suspicion since `ago` ms."""
        name = self.name("suspicion")
        item = Suspicion(name, capability, self.now - ago, self.now + lasts, about, evidence=f"sign of {name}")
        self.do(i.Suspect(self.name("signal"), item))
        return name

    def clear(self, suspicion: str) -> None:
        """Officers withdraw a suspicion."""
        self.do(i.ClearSuspicion(self.name("clear"), suspicion, OFFICERS))

    def freeze(self, kind: str, contact: str | None = None) -> str:
        """Freeze; a link freeze comes from a contact's link."""
        name = self.name("freeze")
        by = "+".join(OFFICERS) if kind == "staff" else "owner"
        link = self.name("link") if contact else None
        self.do(i.FreezeNow(self.name("brake"), Freeze(name, kind, self.now, None, by), contact, link))
        return name

    def lift(self) -> None:
        """Officers lift the freezes."""
        self.do(i.LiftFreeze(self.name("lift"), OFFICERS))

    def cancel(self, action: str, by: str = "platform", contact: str | None = None) -> None:
        """Cancel; by a link when `contact` is given."""
        link = self.name("link") if contact else None
        self.do(i.Cancel(self.name("cancel"), action, "link" if contact else by, contact, link))

    def redeem(self, action: str, **more: Any) -> Decision:
        """A signer redeems the action's seal."""
        held = self.action(action).seal
        assert held is not None
        decision = self.do(i.Redeem(self.name("redeem"), action, held.id, more.pop("epoch", held.epoch), **more))
        assert decision is not None
        return decision

    def report(self, action: str, outcome: str = "broadcast", txid: str = "tx") -> None:
        """A signer reports."""
        held = self.action(action).seal
        assert held is not None
        self.do(i.Report(self.name("report"), action, held.id, outcome, txid))

    def action(self, identity: str) -> Action:
        """The action as it is."""
        return self.state.actions[identity]

    def status(self, identity: str) -> str:
        """The action's status."""
        return self.state.actions[identity].status

    def decision(self, identity: str) -> Decision:
        """The last decision on it."""
        found = self.state.actions[identity].decision
        assert found is not None
        return found
