# SPDX-License-Identifier: Apache-2.0
"""A notice that is given up for good is told to the platform, once, also after a crash."""

from __future__ import annotations

import json

from counterseal.http.edge import Guard
from counterseal.notices.model import Accepted, ChannelRefused, Rendered
from counterseal.notices.service import Sender
from counterseal.workers.outbox import OutboxWorker
from counterseal.workers.relay import FanOut, Relay, Subscription, Told
from tests.support.server import HOUR, Live, served


class Refusing:
    """A channel that never takes anything."""

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        raise ChannelRefused("no such mailbox")


async def _nothing() -> int:
    return 0


@served(outbox_folder=None)
async def test_it_is_told_once(live: Live) -> None:
    application, heard = live.application, list[Told]()

    async def hear(told: Told) -> None:
        heard.append(told)

    store, clock = application.store, application.clock
    guard = live.app.state.services.areas[Guard]
    channels = dict.fromkeys(application.policies.current.vocabulary.channels, Refusing())
    sender = Sender("http://x.test", "X", b"k" * 32, store.epoch)
    worker = OutboxWorker(store, clock, guard.accounts, channels, sender, count=lambda *_: None)
    one = (Subscription("one", hear),)
    application.relays.spread.turn = _nothing  # type: ignore[method-assign]
    spread, relay = FanOut(store, clock, one), Relay(store, clock, one, count=lambda *_: None)
    owner = await live.owner(settled=True)
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    kept = store.delivered
    marks = iter([ConnectionError("the process is gone")])

    async def dies(message: str, now: int, *, error: str | None = None) -> None:
        if error == "no such mailbox" and (fault := next(marks, None)):
            raise fault
        await kept(message, now, error=error)

    store.delivered = dies  # type: ignore[method-assign]
    for _ in range(8):  # the server's own worker has no channel and puts off what it sees first
        clock.set(clock.now() + HOUR)
        try:
            while await worker.turn():
                pass
        except ConnectionError:
            continue
    while await spread.turn() + await relay.turn():
        pass
    found = [json.loads(each.body) for each in heard if each.type == "notice.unreachable"]
    assert found
    assert len({(each["data"]["notice"], each["data"]["channel"]) for each in found}) == len(found)
    assert {each["account"] for each in found} == {owner.account}
    assert owner.mail not in str(found)
