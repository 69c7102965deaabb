# SPDX-License-Identifier: Apache-2.0
"""What a package holds, and what the log can prove of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import msgspec
import pytest
import rfc8785

from counterseal.judicial.disclosure import canaries, fields, package
from counterseal.judicial.disclosure.model import NEVER
from counterseal.judicial.disclosure.ports import File, Got, Wanted
from counterseal.judicial.disclosure.stored import FieldRefusedError, PlatformError
from counterseal.judicial.packs.model import FIELD_TIERS
from counterseal.judicial.requests.model import Field, Window
from tests.support.disclosures import request_of

NOW = 1_717_891_200_000
KEY = bytes(range(32))


def content(got: tuple[Got, ...], **changes: Any) -> package.Content:
    given = [Field(each.account, each.name, FIELD_TIERS[each.name], "x") for each in got]
    request = request_of("age1", NOW, fields=tuple(given), **changes)
    marks = canaries.canaries_of(KEY, "dsc_1")
    return package.Content("dsc_1", request, "Court", NOW, "desk@exchange.example", marks, got, KEY)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "text",
    ["Mara Lind", "李明", "a  b   c", "=1+1", '"quoted", {braces}', "line\nbreak", "trailing   ", "\u202ertl", "0"],
)
def test_values_are_letter_for_letter_what_the_platform_said(text: str) -> None:
    plain, _ = package.packed(content((Got("u-1", "name", text),)))
    (field,) = json.loads(unpacked(plain)["disclosure.json"])["fields"]
    assert field["value"] == text


def test_whoever_has_the_package_can_open_the_logs_commitment() -> None:
    rows = ({"at": "1717891200000", "ip": "203.0.113.7"},)
    files = (File("p.png", "image/png", b"\x89PNG"),)
    got = (
        Got("u-1", "name", "Mara"),
        Got("u-1", "login_history", rows=rows),
        Got("u-1", "identity_images", files=files),
    )
    plain, handed = package.packed(content(got))
    found = json.loads(unpacked(plain)["disclosure.json"])["fields"]
    digest = hashlib.sha256(b"\x89PNG").hexdigest()
    values = [["Mara", [], []], ["", [dict(rows[0])], []], ["", [], [["p.png", "image/png", digest]]]]
    for entry, mine, value in zip(found, handed, values, strict=True):
        opened = hashlib.sha256(bytes.fromhex(entry["salt"]) + rfc8785.dumps(value)).hexdigest()
        assert opened == entry["digest"] == mine.digest
    assert len({entry["salt"] for entry in found}) == 3


def test_two_copies_of_the_same_data_differ_only_in_marks() -> None:
    first = content((Got("u-1", "name", "Mara"),))
    other = msgspec.structs.replace(first, disclosure="dsc_2", canaries=canaries.canaries_of(KEY, "dsc_2"))
    one, two = (json.loads(unpacked(package.packed(each)[0])["disclosure.json"]) for each in (first, other))
    assert {name for name in one if one[name] != two[name]} == {"reference", "contact", "fields"}
    assert {name for name in one["fields"][0] if one["fields"][0][name] != two["fields"][0][name]} == {
        "salt",
        "digest",
    }


def test_what_the_platform_does_not_hold_is_said() -> None:
    plain, handed = package.packed(content((Got("u-1", "phone"),)))
    assert json.loads(unpacked(plain)["disclosure.json"])["fields"][0]["held"] is False
    assert b"the platform holds nothing" in unpacked(plain)["disclosure.txt"]
    assert len(handed) == 1


def test_a_value_cannot_forge_a_line_of_the_text() -> None:
    plain, _ = package.packed(content((Got("u-1", "name", "Mara\nu-2  email  (T1)\n  eve@example.test"),)))
    lines = unpacked(plain)["disclosure.txt"].decode().split("\n")
    assert not any(line.startswith("u-2") for line in lines)


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "..", "", "a/b\\c", "ü" * 300, "x" * 300, "con\x00.png"]
)
def test_no_file_gets_out_of_its_folder(name: str) -> None:
    got = (Got("u-1", "identity_images", files=(File(name, "image/png", b"1"), File(name, "image/png", b"2"))),)
    files = unpacked(package.packed(content(got))[0])
    paths = [each for each in files if each.startswith("files/")]
    assert sorted(files[each] for each in paths) == [b"1", b"2"]
    assert all(".." not in each and each.count("/") == 1 and len(each) < 150 for each in paths)


def test_no_field_that_never_leaves_has_a_tier() -> None:
    assert not NEVER & FIELD_TIERS.keys()


@pytest.mark.parametrize("name", sorted(NEVER))
def test_fields_that_open_accounts_are_refused_under_any_tier(name: str) -> None:
    for tier in ("T0", "T1", "T5"):
        assert fields.fault_of(Field("u-1", name, tier, "x"), ("u-1",)) == "field_never"


@pytest.mark.parametrize(
    ("got", "code"),
    [
        ((Got("u-1", "phone", "1"),), "platform_unasked"),
        ((Got("u-2", "login_history", "1"),), "platform_unasked"),
        ((Got("u-1", "login_history", "1"), Got("u-1", "login_history", "2")), "platform_unasked"),
        ((Got("u-1", "login_history", rows=({"ip": "x"},)),), "platform_timeless"),
        ((Got("u-1", "login_history", rows=({"at": "yesterday"},)),), "platform_timeless"),
        ((Got("u-1", "login_history", rows=({"at": "-1"},)),), "platform_timeless"),
    ],
)
def test_an_answer_that_does_not_fit_the_question_is_refused(got: tuple[Got, ...], code: str) -> None:
    with pytest.raises(PlatformError) as found:
        fields.kept((Wanted("u-1", "login_history", Window(5, 9)),), got)
    assert found.value.code == code


@pytest.mark.parametrize("column", ["password", "factors", "totp_secret", "alert_settings"])
def test_a_column_that_never_leaves_stops_the_whole_package(column: str) -> None:
    got = (Got("u-1", "sessions", rows=({"at": "6", column: "x"},)),)
    with pytest.raises(FieldRefusedError):
        fields.kept((Wanted("u-1", "sessions", Window(5, 9)),), got)


def test_windows_take_the_start_and_leave_the_end() -> None:
    rows = tuple({"at": str(at)} for at in (4, 5, 8, 9))
    (got,), outside = fields.kept((Wanted("u-1", "sessions", Window(5, 9)),), (Got("u-1", "sessions", rows=rows),))
    assert [row["at"] for row in got.rows] == ["5", "8"]
    assert outside["u-1", "sessions"] == 2


def test_a_mask_shows_no_value() -> None:
    assert fields.masked(Got("u-1", "email", "mara@example.test")) == "m… (17 characters)"
    assert fields.masked(Got("u-1", "sessions", rows=({"at": "1", "ip": "203.0.113.7"},))) == "at, ip"
    assert fields.masked(Got("u-1", "phone")) == ""
