# SPDX-License-Identifier: Apache-2.0
"""Staff sign in with passkeys: sessions, their ends, and what refuses to open one."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path

from counterseal.staff.codecs import CODECS
from counterseal.staff.model import subject_of
from tests.support.server import HOUR, MINUTE, Live, codes, problem, served, serving
from tests.support.staff import ORIGIN, Person, Team, browser

REFUSED = "sign_in_refused"


@served()
async def test_an_invitation_a_passkey_and_a_session(live: Live) -> None:
    """The link works once; the session says who it is and what they may do."""
    team = Team(live)
    made = await team.service.invite(
        name="ada", email="ada@example.test", roles=["administrator"], by="command", first=True
    )
    ada = Person(live, "ada", browser(live))
    await ada.enrol(made.secret or "")
    problem(await ada.call("POST", f"/v1/staff/enrol/{made.secret}/options"), 401, "link_refused")
    problem(await ada.call("GET", "/v1/staff/session"), 401, "unauthenticated")
    session = await ada.sign_in()
    assert session["staff"]["name"] == "ada"
    assert session["scopes"] == ["admin", "approvals:write", "audit:read", "staff:admin", "staff:read"]
    assert (await ada.get("/v1/staff/session"))["id"] == session["id"]


@served()
async def test_the_cookie_is_for_this_origin_alone_and_only_its_hash_is_stored(live: Live) -> None:
    """HttpOnly, SameSite=Strict, Path=/, no Domain; the stored session opens nothing."""
    ada = await Team(live).first()
    answer = await ada.call("POST", "/v1/staff/signin", await ada.answer())
    cookie = answer.headers["set-cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert name == "counterseal_staff"
    assert {"httponly", "samesite=strict", "path=/", "max-age=28800"} <= flags
    assert not any(part.startswith("domain") or part == "secure" for part in flags)
    stored = await live.application.store.read(subject_of(ada.id))
    assert value.partition(".")[2].encode() not in CODECS["staff"].encode(stored)


@served(base_url="https://guard.example.test")
async def test_on_https_the_cookie_is_a_host_cookie(live: Live) -> None:
    """`__Host-` and Secure, so that no other host of the domain can set it."""
    origin = "https://guard.example.test"
    person = Person(live, "ada", browser(live))
    person.passkey.origin = origin
    headers = {"Origin": origin}
    made = await Team(live).service.invite(name="ada", email="a@example.test", roles=["viewer"], by="command")
    options = await person.post(f"/v1/staff/enrol/{made.secret}/options", headers=headers)
    given = {
        "challenge": options["public_key"]["challenge"],
        "response": person.passkey.register(options["public_key"]),
    }
    await person.post(f"/v1/staff/enrol/{made.secret}", given, 201, headers=headers)
    asked = (await person.post("/v1/staff/signin/options", headers=headers))["public_key"]
    body = {"challenge": asked["challenge"], "response": person.passkey.use(asked)}
    answer = await person.call("POST", "/v1/staff/signin", body, headers=headers)
    assert answer.headers["set-cookie"].startswith("__Host-counterseal_staff=")
    assert "; Secure" in answer.headers["set-cookie"]


@served()
async def test_a_refusal_says_nothing(live: Live) -> None:
    """Unknown passkey, disabled person, wrong signature, wrong origin, no user verification: one answer."""
    team = Team(live)
    ada, eve = await team.first(), await team.join("eve", "viewer")
    stranger = Person(live, "mallory", browser(live))
    stranger.passkey.user = b"somebody"
    answers = [await stranger.call("POST", "/v1/staff/signin", await stranger.answer())]

    broken = await eve.answer()
    broken["response"] = copy.deepcopy(broken["response"])
    broken["response"]["response"]["signature"] = (await eve.answer())["response"]["response"]["signature"]
    answers.append(await eve.call("POST", "/v1/staff/signin", broken))

    options = (await eve.post("/v1/staff/signin/options"))["public_key"]
    elsewhere = {
        "challenge": options["challenge"],
        "response": eve.passkey.use(options, origin="https://evil.example"),
    }
    answers.append(await eve.call("POST", "/v1/staff/signin", elsewhere))

    eve.passkey.verifies = False
    answers.append(await eve.call("POST", "/v1/staff/signin", await eve.answer()))
    eve.passkey.verifies = True
    await ada.post(f"/v1/staff/{eve.id}/disable")
    answers.append(await eve.call("POST", "/v1/staff/signin", await eve.answer()))
    found = [problem(answer, 401, REFUSED) for answer in answers]
    assert len({(item["detail"], item["hint"], item["title"]) for item in found}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


@served()
async def test_an_answer_opens_one_session(live: Live) -> None:
    """The same assertion again, even twice at once, is refused; so is one that is too old or for something else."""
    eve = await Team(live).join("eve", "viewer")
    answer = await eve.answer()
    both = await asyncio.gather(*(eve.call("POST", "/v1/staff/signin", answer) for _ in range(2)))
    assert sorted(codes(list(both))) == ["ok", REFUSED]
    problem(await eve.call("POST", "/v1/staff/signin", answer), 401, REFUSED)
    late = await eve.answer()
    await live.advance(5 * MINUTE)
    problem(await eve.call("POST", "/v1/staff/signin", late), 401, REFUSED)
    assert await eve.sign_in()


@served()
async def test_a_copied_passkey_is_refused_and_noted(live: Live) -> None:
    """A counter that does not rise: nobody gets in by it, and the log says so."""
    eve = await Team(live).join("eve", "viewer")
    eve.passkey.count -= 1
    problem(await eve.call("POST", "/v1/staff/signin", await eve.answer()), 401, REFUSED)
    kinds = [entry.kind for entry in await live.application.store.entries(subject=subject_of(eve.id))]
    assert kinds == ["staff_enrolled", "staff_signed_in", "staff_passkey_cloned"]


@served()
async def test_no_cookie_of_before_survives_a_sign_in(live: Live) -> None:
    """Session fixation: the session is new, the one that came along ends, a made-up one is nobody's."""
    eve = await Team(live).join("eve", "viewer")
    planted = eve.client.cookies["counterseal_staff"]
    await eve.sign_in()
    assert eve.client.cookies["counterseal_staff"] != planted
    other = browser(live)
    other.cookies.set("counterseal_staff", planted)
    problem(await other.get("/v1/staff/session"), 401, "session_refused")
    other.cookies.set("counterseal_staff", f"{eve.id}.{'A' * 43}")
    problem(await other.get("/v1/staff/session"), 401, "session_refused")


@served()
async def test_a_session_ends_idle_and_absolutely(live: Live) -> None:
    """15 minutes without a request; eight hours with them."""
    eve = await Team(live).join("eve", "viewer")
    await live.advance(15 * MINUTE - 1)
    await eve.get("/v1/staff/session")
    await live.advance(15 * MINUTE)
    problem(await eve.call("GET", "/v1/staff/session"), 401, "session_refused")
    ends = (await eve.sign_in())["ends"]
    while live.now + 14 * MINUTE < ends:
        await live.advance(14 * MINUTE)
        await eve.get("/v1/staff/session")
    await live.advance(ends - live.now)
    problem(await eve.call("GET", "/v1/staff/session"), 401, "session_refused")


@served()
async def test_signing_out_here_and_everywhere(live: Live) -> None:
    """One session, one of another browser, all of them; administrators end those of others."""
    team = Team(live)
    ada, eve = await team.first(), await team.join("eve", "viewer")
    phone = Person(live, "eve", browser(live), eve.passkey, eve.id)
    await phone.sign_in()
    items = (await eve.get("/v1/staff/sessions"))["items"]
    assert [item["here"] for item in items].count(True) == 1
    assert len(items) == 2
    problem(await eve.call("GET", f"/v1/staff/sessions?staff={ada.id}"), 403, "insufficient_scope")
    other = next(item["id"] for item in items if not item["here"])
    assert (await eve.post(f"/v1/staff/sessions/{other}/revoke"))["ended"] == 1
    problem(await phone.call("GET", "/v1/staff/session"), 401, "session_refused")

    await phone.sign_in()
    assert (await eve.post("/v1/staff/sessions/revoke"))["ended"] == 2
    for one in (phone, eve):
        assert (await one.call("GET", "/v1/staff/session")).status_code == 401
    await eve.sign_in()
    assert len((await ada.get(f"/v1/staff/sessions?staff={eve.id}"))["items"]) == 1
    mine = (await ada.get("/v1/staff/session"))["id"]
    problem(await eve.call("POST", f"/v1/staff/sessions/{mine}/revoke"), 403, "insufficient_scope")
    assert (await eve.call("DELETE", "/v1/staff/session")).json() == {"ended": 1}
    assert "counterseal_staff" not in eve.client.cookies


@served()
async def test_only_the_console_writes(live: Live) -> None:
    """Another site's form, an old Origin, no header, or a token beside the cookie: refused before anything runs."""
    eve = await Team(live).join("eve", "viewer")
    path = "/v1/staff/sessions/revoke"
    for headers in ({"Origin": "https://evil.example"}, {"X-Counterseal": "other"}, {"Origin": "null"}):
        problem(await eve.call("POST", path, headers=headers), 403, "cross_site")
    bare = await eve.client.post(path, headers={"Idempotency-Key": "k1"})
    problem(bare, 403, "cross_site")
    token = {"Authorization": f"Bearer {live.tokens['platform']}"}
    problem(await eve.call("GET", "/v1/staff/session", headers=token), 400, "two_credentials")
    twice = {"Cookie": "counterseal_staff=a; counterseal_staff=b"}
    problem(await browser(live).get("/v1/staff/session", headers=twice), 401, "unauthenticated")
    assert await eve.get("/v1/staff/session")
    for public in ("/v1/staff/signin/options", "/v1/staff/signin"):
        answer = await eve.client.post(public, json={}, headers={"Origin": "https://evil.example"})
        assert answer.status_code in {403, 422}, answer.text


@served()
async def test_guessing_is_throttled(live: Live) -> None:
    """Thirty failures from one source, then 429; signing in rightly costs nothing."""
    team = Team(live)
    eve = await team.join("eve", "viewer")
    for _ in range(35):
        await eve.sign_in()
    stranger = Person(live, "mallory", browser(live))
    found = [await stranger.call("POST", "/v1/staff/signin", await stranger.answer()) for _ in range(31)]
    assert codes(found) == [REFUSED] * 30 + ["throttled"]
    assert int(found[-1].headers["retry-after"]) > 0


def test_sessions_and_people_survive_a_restart(tmp_path: Path) -> None:
    """The store keeps all of it."""

    async def run() -> None:
        async with serving(tmp_path) as live:
            eve = await Team(live).join("eve", "support")
            cookie = eve.client.cookies["counterseal_staff"]
            passkey = eve.passkey
        async with serving(tmp_path) as live:
            again = browser(live)
            again.cookies.set("counterseal_staff", cookie)
            assert (await again.get("/v1/staff/session")).json()["staff"]["roles"] == ["support"]
            assert await Person(live, "eve", browser(live), passkey).sign_in()

    asyncio.run(run())


@served()
async def test_a_clock_that_goes_back_opens_nothing(live: Live) -> None:
    """A session of the future is over, and a challenge that was used stays used."""
    eve = await Team(live).join("eve", "viewer")
    before = live.now
    await live.advance(HOUR)
    answer = await eve.answer()
    await eve.post("/v1/staff/signin", answer)
    await live.advance(HOUR)
    await eve.sign_in()  # prunes what is over
    live.application.clock._now = before + HOUR
    problem(await eve.call("POST", "/v1/staff/signin", answer), 401, REFUSED)
    live.application.clock._now = before - HOUR
    problem(await eve.call("GET", "/v1/staff/session"), 401, "session_refused")


@served()
async def test_sign_in_page_knows_nothing_of_anybody(live: Live) -> None:
    """Ways and options are the same with and without staff."""
    empty = Person(live, "mallory", browser(live))
    ways = await empty.get("/v1/staff/signin")
    options = (await empty.post("/v1/staff/signin/options"))["public_key"]
    await Team(live).first()
    assert await empty.get("/v1/staff/signin") == ways
    again = (await empty.post("/v1/staff/signin/options"))["public_key"]
    assert {**again, "challenge": ""} == {**options, "challenge": ""}
    assert again["allowCredentials"] == []
    assert again["userVerification"] == "required"
    assert ORIGIN.endswith(f"{again['rpId']}:8400")
