# SPDX-License-Identifier: Apache-2.0
"""What the platform's other systems hear of a transition: derived from its events, in this one place.

Ids of account, action and seal, and words of the policy; never who the owner is, where value goes or why a
decision fell. Nothing of a sealed suspicion. Not told: that something was asked or is still being proved (the
caller has its answer), and sessions that an action opens at once: log-ins would be most of all rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from counterseal.core import events as e
from counterseal.core.account import State
from counterseal.core.effects import Publish
from counterseal.core.platform import PLATFORM, Brake
from counterseal.core.policy.model import Policy

TEST: Final = "test"
BRAKE_SET: Final = "brake.set"
BRAKE_LIFTED: Final = "brake.lifted"
_BRAKE: Final = ("brake", "stops", "about", "until")
_JUDICIAL: Final = ("request", "kind", "accounts")
"""The desk's id of the request, its kind (disclosure, freeze, ...) and how many accounts: no name, no account."""
CATALOGUE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "action.pending": ("A change was accepted and waits; it can be cancelled.", ("action", "rule")),
    "action.ready": ("The wait of an outflow is over: decide it again and get its seal.", ("action", "rule")),
    "action.applied": ("A change took effect.", ("action", "rule")),
    "action.cancelled": ("An action was cancelled.", ("action", "rule")),
    "action.refused": ("An action was refused for good when it became due.", ("action", "rule")),
    "action.lapsed": ("An action with a right proof was never finished; the owner is told.", ("action", "rule")),
    "action.disputed": ("A cancel came from what is being replaced: officers decide.", ("action", "rule")),
    "action.dispute_resolved": ("Officers decided a dispute: `goes_on` or `ended`.", ("action", "rule", "result")),
    "seal.issued": ("An outflow was allowed and its seal issued.", ("action", "rule", "seal")),
    "seal.redeemed": ("A signer redeemed a seal: the value leaves.", ("action", "rule", "seal")),
    "seal.void": ("A redemption was refused; the seal is dead.", ("action", "rule", "seal")),
    "seal.broadcast": ("The signer sent the transaction.", ("action", "rule", "seal")),
    "seal.abandoned": ("The signer gave up; the value counts no more.", ("action", "rule", "seal")),
    "account.frozen": ("A freeze stands: of kind `link`, `owner` or `staff`.", ("kind",)),
    "account.unfrozen": ("Freezes were lifted.", ()),
    "account.glass_opened": ("Break-glass: officers put suspicions aside for a while.", ()),
    "account.glass_closed": ("Break-glass was ended before its time.", ()),
    "account.sessions_ended": ("Two officers ended every session: end yours too.", ()),
    "factor.changed": ("A factor was `bound` or `removed`.", ("action", "factor", "change")),
    "contact.changed": ("A contact was `bound` or `replaced` on this channel.", ("action", "channel", "change")),
    "suspicion.raised": ("Somebody may hold this capability.", ("suspicion", "capability", "strength")),
    "suspicion.cleared": ("Officers withdrew a suspicion.", ("suspicion", "capability")),
    "notice.unreachable": ("A notice to the owner was given up on this channel.", ("notice", "channel")),
    BRAKE_SET: ("Officers stopped an asset, a destination or an action on every account.", _BRAKE),
    BRAKE_LIFTED: ("A brake was lifted before its time: what waited goes on.", _BRAKE),
    "judicial.suspected_forged": ("A request of an authority may be forged: its accounts are shielded.", _JUDICIAL),
    "judicial.confirmed_forged": ("Two officers found a request of an authority forged.", _JUDICIAL),
    "judicial.disclosed": ("Data of accounts were handed to an authority.", _JUDICIAL),
    "judicial.cleared": ("Two officers found that a suspected request is genuine.", _JUDICIAL),
    TEST: ("Sent by the test button.", ()),
}
"""Type -> what it says and the names in its data. Types are never renamed; a retired one stays here."""
TYPES: Final = frozenset(CATALOGUE)
WAITED: Final = frozenset({"pending", "ready", "disputed"})
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Happening(msgspec.Struct, frozen=True):
    """One message to outsiders. `timestamp`: RFC 3339 in UTC with milliseconds, when it happened."""

    id: str
    type: str
    timestamp: str
    account: str
    data: dict[str, str]


def happenings(
    policy: Policy, before: State | None, after: State, given: str, events: Sequence[e.Event], now: int
) -> tuple[Publish, ...]:
    """The public events of one transition at `now` (ms). `given`: the id of its input, which their ids rest on."""
    found: list[Publish] = []
    for event in events:
        tell = _TELLERS.get(type(event))
        if tell is None:
            continue
        for topic, body in tell(policy, before, after, event):
            name = id_of(after.id, given, str(now), str(after.sequence), topic, str(len(found)))
            found.append(Publish(name, topic, body, now, after.id))
    return tuple(found)


def brake_told(topic: str, brake: Brake, at: int) -> Publish:
    """A brake was set or lifted at `at` (ms). `until`: RFC 3339, empty = until it is lifted; `about`: the asset or
    the action, empty for a destination: which one is in the API alone."""
    body = {
        "brake": brake.id,
        "stops": brake.kind,
        "about": "" if brake.kind == "destination" else brake.about,
        "until": "" if brake.until is None else written(brake.until),
    }
    return Publish(id_of(PLATFORM, brake.id, topic), topic, body, at)


def judicial_told(topic: str, act: str, request: str, kind: str, accounts: int, at: int) -> Publish:
    """What became of a request of an authority at `at` (ms). `act`: the id of what follows from it; `accounts`: how
    many it is about, never which."""
    body = {"request": request, "kind": kind, "accounts": str(accounts)}
    return Publish(id_of(request, act, topic), topic, body, at)


def id_of(*parts: str) -> str:
    """A stable id: the same parts give the same, and it says nothing of them."""
    text = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return f"ev_{hashlib.sha256(text).hexdigest()[:32]}"


def body_of(happened: Publish) -> bytes:
    """The JSON that goes out: made once, sent and signed as these bytes."""
    made = Happening(happened.id, happened.topic, written(happened.at), happened.account, happened.body)
    return msgspec.json.encode(made)


def written(at: int) -> str:
    """Ms since the epoch in RFC 3339."""
    found = (EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")


_Told = Sequence[tuple[str, dict[str, str]]]


def _action(after: State, action: str, **more: str) -> dict[str, str]:
    found = after.actions.get(action)
    return {"action": action, "rule": "" if found is None else found.request.rule, **more}


def _simple(topic: str) -> Callable[[Policy, State | None, State, Any], _Told]:
    return lambda _policy, _before, after, event: [(topic, _action(after, event.action))]


def _seal(topic: str) -> Callable[[Policy, State | None, State, Any], _Told]:
    return lambda _policy, _before, after, event: [(topic, _action(after, event.action, seal=event.seal.id))]


def _reported(_policy: Policy, _before: State | None, after: State, event: e.Reported) -> _Told:
    return [(f"seal.{event.seal.state}", _action(after, event.action, seal=event.seal.id))]


def _cancelled(_policy: Policy, _before: State | None, after: State, event: e.Cancelled) -> _Told:
    topic = "action.refused" if event.status == "refused" else "action.cancelled"
    return [(topic, _action(after, event.action))]


def _resolved(_policy: Policy, _before: State | None, after: State, event: e.DisputeResolved) -> _Told:
    result = "goes_on" if event.uphold else "ended"
    return [("action.dispute_resolved", _action(after, event.action, result=result))]


def _applied(_policy: Policy, before: State | None, after: State, event: e.Applied) -> _Told:
    """A session that opens at once is nothing new to who asked for it; all that waited or changes more is."""
    earlier = None if before is None else before.actions.get(event.action)
    waited = earlier is not None and earlier.status in WAITED
    if not (waited or event.instances or event.contacts or event.lifted or event.lock):
        return []
    told: list[tuple[str, dict[str, str]]] = [("action.applied", _action(after, event.action))]
    told.extend(
        ("factor.changed", {"action": event.action, "factor": item.factor, "change": change})
        for item in event.instances
        if (change := _change(_earlier(before, "enrolled", item.id), item.removed_at, "removed"))
    )
    told.extend(
        ("contact.changed", {"action": event.action, "channel": contact.channel, "change": change})
        for contact in event.contacts
        if (change := _change(_earlier(before, "contacts", contact.id), contact.replaced_at, "replaced"))
    )
    if event.lifted:
        told.append(("account.unfrozen", {}))
    return told


def _earlier(before: State | None, where: str, name: str) -> object | None:
    return None if before is None else getattr(before, where).get(name)


def _change(earlier: object | None, ended: int | None, word: str) -> str:
    """`bound` for what is new, `word` for what ends; nothing for what only looks different inside."""
    if ended is not None:
        return word
    return "bound" if earlier is None else ""


def _frozen(_policy: Policy, _before: State | None, _after: State, event: e.Frozen) -> _Told:
    return [("account.frozen", {"kind": event.freeze.kind})]


def _lifted(_policy: Policy, _before: State | None, _after: State, _event: e.Lifted) -> _Told:
    return [("account.unfrozen", {})]


def _suspected(policy: Policy, _before: State | None, _after: State, event: e.Suspected) -> _Told:
    found = event.suspicion
    if not _told(policy, found.capability):
        return []
    body = {"suspicion": found.id, "capability": found.capability, "strength": found.strength}
    return [("suspicion.raised", body)]


def _cleared(policy: Policy, before: State | None, _after: State, event: e.Cleared) -> _Told:
    found = None if before is None else before.suspicions.get(event.suspicion)
    if found is None or not _told(policy, found.capability):
        return []
    return [("suspicion.cleared", {"suspicion": found.id, "capability": found.capability})]


def _told(policy: Policy, capability: str) -> bool:
    """Whether outsiders may know: never what is sealed, nor what this policy does not know."""
    spec = policy.vocabulary.capabilities.get(capability)
    return spec is not None and spec.tell != "sealed"


_TELLERS: Final[dict[type, Callable[[Policy, State | None, State, Any], _Told]]] = {
    e.Accepted: _simple("action.pending"),
    e.BecameReady: _simple("action.ready"),
    e.Applied: _applied,
    e.Cancelled: _cancelled,
    e.Lapsed: _simple("action.lapsed"),
    e.Disputed: _simple("action.disputed"),
    e.DisputeResolved: _resolved,
    e.Sealed: _seal("seal.issued"),
    e.Redeemed: _seal("seal.redeemed"),
    e.SealVoided: _seal("seal.void"),
    e.Reported: _reported,
    e.Frozen: _frozen,
    e.Lifted: _lifted,
    e.GlassOpened: lambda *_: [("account.glass_opened", {})],
    e.GlassClosed: lambda *_: [("account.glass_closed", {})],
    e.SessionsEnded: lambda *_: [("account.sessions_ended", {})],
    e.Suspected: _suspected,
    e.Cleared: _cleared,
}
