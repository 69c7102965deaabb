# SPDX-License-Identifier: Apache-2.0
"""Disclosures end to end: real records over HTTP, real keys, the real store, the public page."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import io
import json
import smtplib
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pysequoia
import pytest

from counterseal.access.model import Scope
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.requests.model import Evidence, EvidenceKind, Field, Result, State, Window
from tests.support import disclosures as d
from tests.support.server import DAY, HOUR, Live, serving

IDENTITY = pyrage.x25519.Identity.generate()
AGE = str(IDENTITY.to_public())
DESK = (Scope.DESK_READ, Scope.DESK_WRITE)


def ran(test: Any) -> Any:
    """Run the coroutine to its end."""

    @functools.wraps(test)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(test(*given, **named))

    return run


@contextlib.asynccontextmanager
async def desk(
    folder: Path, *, alone: bool = True, server: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[tuple[Live, Any, d.Policy, d.Exposed]]:
    """A server whose platform answers, with one owner `u-1` who has a mail address. `alone`: what decides requests
    and what protects accounts says and notes what the test wants; `settings` of the desk, `server`: of the rest."""
    now: list[int] = [0]
    (folder / "secret").write_text(d.SECRET)
    async with d.platform(folder, lambda: now[0]) as (records, url):
        given = {
            "platform": {"url": url, "secret_file": str(folder / "secret")},
            "contact": "desk@example.test",
        }
        async with serving(folder, desk=given | settings, **(server or {})) as live:
            now[0] = live.now
            live.records_clock = now  # type: ignore[attr-defined]
            policy, exposed = d.Policy(), d.Exposed()
            joined = live.application.desk.joined
            if alone:
                joined.requests = joined.decisions = policy
                joined.followups = exposed
            made = await live.application.access.create_token(name="desk", platform="exchange", scopes=DESK, by="t")
            live.tokens["desk"] = made.secret
            if await live.application.store.read("account:u-1") is None:
                await live.owner()
            records.write("u-1", "name", "Mara Lind")
            records.write("u-1", "email", "mara@example.test")
            yield live, records, policy, exposed


async def advance(live: Live, by: int) -> None:
    await live.advance(by)
    live.records_clock[0] = live.now  # type: ignore[attr-defined]
    while await live.application.desk.disclosures.turn():
        pass
    await live.settle()


async def built(live: Live, status: int = 201, **changes: Any) -> Any:
    """Store an approved request and build its package."""
    request = d.request_of(changes.pop("key", AGE), live.now, **changes)
    await d.put(live.application.store, request, live.now)
    path = f"/v1/desk/requests/{request.id}/disclosures"
    return await live.post(path, None, status, token="desk")


async def link_of(live: Live, disclosure: Any) -> str:
    found = await live.get(f"/v1/desk/disclosures/{disclosure['id']}/link", token="desk")
    return found["url"].removeprefix(live.application.settings.public_url.rstrip("/"))


async def fetched(live: Live, disclosure: Any) -> bytes:
    answer = await live.client.post(await link_of(live, disclosure))
    assert answer.status_code == 200, answer.text
    return answer.content


async def kinds(live: Live, disclosure: Any) -> list[str]:
    return [each.kind for each in await live.application.store.entries(subject=f"disclosure:{disclosure['id']}")]


def opened(sealed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(sealed, [IDENTITY]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@ran
async def test_a_package_holds_the_approved_fields_and_nothing_else(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, records, policy, _):
        records.write("u-1", "phone", "+47 555 0117")
        made = await built(live)
        assert policy.asked == [made["request"]]
        assert [(each["account"], each["name"], each["tier"]) for each in made["fields"]] == [
            ("u-1", "name", "T1"),
            ("u-1", "email", "T1"),
        ]
        assert made["approvers"] == ["st_a", "st_b"]
        files = opened(await fetched(live, made))
        told = json.loads(files["disclosure.json"])
        assert [(each["field"], each["value"]) for each in told["fields"]] == [
            ("name", "Mara Lind"),
            ("email", "mara@example.test"),
        ]
        assert b"0117" not in files["disclosure.json"] + files["disclosure.txt"]
        assert told["reference"] == made["mark"]
        assert told["contact"].startswith("desk+")
        request = await d.read(live.application.store, made["request"])
        assert request.disclosures == (made["id"],)
        assert request.state is State.DELIVERED
        assert await kinds(live, made) == ["disclosure_built", "disclosure_fetched"]


@ran
async def test_a_package_is_given_out_once_and_the_second_is_told_what_to_do(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        path = await link_of(live, made)
        shown = await live.client.get(path)
        assert shown.status_code == 200
        assert "Download it now" in shown.text
        assert (await live.client.get(path + "?lang=zh")).text.count("立即下载") == 1
        sealed = (await live.client.post(path)).content
        assert opened(sealed)
        again = await live.client.post(path)
        assert again.status_code == 410
        assert "write to the desk" in again.text
        assert (await live.client.get(path)).status_code == 410
        held = await live.application.store.read(f"disclosure_package:{made['id']}")
        assert held == m.Package(b"")
        assert (await kinds(live, made)).count("disclosure_fetched") == 1
        assert (await live.get(f"/v1/desk/disclosures/{made['id']}/link", token="desk"))["url"] is None


@ran
async def test_another_token_learns_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        path = await link_of(live, made)
        wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
        answers = [await live.client.request(verb, wrong) for verb in ("GET", "POST")]
        other = await live.client.get(f"/disclosure/dsc_nothing/{path[-64:]}")
        assert {answer.status_code for answer in [*answers, other]} == {404}
        assert opened(await fetched(live, made))


@ran
async def test_it_expires_after_three_days_and_the_bytes_are_gone(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        path = await link_of(live, made)
        await advance(live, 72 * HOUR - 1)
        assert (await live.client.get(path)).status_code == 200
        await advance(live, 1)
        assert (await live.client.post(path)).status_code == 410
        assert (await d.read(live.application.store, made["request"])).state is State.EXPIRED
        assert await live.application.store.read(f"disclosure_package:{made['id']}") == m.Package(b"")
        assert await kinds(live, made) == ["disclosure_built", "disclosure_expired"]
        assert await live.messages("email") == []


@ran
async def test_an_openpgp_key_is_as_good(tmp_path: Path) -> None:
    secret = pysequoia.Tsk.generate("Clerk <clerk@court.example>")
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live, key=str(secret.extract_certificate()))
        assert made["key_kind"] == "openpgp"
        assert made["key"] == secret.extract_certificate().fingerprint.lower()
        sealed = await fetched(live, made)
        assert sealed.startswith(b"-----BEGIN PGP MESSAGE-----")
        plain = pysequoia.decrypt(sealed, decryptor=secret.decryptor()).bytes
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            assert "disclosure.json" in archive.namelist()


NOT_IN_ORDER: list[tuple[dict[str, Any], str]] = [
    ({"state": State.DECISION_PENDING}, "not_released"),
    ({"key": "", "key_evidence": ""}, "key_unconfirmed"),
    ({"key_evidence": ""}, "key_unconfirmed"),
    ({"key": "age1notakey"}, "delivery_key_invalid"),
    ({"key": str(IDENTITY)}, "delivery_key_private"),
    ({"fields": ()}, "fields_none"),
    ({"fields": (Field("u-1", "totp_secret", "T1", "x"),)}, "field_never"),
    ({"fields": (Field("u-1", "factors", "T0", "x"),)}, "field_never"),
    ({"fields": (Field("u-1", "shoe_size", "T1", "x"),)}, "field_unknown"),
    ({"fields": (Field("u-1", "id_number", "T1", "x"),)}, "field_unknown"),
    ({"fields": (Field("u-2", "email", "T1", "x"),)}, "field_of_another"),
]


@ran
async def test_what_is_not_in_order_is_not_built(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        for changes, code in NOT_IN_ORDER:
            request = d.request_of(
                changes.get("key", AGE), live.now, **{k: v for k, v in changes.items() if k != "key"}
            )
            await d.put(live.application.store, request, live.now)
            answer = await live.call("POST", f"/v1/desk/requests/{request.id}/disclosures", token="desk")
            assert 400 <= answer.status_code < 500
            assert answer.json()["code"] == code, changes
        assert await live.application.store.subjects("disclosure") == []


@ran
async def test_a_key_that_was_swapped_after_the_approval_gets_nothing(tmp_path: Path) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    async with desk(tmp_path) as (live, _, _, _):
        request = msgspec.structs.replace(d.request_of(AGE, live.now), key=other)
        await d.put(live.application.store, request, live.now)
        answer = await live.call("POST", f"/v1/desk/requests/{request.id}/disclosures", token="desk")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_released")


@ran
async def test_the_policy_is_asked_again_before_anything_is_built(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, policy, _):
        policy.refuses = "not_ready"
        request = await d.put(live.application.store, d.request_of(AGE, live.now), live.now)
        answer = await live.call("POST", f"/v1/desk/requests/{request.id}/disclosures", token="desk")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
        assert await live.application.store.subjects("disclosure") == []


@ran
async def test_the_policy_is_asked_again_in_the_commit_that_hands_out(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, policy, _):
        made = await built(live)
        path = await link_of(live, made)
        policy.refuses = "not_ready"
        assert (await live.client.post(path)).status_code == 410
        policy.refuses = ""
        assert opened((await live.client.post(path)).content)


@ran
async def test_a_contradiction_after_the_package_was_built_stops_the_delivery(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        path = await link_of(live, made)
        held = await d.read(live.application.store, made["request"])
        late = Evidence("ev_9", EvidenceKind.DOCKET, Result.CONTRADICTS, "st_c", live.now)
        await d.put(live.application.store, msgspec.structs.replace(held, evidence=(late,)), live.now)
        answer = await live.client.post(path)
        assert answer.status_code == 410
        assert "not given out at the moment" in answer.text
        assert (await kinds(live, made)) == ["disclosure_built"]


@ran
async def test_an_emergency_whose_second_officer_is_late_is_not_delivered(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        request = d.request_of(AGE, live.now)
        request = d.approved(request, live.now, officers=("st_a",), second_by=live.now + 4 * HOUR)
        await d.put(live.application.store, request, live.now)
        made = await live.post(f"/v1/desk/requests/{request.id}/disclosures", None, 201, token="desk")
        path = await link_of(live, made)
        await advance(live, 4 * HOUR)
        assert (await live.client.post(path)).status_code == 410


@ran
async def test_a_request_has_one_package_and_a_withdrawn_one_can_be_built_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        again = await live.call("POST", f"/v1/desk/requests/{made['request']}/disclosures", token="desk")
        assert (again.status_code, again.json()["code"]) == (409, "request_state")
        path = f"/v1/desk/disclosures/{made['id']}/revocation"
        ended = await live.post(path, {"reason": "the clerk does not know it"}, token="desk")
        assert (ended["ended"], ended["ended_reason"]) == ("revoked", "the clerk does not know it")
        answer = await live.call("POST", path, {"reason": "again"}, token="desk")
        assert (answer.status_code, answer.json()["code"]) == (409, "package_revoked")
        second = await live.post(f"/v1/desk/requests/{made['request']}/disclosures", None, 201, token="desk")
        assert second["id"] != made["id"]
        assert {each["tag"] for each in second["canaries"]}.isdisjoint(each["tag"] for each in made["canaries"])
        listed = await live.get(f"/v1/desk/disclosures?request={made['request']}", token="desk")
        assert [each["id"] for each in listed["items"]] == [second["id"], made["id"]]


@ran
async def test_rows_outside_the_window_stay_here(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, records, _, _):
        now = live.now
        for at in (now - 40 * DAY, now - 3 * DAY, now - DAY, now + 1):
            records.note("u-1", "login_history", at, ip=f"203.0.113.{at % 7}", device="d1")
        window = Window(now - 4 * DAY, now - DAY)
        made = await built(live, fields=(Field("u-1", "login_history", "T2", "us/warrant/traffic", window),))
        told = json.loads(opened(await fetched(live, made))["disclosure.json"])
        assert [row["at"] for row in told["fields"][0]["rows"]] == [str(now - 3 * DAY)]


@ran
async def test_pictures_travel_as_they_are(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, records, _, _):
        data = bytes(range(256)) * 40
        records.keep("u-1", "../../passport.png", "image/png", data)
        made = await built(live, fields=(Field("u-1", "identity_images", "T4", "us/warrant/identity"),))
        files = opened(await fetched(live, made))
        (name,) = [each for each in files if each.startswith("files/")]
        assert files[name] == data
        assert ".." not in name


@ran
async def test_a_preview_masks_values_and_is_logged(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        fields = (*d.FIELDS, Field("u-1", "totp_secret", "T1", "x"), Field("u-1", "postal_address", "T1", "y"))
        request = await d.put(live.application.store, d.request_of(AGE, live.now, fields=fields), live.now)
        path = f"/v1/desk/requests/{request.id}/disclosure-preview"
        found = await live.get(path, token="desk")
        by = {each["name"]: each for each in found["fields"]}
        assert by["email"]["masked"] == "m… (17 characters)"
        assert by["totp_secret"]["refused"] == found["fault"] == "field_never"
        assert (by["postal_address"]["present"], by["postal_address"]["refused"]) == (False, "")
        assert "mara@" not in json.dumps(found)
        assert "".join(found["key"]["spoken"]) == found["key"]["fingerprint"]
        entries = await live.application.store.entries(subject=f"judicial_request:{request.id}")
        assert entries[-1].kind == "disclosure_previewed"


@ran
async def test_owners_are_told_when_it_is_fetched(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, exposed):
        made = await built(live)
        await advance(live, HOUR)
        assert await live.messages("email") == []
        await fetched(live, made)
        await advance(live, 1)
        mails = [each["text"] for each in await live.messages("email")]
        assert len(mails) == 1
        assert "We gave data of your account to an authority" in mails[0]
        assert "District Court of Northmark" in mails[0]
        assert "Data: email, name" in mails[0]
        assert (await d.read(live.application.store, made["request"])).reference in mails[0]
        assert "mara@" not in mails[0].replace("mara@example.test", "mara@") or "Mara" not in mails[0]
        assert "/freeze/" not in mails[0]
        assert exposed.told == [made["id"]]
        held = await live.get(f"/v1/desk/disclosures/{made['id']}", token="desk")
        assert (held["told"], held["exposed"]) == (["u-1"], held["exposed"])
        assert (await d.read(live.application.store, made["request"])).state is State.NOTIFIED
        await advance(live, DAY)
        assert len(await live.messages("email")) == 1


@ran
async def test_a_silence_is_kept_to_the_day_and_then_broken(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live, silence=d.silence(live.now, 30))
        await fetched(live, made)
        await advance(live, 30 * DAY - 2)
        assert await live.messages("email") == []
        assert (await d.read(live.application.store, made["request"])).state is State.NOTICE_DUE
        assert "disclosure_silence_ends" in await kinds(live, made)
        await advance(live, 2)
        (mail,) = await live.messages("email")
        assert "We were not allowed to tell you earlier." in mail["text"]
        assert (await d.read(live.application.store, made["request"])).state is State.NOTIFIED


@ran
async def test_a_silence_lasts_ninety_days_at_most(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        now = live.now
        made = await built(live, silence=d.silence(now, 400))
        assert made["silence"]["until"] == now + 90 * DAY
        old = await built(live, silence=d.silence(now, -1))
        assert old["silence"]["until"] is None


@ran
async def test_a_forged_order_silences_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live, silence=d.silence(live.now, 60))
        await fetched(live, made)
        await advance(live, HOUR)
        service = live.application.desk.disclosures
        assert await service.tell(made["id"], reason="confirmed_forged") == 1
        assert await service.tell(made["id"], reason="confirmed_forged") == 0
        await advance(live, 1)
        (mail,) = await live.messages("email")
        assert "went to someone who posed as an authority" in mail["text"]
        assert "District Court" not in mail["text"]
        assert "/freeze/" in mail["text"]
        await advance(live, 61 * DAY)
        assert len(await live.messages("email")) == 1


@ran
async def test_a_leaked_copy_names_its_disclosure(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        first, second = await built(live), await built(live)
        files = opened(await fetched(live, second))
        lines = files["disclosure.json"].decode().split("\n")
        piece = "\n".join(lines[12:26])  # fields alone: neither reference nor address
        alias = next(mark["tag"] for mark in second["canaries"] if mark["kind"] == "alias")
        for copy, kind in (
            (piece, "format"),
            (second["mark"], "reference"),
            (f"desk+{alias}@example.test", "alias"),
        ):
            found = await live.post("/v1/desk/canaries", {"text": copy}, token="desk")
            assert [(hit["disclosure"], hit["kind"]) for hit in found["items"]] == [(second["id"], kind)], copy
        assert (await live.post("/v1/desk/canaries", {"text": "nothing of ours here"}, token="desk"))["items"] == []
        assert (await kinds(live, second)).count("disclosure_canary_found") == 3
        assert (await kinds(live, first)) == ["disclosure_built"]


@ran
async def test_a_mail_to_the_address_of_one_package_alone_is_a_hit(tmp_path: Path) -> None:
    mailbox = {"address": "desk@example.test", "port": 0}
    async with desk(tmp_path, mailbox=mailbox) as (live, _, _, _):
        made = await built(live)
        told = json.loads(opened(await fetched(live, made))["disclosure.json"])
        port = live.application.desk.mail_port

        def send(to: str) -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as connection:
                connection.sendmail("eve@example.test", [to], b"Subject: your data\r\n\r\nI know who you are.\r\n")

        await asyncio.to_thread(send, "desk@example.test")
        assert "disclosure_canary_found" not in await kinds(live, made)
        await asyncio.to_thread(send, told["contact"])
        assert (await kinds(live, made)).count("disclosure_canary_found") == 1
        entries = await live.application.store.entries(subject=f"disclosure:{made['id']}")
        facts = json.loads(next(each.payload for each in entries if each.kind == "disclosure_canary_found") or b"")
        assert (facts["by"], facts["mark"]) == ("smtp:127.0.0.1", "alias")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await asyncio.to_thread(send, "desk+other@example.test")


@ran
async def test_no_value_lies_in_the_store_or_in_the_log(tmp_path: Path) -> None:
    async with desk(tmp_path) as (live, _, _, _):
        made = await built(live)
        await live.get(f"/v1/desk/requests/{made['request']}/disclosure-preview", token="desk")
        for subject in (f"disclosure:{made['id']}", f"judicial_request:{made['request']}"):
            entries = await live.application.store.entries(subject=subject)
            assert entries
            assert not any(b"Mara" in (each.payload or b"") for each in entries)
        package = await live.application.store.read(f"disclosure_package:{made['id']}")
        assert isinstance(package, m.Package)
        assert b"Mara" not in package.data
        assert hashlib.sha256(package.data).hexdigest() == made["package_sha256"]
        held = await asyncio.to_thread(lambda: b"".join(map(Path.read_bytes, tmp_path.glob("counterseal.db*"))))
        assert len(held) > 1000
        assert b"Mara Lind" not in held
