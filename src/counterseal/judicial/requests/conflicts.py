# SPDX-License-Identifier: Apache-2.0
"""Who may not approve a request, and why. Pure.

Whoever alone made a piece of the proof does not judge it; nobody decides about themselves; and of two approvers one
at least had no part in the number that was called, nor in the account of the portal that handed it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from counterseal.judicial.registry.model import Authority
from counterseal.judicial.requests.binding import TWO
from counterseal.judicial.requests.evidence import BY_HAND, counting
from counterseal.judicial.requests.model import EvidenceKind, JudicialRequest
from counterseal.judicial.requests.stored import RequestRuleError

SENTENCES = {
    "own_evidence": ("whoever alone made the call or entry does not approve it", "独自回拨或录入证据者不得批准"),
    "own_account": ("nobody approves what is about their own account", "不得批准涉及本人账户的请求"),
    "own_portal": ("nobody approves what they handed in themselves", "不得批准本人提交的请求"),
    "one_person": ("two different people approve it", "须由两名不同人员批准"),
    "contact_enterers": (
        "both entered the number that was called: one approver must not have",
        "两人均参与登记所拨号码：至少一名批准人不得参与",
    ),
    "account_inviters": (
        "both invited the account that handed it in: one approver must not have",
        "两人共同邀请了提交该请求的账户：至少一名批准人不得参与",
    ),
}


class Conflict(msgspec.Struct, frozen=True):
    """Why this person (or, `staff` empty, these together) may not approve."""

    staff: str
    code: str
    english: str
    chinese: str


class OfficerConflictError(RequestRuleError):
    """These officers may not approve this request."""

    code = "officer_conflict"


def conflicts_of(request: JudicialRequest, owned: Mapping[str, str]) -> tuple[Conflict, ...]:
    """The members of staff who may not approve it. `owned`: staff id -> account."""
    found = [_conflict(staff, "own_evidence") for staff in sorted(_alone(request))]
    named = set(request.accounts)
    found += [_conflict(staff, "own_account") for staff, account in sorted(owned.items()) if account in named]
    if request.by.startswith("portal:"):
        account = request.by.removeprefix("portal:")
        found += [_conflict(staff, "own_portal") for staff in sorted(owned) if account in {staff, owned[staff]}]
    return tuple(found)


def _alone(request: JudicialRequest) -> set[str]:
    """Officers on whose single word a kind of evidence rests."""
    hands: dict[EvidenceKind, set[str]] = {}
    for each in counting(request):
        if each.kind in BY_HAND:
            hands.setdefault(each.kind, set()).add(each.collected_by)
    return {next(iter(staff)) for staff in hands.values() if len(staff) == 1}


def check_officers(
    request: JudicialRequest,
    officers: Sequence[str],
    owned: Mapping[str, str],
    authority: Authority | None,
    *,
    alone: bool = False,
) -> None:
    """Raise OfficerConflictError unless these may approve together. `alone`: one of them, in an emergency."""
    if len(set(officers)) < (1 if alone else TWO):
        raise _error(_conflict("", "one_person"))
    found = [each for each in conflicts_of(request, owned) if each.staff in officers]
    if found:
        raise _error(found[0])
    if not alone and all(officer in _enterers(request, authority) for officer in officers):
        raise _error(_conflict("", "contact_enterers"))
    if not alone and all(officer in _inviters(request) for officer in officers):
        raise _error(_conflict("", "account_inviters"))


def _enterers(request: JudicialRequest, authority: Authority | None) -> set[str]:
    """Whoever entered or confirmed a number that was called for this request."""
    called = [each.source for each in counting(request) if each.kind in BY_HAND]
    contacts = [] if authority is None else [authority.contact(each) for each in called]
    people: set[str] = set()
    for held in contacts:
        if held is not None:
            people |= {*_names(held.entered_by), *_names(held.second_by), *_names(held.checked_by)}
    return people


def _inviters(request: JudicialRequest) -> set[str]:
    """Whoever invited the portal's account that its evidence rests on."""
    pieces = [each for each in counting(request) if each.kind is EvidenceKind.PORTAL]
    return _names(name for each in pieces for name in each.details.get("invited_by", "").split())


def _names(names: Iterable[str]) -> set[str]:
    return {each.removeprefix("staff:") for each in names}


def _conflict(staff: str, code: str) -> Conflict:
    return Conflict(staff, code, *SENTENCES[code])


def _error(conflict: Conflict) -> OfficerConflictError:
    return OfficerConflictError(
        conflict.english,
        hint=f"{conflict.code}: {conflict.staff}" if conflict.staff else conflict.code,
    )
