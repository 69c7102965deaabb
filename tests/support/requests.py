# SPDX-License-Identifier: Apache-2.0
"""A desk with four members of legal staff, a court in the registry, anchors, and orders that it signed."""

from __future__ import annotations

import asyncio
import functools
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.support.registry import COURT, House, contact, details
from tests.support.server import DAY, HOUR, Live, problem, served
from tests.support.signed_pdf import order, signed
from tests.support.small_pki import ANCHOR, LISTS, NOW, SIGNER, ms
from tests.support.staff import Person, Team

ROOT = "/v1/desk/requests"
NUMBER = "+12025550179"
KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ALL = ["case_number", "officer", "scope", "document_hash"]
START = ms(NOW) - 39 * DAY + HOUR
WAITED = 39 * DAY
CLAIM = {"authority": "District Court of Northmark", "officer": "J. Doe"}


@dataclass
class Bureau(House):
    """The house at work on requests. Ines and Omar entered the court's number; Vera calls back; `pair` approves."""

    wei: Person = field(kw_only=True)
    account: str = field(default="", kw_only=True)

    @property
    def pair(self) -> tuple[Person, Person]:
        """Two who may approve: one of them did not enter the number, neither called."""
        return self.omar, self.wei

    async def document(self, data: bytes, name: str = "order.pdf", status: int = 201) -> str:
        """Hand in a document; its id."""
        sent = {
            "X-Counterseal": "console",
            "Origin": "http://localhost:8400",
            "Idempotency-Key": secrets.token_hex(8),
        }
        answer = await self.vera.client.post(
            "/v1/desk/documents", params={"name": name}, content=data, headers=sent
        )
        assert answer.status_code == status, answer.text
        return str(answer.json()["document"]["id"])

    async def opened(self, *documents: bytes, status: int = 201, **body: Any) -> Any:
        """Take a request in: an order signed by the court unless others are given."""
        names = [await self.document(each) for each in documents or (await paper(),)]
        asked = {
            "documents": names,
            "claim": CLAIM,
            "case_number": "17/2026",
            "identifiers": [{"kind": "account", "value": self.account}],
            "categories": ["subscriber"],
        } | body
        return await self.vera.post(ROOT, asked, status)

    async def triaged(self, request: str, status: int = 200, **body: Any) -> Any:
        """Triage it as an order of the court."""
        asked = {"type": "disclosure", "pack": "generic", "authority": COURT, "legal_basis": "court_order"} | body
        return await self.vera.post(f"{ROOT}/{request}/triage", asked, status)

    async def called(self, request: str, by: Person | None = None, status: int = 200, **body: Any) -> Any:
        """A call-back that confirmed everything, the delivery key included."""
        given = {
            "contact": await self.only(),
            "outcome": "confirmed",
            "confirmed": [*ALL, "delivery_key"],
            "delivery_key": KEY,
            "spoke_to": "the clerk on duty",
        }
        return await (by or self.vera).post(f"{ROOT}/{request}/call-back", given | body, status)

    async def reviewed(self, request: str, by: Person | None = None, status: int = 200, **body: Any) -> Any:
        """A legal review that passed."""
        given = {"passed": True, "basis": "court_order", "reason": "it names the statute"} | body
        return await (by or self.ines).post(f"{ROOT}/{request}/review", given, status)

    async def ready(self, **body: Any) -> Any:
        """A request that waits for its two officers."""
        name = (await self.opened(**body))["request"]["id"]
        await self.triaged(name)
        await self.called(name)
        await self.reviewed(name)
        await self.ines.post(f"{ROOT}/{name}/fields", {"fields": None})
        return await self.ines.post(f"{ROOT}/{name}/submit")

    async def approve(self, held: Any, *by: Person) -> httpx2.Response:
        """Two officers approve what they see."""
        path, body = f"{ROOT}/{held['request']['id']}/approve", {"digest": held["decision"]["digest"]}
        return await self.try_signed(path, body, *(by or self.pair))

    async def approved(self, **body: Any) -> Any:
        """A request that two officers approved."""
        answer = await self.approve(await self.ready(**body))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read_request(self, request: str) -> Any:
        """As it is now."""
        return await self.vera.get(f"{ROOT}/{request}")

    async def refused(self, answer: httpx2.Response, code: str, status: int = 409) -> None:
        """It was refused for this."""
        problem(answer, status, code)

    async def advance(self, duration: int) -> None:
        """See House."""
        await super().advance(duration)
        await self.wei.sign_in()


async def paper(text: str = "Case 17/2026") -> bytes:
    """An order that the court signed; pyHanko wants a thread without a loop."""
    return await asyncio.to_thread(_signed, text)


@functools.cache
def _signed(text: str) -> bytes:
    return signed(order(text))


def court_body(now: int) -> dict[str, Any]:
    """The court with its number for call-backs and its clerk's."""
    contacts = [contact("+1 202 555 0179"), contact("+1 202 555 0155", "phone", "clerk")]
    for each in contacts:
        each["source"]["at"] = now
    return {"id": COURT, "details": details(), "contacts": contacts}


def trust(folder: Path) -> tuple[Path, Path]:
    """Folders of anchors and of registered signers that hold the small PKI and its court."""
    for name in ("anchors", "registry"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "anchors" / "root.der").write_bytes(ANCHOR.dump())
    for number, crl in enumerate(LISTS):
        (folder / "anchors" / f"{number}.crl").write_bytes(crl)
    entry = {
        "authority": "District Court of Northmark",
        "role": "court",
        "certificates": [SIGNER.sha256.hex()],
    }
    (folder / "registry" / "court.json").write_text(json.dumps(entry))
    return folder / "anchors", folder / "registry"


def bureau(test: Callable[[Bureau], Awaitable[None]] | None = None, **settings: Any) -> Any:
    """Decorator: run an async test with a desk whose court has been in the registry for 39 days."""
    if test is None:
        return functools.partial(bureau, **settings)

    @functools.wraps(test)
    async def inside(live: Live) -> None:
        live.application.desk.folders.set(*trust(live.application.settings.database.parent))
        team = Team(live)
        people = [await team.join(name, "legal") for name in ("ines", "omar", "vera", "wei")]
        made = Bureau(live, *people[:3], wei=people[3])
        await made.signed("/v1/desk/authorities", court_body(live.now), 201)
        made.account = (await live.owner()).account
        await made.advance(WAITED)
        await test(made)

    del inside.__wrapped__  # type: ignore[attr-defined] # pytest asks for the server alone
    return served(**({"simulated_start_ms": START} | settings))(inside)
