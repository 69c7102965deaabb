# SPDX-License-Identifier: Apache-2.0
"""From an order to a package in the court's hands, through every part of the desk and under the shipped policy."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import secrets
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pysequoia
import pytest

from counterseal.gateways.platform_data import HttpPlatformData
from counterseal.judicial.requests.model import Claim, Evidence, EvidenceKind, Result
from examples.exchange.records import Records
from tests.integration.judicial.test_disclosure import AGE, desk, fetched, opened
from tests.support.disclosures import SECRET, platform, put, request_of
from tests.support.registry import COURT
from tests.support.requests import ROOT, Bureau, bureau
from tests.support.server import DAY, problem


@contextlib.asynccontextmanager
async def records_of(house: Bureau) -> AsyncIterator[Records]:
    """The platform's records behind the desk, with the account's owner in them."""
    live = house.live
    folder: Path = live.application.settings.database.parent
    service = live.application.desk.disclosures
    async with platform(folder, lambda: live.now) as (records, url):
        asking = HttpPlatformData(url, SECRET, live.application.clock, secrets.token_bytes)
        service._parts = msgspec.structs.replace(service._parts, platform=asking)
        live.application.desk.requests.casework._tools.accounts._platform = asking
        for field, value in (("name", "Mara Lind"), ("email", "mara@example.test"), ("phone", "+12025550100")):
            records.write(house.account, field, value)
        yield records
        await asking.close()


async def ready(house: Bureau, key: str = AGE, **body: Any) -> Any:
    """A request that waits for its two officers, with this key confirmed on the call-back."""
    name = (await house.opened(**body))["request"]["id"]
    await house.triaged(name)
    await house.called(name, delivery_key=key)
    await house.reviewed(name)
    await house.ines.post(f"{ROOT}/{name}/fields", {"fields": None})
    return await house.ines.post(f"{ROOT}/{name}/submit")


async def work(house: Bureau) -> None:
    """Let the desk do what is due."""
    desk = house.live.application.desk
    while await desk.disclosures.turn():
        pass
    await house.live.settle()


@bureau
async def test_a_court_gets_its_data_and_the_owner_learns_of_it(house: Bureau) -> None:
    async with records_of(house):
        held = await ready(house)
        name = held["request"]["id"]
        early = await house.ines.call("POST", f"{ROOT}/{name}/disclosures")
        problem(early, 409, "not_released")
        shown = await house.ines.get(f"{ROOT}/{name}/disclosure-preview")
        assert {each["name"]: each["refused"] for each in shown["fields"]}["email"] == ""
        assert "mara@" not in json.dumps(shown)
        assert (await house.approve(held)).status_code == 200
        made = await house.ines.post(f"{ROOT}/{name}/disclosures", None, 201)
        assert len(made["approvers"]) == 2
        link = (await house.ines.get(f"/v1/desk/disclosures/{made['id']}/link"))["url"]
        path = link[link.index("/disclosure/") :]
        answer = await house.live.client.post(path)
        assert answer.status_code == 200
        told = json.loads(opened(answer.content)["disclosure.json"])
        values = {each["field"]: each.get("value") for each in told["fields"]}
        assert values["email"] == "mara@example.test"
        assert {each["field"] for each in told["fields"]} == {each["name"] for each in held["request"]["fields"]}
        await work(house)
        mails = [each["text"] for each in await house.live.messages("email")]
        assert sum("We gave data of your account to an authority" in text for text in mails) == 1
        after = (await house.read_request(name))["request"]
        assert after["state"] == "notified"
        account = await house.live.application.store.read(f"account:{house.account}")
        assert any(each.capability == "disclosed_data" for each in account.suspicions.values())


@bureau
async def test_what_is_learnt_after_the_approval_stops_the_package(house: Bureau) -> None:
    async with records_of(house):
        held = await ready(house)
        name = held["request"]["id"]
        assert (await house.approve(held)).status_code == 200
        made = await house.ines.post(f"{ROOT}/{name}/disclosures", None, 201)
        link = (await house.ines.get(f"/v1/desk/disclosures/{made['id']}/link"))["url"]
        await house.ines.post(f"{ROOT}/{name}/suspect", {"reason": "the clerk rang: it is not theirs"})
        answer = await house.live.client.post(link[link.index("/disclosure/") :])
        assert answer.status_code == 410
        await house.advance(4 * DAY)
        await work(house)
        ended = await house.ines.get(f"/v1/desk/disclosures/{made['id']}")
        assert (ended["ended"], ended["fetched"]) == ("expired", None)
        assert (await house.read_request(name))["request"]["state"] == "suspected_forged"
        assert not [each for each in await house.live.messages("email") if "authority" in each["text"]]


@bureau
async def test_a_number_that_ends_while_the_package_lies_ready_stops_it(house: Bureau) -> None:
    """Whoever comes with the link gets nothing, and the package is not spent by asking."""
    async with records_of(house):
        held = await ready(house)
        name = held["request"]["id"]
        assert (await house.approve(held)).status_code == 200
        made = await house.ines.post(f"{ROOT}/{name}/disclosures", None, 201)
        link = (await house.ines.get(f"/v1/desk/disclosures/{made['id']}/link"))["url"]
        path = f"/v1/desk/authorities/{COURT}/contacts/{await house.only()}/end"
        await house.signed(path, {"reason": "the number was planted"})
        answer = await house.live.client.post(link[link.index("/disclosure/") :])
        assert answer.status_code == 410
        held = (await house.read_request(name))["request"]
        assert (held["state"], all(each["void"] for each in held["approvals"])) == ("evidence", True)
        assert (await house.ines.get(f"/v1/desk/disclosures/{made['id']}"))["fetched"] is None


@bureau
async def test_a_key_that_is_none_is_refused(house: Bureau) -> None:
    async with records_of(house):
        name = (await house.opened())["request"]["id"]
        await house.triaged(name)
        body = {
            "contact": await house.only(),
            "outcome": "confirmed",
            "confirmed": ["case_number", "officer", "scope", "document_hash", "delivery_key"],
            "delivery_key": "age1qqqq",
            "spoke_to": "the clerk on duty",
        }
        before = (await house.read_request(name))["request"]["evidence"]
        called = await house.vera.call("POST", f"{ROOT}/{name}/call-back", body)
        problem(called, 422, "delivery_key_invalid")
        assert (await house.read_request(name))["request"]["evidence"] == before


@bureau
async def test_an_openpgp_key_is_read_out_and_used(house: Bureau) -> None:
    secret = pysequoia.Tsk.generate("Clerk <clerk@court.example>")
    public = str(secret.extract_certificate())
    async with records_of(house):
        held = await ready(house, public)
        name = held["request"]["id"]
        shown = await house.ines.get(f"{ROOT}/{name}/disclosure-preview")
        assert "".join(shown["key"]["spoken"]) == secret.extract_certificate().fingerprint.lower()
        assert (await house.approve(held)).status_code == 200
        made = await house.ines.post(f"{ROOT}/{name}/disclosures", None, 201)
        link = (await house.ines.get(f"/v1/desk/disclosures/{made['id']}/link"))["url"]
        sealed = (await house.live.client.post(link[link.index("/disclosure/") :])).content
        plain = pysequoia.decrypt(sealed, decryptor=secret.decryptor()).bytes or b""
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            assert b"mara@example.test" in archive.read("disclosure.json")


@bureau
async def test_whose_a_mail_address_is_the_platform_knows(house: Bureau) -> None:
    async with records_of(house) as records:
        records.write("u-nobody", "email", "mara@example.test")  # no account of the guard: not named
        name = (await house.opened(identifiers=[{"kind": "email", "value": "mara@example.test"}]))["request"]["id"]
        held = await house.triaged(name, legal_basis="court_order")
        assert held["request"]["accounts"] == [house.account]


@pytest.mark.parametrize(("policy", "status"), [("okx-2024", 201), ("hardened", 409)])
def test_mail_and_letter_open_the_records_under_the_rule_of_2023_alone(
    tmp_path: Path, policy: str, status: int
) -> None:
    """The forged order of June 2024: a hacked mailbox, a copied letter, and a key of the forger's own."""

    async def run() -> None:
        async with desk(tmp_path, server={"policy": policy}, alone=False) as (live, _, _, _):
            kinds = (EvidenceKind.MAIL_AUTH, EvidenceKind.DOC_INTEGRITY)
            pairs = enumerate(kinds)
            evidence = tuple(Evidence(f"ev_{at}", kind, Result.SUPPORTS, "desk", live.now) for at, kind in pairs)
            claim = Claim(authority="District Court of Northmark", delivery_key=AGE)
            given = {"evidence": evidence, "claim": claim, "key_evidence": "", "pack": "generic"}
            request = await put(live.application.store, request_of("", live.now, **given), live.now)
            answer = await live.call("POST", f"{ROOT}/{request.id}/disclosures", token="desk")
            assert answer.status_code == status, answer.text
            if status == 201:
                assert opened(await fetched(live, answer.json()))
            else:
                assert await live.application.store.subjects("disclosure") == []

    asyncio.run(run())
