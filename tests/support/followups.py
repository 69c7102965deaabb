# SPDX-License-Identifier: Apache-2.0
"""Requests put into a running server's store, and their moves, for what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import State as AccountState
from counterseal.core.account import Suspicion
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.guard.commands import subject_of as account_subject
from counterseal.guard.feed import RECORDED
from counterseal.guard.model import decode_record
from counterseal.judicial.disclosure.model import Disclosure, Handed
from counterseal.judicial.disclosure.model import subject_of as disclosure_subject
from counterseal.judicial.followup.service import FollowUps
from counterseal.judicial.requests import acts, machine, record
from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.model import Approved, Claim, Happened, JudicialRequest, State, Type, subject_of
from counterseal.judicial.requests.stored import Opened
from tests.support.server import DAY, Live

TWO = ("st_a", "st_b")
CLAIM = Claim(
    authority="District Court of Northmark",
    officer="Jane Doe",
    phone="+49 30 1234567",
    email="j.doe@court.northmark.example",
)


class Docket:
    """Requests in the store of a server, moved by the machine's own steps. Nothing follows until `follow`."""

    def __init__(self, live: Live) -> None:
        self.live, self.count = live, 0
        self.store = live.application.store

    @property
    def followups(self) -> FollowUps:
        """The server's own."""
        return self.live.application.desk.followup.followups

    async def follow(self, followups: FollowUps | None = None) -> int:
        """Every message that waits; how many."""
        done = 0
        while found := await (followups or self.followups).turn():
            done += found
        return done

    async def request(
        self,
        *accounts: str,
        claim: Claim = CLAIM,
        kind: Type = Type.DISCLOSURE,
        **more: Any,
    ) -> str:
        """A request that came in five days ago and is at its evidence."""
        self.count += 1
        name = f"jr_{self.count:04d}"
        past = self.live.now - more.pop("ago", 5 * DAY)
        first = Happened(past, "received", "upload", "", State.RECEIVED)
        made = JudicialRequest(
            name, f"CS-2027-{self.count:06d}", kind, State.RECEIVED, past, "upload", claim, history=(first,), **more
        )
        await self.write(None, msgspec.structs.replace(made, accounts=accounts))
        for state in (State.TRIAGED, State.EVIDENCE):
            await self.move(name, state)
        return name

    async def read(self, name: str) -> JudicialRequest:
        """The request as it is."""
        held = await self.store.read(subject_of(name))
        assert isinstance(held, JudicialRequest)
        return held

    async def write(self, before: JudicialRequest | None, after: JudicialRequest) -> None:
        """One commit, as the desk writes it."""
        now = self.live.now

        def function(loaded: Loaded) -> Commit[Opened]:
            return Commit(Opened(after.id), record.saved(loaded, before, after, "moved", now))

        await self.store.transact(record.keys_of(after.id), function, now=now)

    async def move(self, name: str, *states: State, by: str = "st_a") -> None:
        """Through these states."""
        for state in states:
            held = await self.read(name)
            await self.write(held, machine.moved(held, state, self.live.now, by, "moved"))

    async def execute(self, name: str) -> None:
        """Two officers approved an order, and it was carried out."""
        await self.move(name, State.DECISION_PENDING)
        held = await self.read(name)
        approved = Approved(self.live.now, digest_of(held), TWO)
        await self.write(held, msgspec.structs.replace(held, approvals=(approved,)))
        await self.move(name, State.APPROVED, State.EXECUTED)

    async def suspect(self, name: str) -> None:
        """One of staff suspects it."""
        held = await self.read(name)
        await self.write(held, acts.suspected(held, self.live.now, "st_a", "the office knows nothing of it"))

    async def confirm(self, name: str, officers: Sequence[str] = TWO) -> None:
        """Two officers find it forged."""
        held = await self.read(name)
        await self.write(held, acts.confirmed(held, officers, self.live.now, "the clerk says so"))

    async def clear(self, name: str, officers: Sequence[str] = TWO) -> None:
        """Two officers find it genuine."""
        held = await self.read(name)
        await self.write(held, acts.found_genuine(held, officers, self.live.now, "the clerk knows it"))

    async def deliver(self, name: str, *accounts: str) -> Disclosure:
        """Data of these accounts were handed out on it and fetched now, sealed from their owners."""
        now, number = self.live.now, len((await self.read(name)).disclosures)
        made = Disclosure(
            id=f"dsc_{name}{number}",
            request=name,
            authority="court",
            built=now,
            key="age1",
            key_kind="age",
            package_sha256="0" * 64,
            size=1,
            token="0" * 64,
            expires=now + DAY,
            fields=tuple(Handed(each, "id_number", "T4", "0" * 64) for each in accounts),
            canaries=(),
            basis="court_order",
            approvers=TWO,
            fetched=now,
            silence_basis="order",
            silence_until=now + 90 * DAY,
        )

        def function(loaded: Loaded) -> Commit[Opened]:
            return Commit(Opened(made.id), (Change(disclosure_subject(made.id), made),))

        await self.store.transact((disclosure_subject(made.id),), function, now=now)
        held = await self.read(name)
        await self.write(held, msgspec.structs.replace(held, disclosures=(*held.disclosures, made.id)))
        way = (State.DECISION_PENDING, State.APPROVED, State.PACKAGE_BUILT, State.DELIVERED)
        await self.move(name, *(way if held.state is State.EVIDENCE else ()))
        return made

    # ------------------------------------------------------------ what came of it

    async def account(self, account: str) -> AccountState:
        """The account as it is."""
        held = await self.store.read(account_subject(account))
        assert isinstance(held, AccountState)
        return held

    async def suspicions(self, account: str) -> list[Suspicion]:
        """Those that stand, in order of their ids."""
        found = (await self.account(account)).suspicions
        return [found[name] for name in sorted(found) if name.startswith("desk.")]

    async def inputs(self, account: str, kind: type[i.InputBase]) -> list[Any]:
        """Every input of a kind that the account's log holds."""
        entries = await self.store.entries(subject=account_subject(account), limit=1000)
        records = [decode_record(each.payload) for each in entries if each.payload and each.kind in RECORDED]
        return [each.input for each in records if isinstance(each.input, kind)]
