# SPDX-License-Identifier: Apache-2.0
"""Joins investigations to the judicial desk and to what staff looked at; a confirmed forgery opens a case."""

from __future__ import annotations

from typing import Final

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Store
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases, Opening
from counterseal.incidents.impact_search import Named
from counterseal.judicial.followup import model as f
from counterseal.judicial.followup.service import FollowUps
from counterseal.judicial.requests.model import JudicialRequest, State, subject_of
from counterseal.wiring.records import VIEWS, observed

FORGED: Final = frozenset({State.SUSPECTED_FORGED, State.CONFIRMED_FORGED})
LISTED: Final = 500


class DeskNames:
    """See incidents.impact_search.Desk."""

    def __init__(self, store: Store, followups: FollowUps) -> None:
        self._store, self._followups = store, followups

    async def naming(self, account: str) -> tuple[Named, ...]:
        """See Desk. What was erased names nobody."""
        held = await self._store.read(f.named_of(account))
        found = []
        for name in held.requests if isinstance(held, f.Named) else ():
            request = await self._store.read(subject_of(name))
            if isinstance(request, JudicialRequest):
                found.append(await self._named(request))
        return tuple(found)

    async def _named(self, request: JudicialRequest) -> Named:
        try:
            siblings = await self._followups.siblings(request.id)
        except NotFoundError:
            siblings = ()
        forged = request.state in FORGED
        hand = [each for each in siblings if forged or each.forged]
        accounts = list(await self._of(request.id))
        for each in hand:
            accounts += await self._of(each.request)
        return Named(
            request.id,
            request.reference,
            request.received,
            forged or bool(hand),
            bool(request.disclosures),
            tuple(dict.fromkeys(accounts)),
        )

    async def _of(self, request: str) -> tuple[str, ...]:
        held = await self._store.read(f.subject_of(request))
        return held.named if isinstance(held, f.FollowUp) else ()


class LogLooks:
    """See incidents.impact_search.Looks: from the log, so that a look that is long ago is still there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def at(self, account: str) -> list[tuple[str, int]]:
        """See Looks."""
        found: list[tuple[str, int]] = []
        after = -1
        while True:
            page = await self._store.entries(subject=VIEWS + account, after=after, limit=LISTED)
            for each in page:
                seen = observed(each)
                if seen is not None and seen.viewer:
                    found.append((seen.viewer, seen.at))
            if len(page) < LISTED:
                return found
            after = page[-1].position


class ForgeryCases:
    """See judicial.followup.ports.Forgeries."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def confirmed(self, act: f.Act, reference: str) -> None:
        """See Forgeries. What left with it decides how bad it is; all whom it or its hand named are members."""
        left = act.event is f.Event.CONFIRMED_LATE
        since = min((step.since for step in act.steps if step.since), default=act.at)
        members = {
            step.account: m.Member(
                *("", step.account, m.MemberState.UNKNOWN, 0, "desk"),
                because=(m.Reason("request", step.since or act.at, step.origin or act.request, reference),),
            )
            for step in act.steps
            if step.account
        }
        opening = Opening(
            m.Kind.FORGED_REQUEST,
            f"The request {reference} was forged" + ("" if left else "; nothing was handed out on it"),
            severity=1 if left else 3,
            source=f"desk:{act.id}",
            accounts=tuple(members.values()),
            begun=since,
            aware=act.at,
            request=act.request,
        )
        await self._cases.open(opening, by="desk")
