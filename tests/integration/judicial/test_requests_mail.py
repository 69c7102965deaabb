# SPDX-License-Identifier: Apache-2.0
"""A mail to the desk becomes a request, once, and the order that came with it counts for what it is."""

from __future__ import annotations

from email.message import EmailMessage

from tests.support.requests import Bureau, bureau, paper


def mail(subject: str, *files: bytes) -> bytes:
    """As a stranger sends it: nothing of it is signed."""
    message = EmailMessage()
    message["From"] = "Clerk <clerk@court.gov.example>"
    message["To"] = "desk@exchange.example"
    message["Subject"] = subject
    message.set_content("See the order.")
    for number, data in enumerate(files, 1):
        message.add_attachment(data, maintype="application", subtype="pdf", filename=f"order-{number}.pdf")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


async def arrive(house: Bureau, data: bytes) -> str:
    """As the listener takes it in; the worker has not seen it."""
    made = await house.live.application.desk.desk.receive(
        data, name="mail.eml", by="smtp:203.0.113.9", source="mail", sender="clerk@court.gov.example"
    )
    return str(made.result.id)


async def inbox(house: Bureau) -> list[dict[str, str]]:
    found = await house.ines.get("/v1/desk/requests")
    return list(found["items"])


async def work(house: Bureau) -> None:
    """Until the desk's worker has nothing to do."""
    while await house.live.application.desk.desk.turn():
        pass


@bureau
async def test_a_mail_is_one_request_however_often_the_worker_comes_by(house: Bureau) -> None:
    document = await arrive(house, mail("Order in case 17/2026", await paper()))
    await work(house)
    (line,) = await inbox(house)
    held = await house.read_request(line["id"])
    assert (held["request"]["state"], held["request"]["by"]) == ("received", "smtp:203.0.113.9")
    assert document in held["request"]["documents"]
    assert held["request"]["claim"]["email"] == "clerk@court.gov.example"
    assert held["request"]["case_number"] == "", "a subject is nobody's statement"
    desk = house.live.application.desk.desk
    await desk.arrived(await desk.document(document))  # a worker that died before it said that it was done
    assert len(await inbox(house)) == 1


@bureau
async def test_the_order_within_a_mail_counts_though_nobody_examined_it_before(house: Bureau) -> None:
    document = await arrive(house, mail("Order", await paper()))
    held = await house.live.application.desk.desk.document(document)
    assert held.report is None
    made = await house.ines.post("/v1/desk/requests", {"documents": [document]}, 201)
    answer = await house.triaged(made["request"]["id"])
    kinds = {each["kind"]: each["result"] for each in answer["request"]["evidence"]}
    assert kinds["doc_signature"] == "supports"
    assert kinds["doc_integrity"] == "supports"


@bureau
async def test_a_reference_in_a_subject_points_and_changes_nothing(house: Bureau) -> None:
    approved = await house.approved()
    reference, first = approved["request"]["reference"], approved["request"]["id"]
    await arrive(house, mail(f"Re: [{reference}] one more page", await paper("a page")))
    await arrive(house, mail("Re: [CS-1999-000001] nobody knows this one"))
    await work(house)
    lines = [await house.read_request(line["id"]) for line in await inbox(house) if line["id"] != first]
    assert sorted(each["request"]["about"] for each in lines) == ["", first]
    again = await house.read_request(first)
    assert again["request"]["approvals"] == approved["request"]["approvals"]
    assert again["request"]["documents"] == approved["request"]["documents"]
