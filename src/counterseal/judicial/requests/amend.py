# SPDX-License-Identifier: Apache-2.0
"""Amendments and withdrawals: what an authority may still change. Pure.

Less is an amendment; more is a new request, with a call-back of its own: the office confirmed one scope, and nobody
adds to it afterwards.
"""

from __future__ import annotations

import msgspec

from counterseal.judicial.requests.acts import ended
from counterseal.judicial.requests.evidence import BY_HAND, counting, voided
from counterseal.judicial.requests.model import JudicialRequest, State, Type
from counterseal.judicial.requests.stored import RequestRuleError
from counterseal.judicial.requests.triage import WORKED_ON, Triage, changed_back

LIFTED = frozenset({Type.FREEZE, Type.SEIZURE})
"""Types whose withdrawal gives something back, and so takes the same evidence as the order."""


class WidenedError(RequestRuleError):
    """More is asked for than was confirmed."""

    code = "request_widened"


def wider(before: JudicialRequest, after: JudicialRequest) -> tuple[str, ...]:
    """In what `after` reaches beyond `before`: identifiers, categories, accounts, window."""
    found = [
        name
        for name in ("identifiers", "categories", "accounts")
        if not set(getattr(after, name)) <= set(getattr(before, name))
    ]
    held, asked = before.window, after.window
    if held is not None and (asked is None or asked.start < held.start or asked.end > held.end):
        found.append("window")
    return tuple(found)


def check_narrower(before: JudicialRequest, after: JudicialRequest) -> None:
    """Raise WidenedError where more is asked for."""
    if found := wider(before, after):
        raise WidenedError(
            f"it asks for more than before: {', '.join(found)}",
            hint="open a new request; it gets its own call-back",
        )


def check_triage(before: JudicialRequest, given: Triage, after: JudicialRequest) -> JudicialRequest:
    """After a second triage: nothing is added to what an office confirmed (WidenedError), and what another
    authority's office said does not count any more."""
    confirmed = [each for each in counting(before) if each.kind in BY_HAND]
    if not confirmed:
        return after
    if given.authority == before.authority:
        check_narrower(before, after)
        return after
    for each in confirmed:
        after = voided(after, each.id, "the request is of another authority")
    return msgspec.structs.replace(after, key="", key_evidence="")


def amended(about: JudicialRequest, amendment: JudicialRequest, at: int, by: str) -> JudicialRequest:
    """The request with the narrower scope; its fields are chosen anew. Raises WidenedError, RequestStateError."""
    check_narrower(about, amendment)
    after = msgspec.structs.replace(
        about,
        identifiers=amendment.identifiers,
        categories=amendment.categories,
        accounts=amendment.accounts,
        window=amendment.window or about.window,
        fields=(),
    )
    return changed_back(about, after, at, by, "amended")


def withdrawn(about: JudicialRequest, at: int, by: str, reference: str) -> JudicialRequest:
    """The request that its authority took back. Raises RequestStateError where it is too late."""
    if about.state not in WORKED_ON and about.state is not State.EXECUTED:
        raise RequestRuleError(f"it is `{about.state}` already", code="request_state")
    return ended(about, State.WITHDRAWN, at, by, reference)
