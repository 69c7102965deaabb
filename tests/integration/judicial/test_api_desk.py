# SPDX-License-Identifier: Apache-2.0
"""Documents over the API: kept before they are opened, examined once, drawn for people, never lost."""

from __future__ import annotations

import asyncio
import hashlib
import io
import secrets
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from counterseal.access.model import Scope
from counterseal.gateways.clock import SimulatedClock
from counterseal.gateways.documents.sandbox import Sandbox
from counterseal.judicial.model import MOST_BYTES
from counterseal.judicial.ports import SandboxError
from counterseal.judicial.stored import TOPIC, Document
from tests.support.server import Live, served

NOBODY = Path(__file__).with_name("nobody.json")  # a DNS in which no name exists
pytestmark = pytest.mark.needs("bwrap")
DESK = (Scope.DESK_READ, Scope.DESK_WRITE)


def pdf(pages: int = 1) -> bytes:
    """An unsigned document."""
    held = io.BytesIO()
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(300, 200))
    document.save(held)
    return held.getvalue()


async def token_of(live: Live, *scopes: Scope) -> str:
    """A token with these scopes."""
    made = await live.application.access.create_token(name="desk", platform="exchange", scopes=scopes, by="test")
    assert made.secret is not None
    return made.secret


async def send(live: Live, data: bytes, status: int = 201, name: str = "order.pdf", **options: Any) -> Any:
    """Hand in a document; the answer."""
    token = await token_of(live, *options.pop("scopes", DESK))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": options.pop("key", secrets.token_hex(8))}
    answer = await live.client.post("/v1/desk/documents", params={"name": name}, content=data, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(live: Live, path: str, status: int = 200) -> Any:
    """Read as the desk."""
    token = await token_of(live, Scope.DESK_READ)
    answer = await live.client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.text
    return answer


@served()
async def test_a_document_is_kept_examined_and_listed(live: Live) -> None:
    data = pdf(2)
    made = await send(live, data)
    document, (report,) = made["document"], made["examinations"]
    assert document["sha256"] == hashlib.sha256(data).hexdigest()
    assert (document["size"], document["kind"], document["name"]) == (len(data), "pdf", "order.pdf")
    assert report["verdict"] == document["verdict"] == "neutral"
    assert report["pages"] == 2
    await live.advance(1)
    second = await send(live, b"PK\x03\x04 an archive", name="all.zip")
    assert [finding["code"] for finding in second["examinations"][0]["findings"]] == ["archive"]
    listed = (await get(live, "/v1/desk/documents?limit=1")).json()
    assert [each["name"] for each in listed["items"]] == ["all.zip"]
    rest = (await get(live, f"/v1/desk/documents?after={listed['next']}")).json()
    assert [each["id"] for each in rest["items"]] == [document["id"]]
    assert (await get(live, f"/v1/desk/documents/{document['id']}")).json() == made
    kinds = [entry.kind for entry in await live.application.store.entries(subject=f"document:{document['id']}")]
    assert kinds == ["document_received", "document_examined"]


@served()
async def test_a_later_copy_is_a_document_of_its_own(live: Live) -> None:
    data = pdf()
    first, second = await send(live, data), await send(live, data, name="again.pdf")
    assert first["document"]["id"] != second["document"]["id"]
    assert second["document"]["first"] == first["document"]["id"]
    assert "seen_before" in {each["code"] for each in second["examinations"][0]["findings"]}
    assert "seen_before" not in {each["code"] for each in first["examinations"][0]["findings"]}


@served()
async def test_a_repeated_request_makes_one_document(live: Live) -> None:
    data = pdf()
    token = await token_of(live, *DESK)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    answers = [await live.client.post("/v1/desk/documents", content=data, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    other = await live.client.post("/v1/desk/documents", content=data + b" ", headers=headers)
    assert other.status_code == 422
    assert len((await get(live, "/v1/desk/documents")).json()["items"]) == 1


@served()
async def test_a_page_is_a_picture(live: Live) -> None:
    name = (await send(live, pdf()))["document"]["id"]
    drawn = await get(live, f"/v1/desk/documents/{name}/pages/1?width=600")
    assert drawn.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(drawn.content)).size == (600, 400)
    for path in (f"{name}/pages/2", f"{name}/pages/0", "doc_none/pages/1"):
        await get(live, f"/v1/desk/documents/{path}", 404)
    await get(live, f"/v1/desk/documents/{name}/pages/1?width=5", 422)


@served()
async def test_an_examination_is_added_never_replaced(live: Live) -> None:
    name = (await send(live, pdf()))["document"]["id"]
    token = await token_of(live, *DESK)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "again"}
    for _ in range(2):
        answer = await live.client.post(f"/v1/desk/documents/{name}/examinations", headers=headers)
        assert answer.status_code == 201
        assert len(answer.json()["examinations"]) == 2


@served()
async def test_what_nobody_examined_is_examined_when_the_desk_is_back(live: Live) -> None:
    """The process died between intake and report: the intake's own outbox row brings it up again."""
    desk = live.application.desk.desk
    done = await desk.receive(pdf(), name="order.pdf", by="test")
    held = (await get(live, f"/v1/desk/documents/{done.result.id}")).json()
    assert (held["document"]["verdict"], held["examinations"]) == ("quarantined", [])
    assert await desk.turn() == 0  # whoever received it has a minute
    clock = live.application.clock
    assert isinstance(clock, SimulatedClock)
    clock.set(clock.now() + 61_000)
    assert await desk.turn() == 1
    stored = await live.application.store.read(f"document:{done.result.id}")
    assert isinstance(stored, Document)
    assert [each.by for each in stored.examinations] == ["desk"]
    assert await desk.turn() == 0
    assert await live.application.store.messages(live.application.clock.now(), topics=(TOPIC,)) == []


@served()
async def test_large_files_are_taken_here_and_nowhere_else(live: Live) -> None:
    large = pdf() + b"\n%" + b"x" * (1024 * 1024)
    assert (await send(live, large))["document"]["size"] == len(large)
    assert (await send(live, b"x" * (MOST_BYTES + 1), 413))["code"] == "body_too_large"
    token = await token_of(live, Scope.ADMIN)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "x", "Content-Type": "application/json"}
    answer = await live.client.post("/v1/tokens", content=b"{" + b" " * 100_000, headers=headers)
    assert answer.status_code == 413


@served()
async def test_who_may_not_is_refused_before_a_byte_is_kept(live: Live) -> None:
    assert (await send(live, pdf(), 403, scopes=(Scope.DESK_READ,)))["code"] == "insufficient_scope"
    assert (await send(live, pdf(), 422, name="a\nb"))["code"] in {"validation_failed", "name_invalid"}
    assert (await get(live, "/v1/desk/documents")).json()["items"] == []
    await get(live, "/v1/desk/documents/doc_unknown", 404)


@served()
async def test_an_empty_file_has_a_report_too(live: Live) -> None:
    made = await send(live, b"")
    assert [each["code"] for each in made["examinations"][0]["findings"]] == ["empty"]
    assert made["document"]["verdict"] == "cannot_verify"


@served()
async def test_a_broken_folder_of_trust_trusts_nobody_new(
    live: Live, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trust")
    (folder / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for anchors, registry in ((folder, None), (None, folder)):
        live.application.desk.folders.set(anchors, registry)
        assert live.application.desk.folders(0)[1].anchors == ()
        assert (await send(live, pdf()))["document"]["verdict"] == "neutral"


@served(desk={"names": NOBODY})
async def test_a_mail_that_came_before_under_other_bytes_is_recognised(live: Live) -> None:
    """A recorded mail sent again, with another transport header: another file, the same Message-ID."""
    mail = (
        b"From: clerk@court.example\r\nTo: desk@exchange.example\r\nSubject: Order\r\n"
        b"Date: Sun, 09 Jun 2024 12:00:00 +0000\r\nMessage-ID: <a1@court.example>\r\n\r\nPlease.\r\n"
    )
    first = await send(live, mail, name="order.eml")
    second = await send(live, b"X-Hop: 2\r\n" + mail, name="again.eml")
    codes = [{each["code"] for each in made["examinations"][0]["findings"]} for made in (first, second)]
    assert "mail_repeated" in codes[1] - codes[0], codes
    assert second["document"]["first"] is None
    again = await live.client.post(
        f"/v1/desk/documents/{first['document']['id']}/examinations",
        headers={"Authorization": f"Bearer {await token_of(live, *DESK)}", "Idempotency-Key": "k"},
    )
    assert "mail_repeated" not in {each["code"] for each in again.json()["examinations"][1]["findings"]}


def with_attachment(file: bytes) -> bytes:
    """A mail with one PDF."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "clerk@court.example", "desk@exchange.example", "Order"
    made["Date"], made["Message-ID"] = "Sun, 09 Jun 2024 00:00:00 +0000", "<b2@court.example>"
    made.set_content("Please.")
    made.add_attachment(file, maintype="application", subtype="pdf", filename="../../order\u202e.pdf")
    return made.as_bytes(policy=SMTP)


@served(desk={"names": NOBODY, "mailbox": {"address": "desk@exchange.example", "port": 0}})
async def test_a_mail_over_smtp_and_its_file_are_documents(live: Live) -> None:
    """Kept when the sender's server is told so; the file in it is a document of its own, once."""
    desk = live.application.desk
    async with desk.running():
        file = pdf()
        await asyncio.to_thread(deliver, desk.mail_port, with_attachment(file))
        for _ in range(100):
            items = (await get(live, "/v1/desk/documents")).json()["items"]
            if [each["verdict"] for each in items].count("quarantined") == 0 and len(items) == 2:
                break
            await desk.desk.turn()
            await asyncio.sleep(0.05)
    order, mail = sorted(items, key=lambda each: each["name"] == "mail.eml")
    assert (mail["kind"], mail["source"], mail["sender"]) == ("mail", "mail", "clerk@court.example")
    assert (order["parent"], order["name"]) == (mail["id"], "order.pdf")
    assert order["sha256"] == hashlib.sha256(file).hexdigest()
    await desk.desk.examine(mail["id"], by="test")
    assert len((await get(live, "/v1/desk/documents")).json()["items"]) == 2


def deliver(port: int, data: bytes) -> None:
    """As a mail server does."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        server.sendmail("clerk@court.example", ["desk@exchange.example"], data)


@served()
async def test_without_a_sandbox_nothing_is_opened_and_nothing_is_lost(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_self: Sandbox) -> Any:
        raise SandboxError("bubblewrap is not installed")

    monkeypatch.setattr(Sandbox, "_ready", none)
    made = await send(live, pdf())
    assert made["document"]["verdict"] == "cannot_verify"
    assert [each["code"] for each in made["examinations"][0]["findings"]] == ["no_sandbox"]
    await get(live, f"/v1/desk/documents/{made['document']['id']}/pages/1", 404)
