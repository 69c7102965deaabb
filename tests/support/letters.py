# SPDX-License-Identifier: Apache-2.0
"""A desk with an authority in its registry, a request in its inbox, and three members of legal staff."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec
import pytest

from counterseal.core.transaction import Change, Commit, Loaded, StoredMessage
from counterseal.judicial.letters.model import TOPIC, Written
from counterseal.judicial.letters.ports import Outgoing
from counterseal.judicial.letters.sending import Sender
from counterseal.judicial.registry.model import Authority, Contact, ContactKind, Source, Use
from counterseal.judicial.registry.model import subject_of as authority_of
from counterseal.judicial.requests.model import Claim, Clock, Identifier, JudicialRequest, State, Type
from counterseal.judicial.requests.model import subject_of as request_of
from counterseal.wiring import desk_letters
from counterseal.workers.loop import one_by_one
from tests.support.server import DAY, Live, served
from tests.support.staff import Person, Team

COURT, REQUEST, MAILBOX = "nm-district-court", "jr_1", "registry@court.northmark.example"
LETTERS = f"/v1/desk/requests/{REQUEST}/letters"


def contact(name: str, value: str, entered: int, kind: ContactKind = ContactKind.EMAIL, **more: Any) -> Contact:
    """A contact for mail, entered then by two."""
    uses = more.pop("uses", (Use.MAIL,))
    return Contact(name, kind, value, uses, Source("directory", entered), entered, ("st_a", "st_b"), **more)


def authority(now: int, *more: Contact) -> Authority:
    """A court whose mailbox is known for a hundred days."""
    old = contact("ct_mail", MAILBOX, now - 100 * DAY)
    return Authority(
        *(COURT, "District Court of Northmark", "nm", "court"), contacts=(old, *more), entered=now - 100 * DAY
    )


def request(now: int, **changes: Any) -> JudicialRequest:
    """A triaged request of that court about one client; its own address is another one."""
    made = JudicialRequest(
        *(REQUEST, "CS-2024-000001", Type.DISCLOSURE, State.EVIDENCE, now - DAY, "smtp:198.51.100.7"),
        claim=Claim(authority="District Court of Northmark", email="clerk@northmark-courts.example"),
        authority=COURT,
        case_number="4 Js 17/24",
        pack="generic",
        legal_basis="court_order",
        identifiers=(Identifier("email", "mara.lind@mail.example"), Identifier("phone", "+49 171 5550100")),
        accounts=("u-1001",),
        clocks=(Clock("acknowledge", now + DAY, "acknowledge"),),
    )
    return msgspec.structs.replace(made, **changes)


@dataclass
class Chambers:
    """A server and its legal staff."""

    live: Live
    ines: Person
    omar: Person
    vera: Person

    async def put(self, subject: str, state: Any) -> None:
        """A state as another part of the desk left it."""

        def function(_loaded: Loaded) -> Commit[Written]:
            return Commit(Written(subject), (Change(subject, state),))

        await self.live.application.store.transact([subject], function, now=self.live.now)

    async def standing(self, **changes: Any) -> None:
        """The request as it stands now."""
        await self.put(request_of(REQUEST), request(self.live.now, **changes))

    async def known(self, *more: Contact) -> None:
        """The authority in the registry."""
        await self.put(authority_of(COURT), authority(self.live.now, *more))

    async def request(self) -> JudicialRequest:
        """The request as it is."""
        held = await self.live.application.store.read(request_of(REQUEST))
        assert isinstance(held, JudicialRequest)
        return held

    async def draft(self, kind: str = "acknowledgement", status: int = 201, **more: Any) -> Any:
        """A letter by Ines."""
        return await self.ines.post(LETTERS, {"kind": kind} | more, status)

    async def edit(self, letter: Any, by: Person, status: int = 200, **more: Any) -> Any:
        """Other words of a letter."""
        body = {"subject": letter["subject"], "text": letter["text"]} | more
        return await by.post(f"/v1/desk/letters/{letter['id']}/edits", body, status)

    async def approval(self, letter: Any, one: Person, two: Person) -> str:
        """The id of an approval of these words that both have signed."""
        body = {"digest": letter["digest"]}
        made = await one.propose(f"POST /v1/desk/letters/{letter['id']}/send", body)
        await one.sign(made["id"])
        await two.sign(made["id"])
        return str(made["id"])

    async def use(self, letter: Any, approval: str) -> httpx2.Response:
        """Send the letter under an approval."""
        path, body = f"/v1/desk/letters/{letter['id']}/send", {"digest": letter["digest"]}
        return await self.ines.call("POST", path, body, headers={"Approval": approval})

    async def send(self, letter: Any, one: Person | None = None, two: Person | None = None) -> httpx2.Response:
        """Have two sign it and send it."""
        approval = await self.approval(letter, one or self.ines, two or self.omar)
        return await self.use(letter, approval)

    async def read(self, letter: Any) -> Any:
        """A letter as it is now."""
        return await self.ines.get(f"/v1/desk/letters/{letter['id']}")

    async def rows(self) -> list[StoredMessage]:
        """Letters that wait to go out, whenever."""
        return await self.live.application.store.messages(self.live.now + DAY, topics=(TOPIC,))

    def mails(self) -> list[dict[str, Any]]:
        """What went out to authorities."""
        outbox = self.live.application.outbox
        assert outbox is not None
        return [each for each in outbox.recent(100) if each["subject"].startswith("[CS-")]


def in_chambers(**settings: Any) -> Callable[[Callable[[Chambers], Awaitable[None]]], Callable[..., None]]:
    """Run an async test at a server with authority and request. Its worker for letters waits an hour."""

    def decorate(test: Callable[[Chambers], Awaitable[None]]) -> Callable[..., None]:
        @functools.wraps(test)
        async def inside(live: Live) -> None:
            team = Team(live)
            people = [await team.join(name, "legal") for name in ("ines", "omar", "vera")]
            chambers = Chambers(live, *people)
            await chambers.known()
            await chambers.standing()
            await test(chambers)

        del inside.__wrapped__  # type: ignore[attr-defined] # pytest asks for the server alone
        found: Callable[..., None] = served(**settings)(inside)

        @functools.wraps(found)
        def run(**given: Any) -> None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(desk_letters, "PAUSE", 3600.0)
                found(**given)

        return run

    return decorate


class Carrier:
    """A way out that does as the test says, and remembers what it took."""

    def __init__(self, *answers: Exception) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[str, Outgoing]] = []

    async def send(self, letter: Outgoing, message_id: str) -> str:
        self.taken.append((message_id, letter))
        if self.answers:
            raise self.answers.pop(0)
        return f"receipt of {message_id}"


class Shelf:
    """Packages whose link is this."""

    def __init__(self, link: str | None) -> None:
        self.link = link

    async def package_link(self, request: str) -> str | None:
        return self.link


def sender(house: Chambers, carrier: Any, link: str | None = None) -> Sender:
    """The worker over the server's own store."""
    return Sender(house.live.application.store, house.live.application.clock, carrier, Shelf(link), one_by_one)
