# SPDX-License-Identifier: Apache-2.0
"""Importing the registry: a dry run keeps nothing, a mistake is named at its place, nothing is half entered."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import httpx2

from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.near import seen_of
from counterseal.judicial.registry.orders import EndContact
from tests.support.registry import COURT, House, contact, housed
from tests.support.server import DAY, problem
from tests.support.staff import ORIGIN

HEAD = "authority,name,country,role,kind,value,uses,office,source,source_date"
GOOD = f"""{HEAD}
nm-district-court,District Court of Northmark,nm,court,phone,+12025550179,call_back;clerk,room,directory,2024-06-08
nm-district-court,,,,domain,court.northmark.example,mail,,directory,2024-06-08
nm-police,"Police, Northmark",nm,police,phone,+1 202 555 0404,duty;call_back,,directory,2024-06-08
"""


async def send(house: House, path: str, data: str | bytes, key: str | None = None) -> httpx2.Response:
    """Hand in a file as legal staff."""
    headers = {
        "X-Counterseal": "console",
        "Origin": ORIGIN,
        "Idempotency-Key": key or secrets.token_hex(8),
        "Content-Type": "text/csv",
    }
    content = data.encode() if isinstance(data, str) else data
    return await house.ines.client.post(f"/v1/desk/registry/{path}", content=content, headers=headers)


async def handed_in(house: House, data: str) -> Any:
    """The draft of a file."""
    answer = await send(house, "imports", data)
    assert answer.status_code == 201, answer.text
    return answer.json()


def body_of(found: Any) -> dict[str, Any]:
    """What two officers sign."""
    return {"digest": found["digest"], "accepts": found["marks"]}


def path_of(found: Any) -> str:
    """Where it is entered."""
    return f"/v1/desk/registry/imports/{found['draft']['id']}/apply"


async def stored(house: House) -> list[str]:
    """The authorities in the store itself."""
    return await house.live.application.store.subjects("authority")


@housed
async def test_a_file_is_tried_handed_in_signed_and_entered_whole(house: House) -> None:
    """The dry run keeps nothing; the draft enters nothing; two signatures enter all of it, once."""
    tried = (await send(house, "trial", GOOD)).json()
    assert [(step["line"], step["what"], step["value"]) for step in tried["steps"]] == [
        (2, "authority", "District Court of Northmark"),
        (2, "phone", "+12025550179"),
        (3, "domain", "court.northmark.example"),
        (4, "authority", "Police, Northmark"),
        (4, "phone", "+12025550404"),
    ]
    assert (await house.ines.get("/v1/desk/registry/imports"))["items"] == []
    made = await handed_in(house, GOOD)
    assert await stored(house) == []
    problem(await house.ines.call("POST", path_of(made), body_of(made)), 403, "two_officers")
    lied = await house.try_signed(path_of(made), {**body_of(made), "digest": "0" * 64})
    problem(lied, 409, "import_moved_on")
    await house.signed(path_of(made), body_of(made))
    held = await house.read()
    assert [(one["value"], one["uses"]) for one in held["contacts"]] == [
        ("+12025550179", ["call_back", "clerk"]),
        ("court.northmark.example", ["mail"]),
    ]
    assert held["contacts"][0]["usable"]["reason"] == "waiting"
    assert await stored(house) == ["authority:nm-district-court", "authority:nm-police"]
    problem(await house.try_signed(path_of(made), body_of(made)), 409, "import_applied")
    again = (await send(house, "trial", GOOD)).json()
    assert (again["steps"], again["known"]) == ([], 3)
    (listed,) = (await house.ines.get("/v1/desk/registry/imports"))["items"]
    assert (listed["applied"], len(listed["applied_by"])) == (house.live.now, 2)


@housed
async def test_every_mistake_is_named_with_line_and_column(house: House) -> None:
    """One bad row among good ones: 422, each place, nothing kept, not even as a draft."""
    rows = (
        "nm-court,Court,nm,court,phone,030 90147000,call_back,,directory,2024-06-08",
        "nm-court,,,,domain,gov.uk,mail,,directory,2024-06-08",
        "nm-court,,,,fax,+12025550100,call_back,,directory,2024-06-08",
        "nm-court,,,,phone,+12025550100,call_back,,,2024-06-08",
        "nm-court,,,,phone,+12025550101,call_back,,directory,08.06.2024",
        'nm-court,,,,phone,+12025550102,call_back,"two\nlines",directory,2024-06-08',
        "nm-court,,,,phone,+12025550103,mail,,directory,2024-06-08",
        "nm-court,Other Court,nm,court,phone,+12025550104,call_back,,directory,2024-06-08",
        "unheard-of,,,,phone,+12025550105,call_back,,directory,2024-06-08",
        "nm-court,,,,phone,+12025550106,call_back,,directory,2021-06-08",
        "nm-court,,,,phone,+12025550107,call_back,,directory,2024-06-08",
        "nm-court,,,,phone,+1 202 555 0107,call_back,,directory,2024-06-08",
        "nm-court,,,,phone,+12025550108,call_back,,directory",
    )
    answer = await send(house, "imports", "\n".join((HEAD, *rows[:-1])))
    faults = problem(answer, 422, "csv_invalid")["errors"]
    assert [(each["pointer"], each["detail"].rpartition("[")[2].rstrip("]")) for each in faults] == [
        ("/line/2/column/6", "phone_country_code"),
        ("/line/3/column/6", "domain_is_zone"),
        ("/line/4/column/5", "kind_unknown"),
        ("/line/5/column/9", "source_missing"),
        ("/line/6/column/10", "date_invalid"),
        ("/line/7/column/8", "text_invalid"),
        ("/line/9/column/7", "uses_invalid"),
        ("/line/10/column/2", "details_differ"),
        ("/line/11/column/1", "authority_unknown"),
        ("/line/12/column/10", "source_old"),
        ("/line/14/column/6", "row_twice"),
    ]
    assert all(each["detail"].startswith("line ") for each in faults)
    short = problem(await send(house, "imports", "\n".join((HEAD, rows[-1]))), 422, "csv_invalid")["errors"]
    assert [each["pointer"] for each in short] == ["/line/2/column/10"]
    assert await stored(house) == []
    assert (await house.ines.get("/v1/desk/registry/imports"))["items"] == []


@housed
async def test_what_is_no_csv_of_ours_is_refused(house: House) -> None:
    """Other encodings, other columns, open quotes, NUL, nothing at all; too large."""
    cases: list[tuple[bytes, str]] = [
        (b"", "empty"),
        (b"\xff\xfea\x00", "not_utf8"),
        (f"{HEAD}\nnm-court,K\xe4se".encode("latin-1"), "not_utf8"),
        (HEAD.replace(",", ";").encode(), "delimiter"),
        (f"{HEAD},phone_number\n".encode(), "column_unknown"),
        (f"{HEAD},office\n".encode(), "column_twice"),
        (b"name,country\nA,nm\n", "column_missing"),
        (f'{HEAD}\nnm-court,"never closed'.encode(), "csv_invalid"),
        (f"{HEAD}\nnm\0court,A,nm,court,,,,,,\n".encode(), "nul"),
    ]
    for data, code in cases:
        (fault,) = problem(await send(house, "trial", data), 422, "csv_invalid")["errors"][:1]
        assert fault["detail"].endswith(f"[{code}]"), fault
    problem(await send(house, "trial", b"x" * (2 * 1024 * 1024 + 1)), 413, "body_too_large")


@housed
async def test_alarms_of_an_import_have_to_be_named(house: House) -> None:
    """A number that a request brought along stands in the plan; signed without it the import is refused whole."""
    await house.noted("nm-police", seen_of("req_1", house.live.now, phones=("+1 202 555 0440",)))
    made = await handed_in(house, GOOD)
    assert made["marks"] == ["in_request:req_1"]
    problem(await house.try_signed(path_of(made), {"digest": made["digest"]}), 409, "alarms_unnamed")
    assert await stored(house) == []
    await house.signed(path_of(made), body_of(made))
    assert len(await stored(house)) == 2


@housed
async def test_an_import_that_would_do_something_else_now_is_refused(house: House) -> None:
    """The registry moved on after two had signed: nothing is entered, and the new plan is another digest."""
    made = await handed_in(house, GOOD)
    approval = await house.proposed(path_of(made), body_of(made))
    await house.court()
    problem(await house.used(approval, path_of(made), body_of(made)), 409, "import_moved_on")
    assert await stored(house) == [f"authority:{COURT}"]
    now = await house.ines.get(f"/v1/desk/registry/imports/{made['draft']['id']}")
    assert (now["digest"] != made["digest"], [step["line"] for step in now["steps"]]) == (True, [2, 3, 4, 4])
    await house.signed(path_of(now), body_of(now))
    assert [(one["value"], one["uses"]) for one in (await house.read())["contacts"]] == [
        ("+12025550179", ["call_back"]),
        ("+12025550179", ["clerk"]),
        ("court.northmark.example", ["mail"]),
    ]


@housed
async def test_two_changes_at_once_both_stand_and_none_is_lost(house: House) -> None:
    """Ten contacts entered at the same time, and one number by two at the same time: once."""
    await house.court()
    path = f"/v1/desk/authorities/{COURT}/contacts"
    numbers = ["+12025551000", "+12025552111", "+12025553222", "+12025554333", "+12025554333"]
    bodies = [contact(number) for number in numbers]
    approvals = [await house.proposed(path, body) for body in bodies]
    answers = await asyncio.gather(
        *(house.used(each, path, body) for each, body in zip(approvals, bodies, strict=True))
    )
    assert sorted(each.status_code for each in answers) == [201, 201, 201, 201, 409]
    values = [one["value"] for one in (await house.read())["contacts"]]
    assert sorted(values) == sorted(["+12025550179", *set(numbers)])


@housed
async def test_another_process_sees_a_change_at_once(house: House) -> None:
    """The registry that a document is checked against is read by revision, not kept for a while."""
    await house.court(contact("court.northmark.example", "domain", "mail"))
    await house.advance(40 * DAY)
    other = type(house.registry)(*_parts(house))
    _, (before,) = await other.registered(house.live.now)
    assert before.domains == ("court.northmark.example",)
    domain = next(one["id"] for one in (await house.read())["contacts"] if one["kind"] == "domain")
    await house.registry.sign([(COURT, EndContact(domain, "given up"))], ("a", "b"))
    _, (after,) = await other.registered(house.live.now)
    assert after.domains == ()
    held = await house.live.application.store.read(f"authority:{COURT}")
    assert isinstance(held, Authority)


def _parts(house: House) -> tuple[Any, ...]:
    """What another process would make its registry of."""
    services, mine = house.live.app.state.services, vars(house.registry)
    return services.store, services.clock, secrets.token_bytes, mine["_imitated"], mine["_in_order"]
