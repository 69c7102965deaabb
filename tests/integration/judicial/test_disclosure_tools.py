# SPDX-License-Identifier: Apache-2.0
"""Disclosures by the SDK, canaries by the command, and a silence that two officers make longer."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.core.errors import InputError
from counterseal.judicial.disclosure.changes import silence_digest
from counterseal.sdk import AsyncCounterseal
from counterseal.sdk.problems import ConflictError
from tests.integration.judicial.test_disclosure import AGE, advance, built, desk, fetched, link_of, opened
from tests.support import disclosures as d
from tests.support.server import DAY, problem
from tests.support.staff import Team


async def command(folder: Path, url: str, token: str, *arguments: str) -> tuple[int, str]:
    """`counterseal desk canary lookup ...`: its exit code and what it printed."""
    program = "from counterseal.cli import main; main()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "desk", "canary", "lookup", *arguments, "--url", url),
        cwd=folder,
        env=kept | {TOKEN_VARIABLE: token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await started.communicate()
    return started.returncode or 0, told.decode()


def test_a_copy_on_disk_names_its_request(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _), d.serving(live.app) as url:
            made = await built(live)
            files = opened(await fetched(live, made))
            copy = tmp_path / "leaked.json"
            copy.write_bytes(b"\xff\xfe junk before\n" + b"\n".join(files["disclosure.json"].split(b"\n")[12:30]))
            code, told = await command(tmp_path, url, live.tokens["desk"], str(copy), "--json")
            hits = json.loads(told)["items"]
            assert (code, [(hit["disclosure"], hit["kind"]) for hit in hits]) == (0, [(made["id"], "format")])
            code, told = await command(tmp_path, url, live.tokens["desk"], made["mark"])
            assert (code, made["request"] in told, "u-1" in told) == (0, True, True)
            code, told = await command(tmp_path, url, live.tokens["desk"], "nothing of ours")
            assert (code, "No mark of ours" in told) == (3, True)

    asyncio.run(run())


def test_every_call_of_the_client(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _), d.serving(live.app) as url:
            request = await d.put(live.application.store, d.request_of(AGE, live.now), live.now)
            async with AsyncCounterseal(url, live.tokens["desk"]) as guard:
                shown = await guard.preview_disclosure(request.id)
                assert ([each.name for each in shown.fields], shown.fault) == (["name", "email"], "")
                made = await guard.build_disclosure(request.id)
                assert await guard.read_disclosure(made.id) == made
                assert (await guard.list_disclosures(request=request.id)).items == (made,)
                link = await guard.disclosure_link(made.id)
                assert (link.url or "").endswith(await link_of(live, {"id": made.id}))
                assert [hit.disclosure for hit in (await guard.look_up_canary(made.mark)).items] == [made.id]
                ended = await guard.revoke_disclosure(made.id, "sent to the wrong office")
                assert (ended.ended, (await guard.disclosure_link(made.id)).url) == ("revoked", None)
                with pytest.raises(ConflictError):
                    await guard.revoke_disclosure(made.id, "again")

    asyncio.run(run())


def test_a_silence_is_made_longer_by_two_on_what_stands(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            team = Team(live)
            ines, omar = await team.join("ines", "legal"), await team.join("omar", "legal")

            async def asked(made: Any, until: int, digest: str = "") -> Any:
                path = f"/v1/desk/disclosures/{made['id']}/silence"
                body = {"digest": digest or made["silence"]["digest"], "basis": "order of 1 July", "until": until}
                approval = await ines.propose(f"POST {path}", body)
                await ines.sign(approval["id"])
                alone = await ines.call("POST", path, body, headers={"Approval": approval["id"]})
                problem(alone, 403, "approval_incomplete")
                await omar.sign(approval["id"])
                return await ines.call("POST", path, body, headers={"Approval": approval["id"]})

            made = await built(live, silence=d.silence(live.now, 5))
            problem(await asked(made, live.now + DAY), 409, "silence_over")  # nothing was handed out yet
            await fetched(live, made)
            problem(await asked(made, live.now + 91 * DAY), 422, "silence_length")
            problem(await asked(made, live.now), 422, "silence_length")
            longer = await asked(made, live.now + 20 * DAY)
            assert longer.status_code == 200, longer.text
            problem(await asked(made, live.now + 30 * DAY), 409, "approval_stale")
            assert len(set(longer.json()["silence"]["officers"])) == 2
            await advance(live, 6 * DAY)
            assert await live.messages("email") == []
            await advance(live, 14 * DAY)
            assert len(await live.messages("email")) == 1

    asyncio.run(run())


def test_a_silence_is_made_no_longer_than_the_rule_pack_lets_it_last(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, policy, _):
            made = await built(live, silence=d.silence(live.now, 5))
            await fetched(live, made)
            service = live.application.desk.disclosures

            async def longer(days: int) -> None:
                held = await service.read(made["id"])
                given = {"officers": ("st_a", "st_b"), "digest": silence_digest(held)}
                await service.silence(made["id"], "order of 1 July", live.now + days * DAY, **given)

            for policy.longest in (None, 10 * DAY):
                with pytest.raises(InputError) as fault:
                    await longer(11)
                assert fault.value.code == "silence_invalid"
            await longer(10)
            assert (await service.read(made["id"])).silence_until == live.now + 10 * DAY

    asyncio.run(run())


@pytest.mark.parametrize(
    ("pack", "basis", "days"),
    [("us", "warrant", 90), ("us", "no_such_basis", None), ("no-such-pack", "court_order", None)],
)
def test_how_long_a_silence_may_last_says_the_rule_pack_of_the_request(
    tmp_path: Path, pack: str, basis: str, days: int | None
) -> None:
    async def run() -> None:
        async with desk(tmp_path, alone=False) as (live, _, _, _):
            request = d.request_of(AGE, live.now, pack=pack, legal_basis=basis)
            found = live.application.desk.joined.silence_limit(request, live.now)
            assert found == (None if days is None else live.now + days * DAY)

    asyncio.run(run())
