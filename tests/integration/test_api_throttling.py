# SPDX-License-Identifier: Apache-2.0
"""Wrong answers are counted per action, per factor and per source; brakes are never throttled away."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.support.server import DAY, Live, Owner, problem, served

STRANGER = "198.51.100.66"
UNKNOWN = {"device": "unknown", "session": "s9"}
HOME = "203.0.113.7"


async def wrong(person: Owner, action: Any, **more: Any) -> httpx2.Response:
    """A wrong TOTP code."""
    body = {"factor": "totp", "answer": "000000", **more}
    return await person.live.call("POST", f"/v1/actions/{action['id']}/proofs", body)


async def use_up(person: Owner, **ask: Any) -> list[httpx2.Response]:
    """Wrong answers in ever new actions until one is throttled."""
    found: list[httpx2.Response] = []
    for _ in range(20):
        action = await person.ask("login", **ask)
        for _ in range(5):
            found.append(await wrong(person, action))
            if found[-1].status_code == 429:
                return found
    raise AssertionError("never throttled")


@served()
async def test_five_wrong_answers_block_the_action(live: Live) -> None:
    """The sixth answer, even a right one, is refused; another action of the same owner goes on."""
    person = await live.owner()
    action = await person.ask("login")
    for _ in range(5):
        problem(await wrong(person, action), 422, "proof_refused")
    body = {"factor": "totp", "answer": person.totp()}
    problem(await live.call("POST", f"/v1/actions/{action['id']}/proofs", body), 409, "challenge_blocked")
    await person.prove(await person.ask("login"), "totp", answer=body["answer"])


@served()
async def test_five_wrong_codes_block_the_challenge(live: Live) -> None:
    """The right mail code does not help after five wrong ones."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    challenge, code = await person.code(action, "email")
    bad = "000000" if code != "000 000" else "111111"
    path = f"/v1/actions/{action['id']}/proofs"
    for _ in range(5):
        body = {"factor": "email", "answer": bad, "challenge": challenge}
        problem(await live.call("POST", path, body), 422, "proof_refused")
    body = {"factor": "email", "answer": code, "challenge": challenge}
    problem(await live.call("POST", path, body), 409, "challenge_blocked")


@served()
async def test_thirty_wrong_answers_a_day_for_one_factor(live: Live) -> None:
    """Strangers have thirty a day together: then 429 with Retry-After until the day is over."""
    person = await live.owner()
    found = []
    for n in range(8):
        action = await person.ask("login", objects=UNKNOWN, source=f"198.51.{n}.1")
        found += [await wrong(person, action, source=f"198.51.{n}.1") for _ in range(5)]
    assert [r.status_code for r in found].count(422) == 30
    last = problem(found[-1], 429, "throttled")
    assert last["detail"] == "too many wrong answers"
    wait = int(found[-1].headers["retry-after"])
    assert DAY - 60_000 <= wait * 1000 <= DAY
    await live.advance(wait * 1000)
    action = await person.ask("login", objects=UNKNOWN)
    problem(await wrong(person, action, source="198.51.9.1"), 422, "proof_refused")


@served()
async def test_a_known_device_has_ten_a_day_wherever_its_source_is_stated(live: Live) -> None:
    """The source counts whether it came with the ask or with the proof."""
    for place in ("ask", "proof"):
        person = await live.owner()
        statuses = []
        for _ in range(3):
            action = await person.ask("login", **({"source": HOME} if place == "ask" else {}))
            more = {"source": HOME} if place == "proof" else {}
            statuses += [(await wrong(person, action, **more)).status_code for _ in range(5)]
        assert statuses == [422] * 10 + [429] * 5, place
        await live.advance(DAY)


@served()
async def test_a_stranger_does_not_block_a_known_device(live: Live) -> None:
    """After a stranger used up everything, the owner logs in and withdraws from the known device."""
    person = await live.owner()
    found = await use_up(person, objects=UNKNOWN, source=STRANGER)
    assert found[-1].status_code == 429
    await person.done("login", "password", "totp", source=HOME)
    await person.sealed()


@served()
async def test_strangers_without_a_stated_source_do_not_block_others(live: Live) -> None:
    """A platform that states no source: wrong answers for one account do not stop the owners of others."""
    victim, bystander = await live.owner(), await live.owner()
    await use_up(victim, objects=UNKNOWN)
    await bystander.done("login", "password", "totp")
    await victim.done("login", "password", "totp")


@served()
async def test_brakes_work_while_throttled(live: Live) -> None:
    """Cancel and freeze are never throttled away, by the platform or by link."""
    person = await live.owner()
    pending = await person.done("withdraw", "totp", "email", amount="100")
    [freeze], [cancel] = await live.links("freeze"), await live.links("cancel")
    await use_up(person, objects=UNKNOWN, source=STRANGER)
    await use_up(person, source=HOME)
    assert (await live.client.post(f"/freeze/{freeze}")).status_code == 200
    assert (await live.client.post(f"/cancel/{cancel}")).status_code == 200
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "cancelled"
    await live.post(f"/v1/accounts/{person.account}/freeze", {"kind": "owner"})
    assert (await live.post(f"/v1/actions/{(await person.ask('login'))['id']}/cancel"))["status"] == "cancelled"


@served()
async def test_codes_are_not_sent_without_end(live: Live) -> None:
    """A stranger gets ten codes an hour sent to the owner's phone, then 429; the owner's device goes on."""
    person = await live.owner()
    statuses = []
    for _ in range(3):
        action = await person.ask("withdraw_small", amount="10", objects=UNKNOWN)
        path = f"/v1/actions/{action['id']}/challenges"
        answers = [await live.call("POST", path, {"factor": "sms"}) for _ in range(5)]
        statuses += [answer.status_code for answer in answers]
    assert statuses == [200] * 10 + [429] * 5
    assert 3599 <= int(answers[-1].headers["retry-after"]) <= 3600
    await person.code(await person.ask("withdraw_small", amount="10"), "sms")
    await live.advance(3_600_000)
    await person.code(await person.ask("withdraw_small", amount="10", objects=UNKNOWN), "sms")
