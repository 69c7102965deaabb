# SPDX-License-Identifier: Apache-2.0
"""One action of the attacker from ask to end: prove what can be proved, wait what can be waited, or give up."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from counterseal.core.policy.model import Policy, Rule
from counterseal.demo.attacker import Attacker
from counterseal.demo.exchange import Exchange, Time
from counterseal.demo.model import DemoError, Move, Payment
from counterseal.sdk import Counterseal, SealError
from counterseal.sdk import ask as given
from counterseal.sdk.problems import ApiError, ConflictError, RefusedInputError, ThrottledError
from counterseal.sdk.replies import Action, Decision

TYPING = 6_000
"""Ms that the attacker takes for a request or a proof."""
MOST_TURNS = 40
OVER = frozenset({"done", "redeemed"})
LOST = frozenset({"cancelled", "refused", "disputed"})
_CODE = re.compile(r"^\d[\d ]{4,11}$", re.MULTILINE)


class Tried(msgspec.Struct, kw_only=True):
    """How one move went. `outcome` as in Played; `paid_at` (ms) if money left."""

    outcome: str
    action: Action | None = None
    proofs: list[str] = []
    made_by: list[str] = []
    lacks: tuple[str, ...] = ()
    reason: str = ""
    until: int | None = None
    line: int = 0
    paid_at: int | None = None
    shown: dict[str, tuple[str, ...]] = {}  # secrets of what the move binds

    @property
    def ok(self) -> bool:
        """Whether the attacker has what the move was for."""
        return self.outcome in {"done", "paid"}


def code_in(text: str) -> str | None:
    """The code of a message: the one line of it that holds nothing but digits."""
    match = _CODE.search(text)
    return match[0].replace(" ", "") if match else None


class Mover:
    """Makes moves over HTTP. `wait_until(moment)` moves the clock on and lets the owner act on the way."""

    def __init__(
        self,
        client: Counterseal,
        exchange: Exchange,
        attacker: Attacker,
        policy: Policy,
        time: Time,
        *,
        account: str,
        wait_until: Callable[[int], None],
    ) -> None:
        self._client, self._exchange, self._attacker = client, exchange, attacker
        self._policy, self._time, self._account = policy, time, account
        self._wait_until = wait_until
        self._sessions: dict[str, str] = {}  # action -> the session it was asked in

    def make(self, move: Move, give_up: int) -> Tried:
        """Ask, and pursue the action until it is won or lost. `give_up`: no wait ends later than this (ms)."""
        rule = self._policy.rules.get(move.action)
        tried = Tried(outcome="deny", line=rule.line if rule else self._policy.not_offered.get(move.action, 0))
        try:
            action = self._ask(move, tried)
        except RefusedInputError as error:
            known = error.code in {"not_offered", "unknown_action"}
            tried.outcome, tried.reason = "not_offered" if known else "deny", error.sentence
            return tried
        try:
            self._pursue(action, move, tried, give_up)
        except ApiError as error:  # the guard refused the attacker, not the demonstration
            if error.status >= 500 or error.status in {400, 401, 403, 404}:  # noqa: PLR2004 - our own mistake
                raise
            tried.outcome, tried.reason = "deny", error.sentence
        self._explain(tried)
        if tried.ok and rule is not None:
            self._attacker.gained(move, rule, tried.shown)
        return tried

    def _ask(self, move: Move, tried: Tried) -> Action:
        rule: Rule | None = self._policy.rules.get(move.action)
        payment = None if move.payment is None else self._exchange.outflow(move.payment)
        address = None if move.address is None else given.Address(chain=move.address[0], address=move.address[1])
        objects = self._attacker.objects_for(move, rule)
        new, seeds = self._new_factors(move)
        action = self._client.ask(
            self._account,
            move.action,
            objects=objects,
            address=address,
            payment=payment,
            enrol=new,
            source="198.51.100.23",
        )
        tried.shown = {**action.shown, **seeds}
        if "session" in objects:
            self._sessions[action.id] = objects["session"]
        if action.status != "sealed":  # a sealed outflow goes to the signer at once
            self._time.on(TYPING)
        return action

    def _new_factors(self, move: Move) -> tuple[list[given.NewFactor], dict[str, tuple[str, ...]]]:
        """What the attacker binds, and the seeds of his own authenticator: an app shows its first code before it
        can be bound."""
        new: list[given.NewFactor] = []
        seeds: dict[str, tuple[str, ...]] = {}
        for each in move.enrol:
            secret = confirm = None
            if each.factor == "totp":
                offer = self._client.authenticator_seed(self._account)
                secret, confirm = offer.secret, self._attacker.first_code(offer.secret, self._time.now)
                seeds[each.factor] = (offer.uri,)
            new.append(given.NewFactor(factor=each.factor, contact=each.contact, secret=secret, confirm=confirm))
        return new, seeds

    def _pursue(self, action: Action, move: Move, tried: Tried, give_up: int) -> None:
        failed: set[str] = set()
        for _ in range(MOST_TURNS):
            tried.action = action
            following = self._follow(action, move, tried, give_up, failed)
            if following is None:
                return
            action = following
        raise DemoError(f"`{move.action}` came to no end", code="no_end")

    def _follow(self, action: Action, move: Move, tried: Tried, give_up: int, failed: set[str]) -> Action | None:
        """The action after one more thing was done about it; None when there is nothing left to do."""
        if action.status in OVER or action.status in LOST:
            tried.outcome = "done" if action.status in OVER else action.status
            return None
        if action.status == "sealed" and move.payment is not None:
            self._cash(action, move.payment, tried)
            return None
        if action.status == "pending":
            if action.due is None:  # the delay runs from the first notice accepted: let the notices go out
                self._time.on(TYPING)
                action = self._client.read_action(action.id)
            return self._wait(action, action.due, move, tried, give_up)
        if action.status == "ready" or action.allowed:
            return self._decide(action, move)
        decision = action.decision
        if decision is None or decision.outcome == "deny":
            return None
        factor = self._choose(action, decision, move, failed)
        if factor is None:
            tried.outcome, tried.until = decision.outcome, decision.until
            only_time = decision.outcome == "hold" and not decision.alternatives
            return self._wait(action, decision.until, move, tried, give_up) if only_time else None
        return self._prove(action, factor, tried, failed)

    def _decide(self, action: Action, move: Move) -> Action:
        if move.payment is not None:
            self._exchange.outflow(move.payment)  # a fresh price
        return self._client.decide(action.id)

    def _wait(self, action: Action, until: int | None, move: Move, tried: Tried, give_up: int) -> Action | None:
        """Wait if it ends in time. A hold is then asked for anew: an open action lapses, and its proofs with it."""
        tried.outcome, tried.until = "hold", until
        if until is None or until > give_up:
            return None
        self._wait_until(until + 1_000)
        fresh = self._client.read_action(action.id)
        if fresh.status != "open":
            return fresh
        tried.proofs, tried.made_by, tried.until = [], [], None
        return self._ask(move, tried)

    def _choose(self, action: Action, decision: Decision, move: Move, failed: set[str]) -> str | None:
        """The next proof to give: of a set that the attacker can complete, in the order that the move prefers."""

        def available(factor: str) -> bool:
            return factor not in failed and self._attacker.source_of(factor, action.id) is not None

        ranks = {factor: rank for rank, factor in enumerate(move.proofs)}
        sets = [names for names in decision.alternatives if all(map(available, names))]
        if not sets and action.proofs:  # nothing can be completed; before a proof the guard tells only single names
            return None
        wanted = sorted(sets, key=lambda names: (sum(ranks.get(each, 99) for each in names), names))
        return min(wanted[0], key=lambda each: (ranks.get(each, 99), each)) if wanted else None

    def _prove(self, action: Action, factor: str, tried: Tried, failed: set[str]) -> Action:
        source = self._attacker.use(factor, action.id)
        spec = self._policy.vocabulary.factors[factor]
        challenge: str | None = None
        try:
            if spec.attested:
                answer = self._exchange.attest(action, factor, self._sessions.get(action.id, "log-in-page"))
            elif factor == "totp":
                self._time.on(self._attacker.code_wait(self._time.now))
                answer = self._attacker.totp(self._time.now)
            else:
                challenge, answer = self._intercept(action, factor)
            after = self._client.prove(action.id, factor, answer, challenge=challenge, source="198.51.100.23")
        except (ConflictError, RefusedInputError, ThrottledError):
            failed.add(factor)
            return self._client.read_action(action.id)
        tried.proofs.append(factor)
        tried.made_by.append(source)
        if after.status != "sealed":
            self._time.on(TYPING)
        return after

    def _intercept(self, action: Action, factor: str) -> tuple[str, str]:
        """Have a code sent and read it where the attacker sees that channel: in the development outbox."""
        seen = {message.id for message in self._client.outbox()}
        sent = self._client.challenge(action.id, factor)
        if sent.challenge is None:
            raise DemoError(f"no code was sent for `{factor}`", code="code_missing")
        self._time.on(TYPING)
        channel = self._policy.vocabulary.factors[factor].channel
        for message in self._client.outbox():
            code = code_in(message.text)
            if message.id not in seen and message.channel == channel and code is not None:
                self._attacker.require_readable(factor, message.to, action.id)
                return sent.challenge.id, code
        raise DemoError(f"the code for `{factor}` is not in the outbox", code="code_missing")

    def _cash(self, action: Action, payment: Payment, tried: Tried) -> None:
        try:
            tried.paid_at = self._exchange.pay(action, payment)
        except (SealError, ConflictError) as error:
            tried.outcome, tried.reason = "deny", error.sentence
            return
        tried.outcome = "paid"

    def _explain(self, tried: Tried) -> None:
        """Fill in the staff's view of why it ended: the attacker never sees it, the report does."""
        if tried.action is None:
            return
        tried.action = self._client.read_action(tried.action.id, staff=True)
        decision = tried.action.decision
        if decision is None or tried.ok:
            return
        action_id, attacker = tried.action.id, self._attacker
        tried.line = decision.line or tried.line
        sets = [[f for f in names if attacker.source_of(f, action_id) is None] for names in decision.alternatives]
        if tried.outcome in {"challenge", "hold"} and sets and all(sets):
            tried.lacks = min((tuple(names) for names in sets), key=lambda names: (len(names), names))
        if tried.outcome == "challenge":  # all that a requester is told before a first proof
            tried.outcome, tried.until = decision.outcome, decision.until
        tried.reason = tried.reason or "; ".join(dict.fromkeys(reason.text for reason in decision.reasons))
