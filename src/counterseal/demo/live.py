# SPDX-License-Identifier: Apache-2.0
"""An attack of `attacks/` on an account that exists: the moves of the file, with capabilities that a person chose.

The recorded cases (`runner.py`) enrol a victim and play the owner, too. Here the owner is a person who looks on.
All steps are tried, so that every wall is seen. No wait is waited out: that is the person's time to act.
"""

from __future__ import annotations

import time as wall
from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.demo.attacker import Attacker
from counterseal.demo.exchange import Exchange, Time
from counterseal.demo.model import (
    Attack,
    BeyondCapabilitiesError,
    DemoError,
    Enrolment,
    Known,
    Move,
    Payment,
    Played,
    Victim,
)
from counterseal.demo.player import Mover, Tried
from counterseal.demo.replay_parts import AuthService
from counterseal.gateways.packs import policy_from
from counterseal.sdk import Counterseal, SealError
from counterseal.sdk import ask as given
from counterseal.sdk.replies import Action

OUT_OF_REACH = "out_of_reach"
LONGEST_SLEEP = 1.0  # s that a real clock is waited for
Cash = Callable[[Action, Payment], str]
"""Takes a sealed action to the platform's own signer; "" = it was paid, else why not."""


class Target(msgspec.Struct, frozen=True):
    """Whom to attack, and what a thief would see of them. `contacts`: (factor, contact); `asset`, `amount`: what
    there is to take; `destination`: the thief's on the chain, `insider`: the thief's account on the platform."""

    account: str
    contacts: tuple[tuple[str, str], ...]
    objects: tuple[tuple[str, str], ...]  # (kind, id) of the owner's own session and device
    asset: str
    amount: Decimal
    destination: str
    insider: str


class SharedTime(Time):
    """A clock that others use, too. A simulated one is moved on; on the real one nothing long is waited for."""

    def __init__(self, client: Counterseal) -> None:
        self._client = client
        clock = client.read_clock()
        self.now, self._simulated = clock.now, clock.simulated

    def to(self, moment: int) -> None:
        """Go on to `moment` (ms), if it is still to come."""
        self.on(max(0, moment - self._client.read_clock().now))

    def on(self, span: int) -> None:
        """`span` ms pass; on the real clock at most a second."""
        if self._simulated:
            self.now = self._client.advance_clock(span).now
            return
        wall.sleep(min(span / 1000, LONGEST_SLEEP))
        self.now = self._client.read_clock().now


class NotPaidError(SealError):
    """The platform's signer did not pay."""

    code = "not_paid"


class SharedExchange(Exchange):
    """The platform as the attacker meets it: it relays, its face check is fooled, and its own signer pays.

    `issuer`: whose attestations the guard believes. Registers a key of its own, as a fooled platform would use.
    """

    def __init__(self, client: Counterseal, time: Time, issuer: str, audience: str, cash: Cash) -> None:
        self._client, self._time, self._audience, self._cash = client, time, audience, cash
        self._auth = AuthService(client, issuer)

    def outflow(self, payment: Payment) -> given.Outflow:
        """The payment as the platform states it to the guard; prices are the platform's feed's business."""
        return given.Outflow(
            asset=payment.asset,
            amount=payment.amount,
            chain=payment.chain,
            destination=payment.destination,
            memo=payment.memo,
            fee_cap=Decimal(5) if payment.chain else Decimal(0),
            audience=self._audience,
        )

    def pay(self, action: Action, payment: Payment) -> int:
        """Hand the seal to the platform's signer; the moment (ms) the money left. Raises NotPaidError."""
        if refused := self._cash(action, payment):
            raise NotPaidError(refused)
        self._time.on(0)
        return self._time.now


class Live:
    """One attack on one account. `watch` is told of each step as it ends."""

    def __init__(
        self, client: Counterseal, attack: Attack, target: Target, exchange: SharedExchange, time: SharedTime
    ) -> None:
        if attack.precursor:
            raise DemoError(f"`{attack.id}` is a precursor and has no steps", code="attack_precursor")
        self._policy: Policy = policy_from(client.policy_text())
        self._attack, self._target, self._time = attack, target, time
        self._attacker = Attacker(attack, _victim(target), self._policy.vocabulary)
        self._mover = Mover(
            client,
            exchange,
            self._attacker,
            self._policy,
            time,
            account=target.account,
            wait_until=time.to,
        )

    def play(self, watch: Callable[[Played], None]) -> bool:
        """Try every step, each in all its ways; True if money left. Raises ApiError, DemoError."""
        began, paid = self._time.now, False
        for step in self._attack.steps:
            for way in step.ways:
                won = True
                for move in way:
                    played, tried = self._move(step.aim, self._meant(move), began)
                    watch(played)
                    paid = paid or (tried is not None and tried.paid_at is not None)
                    won = won and tried is not None and tried.ok
                    if not won:
                        break
                if won:
                    break
        return paid

    def _meant(self, move: Move) -> Move:
        """The move as this attacker can make it here: on what the owner has, for what there is to take."""
        payment = move.payment
        if payment is not None:
            inside = not payment.chain
            payment = replace(
                payment,
                asset=self._target.asset,
                amount=self._target.amount,
                destination=self._target.insider if inside else self._target.destination,
            )
        address = None if move.address is None else (move.address[0], self._target.destination)
        return replace(move, objects=self._objects(move), payment=payment, address=address)

    def _objects(self, move: Move) -> tuple[tuple[str, str], ...]:
        """What the file names, if the attacker has or makes it; else the owner's own, if a capability gives that.

        A device that nothing gives is left out: a stolen session is used from wherever the thief is.
        """
        rule, facts = self._policy.rules.get(move.action), self._policy.vocabulary.facts
        made = {facts[name] for name in (rule.grants if rule else ()) if name in facts}
        usable = self._attacker.held(self._target.objects)
        found = []
        for kind, identity in move.objects:
            if kind in made or self._attacker.held(((kind, identity),)):
                found.append((kind, identity))
            elif kind in usable:
                found.append((kind, usable[kind]))
            elif kind != "device":
                found.append((kind, identity))
        return tuple(found)

    def _move(self, aim: str, move: Move, began: int) -> tuple[Played, Tried | None]:
        at = self._time.now - began
        try:
            tried = self._mover.make(move, give_up=0)
        except BeyondCapabilitiesError as error:
            rule = self._policy.rules.get(move.action)
            return Played(
                at=at,
                actor="attacker",
                action=move.action,
                outcome=OUT_OF_REACH,
                aim=aim,
                reason=str(error),
                line=rule.line if rule else 0,
            ), None
        return Played(
            at=at,
            actor="attacker",
            action=move.action,
            outcome=tried.outcome,
            aim=aim,
            proofs=tuple(tried.proofs),
            made_by=tuple(tried.made_by),
            lacks=tried.lacks,
            reason=tried.reason,
            until=tried.until,
            line=tried.line,
        ), tried


def with_capabilities(attack: Attack, chosen: tuple[str, ...]) -> Attack:
    """The same steps by an attacker who holds exactly these capabilities."""
    return replace(attack, capabilities=chosen)


def _victim(target: Target) -> Victim:
    """The owner as the attacker knows them: contacts, and the objects that a capability may give."""
    return Victim(
        account=target.account,
        language="en",
        phrase="",
        factors=tuple(Enrolment(factor, contact) for factor, contact in target.contacts),
        channels=(),
        objects=tuple(Known(kind, identity, (kind,)) for kind, identity in target.objects),
        reacts=0,
        presses=(),
    )
