# SPDX-License-Identifier: Apache-2.0
"""Operations through the client: policies, brakes and break-glass of a server that listens, and two passkeys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.sdk import AsyncCounterseal, Counterseal, calls
from counterseal.sdk import brakes as brake_calls
from counterseal.sdk import glass as glass_calls
from counterseal.sdk import publishing as policy_calls
from counterseal.sdk.problems import ConflictError, ForbiddenError, NotFoundError
from counterseal.sdk.publishing_replies import PolicyVersion
from counterseal.sdk.transport import Call
from tests.integration.test_publishing import LOOSER, PACK, one_profile
from tests.support.colleagues import BASE_URL, Colleagues, colleagues
from tests.support.live_server import live_server
from tests.support.server import HOUR, MINUTE

SCOPES = ("policy:write", "policy:publish", "audit:read", "accounts:read", "decisions:staff", "accounts:write")
OFFICER = ("staff:officer", "staff:read", "accounts:read", "decisions:staff", "accounts:write")
DURATION = 30 * MINUTE


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Colleagues]:
    """A server under okx-2024 and two who may publish and decide."""
    settings = {"policy": "okx-2024", "vocabulary": one_profile(tmp_path), "base_url": BASE_URL}
    with live_server(tmp_path, **settings) as server, colleagues(server) as people:
        people.join("paul", "policy_publisher", "fraud")
        people.join("pia", "policy_publisher", "legal")
        yield people


def test_a_policy_is_examined_tried_published_and_rolled_back(staffed: Colleagues, tmp_path: Path) -> None:
    """Each step of docs/publishing.md by the synchronous client."""
    words = (tmp_path / "vocabulary.yaml").read_text("utf-8")
    with Counterseal(staffed.server.url, staffed.token("editor", *SCOPES)) as guard:
        before = guard.policy_versions()
        assert (before.previous, before.roll_back_to) == (None, None)
        made = guard.upload_policy(LOOSER, vocabulary=words)
        run = guard.start_shadow(made.version).shadow
        assert run is not None
        assert (run.state, run.compared, run.differing, run.skipped) == ("running", 0, 0, {})
        with pytest.raises(ConflictError):
            guard.start_shadow(made.version)
        stopped = guard.stop_shadow(made.version).shadow
        assert stopped is not None
        assert (stopped.state, stopped.ended is None) == ("stopped", False)
        cleared = guard.clear_shadow(made.version).shadow
        assert cleared is None or cleared.state == "cleared"

        seen = examined(guard, made.version)
        assert seen.proof is not None
        assert (seen.proof.weaker, seen.proof.current) == (True, True)
        assert any(each.capabilities for each in seen.proof.gained)
        done = guard.publish_policy(made.version, seen.proof, approval=signed(staffed, seen))
        assert (done.state, done.publications[-1].replaced) == ("in_force", before.in_force)

        back = guard.policy_versions().roll_back_to
        assert f"sha256:{back}" == before.in_force
        again = examined(guard, back or "")
        assert again.proof is not None
        assert not again.proof.weaker
        guard.publish_policy(again.version, again.proof, approval=signed(staffed, again))
        assert guard.policy_versions().in_force == before.in_force


def test_what_two_did_not_sign_is_not_published(staffed: Colleagues, tmp_path: Path) -> None:
    """An approval that one has still to sign, and one over another verdict; the same text twice."""
    words = (tmp_path / "vocabulary.yaml").read_text("utf-8")
    with Counterseal(staffed.server.url, staffed.token("editor", *SCOPES)) as guard:
        seen = examined(guard, guard.upload_policy(LOOSER, vocabulary=words).version)
        assert seen.proof is not None
        call = policy_calls.publish_policy(seen.version, seen.proof, approval="")
        waiting = staffed.propose(f"POST {call.path}", call.body)
        with pytest.raises(ForbiddenError) as refused:
            guard.publish_policy(seen.version, seen.proof, approval=waiting)
        assert refused.value.code == "approval_incomplete"
        lied = staffed.approved(f"POST {call.path}", {**call.body, "weaker": False})
        with pytest.raises(ForbiddenError) as refused:
            guard.publish_policy(seen.version, seen.proof, approval=lied)
        assert refused.value.code == "approval_mismatch"
        with pytest.raises(ConflictError):
            guard.upload_policy(PACK, vocabulary=words)


def test_brakes_and_break_glass_by_the_asynchronous_client(staffed: Colleagues) -> None:
    """By approval, and by two tokens where the settings let them; break-glass never by tokens."""
    one = staffed.token("ines", *OFFICER, officer="ines")
    second = staffed.token("omar", *OFFICER, officer="omar")
    halt = brake_calls.set_brake("halted", asset="USDT", duration=HOUR)
    lift = staffed.approved(f"POST {halt.path}", halt.body)
    opening = glass_calls.open_glass("alice", DURATION, "came with a passport", approval="")
    opened = staffed.approved(f"POST {opening.path}", opening.body)
    ending = calls.end_sessions("alice", "a forged order", approval="")
    ended = staffed.approved(f"POST {ending.path}", ending.body)

    async def inside() -> None:
        async with AsyncCounterseal(staffed.server.url, one) as guard:
            await guard.register("alice")
            made = await guard.set_brake("halted", asset="USDT", duration=HOUR, approval=lift)
            assert made.until == made.since + HOUR
            other = await guard.set_brake("stopped", action="login", second_officer=second)
            assert {each.id for each in await guard.list_brakes()} == {made.id, other.id}
            for each in (made, other):
                assert (await guard.lift_brake(each.id, "over", second_officer=second)).lifted
            assert await guard.list_brakes() == ()

            closed = await guard.read_glass("alice")
            assert (closed.open, closed.left, closed.items) == (False, 4 * HOUR, ())
            with pytest.raises(ForbiddenError) as alone:
                await guard.send(Call("POST", opening.path, dict, opening.body, key="k", officer=second))
            assert alone.value.code == "two_officers"
            done = await guard.open_glass("alice", DURATION, "came with a passport", approval=opened)
            found = await guard.read_glass("alice")
            assert (found.open, found.left) == (True, 4 * HOUR - DURATION)
            assert (found.items[0].until, found.items[0].closed_by) == (done.until, "")
            assert len(found.items[0].officers) == 2
            await guard.close_glass("alice")
            after = await guard.read_glass("alice")
            assert (after.open, bool(after.items[0].closed_by)) == (False, True)
            with pytest.raises(ConflictError):
                await guard.close_glass("alice")
            with pytest.raises(NotFoundError):
                await guard.read_glass("nobody")
            with pytest.raises(ForbiddenError):
                await guard.send(Call("POST", ending.path, dict, ending.body, key="e", officer=second))
            assert (await guard.end_sessions("alice", "a forged order", approval=ended)).account == "alice"

    asyncio.run(inside())


def examined(guard: Counterseal, version: str) -> PolicyVersion:
    """The version once its verdict is there."""
    guard.examine_policy(version)
    for _ in range(600):
        found = guard.policy_version(version)
        if not found.examining:
            assert not found.fault, found.fault
            return found
        time.sleep(0.05)
    raise AssertionError("no verdict")


def signed(people: Colleagues, seen: PolicyVersion) -> str:
    """The approval of two publishers over its publishing."""
    assert seen.proof is not None
    call = policy_calls.publish_policy(seen.version, seen.proof, approval="")
    return people.approved(f"{call.method} {call.path}", call.body)
