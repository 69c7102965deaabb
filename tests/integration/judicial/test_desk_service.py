# SPDX-License-Identifier: Apache-2.0
"""What the desk knows besides one document: earlier ones, those within it, their order, and work that is left."""

from __future__ import annotations

import asyncio
import hashlib
import io
from typing import Any

import pikepdf
import pytest

from counterseal.gateways.clock import SimulatedClock
from counterseal.workers.loop import running
from tests.integration.judicial.test_api_desk import NOBODY, get, pdf, send, with_attachment
from tests.support import pdf_samples as samples
from tests.support.server import Live, served

pytestmark = pytest.mark.needs("bwrap")


def holding(*files: tuple[str, bytes], text: str = "See the annexes.") -> bytes:
    """A PDF with files in it."""
    with pikepdf.open(io.BytesIO(samples.order(text))) as outer:
        for name, data in files:
            outer.attachments[name] = pikepdf.AttachedFileSpec(outer, data, filename=name)
        out = io.BytesIO()
        outer.save(out)
    return out.getvalue()


async def listed(live: Live) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await get(live, "/v1/desk/documents")).json()["items"]
    return found


def codes(made: dict[str, Any]) -> set[str]:
    return {each["code"] for each in made["examinations"][-1]["findings"]}


@served()
async def test_documents_of_one_millisecond_are_listed_in_the_order_received(live: Live) -> None:
    clock = live.application.clock
    assert isinstance(clock, SimulatedClock)
    names = [f"{number}.pdf" for number in range(12)]
    started = clock.now()
    for name in names:
        await live.application.desk.desk.receive(pdf(), name=name, by="test")
    assert clock.now() == started
    assert [each["name"] for each in await listed(live)] == names[::-1]


@served()
async def test_a_pdf_in_a_pdf_is_a_document_of_its_own(live: Live) -> None:
    inner = samples.order("Release all accounts.")
    made = await send(live, holding(("annex.pdf", inner), ("list.csv", b"uid\n4711\n")))
    assert {"embedded_documents", "attachments"} <= codes(made)
    other, outer = await listed(live)
    assert (other["parent"], other["name"], other["source"]) == (outer["id"], "annex.pdf", "upload")
    assert other["sha256"] == hashlib.sha256(inner).hexdigest()
    assert other["verdict"] == "quarantined"
    assert await live.application.desk.desk.turn() == 1  # nobody handed it in, so nobody waits for it
    assert (await listed(live))[0]["verdict"] == "neutral"
    await live.application.desk.desk.examine(outer["id"], by="test")
    assert len(await listed(live)) == 2


@served(desk={"names": NOBODY})
async def test_what_lies_deeper_is_not_opened_and_said_so(live: Live) -> None:
    """A mail, its PDF, the PDF in that: taken out. What that one holds is not, and keeps its verdict back."""
    deepest = samples.order("The deepest.")
    third = holding(("deepest.pdf", deepest), text="third")
    second = holding(("third.pdf", third), text="second")
    await send(live, with_attachment(second), name="mail.eml")
    desk = live.application.desk.desk
    while await desk.turn():
        pass
    documents = {each["sha256"]: each for each in await listed(live)}
    assert len(documents) == 3
    held = {}
    for each in (second, third):
        name = documents[hashlib.sha256(each).hexdigest()]["id"]
        held[each] = codes((await get(live, f"/v1/desk/documents/{name}")).json())
    assert "embedded_documents" in held[second] & held[third]
    assert "embedded_deep" in held[third] - held[second]


@served()
async def test_a_copied_order_names_the_one_it_was_made_from(live: Live) -> None:
    lines = [f"0 -20 Td (Line {number} of the order) Tj" for number in range(6)]
    first = samples.order(") Tj " + " ".join(lines) + " 0 -20 Td (account 4711")
    with pikepdf.open(io.BytesIO(first)) as copy:
        text = copy.pages[0].Contents.read_bytes().replace(b"4711", b"9922")
        copy.pages[0].Contents = copy.make_stream(text)
        out = io.BytesIO()
        copy.save(out)
    original = await send(live, first)
    forged = await send(live, out.getvalue(), name="copy.pdf")
    assert "template_copied" not in codes(original)
    finding = next(each for each in forged["examinations"][0]["findings"] if each["code"] == "template_copied")
    assert (finding["where"], finding["effect"]) == (original["document"]["id"], "withholds")
    assert "the layout" in finding["sentence"]
    again = await live.application.desk.desk.examine_again(original["document"]["id"], by="test")
    held = (await get(live, f"/v1/desk/documents/{again.result.id}")).json()
    assert "template_copied" not in codes(held)


@served()
async def test_a_desk_that_is_stopped_gives_back_what_it_has_not_begun(live: Live) -> None:
    """Without that the rows would lie until their lease of five minutes ends; no clock moves here."""
    desk = live.application.desk.desk
    for number in range(8):
        await desk.receive(samples.order(f"{number}", pages=3), name="order.pdf", by="test", source="mail")
    async with running("desk", desk.turn, 0.01):
        while all(each["verdict"] == "quarantined" for each in await listed(live)):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
    left = [each for each in await listed(live) if each["verdict"] == "quarantined"]
    assert left
    assert await desk.turn() == len(left)
    assert all(each["verdict"] == "neutral" for each in await listed(live))
