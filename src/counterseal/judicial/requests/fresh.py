# SPDX-License-Identifier: Apache-2.0
"""What ended since it was recorded is voided before anything is decided, carried out or handed out."""

from __future__ import annotations

from counterseal.judicial.requests import acts, evidence
from counterseal.judicial.requests.binding import standing
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.triage import changed_back
from counterseal.judicial.requests.writing import Writing


class Refreshing(Writing):
    """Base of the services that act on evidence."""

    async def _fresh(self, request: str) -> JudicialRequest:
        """The request, after what rests on a contact or an account that ended, or on an approver who left, was
        voided: a number that was found to be false, or an account that was ended, proves nothing any more."""
        held = await self.lookup.request(request)
        approval = standing(held, self._clock.now())
        officers = () if approval is None else approval.officers
        left = [each for each in officers if await self._tools.people.left(each)]
        if left:
            await self._write(request, lambda before, now: acts.left(before, left, now), "approver_left")
            held = await self.lookup.request(request)
        authority = await self.lookup.authority(held)
        ended = [] if authority is None else evidence.resting_on_ended(held, authority)
        gone = dict.fromkeys(ended, "its contact is not in use any more")
        lost = evidence.resting_on_account(held, await self.lookup.portal(held))
        gone |= dict.fromkeys(lost, "its account does not count any more")
        if not gone:
            return held

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            after = before
            for each, why in gone.items():
                after = evidence.voided(after, each, why)
            return changed_back(before, after, now, evidence.DESK, what)

        what = "contact_ended" if ended else "account_ended"
        await self._write(request, step, what)
        return await self.lookup.request(request)
