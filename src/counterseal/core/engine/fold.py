# SPDX-License-Identifier: Apache-2.0
"""`fold(state, event)`: what an event makes of a state. It knows no policy: events carry their consequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from counterseal.core import events as e
from counterseal.core.account import Action, Mark, Notice, Seal, Spend, State, object_key
from counterseal.core.engine import limits
from counterseal.core.engine.forget import forget


def fold(state: State, event: e.Event) -> State:
    """The next state. Total: an event that names something unknown changes nothing of it."""
    return _FOLDS[type(event)](state, event)


def fold_all(state: State, events: Iterable[e.Event]) -> State:
    """Fold events in order."""
    for event in events:
        state = _FOLDS[type(event)](state, event)
    return state


def _action(state: State, action: str, **changes: Any) -> State:
    found = state.actions.get(action)
    if found is None:
        return state
    return replace(state, actions={**state.actions, action: replace(found, **changes)})


def _registered(state: State, event: e.Registered) -> State:
    return replace(
        state,
        language=event.language,
        phrase=event.phrase,
        registered=state.registered or event.at,
        contacts={**state.contacts, **{item.id: item for item in event.contacts}},
        enrolled={**state.enrolled, **{item.id: item for item in event.instances}},
        objects={**state.objects, **{object_key(item.kind, item.id): item for item in event.objects}},
    )


def _asked(state: State, event: e.Asked) -> State:
    state = forget(state, event.at)
    action = Action(id=event.action, request=event.request, asked=event.at)
    return replace(state, actions={**state.actions, event.action: action}, sequence=state.sequence + 1)


def _decided(state: State, event: e.Decided) -> State:
    return _action(state, event.action, decision=event.decision)


def _proved(state: State, event: e.Proved) -> State:
    action = state.actions.get(event.action)
    if action is None:
        return state
    challenges = action.challenges
    if event.challenge in challenges:
        challenges = {**challenges, event.challenge: replace(challenges[event.challenge], used=True)}
    enrolled = state.enrolled
    instance = enrolled.get(event.proof.instance)
    if instance is not None:
        step = instance.step if event.step is None else max(instance.step, event.step)
        used = instance.used if event.used is None else (*instance.used, event.used)
        enrolled = {**enrolled, instance.id: replace(instance, step=step, used=used, last=event.proof.at)}
    proved = replace(action, proofs=(*action.proofs, event.proof), challenges=challenges)
    return replace(
        state,
        actions={**state.actions, event.action: proved},
        enrolled=enrolled,
        tokens={**state.tokens, event.proof.token: event.forget},
    )


def _failed(state: State, event: e.Failed) -> State:
    state = replace(state, failures=(*state.failures, event.failure))
    action = state.actions.get(event.action)
    if action is None:
        return state
    failures = {**action.failures, event.factor: action.failures.get(event.factor, 0) + 1}
    challenges = action.challenges
    if event.challenge in challenges:
        challenge = challenges[event.challenge]
        challenges = {**challenges, challenge.id: replace(challenge, failures=challenge.failures + 1)}
    return _action(state, event.action, failures=failures, challenges=challenges)


def _challenge_sent(state: State, event: e.ChallengeSent) -> State:
    action = state.actions.get(event.action)
    if action is None:
        return state
    return _action(state, event.action, challenges={**action.challenges, event.challenge.id: event.challenge})


def _notice(state: State, notice: Notice | None) -> State:
    return state if notice is None else replace(state, notices={**state.notices, notice.id: notice})


def _accepted(state: State, event: e.Accepted) -> State:
    state = _notice(state, event.notice)
    return _action(
        state,
        event.action,
        status="pending",
        accepted_at=event.at,
        delay=event.delay,
        due=event.due,
        notice=event.notice.id if event.notice else None,
    )


def _became_ready(state: State, event: e.BecameReady) -> State:
    found = state.actions.get(event.action)
    due = None if found is None or found.due is None else max(found.due, event.at)
    return _action(state, event.action, status="ready", due=due)  # collected within a day from here


def _repriced(state: State, event: e.Repriced) -> State:
    found = state.actions.get(event.action)
    if found is None or found.request.payment is None:
        return state
    payment = replace(found.request.payment, value=event.worth.value, priced_at=event.worth.priced_at)
    return _action(state, event.action, request=replace(found.request, payment=payment))


def _applied(state: State, event: e.Applied) -> State:
    state = _notice(state, event.notice)
    changes: dict[str, Any] = {
        "objects": {**state.objects, **{object_key(item.kind, item.id): item for item in event.objects}},
        "enrolled": {**state.enrolled, **{item.id: item for item in event.instances}},
        "contacts": {**state.contacts, **{item.id: item for item in event.contacts}},
        "times": {**state.times, **event.times},
    }
    if event.lifted:
        changes["freezes"] = {k: v for k, v in state.freezes.items() if k not in event.lifted}
    if event.lock is not None:
        changes["locks"] = {**state.locks, event.lock.outflow: event.lock}
    state = replace(state, **changes)
    return _action(state, event.action, status="done", ended=event.at, accepted_at=event.at)


def _spends(state: State, action: str, spend: Spend | None) -> tuple[Spend, ...]:
    others = tuple(item for item in state.spends if item.action != action)
    return others if spend is None else (*others, spend)


def _sealed(state: State, event: e.Sealed) -> State:
    state = _notice(state, event.notice)
    state = replace(
        state,
        spends=_spends(state, event.action, event.spend),
        objects={**state.objects, **{object_key(item.kind, item.id): item for item in event.objects}},
        times={**state.times, **event.times},
    )
    found = state.actions.get(event.action)
    accepted = event.at if found is None or found.accepted_at is None else found.accepted_at
    return _action(state, event.action, status="sealed", seal=event.seal, accepted_at=accepted)


def _seal_spend(state: State, action: str, status: str, seal: Seal, spend: Spend | None, at: int | None) -> State:
    state = replace(state, spends=_spends(state, action, spend))
    return _action(state, action, status=status, seal=seal, ended=at)


def _redeemed(state: State, event: e.Redeemed) -> State:
    return _seal_spend(state, event.action, "redeemed", event.seal, event.spend, None)


def _reported(state: State, event: e.Reported) -> State:
    return _seal_spend(state, event.action, "done", event.seal, event.spend, event.at)


def _seal_voided(state: State, event: e.SealVoided) -> State:
    return _seal_spend(state, event.action, "refused", event.seal, None, event.at)


def _link(state: State, link: str | None, at: int) -> State:
    return state if link is None else replace(state, links={**state.links, link: at + limits.LINK_LIFETIME})


def _cancelled(state: State, event: e.Cancelled) -> State:
    state = _link(_notice(state, event.notice), event.link, event.at)
    cancellers = state.cancellers if event.contact is None else (*state.cancellers, (event.contact, event.at))
    state = replace(state, spends=_spends(state, event.action, None), cancellers=cancellers)
    found = state.actions.get(event.action)
    seal = None if found is None else found.seal
    if seal is not None and seal.state == "issued":
        seal = replace(seal, state="void")
    return _action(state, event.action, status=event.status, ended=event.at, seal=seal)


def _lapsed(state: State, event: e.Lapsed) -> State:
    return _action(_notice(state, event.notice), event.action, status="refused", ended=event.at)


def _disputed(state: State, event: e.Disputed) -> State:
    return _action(_link(state, event.link, event.at), event.action, status="disputed")


def _dispute_resolved(state: State, event: e.DisputeResolved) -> State:
    if event.uphold:
        return _action(state, event.action, status="pending")
    return _action(state, event.action, status="cancelled", ended=event.at)


def _frozen(state: State, event: e.Frozen) -> State:
    state = _link(_notice(state, event.notice), event.link, event.at)
    freezers = state.freezers if event.contact is None else (*state.freezers, (event.contact, event.at))
    return replace(state, freezes={**state.freezes, event.freeze.id: event.freeze}, freezers=freezers)


def _lifted(state: State, event: e.Lifted) -> State:
    state = _notice(state, event.notice)
    left = {k: v for k, v in state.freezes.items() if k not in event.freezes}
    return replace(state, freezes=left, times={**state.times, **event.times})


def _suspected(state: State, event: e.Suspected) -> State:
    return replace(state, suspicions={**state.suspicions, event.suspicion.id: event.suspicion})


def _cleared(state: State, event: e.Cleared) -> State:
    return replace(state, suspicions={k: v for k, v in state.suspicions.items() if k != event.suspicion})


def _glass(state: State, event: e.GlassOpened | e.GlassClosed) -> State:
    return replace(_notice(state, event.notice), glass=event.kept)


def _sessions_ended(state: State, event: e.SessionsEnded) -> State:
    ended = {object_key(item.kind, item.id): item for item in event.objects}
    return replace(_notice(state, event.notice), objects={**state.objects, **ended})


def _notice_taken(state: State, event: e.NoticeTaken) -> State:
    notice = state.notices.get(event.notice)
    if notice is None:
        return state
    accepted = {**notice.accepted, event.contact: event.taken}
    if not event.counts:
        return _notice(state, replace(notice, accepted=accepted))
    state = _notice(state, replace(notice, accepted=accepted, started=event.taken))
    for action, due in event.due.items():
        state = _action(state, action, due=due)
    return _start(state, event.notice, event.taken)


def _start(state: State, notice: str, at: int) -> State:
    """Waits that were for this notice begin."""

    def begin(item: Any) -> Any:
        if item.notice != notice or item.started is not None:
            return item
        # A mark may wait for the notice of an earlier one (see `after`): its own wait is not shorter for that.
        return replace(item, started=max(at, item.at) if isinstance(item, Mark) else at)

    objects = state.objects
    for key, item in state.objects.items():
        if any(fact.notice == notice and fact.started is None for fact in item.facts.values()):
            facts = {name: begin(fact) for name, fact in item.facts.items()}
            objects = {**objects, key: replace(item, facts=facts)}
    times: dict[str, Mark] = {key: begin(mark) for key, mark in state.times.items()}
    enrolled = {key: begin(item) for key, item in state.enrolled.items()}
    return replace(state, objects=objects, times=times, enrolled=enrolled)


_FOLDS: dict[type, Callable[[State, Any], State]] = {
    e.Registered: _registered,
    e.Asked: _asked,
    e.Decided: _decided,
    e.Proved: _proved,
    e.Failed: _failed,
    e.ChallengeSent: _challenge_sent,
    e.Accepted: _accepted,
    e.BecameReady: _became_ready,
    e.Repriced: _repriced,
    e.Applied: _applied,
    e.Sealed: _sealed,
    e.Redeemed: _redeemed,
    e.Reported: _reported,
    e.SealVoided: _seal_voided,
    e.Cancelled: _cancelled,
    e.Lapsed: _lapsed,
    e.Disputed: _disputed,
    e.DisputeResolved: _dispute_resolved,
    e.Frozen: _frozen,
    e.Lifted: _lifted,
    e.Suspected: _suspected,
    e.Cleared: _cleared,
    e.GlassOpened: _glass,
    e.GlassClosed: _glass,
    e.SessionsEnded: _sessions_ended,
    e.NoticeTaken: _notice_taken,
}
