# SPDX-License-Identifier: Apache-2.0
"""Time: a store has one kind of clock, it never goes back, and a jump stops outflows and shortens nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from counterseal.core.errors import CountersealError
from counterseal.factors import totp
from counterseal.gateways.clock import SystemClock
from counterseal.wiring.application import Application
from tests.support.server import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Live,
    Owner,
    problem,
    reasons,
    served,
    serving,
    settings_in,
)


class Machine:
    """A machine whose wall clock a test sets and whose monotonic clock goes on."""

    def __init__(self, start: int = START) -> None:
        self.wall, self.monotonic = start, 5_000
        self.clock = SystemClock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)

    def go_on(self, duration: int) -> None:
        """Time passes on both clocks."""
        for _ in range(0, duration, MINUTE):
            self.wall += MINUTE
            self.monotonic += MINUTE
            self.clock.trusted()

    def jump(self, duration: int) -> None:
        """Somebody sets the wall clock."""
        self.wall += duration


def on_real_clock(test: Callable[[Live, Machine], Awaitable[None]]) -> Callable[[Path], None]:
    """Run against a server on a SystemClock over a `Machine`."""

    def run(tmp_path: Path) -> None:
        async def inside() -> None:
            machine = Machine()
            async with serving(tmp_path, clock=machine.clock, clock_kind="real") as live:
                await test(live, machine)

        asyncio.run(inside())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def paid(live: Live, person: Owner, machine: Machine, amount: str = "10") -> dict[str, object]:
    """A small withdrawal up to its decision, with codes of the machine's true time."""
    action = await person.ask("withdraw_small", amount=amount)
    machine.go_on(MINUTE)
    answer = totp.code_at(person.seed, totp.step_at(machine.wall))
    await person.prove(action, "totp", answer=answer)
    challenge, code = await mailed(live, person, action)
    found: dict[str, object] = await person.prove(action, "email", answer=code, challenge=challenge)
    return found


async def mailed(live: Live, person: Owner, action: dict[str, object]) -> tuple[str, str]:
    """A mail code; on the real clock the worker delivers it, within a tenth of a second."""
    sent = await live.post(f"/v1/actions/{action['id']}/challenges", {"factor": "email"})
    for _ in range(100):
        await asyncio.sleep(0.02)
        messages = (await live.get("/v1/outbox?limit=500"))["messages"]
        for message in messages:
            if message["to"] == person.mail and sent["challenge"]["id"] not in seen:
                found = [line for line in message["text"].splitlines() if line.replace(" ", "").isdigit()]
                if found and message["id"] not in seen:
                    seen.add(message["id"])
                    return sent["challenge"]["id"], found[0]
    raise AssertionError("no mail came")


async def told(live: Live, person: Owner) -> None:
    """Wait until every notice of the account was accepted."""
    for _ in range(100):
        waits = (await live.get(f"/v1/accounts/{person.account}"))["waits"]
        if waits and all(wait["started"] is not None for wait in waits):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("a notice was not accepted")


seen: set[str] = set()


@pytest.mark.parametrize(("first", "second"), [("real", "simulated"), ("simulated", "real")])
def test_a_store_has_one_kind_of_clock(tmp_path: Path, first: str, second: str) -> None:
    """A store that saw a real clock refuses a simulated one, and the other way round."""

    async def once() -> None:
        async with serving(tmp_path, clock_kind=first):
            pass

    asyncio.run(once())
    with pytest.raises(CountersealError) as error:
        Application(settings_in(tmp_path, clock=second))
    assert error.value.code == "store_clock_mismatch"


@served()
async def test_the_simulated_clock_never_goes_back(live: Live) -> None:
    """`set` to the past is 409, to now is fine, both at once is a fault, and negative spans are 422."""
    await live.advance(DAY)
    problem(await live.call("POST", "/v1/clock", {"set": live.now - 1}), 409, "clock_backwards")
    assert (await live.post("/v1/clock", {"set": live.now}))["now"] == START + DAY
    problem(await live.call("POST", "/v1/clock", {"advance": -1}), 422, "validation_failed")
    problem(await live.call("POST", "/v1/clock", {"set": 2**60}), 422, "validation_failed")
    assert live.now == START + DAY


def test_the_clock_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A simulated clock begins at what was committed last."""

    async def twice() -> None:
        async with serving(tmp_path) as live:
            await live.advance(3 * DAY)
            await live.owner()
        async with serving(tmp_path) as live:
            assert live.now == START + 3 * DAY

    asyncio.run(twice())


@on_real_clock
async def test_the_real_clock_cannot_be_set(live: Live, machine: Machine) -> None:
    """POST /v1/clock is 409 or 403 there, and no token with `clock:write` is made."""
    body = {"name": "n", "platform": "p", "scopes": ["clock:write"]}
    problem(await live.call("POST", "/v1/tokens", body), 422, "scope_test_only")
    problem(await live.call("POST", "/v1/clock", {"advance": 1}), 403, "insufficient_scope")
    assert (await live.get("/v1/clock")) == {"now": machine.wall, "simulated": False, "trusted": True}


@on_real_clock
async def test_a_jump_stops_outflows_and_lets_the_rest_go_on(live: Live, machine: Machine) -> None:
    """An hour ahead: outflows are held as `clock_untrusted`; adding an address works; back again: all works."""
    person = await live.owner()
    first = await paid(live, person, machine)
    assert first["status"] == "sealed", first
    machine.go_on(MINUTE)
    machine.jump(HOUR)
    assert (await live.get("/v1/clock"))["trusted"] is False
    assert (await live.call("GET", "/readyz")).status_code == 503
    held = await person.ask("withdraw_small", amount="10")
    staff = (await person.staff_view(held))["decision"]
    assert "clock_untrusted" in {reason["code"] for reason in staff["reasons"]}
    frozen = await live.post(f"/v1/accounts/{person.account}/freeze", {})
    assert frozen["at"] <= machine.wall - HOUR
    await live.officers(f"/v1/accounts/{person.account}/unfreeze")
    asked = await person.ask("login")
    assert (await live.post(f"/v1/actions/{asked['id']}/cancel"))["status"] == "cancelled"

    await told(live, person)
    machine.jump(-HOUR)
    machine.go_on(25 * HOUR)  # lifting a freeze restarts the hold, from the accepted notice
    assert (await live.get("/v1/clock"))["trusted"] is True
    last = await paid(live, person, machine)
    assert last["status"] == "sealed", last["decision"]["reasons"]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_time_goes_on_by_the_monotonic_clock(tmp_path: Path, jump: int) -> None:
    """While the wall clock is not trusted the owner's true codes count, changes are dated truly, outflows wait."""

    async def inside() -> None:
        machine = Machine()
        async with serving(tmp_path, clock=machine.clock, clock_kind="real") as live:
            person = await live.owner()
            machine.go_on(10 * MINUTE)
            await person.ask("login")
            machine.jump(jump)
            for _ in range(3):
                machine.go_on(5 * MINUTE)
                true = machine.wall - jump
                action = await person.ask("login")
                await person.prove(action, "password")
                code = totp.code_at(person.seed, totp.step_at(true))
                assert (await person.prove(action, "totp", answer=code))["status"] == "done"
                assert action["asked"] == true
                held = await person.ask("withdraw_small", amount="1")
                assert "clock_untrusted" in reasons(await person.staff_view(held))
            assert (await live.get("/v1/clock")) == {
                "now": machine.wall - jump,
                "simulated": False,
                "trusted": False,
            }

    asyncio.run(inside())


@on_real_clock
async def test_a_jump_shortens_nothing(live: Live, machine: Machine) -> None:
    """Nothing that is done while the clock is a year ahead moves the committed time: no write of any kind."""
    person = await live.owner()
    machine.go_on(MINUTE)
    await person.ask("login")
    latest = live.application.store.latest
    machine.jump(365 * DAY // 2)
    price = {"asset": "ETH", "value": "1", "at": machine.wall}
    await live.call("PUT", "/v1/prices", {"prices": [price]})
    made = await live.call("POST", "/v1/tokens", {"name": "n", "platform": "p", "scopes": ["admin"]})
    if made.is_success:
        await live.call("POST", f"/v1/tokens/{made.json()['record']['id']}/revoke")
    await live.call("POST", f"/v1/attestation-keys/{live.auth.kid}/revoke")
    other = await live.call("POST", "/v1/accounts", {"account": "new", "factors": [{"factor": "password"}]})
    assert other.is_success
    await live.call("POST", f"/v1/accounts/{person.account}/freeze", {})
    action = await person.ask("login")
    await live.call("POST", f"/v1/actions/{action['id']}/proofs", {"factor": "totp", "answer": "000000"})
    await live.call("POST", f"/v1/actions/{action['id']}/cancel")
    await live.officers("/v1/accounts/new/erase")
    await asyncio.sleep(0.4)  # workers: outbox, timers
    assert live.application.store.latest == latest
    entries = (await live.get(f"/v1/accounts/{person.account}/timeline"))["entries"]
    assert max(entry["at"] for entry in entries) == latest


@on_real_clock
async def test_a_jump_back_does_not_widen_anything(live: Live, machine: Machine) -> None:
    """An hour back: the committed time stays; decisions are dated by it; outflows stop."""
    person = await live.owner()
    machine.go_on(2 * HOUR)
    await person.ask("login")
    latest = live.application.store.latest
    machine.jump(-HOUR)
    action = await person.ask("withdraw_small", amount="1")
    assert action["asked"] == latest
    staff = (await person.staff_view(action))["decision"]
    assert "clock_untrusted" in {reason["code"] for reason in staff["reasons"]}
    assert live.application.store.latest == latest


def test_a_clock_that_was_set_back_over_a_restart_stops_outflows(tmp_path: Path) -> None:
    """Nobody saw the jump, but the store remembers: an hour behind the committed time is not trusted."""

    async def before() -> Owner:
        machine = Machine()
        async with serving(tmp_path, clock=machine.clock, clock_kind="real") as live:
            machine.go_on(3 * HOUR)
            return await live.owner()

    person = asyncio.run(before())

    async def after() -> None:
        machine = Machine(START + HOUR)
        async with serving(tmp_path, clock=machine.clock, clock_kind="real") as live:
            person.live = live
            asked = await person.ask("withdraw_small", amount="1")
            staff = await person.staff_view(asked)
            assert "clock_untrusted" in reasons(staff)
            assert asked["asked"] >= START + 3 * HOUR

    asyncio.run(after())
