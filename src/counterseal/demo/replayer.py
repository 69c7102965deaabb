# SPDX-License-Identifier: Apache-2.0
"""Replays an attack over the API on a server whose clock is simulated. Needs `counterseal.sdk` and nothing else.

The runner of `counterseal.demo.path` and the scripts that it writes are this same code. Proofs are real where the
factor is built: codes come from the development outbox, authenticator and recovery codes are the owner's or the
attacker's own, the platform's auth service attests what it verifies. The rest counts as proved by test:attest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from counterseal.demo.replay_parts import (
    SIGNER,
    TAKEN,
    TOTP_STEP,
    Known,
    Proof,
    ReplayError,
    Secrets,
    Stage,
    Stepped,
    Told,
    codes_in,
)
from counterseal.sdk import Payment
from counterseal.sdk import ask as given
from counterseal.sdk.errors import SdkError
from counterseal.sdk.replies import Action
from counterseal.sdk.upkeep_replies import Message

LEAD = 60_000  # ms between the registration and the first step


class Replay:
    """One account, its owner, the attacker, and the platform around them.

    `muted`: channels on which the owner hears nothing, because the attacker deletes what comes.
    """

    def __init__(self, stage: Stage, account: str, *, muted: Sequence[str] = ()) -> None:
        self.stage, self.client, self.account, self.muted = stage, stage.client, account, frozenset(muted)
        self.began, self.late = stage.now, 0
        self.steps: list[Stepped] = []
        self.told: list[Told] = []
        self.left_at: int | None = None
        self._secrets = Secrets()
        self._contacts: dict[tuple[str, str], bool] = {}  # (channel, value) -> the owner's?
        self._instances: set[str] = set()  # the owner's
        self._read = len(stage.messages)

    @property
    def now(self) -> int:
        """The server's time (ms since the epoch)."""
        return self.stage.now

    def register(
        self, factors: Mapping[str, str], contacts: Mapping[str, str], objects: Sequence[Known] = ()
    ) -> None:
        """Enrol the owner: factor -> its contact or "", channel -> a contact for notices only, what is there."""
        made = self.client.register(
            self.account,
            factors=[given.NewFactor(factor=name, contact=value or None) for name, value in factors.items()],
            contacts=[given.NewContact(channel=name, value=value) for name, value in contacts.items()],
            objects=[
                given.KnownObject(
                    kind=each.kind,
                    id=None if each.address else each.id,
                    address=None if each.address is None else _address(each.address),
                    facts=each.facts,
                    since=self.now - each.age,
                )
                for each in objects
            ],
        )
        self._secrets.remember(made.shown)
        self._contacts = {pair: True for pair in (*factors.items(), *contacts.items()) if pair[1]}
        self._instances = {each.id for each in self.client.read_account(self.account).factors}
        self.stage.move(self.now + LEAD)
        self._notices()
        self.told.clear()
        self.began = self.now

    def request(self, rule: str, evidence: Sequence[str], *, at: int = 0, context: Sequence[str] = ()) -> None:
        """Send a judicial request with forged evidence; `disclosed` if the rule lets the data out."""
        self._wait(at)
        found = self.client.evaluate_test_request(rule, evidence, context=context).decision
        disclosed = found.outcome == "allow"
        reasons = () if disclosed else tuple(f"{each.code}: {each.text}" for each in found.reasons)
        status = "disclosed" if disclosed else found.outcome
        self.left_at = self.now if disclosed else None
        self.steps.append(Stepped(action=rule, at=self.now - self.began, status=status, reasons=reasons))

    def step(
        self,
        action: str,
        proofs: Sequence[Proof] = (),
        *,
        at: int = 0,
        objects: Mapping[str, str] | None = None,
        address: tuple[str, str] | None = None,
        enrol: Mapping[str, str] | None = None,
        context: Sequence[str] = (),
        payment: Payment | None = None,
    ) -> None:
        """Ask for an action at `at` (ms since the first), prove what it needs, and take the payment of an outflow
        that does not wait."""
        self._wait(at)
        asked_at, unused, status, identity = self.now, list[str](), "refused", ""
        reasons: tuple[str, ...] = ()
        named = dict(objects or {})
        try:
            found = self._ask(action, named, address, enrol or {}, context, payment)
            identity = found.id
            for proof in proofs:
                if found.status == "open":
                    found = self._prove(found, proof, named.get("session", "log-in-page"))
                else:
                    unused.append(proof.factor)
            found = found if payment is None else self._take(found, payment)
            status, reasons = found.status, self._reasons(found)
        except SdkError as error:
            reasons = (f"{error.code}: {error.sentence}",)
        self.stage.move(self.now)  # every notice goes out
        self.late = max(self.late, self.now - self.began - at)
        done = Stepped(
            action=action,
            at=asked_at - self.began,
            status=status,
            told=self._notices(),
            reasons=reasons,
            unused=tuple(unused),
            id=identity,
        )
        self.steps.append(done)

    def renew(self, action: str, *, at: int, objects: Mapping[str, str]) -> None:
        """The owner does this once more, and the attacker has what it grants: a capability gives him that for ever.

        The owner's own proofs count as given; notices of it are about himself.
        """
        self._wait(at)
        found = self._ask(action, objects, None, {}, (), None)
        while found.status == "open":
            decision = self.client.read_action(found.id, staff=True).decision
            if decision is None or not decision.alternatives:
                raise ReplayError(f"the owner cannot do `{action}` again", code="not_renewed")
            for factor in decision.alternatives[0]:
                found = self.client.attest_test_proof(found.id, factor)
        self.stage.move(self.now)
        self._read = len(self.stage.messages)

    def collect(self, payment: Payment, *, at: int) -> None:
        """Wait until the outflow that was asked for last is due, and take the payment."""
        self._wait(at)
        *before, last = self.steps
        status, reasons = last.status, last.reasons
        try:
            found = self._take(self.client.read_action(last.id), payment)
            status, reasons = found.status, self._reasons(found)
        except SdkError as error:
            reasons = (f"{error.code}: {error.sentence}",)
        self.stage.move(self.now)
        self._notices()
        self.steps = [*before, msgspec.structs.replace(last, status=status, reasons=reasons)]

    def _ask(
        self,
        action: str,
        objects: Mapping[str, str],
        address: tuple[str, str] | None,
        enrol: Mapping[str, str],
        context: Sequence[str],
        payment: Payment | None,
    ) -> Action:
        outflow = None
        if payment is not None:
            outflow = given.Outflow(
                asset=payment.asset,
                amount=payment.amount,
                chain=payment.chain,
                destination=payment.destination,
                audience=SIGNER,
            )
        found = self.client.ask(
            self.account,
            action,
            objects=objects,
            address=None if address is None else _address(address),
            enrol=[given.NewFactor(factor=name, contact=value or None) for name, value in enrol.items()],
            context=context,
            payment=outflow,
        )
        self._secrets.remember(found.shown)
        self._contacts.update({pair: False for pair in enrol.items() if pair[1]})
        return found

    def _prove(self, action: Action, proof: Proof, session: str) -> Action:
        factor = proof.factor
        if proof.how == "attested":
            if proof.source == "bound":
                self._instance(proof)
            answer = self.stage.platform.attest(action, factor, session, self.now)
            return self.client.prove(action.id, factor, answer)
        if proof.how == "code":
            challenge, code = self._code(action, proof)
            return self.client.prove(action.id, factor, code, challenge=challenge)
        instance = self._instance(proof)
        if proof.how == "test":
            return self.client.attest_test_proof(action.id, factor, instance=instance)
        answer = self._totp(instance) if proof.how == "app" else self._secrets.printed(instance)
        return self.client.prove(action.id, factor, answer)

    def _code(self, action: Action, proof: Proof) -> tuple[str, str]:
        """Have a code sent, and read it where it arrives. Only a capability lets him read the owner's messages."""
        sent = self.client.challenge(action.id, proof.factor).challenge
        self.stage.move(self.now)
        for each in self._fresh():
            found = codes_in(each.text) if each.channel == proof.factor else []
            if sent is not None and found and (each.channel, each.to) in self._contacts:
                if proof.source == "bound" and self._contacts[each.channel, each.to]:
                    break
                return sent.id, found[0]
        raise ReplayError(f"no code came by {proof.factor} that the attacker can read")

    def _instance(self, proof: Proof) -> str:
        """The enrolled instance that the attacker proves: his own where there is one, else the owner's."""
        held = self.client.read_account(self.account).factors
        there = [each.id for each in held if each.factor == proof.factor and each.removed is None]
        own = [name for name in there if name not in self._instances]
        if not there or (proof.source == "bound" and not own):
            raise ReplayError(f"the attacker has no `{proof.factor}` to prove", code="nothing_to_prove")
        return (own or there)[0]

    def _totp(self, instance: str) -> str:
        """A code of the authenticator; time passes if every code that would pass now was used."""
        step = self._secrets.next_step(self.now)
        if step > self.now // TOTP_STEP + 1:
            self.stage.move((step - 1) * TOTP_STEP)
        return self._secrets.app(instance, step)

    def _take(self, action: Action, payment: Payment) -> Action:
        """Take the payment of an outflow that is due; what is not stays as it is."""
        if action.status == "ready":
            action = self.client.decide(action.id)
        if action.status != "sealed":
            return action
        paid = self.stage.platform.pay(action, payment, lambda: self.now)
        self.left_at = self.now
        return paid

    def _reasons(self, action: Action) -> tuple[str, ...]:
        """Why the guard did not let it through, as staff see it."""
        if action.status in TAKEN:
            return ()
        decision = self.client.read_action(action.id, staff=True).decision
        return () if decision is None else tuple(f"{each.code}: {each.text}" for each in decision.reasons)

    def _wait(self, at: int) -> None:
        """Let time pass until `at`; what came late before makes everything after it as late."""
        target = self.began + at + self.late
        if target > self.now:
            self.stage.move(target)
            self._notices()

    def _fresh(self) -> list[Message]:
        """Messages that were not looked at yet, oldest first."""
        fresh = self.stage.messages[self._read :]
        self._read += len(fresh)
        return fresh

    def _notices(self) -> tuple[Told, ...]:
        """New notices about this account, oldest first; codes are none."""
        found = tuple(
            Told(each.at - self.began, each.channel, self._contacts[pair] and each.channel not in self.muted)
            for each in self._fresh()
            if (pair := (each.channel, each.to)) in self._contacts and not codes_in(each.text)
        )
        self.told.extend(found)
        return found


def _address(spot: tuple[str, str]) -> given.Address:
    return given.Address(chain=spot[0], address=spot[1])
