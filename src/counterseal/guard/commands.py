# SPDX-License-Identifier: Apache-2.0
"""From an input to one atomic commit: `step`, its events folded, its effects as timers and outbox rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import msgspec

from counterseal.core.account import State
from counterseal.core.effects import (
    CODE_TOPIC,
    NOTICE_TOPIC,
    ClearTimer,
    Effect,
    SendNotice,
    SetTimer,
)
from counterseal.core.engine import Step, advance
from counterseal.core.happenings import happenings
from counterseal.core.inputs import Challenged, Input, ProofFailed
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Entry, Message, Standing, StoredEntry, Timer
from counterseal.guard.model import Record, decode_record, encode_record

ENDLESS = 2**53 - 1
"""The end (ms) of what has none."""
WAITING = frozenset({"pending", "ready"})

_encode = msgspec.msgpack.Encoder().encode


def subject_of(account: str) -> str:
    """The store's name for an account."""
    return f"account:{account}"


def run(
    policy: Policy, account: str, state: State | None, given: Input, now: int, aliases: Iterable[str] = ()
) -> tuple[State, Step, Change]:
    """Step and fold one input, and say what the store has to write for it."""
    after, step = advance(policy, state, given, now)
    change = change_for(policy, account, after, given, step, now, tuple(aliases))
    told = happenings(policy, state, after, given.id, step.events, now)
    if told:
        rows = tuple(Message(each.id, each.topic, change.subject, _encode(each)) for each in told)
        change = msgspec.structs.replace(change, messages=change.messages + rows)
    return after, step, change


def change_for(
    policy: Policy, account: str, after: State, given: Input, step: Step, now: int, aliases: tuple[str, ...]
) -> Change:
    """The change of one account: state, log entry, timers, messages."""
    subject = subject_of(account)
    recorded = msgspec.structs.replace(given, code="") if isinstance(given, Challenged) else given
    record = Record(recorded, step.decision, step.events)
    found = decided(record)
    entry = Entry(
        kind=_kind(given),
        at=now,
        policy=policy.digest,
        payload=encode_record(record),
        action=getattr(given, "action", None) or (given.id if _kind(given) == "ask" else None),
        rule=found[0],
        outcome=found[1],
    )
    timers, cleared, messages = _effects(subject, step.effects)
    return Change(subject, after, entry, timers, cleared, messages, aliases, standing_of(after))


def decided(record: Record) -> tuple[str, str]:
    """Rule and outcome of a record as staff see them (nothing of what is sealed); empty = nothing was decided."""
    found = record.decision
    if found is None or isinstance(record.input, Challenged | ProofFailed):  # these repeat what was decided
        return "", ""
    found = found.shown or found
    return found.rule, found.outcome.value


def decided_in(entry: StoredEntry) -> tuple[str, str]:
    """Rule and outcome of a stored entry, as `decided`; empty for what is no record of the guard."""
    if entry.payload is None or not entry.policy or entry.kind not in _KINDS.values():
        return "", ""
    return decided(decode_record(entry.payload))


def standing_of(state: State) -> Standing:
    """What the console counts of an account: freezes until when, changes that wait, changes in dispute."""
    frozen = max((ENDLESS if each.until is None else each.until for each in state.freezes.values()), default=0)
    pending = disputed = 0
    for action in state.actions.values():
        if action.status in WAITING:
            pending += 1
        elif action.status == "disputed":
            disputed += 1
    return Standing(frozen, pending, disputed)


def _kind(given: Input) -> str:
    return _KINDS[type(given)]


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


_KINDS: dict[type, str] = {kind: _snake(kind.__name__) for kind in get_args(Input)}


def _effects(
    subject: str, effects: tuple[Effect, ...]
) -> tuple[tuple[Timer, ...], tuple[str, ...], tuple[Message, ...]]:
    timers: list[Timer] = []
    cleared: list[str] = []
    messages: list[Message] = []
    for effect in effects:
        if isinstance(effect, SetTimer):
            timers.append(Timer(effect.id, subject, effect.due, "action"))
        elif isinstance(effect, ClearTimer):
            cleared.append(effect.id)
        else:
            topic = NOTICE_TOPIC if isinstance(effect, SendNotice) else CODE_TOPIC
            messages.append(Message(effect.id, topic, subject, _encode(effect)))
    return tuple(timers), tuple(cleared), tuple(messages)
