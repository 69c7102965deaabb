# SPDX-License-Identifier: Apache-2.0
"""Fifty at once: a proof counts once, a limit holds, a seal is redeemed once, a key has one effect."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from counterseal.factors import totp
from tests.support.server import HOUR, Live, codes, problem, served, serving

MANY = 50


@served()
async def test_one_totp_code_counts_once_over_two_actions(live: Live) -> None:
    """Fifty concurrent proofs with one code over two actions: exactly one is taken, the rest say one sentence."""
    person = await live.owner()
    actions = [await person.ask("withdraw_small", amount="10") for _ in range(2)]
    body = {"factor": "totp", "answer": person.totp()}
    answers = await asyncio.gather(
        *(live.call("POST", f"/v1/actions/{actions[n % 2]['id']}/proofs", body) for n in range(MANY))
    )
    told = Counter(codes(answers))
    assert told["ok"] == 1
    assert told.keys() <= {"ok", "proof_refused", "challenge_blocked", "throttled"}
    proofs = [len((await live.get(f"/v1/actions/{action['id']}"))["proofs"]) for action in actions]
    assert sorted(proofs) == [0, 1]


@served()
async def test_one_mail_code_counts_once(live: Live) -> None:
    """The same code sent fifty times at once is one proof."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    challenge, code = await person.code(action, "email")
    body = {"factor": "email", "answer": code, "challenge": challenge}
    answers = await asyncio.gather(
        *(live.call("POST", f"/v1/actions/{action['id']}/proofs", body) for _ in range(MANY))
    )
    assert Counter(codes(answers))["ok"] == 1
    assert len((await live.get(f"/v1/actions/{action['id']}"))["proofs"]) == 1


@served()
async def test_concurrent_withdrawals_stay_within_one_limit(live: Live) -> None:
    """Fifty withdrawals of 90 against 1,000 a day, decided at once: at most eleven seals, and no more redeem."""
    person = await live.owner()
    waiting = []
    for _ in range(20):
        action = await person.ask("withdraw_small", amount="90")
        await person.prove(action, "email")
        waiting.append(action)
    seed = person.seed
    clock = live.application.clock
    # One step each: a code is never taken twice. The proofs themselves are raced below.
    for action in waiting[:8]:
        await person.prove(action, "totp")
        assert clock.now() - action["asked"] < HOUR
    step = totp.step_at(clock.now())
    raced = []
    for n, action in enumerate(waiting[8:11]):
        answer = totp.code_at(seed, step + n - 1) if step + n - 1 > person.used_step else person.totp()
        raced.append(live.call("POST", f"/v1/actions/{action['id']}/proofs", {"factor": "totp", "answer": answer}))
    await asyncio.gather(*raced)
    decided = await asyncio.gather(
        *(live.call("POST", f"/v1/actions/{waiting[n % 20]['id']}/decide") for n in range(MANY))
    )
    codes(decided)
    found = [await live.get(f"/v1/actions/{action['id']}") for action in waiting]
    seals = [action["seal"]["id"] for action in found if action["seal"] is not None]
    redeemed = await asyncio.gather(*(live.call("POST", f"/v1/seals/{seal}/redeem") for seal in seals * 2))
    paid = [r.json()["action"] for r in redeemed if r.is_success]
    assert len({action["id"] for action in paid}) == len(paid)
    assert 0 < len(paid) * Decimal(90) <= 1000


@served()
async def test_withdrawals_ready_at_the_same_moment_share_the_limit(live: Live) -> None:
    """Thirty accepted withdrawals of 9,000 are collected at once: 100,000 a day holds."""
    person = await live.owner()
    pending = [await person.done("withdraw", "totp", "email", amount="9000") for _ in range(13)]
    await live.advance(24 * HOUR + 20 * 60_000)
    collected = await asyncio.gather(
        *(live.call("POST", f"/v1/actions/{action['id']}/decide") for action in pending for _ in range(4))
    )
    seals = {r.json()["seal"]["id"] for r in collected if r.is_success and r.json()["seal"]}
    assert 1 <= len(seals) <= 11
    redeemed = await asyncio.gather(
        *(live.call("POST", f"/v1/seals/{seal}/redeem") for seal in seals for _ in "ab")
    )
    told = Counter(codes(redeemed))
    assert told["ok"] == len(seals)
    assert len(seals) * 9000 <= 100_000


@served()
async def test_two_redemptions_at_once_give_one_receipt(live: Live) -> None:
    """Fifty signers, one seal: one receipt."""
    person = await live.owner()
    paid = await person.sealed()
    path = f"/v1/seals/{paid['seal']['id']}/redeem"
    answers = await asyncio.gather(*(live.call("POST", path) for _ in range(MANY)))
    assert Counter(codes(answers)) == {"ok": 1, "seal_spent": MANY - 1}


@served()
async def test_freeze_and_redemption_at_once_leave_no_doubt(live: Live) -> None:
    """Whichever comes first in the log wins: paid before the freeze, or void after it."""
    person = await live.owner()
    outcomes = set()
    for _ in range(6):
        paid = await person.sealed("10")
        redeemed, froze = await asyncio.gather(
            live.call("POST", f"/v1/seals/{paid['seal']['id']}/redeem"),
            live.call("POST", f"/v1/accounts/{person.account}/freeze", {"kind": "owner"}),
        )
        assert froze.is_success
        entries = (await live.get(f"/v1/accounts/{person.account}/timeline?limit=500"))["entries"]
        order = [entry["kind"] for entry in entries if entry["kind"] in {"redeem", "freeze_now"}][-2:]
        assert redeemed.is_success == (order == ["redeem", "freeze_now"]), (order, redeemed.text)
        outcomes.add(redeemed.status_code)
        await live.officers(f"/v1/accounts/{person.account}/unfreeze")
        person = await live.owner()
    assert outcomes <= {200, 409}


@served()
async def test_concurrent_freezes_are_one(live: Live) -> None:
    """Freezing is never refused; one freeze stands and the owner is told of it once on each channel."""
    person = await live.owner()
    path = f"/v1/accounts/{person.account}/freeze"
    answers = await asyncio.gather(*(live.call("POST", path, {"kind": "owner"}) for _ in range(8)))
    assert set(codes(answers)) == {"ok"}
    assert len((await live.get(f"/v1/accounts/{person.account}"))["freezes"]) == 1
    await live.settle()
    told = [(each["channel"], each["to"], each["subject"]) for each in await live.messages()]
    assert len(told) == len(set(told))


@served()
async def test_one_key_has_one_effect(live: Live) -> None:
    """Fifty asks and fifty freezes under one key: one action, one freeze, the same reply to all."""
    person = await live.owner()
    body = person.request("withdraw_small", amount="10")
    path = f"/v1/accounts/{person.account}"
    asked = await asyncio.gather(*(live.call("POST", f"{path}/actions", body, key="k") for _ in range(MANY)))
    frozen = await asyncio.gather(*(live.call("POST", f"{path}/freeze", {}, key="k") for _ in range(MANY)))
    for answers in (asked, frozen):
        assert set(codes(answers)) == {"ok"}
        assert len({answer.text for answer in answers}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    account = await live.get(path)
    assert len(account["actions"]) == 1
    assert len(account["freezes"]) == 1
    problem(
        await live.call("POST", f"{path}/actions", body | {"source": "x"}, key="k"), 422, "idempotency_mismatch"
    )


@served()
async def test_one_registration_wins(live: Live) -> None:
    """Twenty platforms' servers register one account at once: one 201, the rest account_exists."""
    body = {"account": "alice", "factors": [{"factor": "totp"}]}
    answers = await asyncio.gather(*(live.call("POST", "/v1/accounts", body) for _ in range(20)))
    assert Counter(codes(answers)) == {"ok": 1, "account_exists": 19}


@served()
async def test_one_wrong_proof_under_one_key_is_one_failure(live: Live) -> None:
    """A lost reply may be repeated without using up the owner's attempts."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    body = {"factor": "totp", "answer": "000000"}
    path = f"/v1/actions/{action['id']}/proofs"
    answers = await asyncio.gather(*(live.call("POST", path, body, key="k") for _ in range(20)))
    assert Counter(codes(answers)) == {"proof_refused": 20}
    await person.prove(action, "totp")


@served()
async def test_one_move_of_the_clock_under_one_key(live: Live) -> None:
    """A repeated move of the simulated clock does not move it again."""
    start = live.now
    answers = [await live.call("POST", "/v1/clock", {"advance": 60_000}, key="k") for _ in range(3)]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert live.now == start + 60_000
    problem(await live.call("POST", "/v1/clock", {"advance": 1}, key="k"), 422, "idempotency_mismatch")


@served()
async def test_an_erasure_can_be_repeated_under_its_key(live: Live) -> None:
    """A lost reply of an erasure is answered again, not with 404."""
    person = await live.owner()
    first = await live.officers(f"/v1/accounts/{person.account}/erase", key="k")
    assert await live.officers(f"/v1/accounts/{person.account}/erase", key="k") == first


def test_a_reply_is_repeated_after_a_restart_with_its_seal(tmp_path: Path) -> None:
    """The key survives the process: the same action, the same seal token, the same receipt."""

    async def before() -> tuple[Any, ...]:
        async with serving(tmp_path) as live:
            person = await live.owner()
            action = await person.ask("withdraw_small", amount="10", key="ask")
            await person.prove(action, "email")
            body = {"factor": "totp", "answer": person.totp()}
            path = f"/v1/actions/{action['id']}/proofs"
            paid = await live.post(path, body, key="prove")
            receipt = await person.redeem(paid, key="redeem")
            wrong = await live.call("POST", path, {"factor": "totp", "answer": "000000"}, key="wrong")
            problem(wrong, 409, "action_over")
            return person, live.tokens, path, body, paid, receipt, action

    person, tokens, path, body, paid, receipt, action = asyncio.run(before())

    async def after() -> None:
        async with serving(tmp_path) as live:
            live.tokens.update(tokens)
            person.live = live
            assert paid["seal"]["token"]
            assert await live.post(path, body, key="prove") == paid
            assert await person.redeem(paid, key="redeem") == receipt
            assert await person.ask("withdraw_small", amount="10", key="ask") == action
            again = await live.call("POST", path, body | {"answer": "000001"}, key="prove")
            problem(again, 422, "idempotency_mismatch")

    asyncio.run(after())


@served()
async def test_keys_of_two_tokens_do_not_meet(live: Live) -> None:
    """A key counts within its token: another caller's equal key reads nothing of the first one's reply."""
    one, other = await live.owner(), await live.owner()
    made = await live.post("/v1/tokens", {"name": "b", "platform": "exchange", "scopes": ["accounts:freeze"]}, 201)
    live.tokens["other"] = made["token"]
    first = await live.post(f"/v1/accounts/{one.account}/freeze", {}, key="k")
    second = await live.post(f"/v1/accounts/{other.account}/freeze", {}, key="k", token="other")
    assert (first["account"], second["account"]) == (one.account, other.account)
