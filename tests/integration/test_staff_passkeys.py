# SPDX-License-Identifier: Apache-2.0
"""Staff add a second passkey with the help of the first, and remove one that they lost."""

from __future__ import annotations

from typing import Any

from tests.support.authenticator import Authenticator
from tests.support.server import Live, problem, served
from tests.support.staff import ORIGIN, Person, Team, browser

PATH = "/v1/staff/passkeys"


async def body(person: Person, new: Authenticator, proof: Authenticator | None = None) -> dict[str, Any]:
    """What the page sends to add `new`, approved by `proof`."""
    options = await person.post(f"{PATH}/options")
    old = proof or person.passkey
    return {
        "proof": {"challenge": options["prove"]["challenge"], "response": old.use(options["prove"])},
        "made": {"challenge": options["create"]["challenge"], "response": new.register(options["create"])},
        "name": "key in the safe",
    }


@served()
async def test_a_second_passkey_by_the_first_then_without_the_first(live: Live) -> None:
    """Both sign in; removing one ends what it opened; the last one stays."""
    eve = await Team(live).join("eve", "fraud")
    safe = Authenticator(origin=ORIGIN)
    other = Person(live, "eve", browser(live), safe, eve.id)
    added = await eve.post(PATH, await body(eve, safe), 201)
    assert [each["name"] for each in added["items"]] == ["laptop", "key in the safe"]
    await other.sign_in()
    lost = added["items"][0]["id"]
    left = await other.post(f"{PATH}/{lost}/remove")
    assert [each["name"] for each in left["items"]] == ["key in the safe"]
    problem(await eve.call("GET", PATH), 401, "session_refused")
    problem(await eve.call("POST", "/v1/staff/signin", await eve.answer()), 401, "sign_in_refused")
    problem(await other.call("POST", f"{PATH}/{lost}/remove"), 404, "passkey_not_found")
    problem(await other.call("POST", f"{PATH}/{left['items'][0]['id']}/remove"), 409, "last_passkey")


@served()
async def test_a_session_alone_adds_no_passkey(live: Live) -> None:
    """The proof is by a passkey of this person, for this, once."""
    team = Team(live)
    eve, bob = await team.join("eve", "fraud"), await team.join("bob", "fraud")
    thief = Authenticator(origin=ORIGIN)
    problem(await eve.call("POST", PATH, await body(eve, thief, proof=thief)), 422, "passkey_unknown")
    problem(await eve.call("POST", PATH, await body(eve, thief, proof=bob.passkey)), 422, "passkey_unknown")
    wrong = await body(eve, thief)
    wrong["proof"] = await eve.answer()
    problem(await eve.call("POST", PATH, wrong), 422, "passkey_challenge")
    given = await body(eve, thief)
    for_bob = given | {"made": (await body(bob, Authenticator(origin=ORIGIN)))["made"]}
    problem(await eve.call("POST", PATH, for_bob), 422, "passkey_challenge")
    problem(await eve.call("POST", PATH, await body(eve, bob.passkey)), 422, "passkey_known")
    await eve.post(PATH, given, 201)
    again = given | {"made": (await body(eve, Authenticator(origin=ORIGIN)))["made"]}
    assert (await eve.call("POST", PATH, again)).status_code in {401, 422}
    assert len((await eve.get(PATH))["items"]) == 2
