# SPDX-License-Identifier: Apache-2.0
"""Whoever of staff looks at what was handed out on a request has looked at the request."""

from __future__ import annotations

from tests.support.followups import Docket
from tests.support.server import Live, served
from tests.support.staff import Team


@served()
async def test_a_look_at_a_package_is_a_look_at_its_request(live: Live) -> None:
    owner = await live.owner()
    docket = Docket(live)
    name = await docket.request(owner.account)
    handed = await docket.deliver(name, owner.account)
    people = Team(live)
    await people.first()
    lea = await people.join("lea", "legal")
    await lea.get(f"/v1/desk/disclosures/{handed.id}", headers={"Purpose": "a question of the court"})
    looks = await live.application.store.entries(subject=f"desk_view:{name}")
    assert [each.kind for each in looks] == ["judicial_request_viewed"]
    assert b"a question of the court" in (looks[0].payload or b"")
