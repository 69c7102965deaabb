# SPDX-License-Identifier: Apache-2.0
"""The loader: every fault with its line, and the operator's own packs."""

from __future__ import annotations

import datetime as dt
import sys
import zoneinfo
from pathlib import Path

import pytest

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.gateways.desk_packs import (
    DeskPacks,
    desk_pack_from,
    load_desk_pack_file,
    shipped_desk_packs,
)
from counterseal.gateways.packs import packs_directory, shipped_packs
from counterseal.judicial.packs.clocks import is_business_day
from counterseal.judicial.packs.house import HousePacks
from counterseal.judicial.packs.model import PackError

GOOD = """\
counterseal: 1
desk: nm
title: Northmark
chinese: 北境
zone: Europe/Brussels
bases:
  order:
    title: Order
    chinese: 命令
    types: disclosure
    roles: [court]
    compelling: true
    most_tier: T2
    source: counsel's note
    as_of: 2026-11-23
    confidence: high
    allow:
      - {category: subscriber, fields: [name, email], by: [account], window: none}
"""


def faults(text: str) -> list[tuple[str, int]]:
    """Code and line of each fault."""
    with pytest.raises(PolicyFaults) as raised:
        desk_pack_from(text)
    return [(fault.code, fault.span.line) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("zone: Europe/Brussels", "zone: Brussels", ("zone_unknown", 5)),
        ("zone: Europe/Brussels", "zone: ../../etc/hostname", ("zone_unknown", 5)),
        ("desk: nm", "desk: N M", ("name_invalid", 2)),
        ("counterseal: 1", "counterseal: 2", ("version_unknown", 1)),
        ("roles: [court]", "roles: [wizard]", ("name_unknown", 11)),
        ("types: disclosure", "types: everything", ("name_unknown", 10)),
        ("compelling: true", "compelling: maybe", ("choice_invalid", 12)),
        ("fields: [name, email]", "fields: [name, shoe_size]", ("name_unknown", 18)),
        ("fields: [name, email]", "fields: [transactions]", ("name_unknown", 18)),
        ("by: [account]", "by: [horoscope]", ("name_unknown", 18)),
        ("window: none", "window: 10 years", ("duration_invalid", 18)),
        ("    source: counsel's note\n", "", ("key_missing", 7)),
        ("confidence: high", "confidence: certain", ("choice_invalid", 16)),
        ("as_of: 2026-11-23", "as_of: 2026-02-29", ("date_invalid", 15)),
        ("bases:", "holidays: [2026-12-32]\nbases:", ("date_invalid", 6)),
        ("bases:", "since: yesterday\nbases:", ("date_invalid", 6)),
        ("bases:", "most_users: 6\nbases:", ("count_invalid", 6)),
        ("bases:", "weekend: [holiday]\nbases:", ("name_unknown", 6)),
        ("bases:", "statutes: all\nbases:", ("key_unknown", 6)),
        ("most_tier: T2", "most_tier: T0", ("tier_over", 18)),
    ],
)
def test_a_fault_has_its_line(old: str, new: str, expected: tuple[str, int]) -> None:
    """One change to a pack that loads."""
    assert desk_pack_from(GOOD).bases["order"].line == 7
    assert expected in faults(GOOD.replace(old, new, 1))


def test_a_field_that_opens_accounts_is_named_as_such() -> None:
    """No pack can hand it out, whoever writes it."""
    text = GOOD.replace("[name, email]", "[name, totp_secret]")
    assert ("field_never", 18) in faults(text)


def test_a_deadline_in_hours_has_no_days_to_end_with() -> None:
    """And a length is a whole number with its unit."""
    origin = "source: s, as_of: 2026-11-23, confidence: low"
    clock = f"clocks:\n  answer: {{{{for: disclosure, {{}}, then: a, chinese: a, {origin}}}}}\n"
    assert faults(clock.format("within: 8h, ends: day") + GOOD) == [("hours_elapse", 2)]
    assert faults(clock.format("within: ten days") + GOOD) == [("length_invalid", 2)]
    assert faults(clock.format("within: 0d") + GOOD) == [("length_invalid", 2)]
    desk_pack_from(clock.format("within: 10d, ends: day, closed: later") + GOOD)
    for length in ("5bd, ends: moment", "10d, ends: moment, closed: earlier"):
        assert faults(clock.format(f"within: {length}") + GOOD) == [("ends_with_day", 2)]


def test_a_week_needs_a_day_of_business() -> None:
    """Else no deadline in days of business would ever end."""
    days = "monday, tuesday, wednesday, thursday, friday, saturday, sunday"
    assert faults(f"weekend: [{days}]\n{GOOD}") == [("weekend_whole", 1)]


def test_the_shipped_packs_say_where_each_entry_comes_from() -> None:
    """Every basis, row and deadline; what was remembered is of low confidence; the regulation has its caveat."""
    assert shipped_desk_packs() == ("eu-e-evidence", "generic", "mlat", "us")
    assert not set(shipped_desk_packs()) & set(shipped_packs())
    for name in shipped_desk_packs():
        pack = load_desk_pack_file(name)
        assert pack.name == name
        assert pack.caveat
        assert pack.caveat_chinese
        entries = [*pack.clocks, *pack.bases.values()]
        entries += [each for basis in pack.bases.values() for each in (*basis.allow, *basis.clocks)]
        for entry in entries:
            assert entry.origin.source
            assert dt.date.fromisoformat(entry.origin.as_of)
            told = entry.origin.source
            if told.startswith(("the desk's own", "remembered")):
                assert entry.origin.confidence == "low", told
    assert "financial services" in load_desk_pack_file("eu-e-evidence").caveat


def test_every_shipped_pack_says_that_it_is_no_legal_advice() -> None:
    """In its first line."""
    for name in shipped_desk_packs():
        first = (packs_directory() / "desk" / f"{name}.yaml").read_text("utf-8").split("\n", 1)[0]
        assert first.startswith("# NOT LEGAL ADVICE.")


def test_a_pack_of_the_operator_stands_in_place_of_a_shipped_one(tmp_path: Path) -> None:
    """By its name in the document, not that of the file."""
    (tmp_path / "own.yaml").write_text(GOOD.replace("desk: nm", "desk: generic"), "utf-8")
    (tmp_path / "nm.yaml").write_text(GOOD, "utf-8")
    packs = DeskPacks(tmp_path)
    assert packs.names() == ("eu-e-evidence", "generic", "mlat", "nm", "us")
    held = packs.pack("generic")
    assert held is not None
    assert list(held.bases) == ["order"]
    assert packs.pack("own") is None
    (tmp_path / "broken.yaml").write_text("desk: [", "utf-8")
    with pytest.raises(PackError, match=r"'broken\.yaml' is faulty: line 1, column .*not YAML"):
        DeskPacks(tmp_path)


def test_a_pack_that_is_not_there_is_named() -> None:
    """By name and by path."""
    for name in ("nowhere", "/nowhere/at/all.yaml", "nul\x00.yaml"):
        with pytest.raises(NotFoundError) as raised:
            load_desk_pack_file(name)
        assert raised.value.code == "desk_pack_missing"


def test_the_digest_is_of_what_a_pack_says() -> None:
    """Not of its comments or quotes."""
    digest = desk_pack_from(GOOD).digest
    assert desk_pack_from("# a comment\n" + GOOD.replace("title: Order", 'title: "Order"')).digest == digest
    assert desk_pack_from(GOOD.replace("[name, email]", "[name]")).digest != digest


def test_the_house_closes_on_its_own_days() -> None:
    """Its rota's holidays are no business days of any pack; the digest stays."""
    closed = set[dt.date]()
    packs = HousePacks(DeskPacks(), lambda: closed)
    day = dt.date(2026, 11, 23)
    before = packs.pack("us")
    closed.add(day)
    after = packs.pack("us")
    assert before is not None
    assert after is not None
    assert (is_business_day(day, before), is_business_day(day, after)) == (True, False)
    assert before.digest == after.digest
    assert packs.pack("nowhere") is None


def test_a_machine_without_a_time_zone_database_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container of a bare base: the pack is not at fault."""
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    try:
        with pytest.raises(PolicyFaults) as raised:
            desk_pack_from(GOOD)
    finally:
        zoneinfo.reset_tzpath()
    assert [fault.code for fault in raised.value.faults] == ["zone_unknown"]
    assert "tzdata" in (raised.value.faults[0].hint or "")
