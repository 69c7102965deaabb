# SPDX-License-Identifier: Apache-2.0
"""Reads what a report is reckoned from. Nothing is kept: the same period can be asked for again at any time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, TypeVar

from counterseal.core.errors import InputError
from counterseal.core.transaction import Store
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.disclosure.model import subject_of as disclosure_subject
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.report.figures import reported
from counterseal.judicial.report.measures import DAY
from counterseal.judicial.report.model import Facts, Report
from counterseal.judicial.report.ports import Attacks, Clock
from counterseal.judicial.requests.model import JudicialRequest

PAGE: Final = 200
LONGEST: Final = 366 * DAY
EARLIEST: Final = 0
ATTACKED_WITHIN: Final = 90 * DAY
CANARY: Final = "disclosure_canary_found"


Kind = TypeVar("Kind")


class PeriodError(InputError):
    """A period that is none."""

    code = "report_period"


class Reports:
    """The area's service."""

    def __init__(self, store: Store, clock: Clock, attacks: Attacks) -> None:
        self._store, self._clock, self._attacks = store, clock, attacks

    async def report(self, start: int, end: int, *, public: bool = False) -> Report:
        """The report of `start` <= t < `end` (ms), up to 366 days that have begun. Raises PeriodError."""
        now = self._clock.now()
        if not EARLIEST <= start < end or end - start > LONGEST or start > now:
            hint = "give a start before its end, at most 366 days apart, not in the future"
            raise PeriodError("this is no period that can be reported", hint=hint)
        requests = tuple([each async for each in self._every("judicial_request", JudicialRequest)])
        disclosures = tuple([each async for each in self._every("disclosure", Disclosure)])
        authorities = [each async for each in self._every("authority", Authority)]
        contacts = [contact for each in authorities if each.ended is None for contact in each.contacts]
        facts = Facts(
            requests,
            disclosures,
            {each.id: each.country for each in authorities},
            tuple(contact.seen for contact in contacts if contact.ended is None or contact.ended > now),
            tuple([at for each in disclosures for at in await self._canaries(each)]),
            await self._attacked(disclosures, start, end),
        )
        return reported(facts, start, end, now, public=public)

    async def _every(self, kind: str, form: type[Kind]) -> AsyncIterator[Kind]:
        after = ""
        while names := await self._store.subjects(kind, after=after, limit=PAGE):
            for name in names:
                held = await self._store.read(name)
                if isinstance(held, form):
                    yield held
            after = names[-1]

    async def _canaries(self, disclosure: Disclosure) -> list[int]:
        if disclosure.fetched is None:
            return []
        entries = await self._store.entries(subject=disclosure_subject(disclosure.id), limit=PAGE)
        return [each.at for each in entries if each.kind == CANARY]

    async def _attacked(self, disclosures: tuple[Disclosure, ...], start: int, end: int) -> frozenset[str]:
        """Accounts whose data were fetched in the period, and that were attacked within 90 days of it."""
        found: set[str] = set()
        for each in disclosures:
            if each.fetched is None or not start <= each.fetched < end:
                continue
            until = each.fetched + ATTACKED_WITHIN
            for account in each.accounts:
                if account not in found and await self._attacks.attacked(account, each.fetched, until):
                    found.add(account)
        return frozenset(found)
