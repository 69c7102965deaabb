# SPDX-License-Identifier: Apache-2.0
"""Two officers end every session over the API: who may, what the owner reads, what replay says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from counterseal.core.account import State
from counterseal.gateways.packs import load_pack
from counterseal.guard.commands import subject_of
from counterseal.wiring.replaying import replay_store
from tests.integration.test_api_brakes import second
from tests.integration.test_approvals import approved, fraud_team, with_approval
from tests.integration.test_console_feed import events
from tests.support.server import OFFICERS, Live, problem, served, serving, settings_in

BODY = {"reason": "the order that named this account was forged"}


async def ended(live: Live) -> tuple[str, str]:
    """An account whose sessions two officers have ended, and the path by which they did."""
    _, ines, omar = await fraud_team(live)
    person = await live.owner()
    await live.settle()
    path = f"/v1/accounts/{person.account}/sessions/end"
    await ines.post(path, BODY, headers=with_approval(await approved(ines, omar, f"POST {path}", BODY)))
    return person.account, path


@served()
async def test_it_takes_two_passkeys_and_tells_the_owner(live: Live) -> None:
    _, ines, omar = await fraud_team(live)
    person = await live.owner()
    await live.settle()
    path = f"/v1/accounts/{person.account}/sessions/end"
    refused = await live.call("POST", path, BODY, token=OFFICERS[0], headers=second(live))
    problem(refused, 403, "two_officers")
    problem(await ines.call("POST", path, BODY), 403, "two_officers")
    approval = await approved(ines, omar, f"POST {path}", BODY)
    problem(
        await ines.call("POST", path, {"reason": "other"}, headers=with_approval(approval)),
        403,
        "approval_mismatch",
    )
    before = {message["id"] for message in await live.messages()}
    done = await ines.post(path, BODY, headers=with_approval(approval))
    assert done["account"] == person.account
    told = [message for message in await live.messages() if message["id"] not in before]
    assert {message["channel"] for message in told} >= {"sms", "email"}
    assert all("logged your account out everywhere" in message["text"] for message in told)
    assert not any("forged" in message["text"] for message in told)
    money = await person.done("withdraw_small", "totp", "email", amount="100")
    assert money["decision"]["outcome"] == "deny"


@served()
async def test_the_record_says_who_and_why(live: Live) -> None:
    account, _ = await ended(live)
    state = await live.application.store.read(subject_of(account))
    assert isinstance(state, State)
    held = [item for item in state.objects.values() if item.kind == "session"]
    assert held
    assert all(fact.expires == live.now for item in held for fact in item.facts.values())
    line = next(each for each in await events(live, account) if each["kind"] == "end_sessions")
    assert (line["actor"], BODY["reason"] in line["sentence"]) == ("staff", True)
    assert len(line["officers"]) == 2


def test_replay_decides_it_again(tmp_path: Path) -> None:
    async def run(folder: Path) -> None:
        async with serving(folder) as live:
            await ended(live)

    asyncio.run(run(tmp_path))
    report = replay_store(settings_in(tmp_path), load_pack("hardened"))
    assert report.identical == report.inputs > 1
    assert report.changed == ()
