# SPDX-License-Identifier: Apache-2.0
"""What somebody may try with publishing: two at once, a policy for nobody, an attacker left out of the words, a
protection that is lost, a clock that was set back, texts of every kind."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.core.account import Lock
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.publishing.model import RUN, Uploaded
from tests.support.publishing import LOOSER, PACK, STRICTER, House, housed
from tests.support.server import DAY, HOUR, any_problem, codes, problem

OUTFLOWS = PACK.index("outflows:\n")
NOBODY = PACK.replace(
    "require: device and password and second\n", "require: device and password and rcode\n"
).replace("require: password and (second or voice)\n", "require: password and rcode\n")


async def approved(house: House, version: str, **changes: Any) -> tuple[dict[str, Any], str]:
    """The body to publish it, and the approval that two signed for it."""
    body = house.body(await house.examined(version), **changes)
    made = await house.one.propose(f"POST /v1/policy/versions/{version}/publish", body)
    await house.one.sign(made["id"])
    await house.two.sign(made["id"])
    return body, made["id"]


async def in_force(house: House) -> str:
    """The version in force."""
    return (await house.live.application.publishing.versions.in_force()).removeprefix("sha256:")


@housed
async def test_of_two_publishes_at_once_one_is_done(house: House) -> None:
    """Both were examined against the same policy, and both are signed: the second one's verdict is void."""
    versions = [(await house.draft(text))["version"] for text in (STRICTER, LOOSER)]
    signed = [await approved(house, version) for version in versions]
    calls = [
        house.two.call("POST", f"/v1/policy/versions/{version}/publish", body, headers={"Approval": approval})
        for version, (body, approval) in zip(versions, signed, strict=True)
    ]
    found = await asyncio.gather(*calls)
    assert sorted(codes(found)) == ["ok", "policy_moved_on"]
    assert await in_force(house) == versions[codes(found).index("ok")]


@housed
async def test_of_the_same_text_twice_at_once_one_is_a_version(house: House) -> None:
    """Other spaces and comments are the same policy; one idempotency key is one upload."""
    body = {"text": STRICTER, "vocabulary": house.words}
    other = body | {"text": STRICTER.replace("\nactions:", "\n# the same\n\nactions:")}
    found = await asyncio.gather(
        *(house.editor.call("POST", "/v1/policy/versions", each) for each in (body, other))
    )
    assert sorted(codes(found)) == ["ok", "version_exists"]
    replies = [
        await house.editor.call("POST", "/v1/policy/versions", body | {"text": LOOSER}, key="k") for _ in "ab"
    ]
    assert [each.status_code for each in replies] == [201, 201]
    assert replies[0].json()["version"] == replies[1].json()["version"]
    assert len((await house.editor.get("/v1/policy/versions"))["items"]) == 3


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_what_is_in_force_is_not_published_again(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would carry its own clocks, and count as a switch."""
    monkeypatch.setenv("COUNTERSEAL_TEST_STORE", store)
    housed(_again)(tmp_path)


async def _again(house: House) -> None:
    version = await in_force(house)
    body, approval = await approved(house, version)
    again = await house.two.call(
        "POST", f"/v1/policy/versions/{version}/publish", body, headers={"Approval": approval}
    )
    problem(again, 409, "version_in_force")


@housed
async def test_a_policy_that_shuts_the_owner_out_is_published_only_by_those_who_say_so(house: House) -> None:
    """Nobody of this kind has a recovery code: no property needs to fail, and nothing is weaker."""
    version = (await house.draft(NOBODY))["version"]
    proof = (await house.examined(version))["proof"]
    assert proof["locked_out"] >= 1
    assert "session" in {each["what"] for each in proof["owner"]}
    problem(await house.published(version, locked_out=0), 409, "verdict_mismatch")
    assert await in_force(house) != version
    assert (await house.published(version)).status_code == 200


@housed
async def test_an_attacker_who_is_left_out_of_the_words_is_named(house: House) -> None:
    """The comparison goes over shared words: what the new ones lack, or mean otherwise, has to be signed for."""
    words = house.words
    house.words = words.replace("sms_only:", "sms_users:").replace(
        "    proves: [sms, voice]\n", "    proves: [voice]\n"
    )
    version = (await house.draft(LOOSER))["version"]
    proof = (await house.examined(version))["proof"]
    assert not proof["weaker"], "there is no kind of account left to compare"
    assert proof["apart"] == ["capability:sim_swap", "profile:sms_only"]
    problem(await house.published(version, apart=0), 409, "verdict_mismatch")
    house.words = words
    same = (await house.draft(STRICTER))["version"]
    assert (await house.examined(same))["proof"]["apart"] == []


@housed
async def test_a_suspicion_outlives_the_word_for_it(house: House) -> None:
    """Rolling back to words without a capability that is suspected of somebody would let its proofs count again."""
    live, first = house.live, await in_force(house)
    words = house.words
    ear = "\n  ear_on_the_line:\n    text: it hears calls\n    proves: [sms]\n\nprofiles:"
    house.words = words.replace("\nprofiles:", ear)
    assert house.words != words
    version = (await house.draft(PACK))["version"]
    assert (await house.published(version)).status_code == 200
    owner = await live.owner()
    body = {"capability": "ear_on_the_line", "until": live.now + DAY, "since": live.now - HOUR, "evidence": "a tap"}
    await live.post(f"/v1/accounts/{owner.account}/suspicions", body)
    refused = problem(await house.published(first), 422, "accounts_concerned")
    assert "`capability:ear_on_the_line` of 1" in refused["detail"]
    await live.advance(2 * DAY)
    for person in (house.editor, house.one, house.two):
        await person.sign_in()
    assert (await house.published(first)).status_code == 200


@housed
async def test_a_lock_of_an_owner_is_no_matter_of_a_name(house: House) -> None:
    """An outflow under a new name would not know the lock that the owner set on the old one."""
    live = house.live
    owner = await live.owner()
    await lock(house, owner.account, "gift")
    renamed = PACK.replace("\n  gift:\n", "\n  present:\n    kind: gift\n")
    version = (await house.draft(renamed))["version"]
    refused = problem(await house.published(version), 422, "accounts_concerned")
    assert "`lock:gift` of 1" in refused["detail"]
    start = PACK.index("  gift:\n")
    gone = PACK[:start] + "  gift: not_offered\n" + PACK[PACK.index("  p2p_release:") :]
    version = (await house.draft(gone))["version"]
    assert (await house.published(version)).status_code == 200, "nothing of this kind leaves any more"


async def lock(house: House, account: str, outflow: str) -> None:
    """The owner's own lock, as the guard keeps it."""
    store, subject = house.live.application.store, f"account:{account}"

    def function(loaded: Loaded) -> Commit[Uploaded]:
        state = msgspec.structs.replace(loaded.states[subject], locks={outflow: Lock(outflow, off=True)})
        return Commit(Uploaded("", loaded.latest), (Change(subject, state),))

    await store.transact([subject], function, now=house.live.now)


@housed
async def test_the_shadow_goes_on_after_a_clock_was_set_back(house: House) -> None:
    """A process whose clock was days ahead died with the lease: nobody waits for days."""
    live = house.live
    owner = await live.owner()
    version = (await house.draft(STRICTER))["version"]
    await house.editor.post(f"/v1/policy/versions/{version}/shadow", status=201)
    store, ahead = live.application.store, live.now + 3 * DAY

    def function(loaded: Loaded) -> Commit[Uploaded]:
        run = msgspec.structs.replace(loaded.states[RUN], holder="somebody who died", until=ahead)
        return Commit(Uploaded("", loaded.latest), (Change(RUN, run),))

    await store.transact([RUN], function, now=live.now)
    await owner.ask("login")
    for _ in range(100):
        run = await live.application.publishing.shadows.current()
        assert run is not None
        if run.inputs:
            break
        await asyncio.sleep(0.05)
    assert run.inputs == 1
    assert run.until <= live.now + HOUR


START, END = PACK.index("  mute_push:\n"), PACK.index("  # ---- addresses and keys")
DELAYED = PACK.replace("    silences: push\n", "    silences: push\n    delay: 24h\n    notify: mail\n")
GONE = PACK[:START] + PACK[END:]


@housed
async def test_a_change_whose_rule_left_ends_when_due_and_the_owner_reads_why(house: House) -> None:
    """By the timers of a real server: not sooner, once, by mail; the platform hears of it, too."""
    live = house.live
    assert (await house.published((await house.draft(DELAYED))["version"])).status_code == 200
    owner = await live.owner()
    asked = await owner.ask("mute_push")
    assert asked["status"] == "pending", asked
    await live.settle()
    due = (await live.get(f"/v1/actions/{asked['id']}"))["due"]
    assert due is not None
    version = (await house.draft(GONE))["version"]
    assert (await house.published(version)).status_code == 200
    early = await live.post(f"/v1/actions/{asked['id']}/decide")
    assert (early["status"], early["due"], early["decision"]["outcome"]) == ("pending", due, "deny")
    await live.advance(due - live.now - 1)
    assert (await live.get(f"/v1/actions/{asked['id']}"))["status"] == "pending"
    await live.advance(1)
    assert (await live.get(f"/v1/actions/{asked['id']}"))["status"] == "refused"
    told = [each for each in await live.messages("email") if "no longer offers this" in each["text"]]
    assert [each["to"] for each in told] == [owner.mail]
    assert "Ended without effect" in told[0]["text"]
    await live.advance(2 * DAY)
    assert len([each for each in await live.messages("email") if "no longer offers this" in each["text"]]) == 1


HOSTILE = {
    "nul": PACK + "\n# \x00",
    "direction": PACK.replace("description: ", "description: \u202e"),
    "zero width": PACK.replace("  gift:", "  gi\u200bft:"),
    "surrogate": PACK.replace("description: ", "description: \ud800"),
    "homoglyph": PACK.replace("\n  gift:", "\n  g\u0456ft:"),
    "tabs": PACK.replace("    require:", "\trequire:", 1),
    "anchor": PACK.replace("currency: USD", "currency: &a USD"),
    "bomb": PACK + "".join(f"\n  x{n}: [{', '.join(['x'] * 900)}]" for n in range(60)),
    "deep": PACK + "\n" + "\n".join(" " * n + "a:" for n in range(3000)),
    "long line": PACK + "\n# " + "x" * 900_000,
    "nothing": " ",
    "binary": "\x7fELF\x02\x01",
}


@housed
async def test_texts_of_every_kind_are_faults_with_their_place(house: House) -> None:
    """Never a 500; nothing of them is kept."""
    for name, text in HOSTILE.items():
        raw = msgspec.json.encode({"text": "", "vocabulary": house.words})
        body = raw.replace(b'"text":""', b'"text":' + _json(text))
        sent = {"Content-Type": "application/json", "X-Counterseal": "console", "Origin": "http://localhost:8400"}
        response = await house.editor.client.post(
            "/v1/policy/versions", content=body, headers=sent | {"Idempotency-Key": f"k-{name}"}
        )
        found = any_problem(response)
        assert response.status_code in {400, 413, 422}, (name, found)
    assert len((await house.editor.get("/v1/policy/versions"))["items"]) == 1
    note = {"text": STRICTER, "vocabulary": house.words, "note": "<script>alert(1)</script> \u202e ⚖️ ملاحظة"}
    made = await house.editor.post("/v1/policy/versions", note, 201)
    assert made["note"] == note["note"]


def _json(text: str) -> bytes:
    """A JSON string, lone surrogates and all."""
    return json.dumps(text).encode()


@housed
async def test_while_the_largest_text_is_read_owners_are_served(house: House) -> None:
    """A text is read beside the loop that answers everybody."""
    rule = (
        "  extra{}:\n    verb: use\n    require: session and (password or sms)\n    notify: mail\n    source: x\n"
    )
    rule += "    as_of: 2024-06-09\n    confidence: low\n    assumed: true\n"
    large = PACK[:OUTFLOWS] + "".join(rule.format(n) for n in range(240)) + PACK[OUTFLOWS:]
    owner = await house.live.owner()
    upload = asyncio.create_task(house.draft(large))
    answered = 0
    while not upload.done():
        await owner.ask("login")
        answered += 1
        await asyncio.sleep(0)
    assert (await upload)["state"] == "draft"
    assert answered >= 3, "the loop stood still"
