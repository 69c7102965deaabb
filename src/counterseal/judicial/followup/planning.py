# SPDX-License-Identifier: Apache-2.0
"""An act as it is written before anything of it is done, and the marks by which each step counts once. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.errors import ConflictError
from counterseal.core.happenings import judicial_told
from counterseal.core.transaction import Change, Joined, Loaded, Message
from counterseal.judicial.followup import stored as s
from counterseal.judicial.followup.model import (
    Act,
    Event,
    FollowUp,
    Head,
    Named,
    Progress,
    Trait,
    act_of,
    named_of,
    progress_of,
    subject_of,
    trait_of,
)
from counterseal.judicial.requests.stored import Bearers, with_bearer

TOPICS: Final = {
    Event.DISCLOSED: "judicial.disclosed",
    Event.SUSPECTED: "judicial.suspected_forged",
    Event.CONFIRMED: "judicial.confirmed_forged",
    Event.CONFIRMED_LATE: "judicial.confirmed_forged",
    Event.CLEARED: "judicial.cleared",
}
DONE: Final = "done"


class StepOverError(ConflictError):
    """Somebody else did this step, or its act was taken back."""

    code = "follow_up_over"


def loaded_follow_up(loaded: Loaded, request: str) -> FollowUp:
    """What followed so far, as it is inside the commit."""
    held = loaded.states.get(subject_of(request))
    return held if isinstance(held, FollowUp) else FollowUp(request)


def index_keys(request: str, accounts: tuple[str, ...], traits: tuple[Trait, ...]) -> list[str]:
    """The keys that `indexed` reads and changes."""
    return [
        subject_of(request),
        *(named_of(each) for each in accounts),
        *(trait_of(each.digest) for each in traits),
    ]


def indexed(
    loaded: Loaded, request: str, accounts: tuple[str, ...], traits: tuple[Trait, ...]
) -> tuple[Change, ...]:
    """Who is named and what is borne, added to the indexes; what is there already changes nothing."""
    held = loaded_follow_up(loaded, request)
    changes: list[Change] = []
    for account in accounts:
        named = loaded.states.get(named_of(account))
        after = s.with_request(named if isinstance(named, Named) else None, request)
        if after != named:
            changes.append(Change(named_of(account), after))
    for trait in traits:
        borne = loaded.states.get(trait_of(trait.digest))
        grown = with_bearer(borne if isinstance(borne, Bearers) else None, request)
        if grown != borne:
            changes.append(Change(trait_of(trait.digest), grown))
    all_named = tuple(dict.fromkeys((*held.named, *accounts)))
    all_traits = tuple(dict.fromkeys((*held.traits, *(each.digest for each in traits))))
    if (all_named, all_traits) != (held.named, held.traits):
        after_all = msgspec.structs.replace(held, named=all_named, traits=all_traits)
        changes.append(Change(subject_of(request), after_all))
    return tuple(changes)


def overtaken(held: FollowUp, event: Event, order: int) -> bool:
    """Whether a clearing that came later was carried out before this act was planned."""
    return event is not Event.CLEARED and any(
        each.event is Event.CLEARED and each.order > order for each in held.acts
    )


def planned(loaded: Loaded, act: Act, order: int, kind: str, at: int) -> tuple[Change, ...]:
    """The changes that write an act: its steps, an empty record of them, its line in the log, and what the
    platform's other systems hear. A clearing voids what is under way. Nothing where the act exists."""
    held = loaded_follow_up(loaded, act.request)
    if loaded.states.get(act_of(act.id)) is not None or overtaken(held, act.event, order):
        return ()
    heads = held.acts
    if act.event is Event.CLEARED:
        heads = tuple(
            each if each.ended is not None or each.order > order else msgspec.structs.replace(each, void=act.id)
            for each in heads
        )
    head = Head(act.id, act.event, at, order, ended=None if act.steps else at)
    topic = TOPICS.get(act.event)
    return (
        Change(
            subject_of(act.request),
            msgspec.structs.replace(held, acts=(*heads, head)),
            s.entry(act, at),
            messages=() if topic is None else (_told(topic, act, kind, at),),
        ),
        Change(act_of(act.id), act, s.incident(act, at) if act.event is Event.CONFIRMED_LATE else None),
        Change(progress_of(act.id), Progress(("",) * len(act.steps))),
    )


def _told(topic: str, act: Act, kind: str, at: int) -> Message:
    accounts = len({step.account for step in act.steps if step.account and not step.origin})
    told = judicial_told(topic, act.id, act.request, kind, accounts, at)
    return Message(told.id, topic, subject_of(act.request), msgspec.msgpack.encode(told))


def marking(act: Act, number: int, result: str = DONE) -> Joined:
    """What is committed with step `number`: that it is done. StepOverError where it is, or the act is void."""

    def function(loaded: Loaded) -> tuple[Change, ...]:
        progress = loaded.states.get(progress_of(act.id))
        head = head_of(loaded_follow_up(loaded, act.request), act.id)
        if not isinstance(progress, Progress) or head is None or head.void or progress.results[number]:
            raise StepOverError("this step of the follow-up is over")
        results = (*progress.results[:number], result, *progress.results[number + 1 :])
        return (Change(progress_of(act.id), Progress(results)),)

    return Joined((subject_of(act.request), progress_of(act.id)), function)


def finished(loaded: Loaded, act: Act, at: int) -> tuple[Change, ...]:
    """The act is over. Nothing where it was already, was taken back, or a step of it is missing."""
    held = loaded_follow_up(loaded, act.request)
    head = head_of(held, act.id)
    progress = loaded.states.get(progress_of(act.id))
    missing = not isinstance(progress, Progress) or "" in progress.results
    if head is None or head.ended is not None or head.void or missing:
        return ()
    heads = tuple(msgspec.structs.replace(each, ended=at) if each.id == act.id else each for each in held.acts)
    after = msgspec.structs.replace(held, acts=heads)
    return (Change(subject_of(act.request), after, s.entry(act, at, "done")),)


def head_of(held: FollowUp, act: str) -> Head | None:
    """The line of an act in its request's list."""
    return next((each for each in held.acts if each.id == act), None)
