# SPDX-License-Identifier: Apache-2.0
"""A process that slept through two switches: the same text is in force again, with what it carries meanwhile."""

from __future__ import annotations

import msgspec

from counterseal.core.policy.expression import Since
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Commit, Loaded
from counterseal.http.edge import Guard
from counterseal.publishing.model import Uploaded
from counterseal.wiring.policies import Policies
from tests.support.publishing import PACK, House, housed

GIFT = "    require: session and (fundpw or second)\n    limit: 10000/24h\n"
SLOWER = PACK.replace(GIFT, GIFT.replace("\n", " and since(weakened) >= 24h\n", 1))


@housed
async def test_there_and_back_while_a_process_sleeps_ends_no_hold(house: House) -> None:
    """Back in force, the first text carries the clocks that the second one waited for. A process that has the first
    text loaded sees its digest again, and has to load it anew all the same, in its very next transaction."""
    live = house.live
    first = await live.application.publishing.versions.in_force()
    sleeper = Policies(live.application.policies.configured, live.application.store)
    await sleeper.refresh()
    assert sleeper.current.digest == first
    version = (await house.draft(SLOWER))["version"]
    assert (await house.published(version)).status_code == 200
    assert (await house.published(first.removeprefix("sha256:"))).status_code == 200
    carried = (await house.editor.get(f"/v1/policy/versions/{first.removeprefix('sha256:')}"))["carried"]
    assert carried == {"gift": ["weakened"]}

    tools = msgspec.structs.replace(live.app.state.services.areas[Guard].tools, policies=sleeper)
    seen: list[Policy] = []

    def function(policy: Policy, loaded: Loaded) -> Commit[Uploaded]:
        seen.append(policy)
        return Commit(Uploaded("", loaded.latest))

    await tools.transact([], function, now=live.now)
    (decides,) = seen
    assert decides.digest == first
    assert Since("weakened", 0) in decides.rules["gift"].require.atoms
