# SPDX-License-Identifier: Apache-2.0
"""The cause of a case: its accounts' own events, and what was seen beside them, given to the prover."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.inputs import Ask
from counterseal.core.loss.model import Attribution
from counterseal.core.policy.model import Policy
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases
from counterseal.incidents.impact import Deed
from counterseal.incidents.impact_search import Desk, Looks
from counterseal.incidents.members import Clock
from counterseal.prover.cause.investigate import investigate
from counterseal.prover.cause.model import ATTACKER, CERTAIN, OPEN, OWNER, Account, CauseReport, Claim, Side, Step
from counterseal.prover.history import Past

HARMED: Final = frozenset({m.MemberState.HIT, m.MemberState.OWNER_SAYS})
MOST: Final = 200
"""Accounts whose events are read for the cause; of more, the first ones. Whoever asks is told."""
DISCLOSURE: Final = "disclosure"
LOOK: Final = "staff_view"
FORGED: Final = ", and is taken for forged"
GIVES: Final = "judicial_pii"


class Pasts(Protocol):
    """The accounts' own entries."""

    async def pasts(self, account: str, *, after: int = -1) -> tuple[Past, ...]:
        """Those behind this position, in log order."""
        ...


class Found(msgspec.Struct, frozen=True):
    """A cause, and how much of the case it rests on: `accounts` of the `harmed`."""

    report: CauseReport
    accounts: int
    harmed: int


class Causes:
    """`policy()`: the one in force; `others()`: those to compare with."""

    def __init__(
        self,
        clock: Clock,
        *,
        cases: Cases,
        pasts: Pasts,
        desk: Desk,
        looks: Looks,
        policy: Callable[[], Policy],
        others: Callable[[], Sequence[Policy]],
    ) -> None:
        self._clock, self._policy, self._others = clock, policy, others
        self._cases, self._pasts, self._desk, self._looks = cases, pasts, desk, looks
        self._turn = asyncio.Semaphore(1)

    async def cause(self, incident: str, *, assumed: bool = True) -> Found:
        """What is known of the cause now. `assumed`: where an owner named nothing, what left since the case is
        taken to have begun counts as not theirs. Raises NotFoundError."""
        case = await self._cases.read(incident)
        harmed = [each for each in await self._cases.members.every(incident) if each.state in HARMED]
        read = harmed[:MOST]
        accounts = [Account(each.account, await self._pasts.pasts(each.account)) for each in read]
        sides = [side for each in read for side in await self._sides(each.account)]
        claims = [_claim(case, each, assumed=assumed) for each in read]
        async with self._turn:  # pure Python: two at once would only take turns with the guard
            report = await asyncio.to_thread(
                investigate, self._policy(), accounts, sides, claims, self._others(), now=self._clock.now()
            )
        return Found(report, len(read), len(harmed))

    async def deeds(self, incident: str) -> tuple[Found, list[Deed]]:
        """The cause, and the attacker's steps as the impact takes them."""
        found = await self.cause(incident)
        mine = {(step.account, step.action) for step in found.report.steps if step.who == ATTACKER}
        deeds = [
            Deed(account, past.input.id, past.at, past.input.request)
            for account in sorted({name for name, _ in mine})
            for past in await self._pasts.pasts(account)
            if isinstance(past.input, Ask) and (account, past.input.id) in mine
        ]
        return found, deeds

    async def of(self, incident: str) -> tuple[Attribution, ...]:
        """Whose steps they were, as the loss takes them: money rests on no assumption. See
        incidents.loss_service.Attributions."""
        found = await self.cause(incident, assumed=False)
        case = await self._cases.read(incident)
        made = []
        for member in await self._cases.members.every(incident):
            if member.state not in HARMED:
                continue
            steps = [step for step in found.report.steps if step.account == member.account]
            taken = tuple(step.action for step in steps if step.who == ATTACKER and step.sure != OPEN)
            made.append(
                Attribution(
                    member.account,
                    actions=tuple(dict.fromkeys((*member.actions, *taken))),
                    owner_actions=tuple(
                        dict.fromkeys(
                            (*member.theirs, *(s.action for s in steps if s.who == OWNER and s.sure == CERTAIN))
                        )
                    ),
                    since=case.begun,
                    until=None if case.begun is None else case.contained,
                )
            )
        return tuple(made)

    async def _sides(self, account: str) -> list[Side]:
        sides = [
            Side(
                DISCLOSURE,
                each.at,
                f"the request {each.reference} named the account"
                + (", and is taken for forged" if each.forged else ""),
                each.request,
                account,
                GIVES if each.disclosed or each.forged else "",
            )
            for each in await self._desk.naming(account)
        ]
        sides += [
            Side(LOOK, at, "somebody of staff looked at the account", staff, account)
            for staff, at in await self._looks.at(account)
        ]
        return sides


def _claim(case: m.Incident, member: m.Member, *, assumed: bool) -> Claim:
    since = case.begun if assumed else None
    until = case.contained if since is not None else None
    return Claim(member.account, member.actions, member.theirs, since, until)


def _certain(steps: Sequence[Step]) -> tuple[str, ...]:
    """The actions that are the owner's without a doubt."""
    return tuple(step.action for step in steps if step.who == OWNER and step.sure == CERTAIN)
