# SPDX-License-Identifier: Apache-2.0
"""The log page's witnesses: what each took, read with the right to read the log."""

from __future__ import annotations

import asyncio
from pathlib import Path

from counterseal.settings import WitnessSettings
from tests.support.server import Live, problem, served, serving


def test_witnesses_show_what_they_took(tmp_path: Path) -> None:
    """A file beside the store takes the first checkpoint that is pushed; one that cannot be written says why."""
    good, bad = tmp_path / "outside" / "seen.txt", tmp_path / "counterseal.db" / "lost.txt"
    good.parent.mkdir()
    witnesses = (WitnessSettings(name="safe", file=good), WitnessSettings(name="lost", file=bad))

    async def inside() -> None:
        settings = {"witnesses": witnesses, "checkpoint_interval_ms": 100, "witness_interval_ms": 1_000}
        async with serving(tmp_path, **settings) as live:
            for _ in range(100):
                found = await live.get("/v1/log/witnesses")
                taken, lost = found["witnesses"]
                if taken["size"]:
                    break
                await asyncio.sleep(0.1)
            assert found["every"] == 1_000
            assert (taken["name"], taken["error"]) == ("file:seen.txt", "")
            assert (lost["name"], lost["size"], lost["taken"]) == ("file:lost.txt", None, None)
            assert lost["error"].startswith("witness_unavailable: ")
            assert taken["taken"] == taken["tried"] == live.now
            assert f"\n{taken['size']}\n" in good.read_text("utf-8")

    asyncio.run(inside())


@served()
async def test_without_witnesses_the_list_is_empty_and_it_needs_its_scope(live: Live) -> None:
    assert (await live.get("/v1/log/witnesses"))["witnesses"] == []
    problem(await live.call("GET", "/v1/log/witnesses", token="signer"), 403, "insufficient_scope")
