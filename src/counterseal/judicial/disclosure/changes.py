# SPDX-License-Identifier: Apache-2.0
"""What a disclosure becomes: pure functions inside the store's commits. Times are ms since the epoch."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, InputError
from counterseal.core.transaction import Change, Loaded, Message
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.disclosure import stored as s
from counterseal.judicial.requests import handover, record
from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.machine import moved
from counterseal.judicial.requests.model import JudicialRequest, State

Gate = Callable[[JudicialRequest, int], tuple[str, ...]]
REMIND: Final = 7 * m.DAY  # before a silence ends
replace = msgspec.structs.replace


def keys_of(held: m.Disclosure) -> tuple[str, ...]:
    """What is loaded to change a disclosure together with its request."""
    return (m.subject_of(held.id), m.package_of(held.id), *record.keys_of(held.request))


def loaded_disclosure(loaded: Loaded, disclosure: str) -> m.Disclosure:
    """The disclosure as loaded; raises NotFoundError."""
    held = loaded.states.get(m.subject_of(disclosure))
    if not isinstance(held, m.Disclosure):
        raise s.unknown()
    return held


def check_release(request: JudicialRequest, now: int) -> None:
    """Raise DisclosureError unless an approval stands for this very request."""
    if fault := handover.release_fault(request, now):
        raise s.DisclosureError(f"the request is not released: {fault.replace('_', ' ')}", code="not_released")


def built(loaded: Loaded, made: m.Disclosure, package: bytes, by: str, gate: Gate) -> tuple[Change, ...]:
    """A package is there: bytes, facts, marks, log entry, the request's step, and when it expires."""
    request = record.loaded_request(loaded, made.request)
    check_release(request, made.built)
    gate(request, made.built)
    if digest_of(request) != made.binding:
        raise s.DisclosureError("the request was changed meanwhile", code="request_changed", hint="Try again.")
    after = handover.package_built(request, made.id, made.built, by)
    messages = (s.wake(made.id, "expire", made.expires),)
    entry = s.entry("disclosure_built", made.built, by, made)
    return (
        Change(m.subject_of(made.id), made, entry, messages=messages),
        Change(m.package_of(made.id), m.Package(package)),
        *(Change(m.marked_as(mark.tag), m.Marked(made.id, mark.kind)) for mark in made.canaries),
        *record.saved(loaded, request, after, "package_built", made.built),
    )


def fetched(
    loaded: Loaded, held: m.Disclosure, at: int, by: str, address: str, gate: Gate
) -> tuple[bytes, tuple[Change, ...]]:
    """The bytes, and the commit without which nobody gets them. Raises GoneError."""
    if held.ended:
        raise s.gone(held)
    if at >= held.expires:
        raise s.gone(replace(held, ended="expired"))
    request = record.loaded_request(loaded, held.request)
    package = loaded.states.get(m.package_of(held.id))
    if _stale(request, held, at, gate) or not isinstance(package, m.Package) or not package.data:
        sentence = "the desk is looking at the request again: the package is not given out meanwhile"
        raise s.GoneError(sentence, code="package_stale", hint=s.AGAIN)
    after = replace(held, fetched=at, fetched_from=address, ended="fetched", ended_at=at, ended_by=by)
    messages = [s.wake(held.id, "expose", at), s.wake(held.id, "tell", held.silence_until or at, "0")]
    messages += reminder(held, at)
    entry = s.entry("disclosure_fetched", at, by, after, address=address)
    return package.data, (
        Change(m.subject_of(held.id), after, entry, messages=tuple(messages)),
        Change(m.package_of(held.id), m.Package(b"")),
        *record.saved(loaded, request, handover.delivered(request, at, by, held.id), "delivered", at),
    )


def _stale(request: JudicialRequest, held: m.Disclosure, at: int, gate: Gate) -> bool:
    """Whether the request is not the one that was approved any more, or the policy would not release it now."""
    if handover.release_fault(request, at) or digest_of(request) != held.binding:
        return True
    try:
        gate(request, at)
    except ConflictError:
        return True
    return False


def ended(loaded: Loaded, held: m.Disclosure, how: str, at: int, by: str, reason: str) -> tuple[Change, ...]:
    """Nobody fetches it any more: expired or revoked. Nothing where it has ended before."""
    if held.ended:
        return ()
    after = replace(held, ended=how, ended_at=at, ended_by=by, ended_reason=reason)
    changes = (
        Change(m.subject_of(held.id), after, s.entry(f"disclosure_{how}", at, by, after, reason=reason)),
        Change(m.package_of(held.id), m.Package(b"")),
    )
    return (*changes, *_back(loaded, held, how, at, by))


def _back(loaded: Loaded, held: m.Disclosure, how: str, at: int, by: str) -> tuple[Change, ...]:
    """The request without its package: over, or approved as before, for another one."""
    request = record.loaded_request(loaded, held.request)
    if request.state is not State.PACKAGE_BUILT or request.disclosures[-1:] != (held.id,):
        return ()  # it is somewhere else by now: suspected, withdrawn, with another package
    if how == "expired":
        after = handover.expired(request, at, by, held.id)
    else:
        after = moved(request, State.APPROVED, at, by, "package_revoked", held.id)
    return record.saved(loaded, request, after, f"package_{how}", at)


def silence_digest(held: m.Disclosure) -> str:
    """What two officers approve a longer silence of: the one that stands (SHA-256, hex)."""
    parts = [held.id, held.silence_basis, held.silence_until, held.silence_rounds]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def silenced(
    held: m.Disclosure, basis: str, until: int, officers: tuple[str, ...], digest: str, at: int, limit: int | None
) -> Change:
    """The owner is told later, on two officers' word: for 90 days at most, and no longer than the rule pack says
    (`limit`, ms; None = it knows no silence on this basis). Raises DisclosureError, InputError."""
    if not hmac.compare_digest(digest.encode(), silence_digest(held).encode()):
        raise s.DisclosureError("the silence is not that any more", code="approval_stale", hint="Propose it again.")
    if held.told or held.fetched is None:
        raise s.DisclosureError("the owner knows, or nothing was handed out", code="silence_over")
    if not basis.strip():
        raise InputError("a silence needs the order that it rests on", code="silence_basis")
    if not at < until <= at + m.SILENCE_MOST:
        raise InputError("a silence ends within 90 days; then it is asked for again", code="silence_length")
    if limit is None or until > limit:
        raise InputError(
            "this silence has no basis in the rule pack, or lasts too long",
            code="silence_invalid",
            hint="the owner is told when the silence that stands ends",
        )
    rounds = held.silence_rounds + 1
    after = replace(held, silence_basis=basis, silence_until=until, silence_by=officers, silence_rounds=rounds)
    messages = (s.wake(held.id, "tell", until, str(rounds)), *reminder(after, at))
    entry = s.entry("disclosure_silenced", at, "+".join(officers), after)
    return Change(m.subject_of(held.id), after, entry, messages=messages)


def reminder(held: m.Disclosure, at: int) -> list[Message]:
    """The desk is told a week before a silence ends: whoever wants more must ask for it."""
    if held.silence_until is None:
        return []
    return [s.wake(held.id, "remind", max(at, held.silence_until - REMIND), str(held.silence_rounds))]


def told(
    loaded: Loaded, held: m.Disclosure, account: str, changes: tuple[Change, ...], at: int, reason: str
) -> tuple[Change, ...]:
    """One owner was told (`changes` do it); with the last one the request is done."""
    names = tuple(dict.fromkeys((*held.told, account)))
    last = set(held.accounts) <= set(names)
    after = replace(held, told=names, told_at=at if last and held.told_at is None else held.told_at)
    entry = s.entry("disclosure_told", at, "desk", after, account=account, reason=reason)
    mine = Change(m.subject_of(held.id), after, entry)
    return (mine, *changes, *(_notified(loaded, held, at) if last and held.told_at is None else ()))


def _notified(loaded: Loaded, held: m.Disclosure, at: int) -> tuple[Change, ...]:
    request = record.loaded_request(loaded, held.request)
    try:
        after = handover.notified(request, at, "desk")
    except ConflictError:  # suspected or confirmed as forged by now: it stays so
        return ()
    return record.saved(loaded, request, after, "notified", at)


def exposed(held: m.Disclosure, at: int) -> Change:
    """The values stopped being proof."""
    after = replace(held, exposed=at)
    return Change(m.subject_of(held.id), after, s.entry("disclosure_exposed", at, "desk", after))


def reminded(held: m.Disclosure, at: int) -> tuple[Change, ...]:
    """The desk is told once that this silence ends; nothing where there is none any more."""
    if held.silence_until is None or held.told or held.reminded == held.silence_until:
        return ()
    after = replace(held, reminded=held.silence_until)
    entry = s.entry("disclosure_silence_ends", at, "desk", after, until=str(held.silence_until))
    return (Change(m.subject_of(held.id), after, entry),)


def noted(held: m.Disclosure, kind: str, at: int, by: str, **facts: str) -> Change:
    """A line of the log about it; nothing of it changes."""
    return Change(m.subject_of(held.id), held, s.entry(kind, at, by, held, **facts))


def silence_of(request: JudicialRequest, built_at: int) -> tuple[str, int | None]:
    """Basis and end of the silence that a package begins with: 90 days at most, none once it is over."""
    silence = request.silence
    if silence is None or not silence.basis.strip() or silence.until <= built_at:
        return "", None
    return silence.basis, min(silence.until, built_at + m.SILENCE_MOST)
