# SPDX-License-Identifier: Apache-2.0
"""Rota and rule packs over the API: who is there, who stands in, when nobody is, and what a pack says."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from counterseal.judicial.packs.model import PackError
from counterseal.judicial.rota.model import SUBJECT
from counterseal.wiring.desk_letters import DeskLetters
from tests.support.server import DAY, HOUR, Live, problem, served, serving
from tests.support.staff import Person, Team
from tests.unit.judicial.packs.test_loader import GOOD

MONDAY = "2024-06-10"  # START is Sunday 9 June 2024, 00:00 UTC
ROTA = "/v1/desk/rota"


def shift(person: Person, **more: Any) -> dict[str, Any]:
    """A shift from nine to five in UTC on every day."""
    given = {"duty": "desk", "days": list(range(7)), "start": "09:00", "end": "17:00", "zone": "UTC"}
    return {"staff": person.id, "first": "2024-01-01"} | given | more


async def legal(live: Live, *names: str) -> list[Person]:
    """Members of the legal staff."""
    team = Team(live)
    return [await team.join(name, "legal") for name in names]


def part(live: Live) -> DeskLetters:
    """The server's letters, packs and rota."""
    found: DeskLetters = live.application.desk.letters
    return found


@served()
async def test_who_is_on_duty_follows_shifts_absences_and_staff(live: Live) -> None:
    """Entered over the API; whoever is disabled is not there, whatever the rota says."""
    ines, omar = await legal(live, "ines", "omar")
    shown = await ines.get(ROTA)
    assert (shown["on_duty"], len(shown["gaps"])) == ([], 1)
    made = await ines.post(f"{ROTA}/shifts", shift(ines), 201)
    night = await omar.post(f"{ROTA}/shifts", shift(omar, start="17:00", end="09:00"), 201)
    assert (made["revision"], night["revision"]) == (1, 2)
    assert (night["on_duty"], night["gaps"]) == ([omar.id], [])
    await live.advance(9 * HOUR)
    for person in (ines, omar):
        await person.sign_in()
    assert (await ines.get(ROTA))["on_duty"] == [ines.id]
    away = {"staff": ines.id, "start": live.now, "end": live.now + DAY, "to": omar.id, "reason": "leave"}
    shown = await ines.post(f"{ROTA}/absences", away, 201)
    assert (shown["on_duty"], shown["away"][0]["by"]) == ([omar.id], f"staff:{ines.id}")
    assert await part(live).rota.in_place_of(ines.id) == omar.id
    shown = await ines.post(f"{ROTA}/removals", {"entry": shown["away"][0]["id"]})
    assert (shown["on_duty"], shown["away"]) == ([ines.id], [])
    await Team(live).join("ada", "administrator")
    await Team(live).service.disable(ines.id, by="command")
    shown = await omar.get(ROTA)
    assert (shown["on_duty"], shown["shifts"][0]["staff"]) == ([], ines.id)
    problem(await omar.call("POST", f"{ROTA}/shifts", shift(ines)), 422, "rota_staff_unknown")
    entries = await live.application.store.entries(subject=SUBJECT)
    kinds = ["shift_added", "shift_added", "away_added", "entry_removed"]
    assert [each.kind for each in entries] == [f"desk_rota_{kind}" for kind in kinds]


@served()
async def test_a_holiday_of_the_house_is_no_business_day_of_any_pack(live: Live) -> None:
    """Once in, and only for clocks that are set from then on."""
    (ines,) = await legal(live, "ines")
    for _ in range(2):
        shown = await ines.post(f"{ROTA}/holidays", {"day": MONDAY, "name": "Whit Monday"}, 201)
    assert shown["holidays"] == [{"day": MONDAY, "name": "Whit Monday"}]
    assert shown["revision"] == 1
    pack = await ines.get("/v1/desk/packs/generic")
    assert pack["holidays"] == [MONDAY]
    held = part(live).packs.pack("generic")
    assert held is not None
    assert dt.date(2024, 6, 10) in held.holidays
    await ines.post(f"{ROTA}/removals", {"entry": MONDAY})
    assert (await ines.get("/v1/desk/packs/generic"))["holidays"] == []


@served()
async def test_what_the_rota_refuses(live: Live) -> None:
    """People who do not work at the desk, times that cannot be, entries that are not there, others than legal."""
    (ines,) = await legal(live, "ines")
    rolf = await Team(live).join("rolf", "incident")
    path = f"{ROTA}/shifts"
    problem(await ines.call("POST", path, shift(rolf)), 422, "rota_staff_unknown")
    problem(await ines.call("POST", path, shift(ines, zone="Mars/Olympus")), 422, "zone_unknown")
    problem(await ines.call("POST", path, shift(ines, start="24:00")), 422, "shift_invalid")
    problem(await ines.call("POST", path, shift(ines, start="9:00")), 422, "validation_failed")
    problem(await ines.call("POST", path, shift(ines, first="2024-02-30")), 422, "validation_failed")
    problem(await ines.call("POST", f"{ROTA}/removals", {"entry": "sh_none"}), 404, "rota_entry_unknown")
    away = {"staff": ines.id, "start": 5, "end": 9, "to": ines.id}
    problem(await ines.call("POST", f"{ROTA}/absences", away), 422, "away_invalid")
    problem(await rolf.call("POST", path, shift(ines)), 403, "insufficient_scope")
    assert (await rolf.get(ROTA))["shifts"] == []


@served()
async def test_a_pack_is_shown_with_its_sources(live: Live) -> None:
    """Caveat, legal bases, rows and deadlines, each with where it comes from."""
    (ines,) = await legal(live, "ines")
    listed = await ines.get("/v1/desk/packs")
    assert [each["name"] for each in listed["items"]] == ["eu-e-evidence", "generic", "mlat", "us"]
    assert "financial services" in listed["items"][0]["caveat"]
    shown = await ines.get("/v1/desk/packs/eu-e-evidence")
    assert (shown["since"], shown["most_users"], shown["silence"]) == ("2026-08-18", 5, 90 * DAY)
    basis = shown["bases"][0]
    assert (basis["name"], basis["channel"], basis["origin"]["confidence"]) == ("epoc_court", "e-CODEX", "medium")
    assert {each["category"] for each in basis["allow"]} >= {"subscriber", "traffic", "content"}
    assert [each["within"] for each in shown["clocks"]] == ["10d", "8h", "60d"]
    problem(await ines.call("GET", "/v1/desk/packs/atlantis"), 404, "desk_pack_missing")


def test_a_server_has_the_operators_packs_and_does_not_start_with_a_broken_one(tmp_path: Path) -> None:
    """Setting `desk.packs`: one of its own, one in place of a shipped one; a fault names file line and column."""
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "nm.yaml").write_text(GOOD, "utf-8")
    (folder / "us.yaml").write_text(GOOD.replace("desk: nm", "desk: us"), "utf-8")

    async def inside() -> None:
        async with serving(tmp_path, desk={"packs": folder}) as live:
            (ines,) = await legal(live, "ines")
            listed = (await ines.get("/v1/desk/packs"))["items"]
            assert [each["name"] for each in listed] == ["eu-e-evidence", "generic", "mlat", "nm", "us"]
            assert listed[-1]["title"] == "Northmark"

    asyncio.run(inside())
    (folder / "nm.yaml").write_text(GOOD.replace("[court]", "[wizard]"), "utf-8")
    with pytest.raises(PackError, match=r"nm\.yaml' is faulty: line 11, column 13"):
        asyncio.run(inside())
