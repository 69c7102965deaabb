# SPDX-License-Identifier: Apache-2.0
"""Plays one attack against one server: the steps, the notices, the owner, and what is measured from replies."""

from __future__ import annotations

import time as wall
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.demo.attacker import Attacker
from counterseal.demo.exchange import Exchange, Time
from counterseal.demo.model import Attack, CaseResult, DemoError, Lost, Move, NoticeSeen, Played, Victim
from counterseal.demo.player import TYPING, Mover, Tried, code_in
from counterseal.demo.precursor import read_rule
from counterseal.demo.victim import Owner, enrol
from counterseal.gateways.packs import policy_from
from counterseal.sdk import Counterseal
from counterseal.sdk.upkeep_replies import Message

Watch = Callable[[Played], None]
DAY = 86_400_000
PRELUDE = 60_000  # ms between the enrolment and the first step
LAPSE = 32 * 60_000  # ms after which the guard calls an open action lapsed, with a little to spare


def play_case(
    client: Counterseal, attack: Attack, *, suffix: str = "", watch: Watch = lambda _played: None
) -> CaseResult:
    """Play one attack under the policy of the server. Raises DemoError, ApiError; a lost attack is a result."""
    started = wall.monotonic()
    policy = policy_from(client.policy_text())
    if attack.precursor:
        result = read_rule(attack, policy, policy.vocabulary)
    else:
        result = _Case(client, attack, policy, suffix, watch).play()
    return replace(result, expected=attack.expected.get(policy.name), seconds=wall.monotonic() - started)


class _Case:
    def __init__(self, client: Counterseal, attack: Attack, policy: Policy, suffix: str, watch: Watch) -> None:
        if attack.victim is None:
            raise DemoError(f"`{attack.id}` has no victim", code="victim_missing")
        self.client, self.attack, self.policy, self.watch = client, attack, policy, watch
        self.victim: Victim = attack.victim
        self.account = f"{self.victim.account}{suffix}"
        self.time = Time(client)
        self.exchange = Exchange(client, self.time)
        self.attacker = Attacker(attack, self.victim, policy.vocabulary)
        self.owner = Owner(client, self.victim, self.account, self.time)
        self.mover = Mover(
            client,
            self.exchange,
            self.attacker,
            policy,
            self.time,
            account=self.account,
            wait_until=self.wait_until,
        )
        self.began = 0
        self.seen: set[str] = set()
        self.steps: list[Played] = []
        self.notices: list[NoticeSeen] = []
        self.paid_at: int | None = None
        self.lost: Lost | None = None
        self.waiting: list[NoticeSeen] = []  # seen while a move waited

    def play(self) -> CaseResult:
        self.time.to(_same_hour(self.attack.begins, self.time.now + PRELUDE) - PRELUDE)
        self.seen = {message.id for message in self.client.outbox()}
        enrol(self.client, self.victim, self.account, self.time.now)
        self.time.on(PRELUDE)
        self.began = self.time.now
        stopped_at = self._attack()
        self._unfinished()
        self._afterwards()
        told = [each for each in self.notices if not each.muted]
        first = min(told, key=lambda each: (each.at, each.channel)) if told else None
        return CaseResult(
            attack=self.attack.id,
            incident=self.attack.incident,
            title=self.attack.title,
            pack=self.policy.name,
            digest=self.policy.digest,
            outcome="stopped" if self.paid_at is None else "drained",
            began=self.began,
            zone=self.attack.zone,
            loss_after=None if self.paid_at is None else self.paid_at - self.began,
            first_notice=first,
            window=self._window(first),
            lost=self.lost,
            stopped_at=stopped_at,
            steps=tuple(self.steps),
            patience=self.attack.patience,
        )

    def _window(self, first: NoticeSeen | None) -> int | None:
        if self.paid_at is None or first is None:
            return None
        window = self.paid_at - self.began - first.at
        return window if window >= 0 else None

    def _attack(self) -> str | None:
        """Step by step; the action at which the attacker had to give up, or None."""
        for step in self.attack.steps:
            self.wait_until(self.began + step.at)
            refused: str | None = None
            won = False
            for way in step.ways:
                won = True
                for move in way:
                    tried = self._move(step.aim, move)
                    if not tried.ok:
                        won = False
                        if tried.outcome != "not_offered":
                            refused = refused or move.action
                        break
                if won:
                    break
            if not won and not step.optional:
                return refused or step.ways[0][0].action
        return None

    def _move(self, aim: str, move: Move) -> Tried:
        asked_at = self.time.now
        give_up = self.began + self.attack.patience if move.patience is None else asked_at + move.patience
        tried = self.mover.make(move, give_up)
        if tried.paid_at is not None and move.payment is not None:
            self.paid_at = self.paid_at or tried.paid_at
            before = self.lost.amount if self.lost else 0
            self.lost = Lost(move.payment.asset, before + move.payment.amount)
        else:
            self.time.on(TYPING)  # notices of what took effect go out
        fresh, codes = self._read_outbox()
        notices = (*self.waiting, *fresh)
        self.waiting.clear()
        self._record(
            Played(
                at=(tried.paid_at or asked_at) - self.began,
                actor="attacker",
                action=move.action,
                outcome=tried.outcome,
                aim=aim,
                proofs=tuple(tried.proofs),
                made_by=tuple(tried.made_by),
                lacks=tried.lacks,
                reason=tried.reason,
                until=None if tried.until is None else tried.until - self.began,
                notice=_reach(notices),
                notices=notices,
                codes=codes,
                line=tried.line,
            )
        )
        return tried

    def _record(self, played: Played) -> None:
        self.steps.append(played)
        self.watch(played)

    def _read_outbox(self) -> tuple[tuple[NoticeSeen, ...], int]:
        """New notices, and how many codes also arrived where the owner reads."""
        found: list[NoticeSeen] = []
        codes = 0
        contacts = {each.contact for each in self.victim.factors} | {value for _, value in self.victim.channels}
        for message in reversed(self.client.outbox()):
            if message.id in self.seen:
                continue
            self.seen.add(message.id)
            muted = self.attacker.mutes(message.channel, message.to)
            if message.to not in contacts and not muted:
                continue  # somebody else's, on a server that others use too
            if code_in(message.text) is not None:
                codes += not muted
                continue
            found.append(self._notice(message, muted=muted))
        found.sort(key=lambda each: (each.at, each.channel, each.muted, each.subject))
        self.notices.extend(found)
        return tuple(found), codes

    def _notice(self, message: Message, *, muted: bool) -> NoticeSeen:
        if not muted:
            self.owner.receive(message)
        return NoticeSeen(at=message.at - self.began, channel=message.channel, subject=message.subject, muted=muted)

    def wait_until(self, moment: int) -> None:
        """Let time pass; the owner reacts on the way, once something has reached them."""
        if moment <= self.time.now:
            return
        self.time.on(min(1_000, moment - self.time.now))
        self.waiting.extend(self._read_outbox()[0])
        due = self.owner.due
        if due is not None and due <= moment:
            self.time.to(due)
            self._react()
        self.time.to(moment)

    def _react(self) -> None:
        self.owner.reacted = True
        for button in self.victim.presses:
            at = self.time.now - self.began
            outcome, by = self.owner.press(button)
            self.time.on(TYPING)
            notices, _ = self._read_outbox()
            if outcome == "no_button":
                continue
            self._record(
                Played(
                    at=at,
                    actor="owner",
                    action=button,
                    outcome=outcome,
                    aim=f"presses `{button}`" if by else button,
                    reason=by,
                    notice=_reach(notices),
                    notices=notices,
                )
            )

    def _unfinished(self) -> None:
        """What the attacker got a proof right for and could not finish lapses; the owner may hear of it."""
        if self.paid_at is not None or self.owner.reacted:
            return
        self.wait_until(self.time.now + LAPSE)
        notices = (*self.waiting, *self._read_outbox()[0])
        self.waiting.clear()
        if notices:
            self._record(
                Played(
                    at=min(each.at for each in notices),
                    actor="attacker",
                    action="gives up",
                    outcome="lapsed",
                    aim="what was not finished lapses",
                    notice=_reach(notices),
                    notices=notices,
                )
            )

    def _afterwards(self) -> None:
        """The owner reacts if something reached them; then the attacker tries the last outflow once more."""
        due = self.owner.due
        if due is not None:
            self.time.to(due)
            self._react()
        if not self.owner.reacted:
            return
        outflows = [move for step in self.attack.steps for way in step.ways for move in way if move.payment]
        if outflows:
            self._again(outflows[-1])

    def _again(self, move: Move) -> None:
        """One more ask for the outflow, with whatever the attacker still holds: the answer is what counts."""
        if move.payment is None or move.action not in self.policy.rules:
            return
        at = self.time.now - self.began
        action = self.client.ask(
            self.account,
            move.action,
            objects=self.attacker.held(move.objects),
            payment=self.exchange.outflow(move.payment),
        )
        seen = self.client.read_action(action.id, staff=True).decision
        if seen is None:
            return
        frozen = [reason.text for reason in seen.reasons if reason.code == "frozen"]
        self._record(
            Played(
                at=at,
                actor="attacker",
                action=move.action,
                outcome=seen.outcome,
                aim="try again",
                reason="; ".join(frozen or [reason.text for reason in seen.reasons]),
                until=None if seen.until is None else seen.until - self.began,
                line=seen.line,
            )
        )


def _same_hour(moment: int, earliest: int) -> int:
    """`moment`, or the same time of day on the first later day that is possible: a clock never goes back."""
    late = max(0, earliest - moment)
    return moment + -(-late // DAY) * DAY


def _reach(notices: Sequence[NoticeSeen]) -> str:
    if not notices:
        return "none"
    return "reached" if any(not each.muted for each in notices) else "muted"
