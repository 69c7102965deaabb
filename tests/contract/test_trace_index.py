# SPDX-License-Identifier: Apache-2.0
"""The index of traits on every store: nothing twice, nothing left out, whoever races, dies or is erased."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.account import Payment, Request
from counterseal.core.inputs import Ask
from counterseal.core.transaction import Change, Commit, Loaded, Store
from counterseal.incidents import traces as t
from counterseal.incidents.tracing import Page, Tracer
from counterseal.prover.history import Past
from counterseal.store.memory import MemoryStore
from tests.support.store import CODECS, NOW, Answer, Counter

pytestmark = pytest.mark.anyio
KEY = bytes(range(32))
THIEF = t.Trait(t.DESTINATION, "tron|TThief|")


class Clock:
    def now(self) -> int:
        return NOW


class Listed:
    """A log as a list; `limit` cuts it into pages."""

    def __init__(self, observed: Sequence[t.Observed], page: int = 3) -> None:
        self.observed, self.page = observed, page

    async def after(self, position: int, limit: int) -> Page:
        found = [each for each in self.observed if each.position > position][: min(limit, self.page)]
        return Page(found[-1].position if found else position, tuple(found))


def asked(
    position: int, account: str, *, device: str = "", network: str = "", to: str = "", at: int = 0
) -> t.Observed:
    """An entry in which an account asks for a withdrawal."""
    payment = Payment("USDT", chain="tron", destination=to) if to else None
    objects = {"device": device} if device else {}
    request = Request("withdraw", objects=objects, payment=payment, source=network)
    moment = at or NOW + position
    return t.Observed(position, moment, account, Past(position, moment, Ask(f"a{position}", request), None, ()))


async def accounts(store: Store, *names: str) -> None:
    """Accounts that exist."""

    def function(_: Loaded) -> Commit[Answer]:
        return Commit(Answer(0), tuple(Change(f"account:{name}", Counter(1)) for name in names))

    await store.transact([f"account:{name}" for name in names], function, now=NOW)


async def whole(tracer: Tracer) -> None:
    while await tracer.turn():
        pass


async def test_accounts_that_share_something_are_found_from_it(store: Store) -> None:
    await accounts(store, "a", "b", "c")
    log = [
        asked(0, "a", device="d1", network="n1", to="TThief"),
        asked(1, "b", device="d2", network="n1"),
        asked(2, "b", device="d2", to="TThief"),
        asked(3, "c", device="d3", network="n3", to="TOther"),
        t.Observed(4, NOW + 4, "c", viewer="staff:st_1"),
        asked(5, "a", device="d1", network="n1", to="TThief"),
    ]
    tracer = Tracer(store, Clock(), Listed(log), KEY)
    await whole(tracer)
    assert await tracer.level() == 5
    for trait, expected in (
        (THIEF, ("a", "b")),
        (t.Trait(t.NETWORK, "n1"), ("a", "b")),
        (t.Trait(t.DEVICE, "d3"), ("c",)),
        (t.Trait(t.AGENT, "staff:st_1"), ("c",)),
        (t.Trait(t.DEVICE, "nobody's"), ()),
    ):
        digest = tracer.digest(trait)
        assert await tracer.bearers(digest, most=10) == expected, trait
        assert await tracer.bearing(digest) == len(expected)
    seen = (await tracer.traced("a")).seen[tracer.digest(THIEF)]
    assert (seen.kind, seen.first) == (t.DESTINATION, NOW)


async def test_where_value_left_is_known_and_what_came_back_is_not(store: Store) -> None:
    await accounts(store, "a", "b")
    log = [asked(0, "a", network="n1", to="TThief"), asked(1, "b", network="n1", to="TThief")]
    sent = [ask.past.input.request for ask in log if ask.past is not None and isinstance(ask.past.input, Ask)]
    log += [
        t.Observed(2, NOW + 2, "a", left=sent[0]),
        t.Observed(3, NOW + 3, "b", left=sent[1]),
        t.Observed(4, NOW + 4, "b", back=sent[1]),
    ]
    tracer = Tracer(store, Clock(), Listed(log), KEY)
    await whole(tracer)
    for account, left in (("a", 1), ("b", 0)):
        seen = (await tracer.traced(account)).seen
        assert {each.left for each in seen.values()} == {left}
        assert seen[tracer.digest(THIEF)].left_at == NOW + (2 if account == "a" else 3)


async def test_a_long_list_of_bearers_is_whole_and_in_order(store: Store) -> None:
    names = [f"u{number:04d}" for number in range(60)]
    await accounts(store, *names)
    log = [asked(number, name, to="TThief") for number, name in enumerate(names)]
    tracer = Tracer(store, Clock(), Listed(log, 25), KEY)
    await whole(tracer)
    assert list(await tracer.bearers(tracer.digest(THIEF), most=1_000)) == names
    assert list(await tracer.bearers(tracer.digest(THIEF), most=7)) == names[:7]
    assert await tracer.bearing(tracer.digest(THIEF)) == 60


async def test_many_workers_index_each_entry_once(store: Store) -> None:
    names = [f"u{number}" for number in range(12)]
    await accounts(store, *names)
    log = [asked(number, names[number % 12], network="n1", to="TThief") for number in range(60)]
    tracers = [Tracer(store, Clock(), Listed(log, 5), KEY) for _ in range(3)]
    await asyncio.gather(*(whole(each) for each in tracers))
    for trait in (THIEF, t.Trait(t.NETWORK, "n1")):
        assert await tracers[0].bearing(tracers[0].digest(trait)) == 12
        assert len(await tracers[0].bearers(tracers[0].digest(trait), most=100)) == 12


async def test_an_erased_account_leaves_the_index(store: Store) -> None:
    await accounts(store, "a", "b")
    log = [asked(0, "a", network="n1", to="TThief"), asked(1, "b", network="n1")]
    tracer = Tracer(store, Clock(), Listed(log), KEY)
    await whole(tracer)
    for subject in await tracer.forgotten("a"):
        await store.erase(subject, NOW)
    await store.erase("account:a", NOW)
    assert await tracer.bearers(tracer.digest(t.Trait(t.NETWORK, "n1")), most=10) == ("b",)
    assert await tracer.bearing(tracer.digest(THIEF)) == 0
    assert await tracer.forgotten("a") == ()
    more = Tracer(store, Clock(), Listed([*log, asked(2, "a", network="n1")]), KEY)
    await whole(more)  # an entry that was read before the account was erased
    assert await more.bearers(more.digest(t.Trait(t.NETWORK, "n1")), most=10) == ("b",)


async def test_too_many_traits_of_one_account_are_counted_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(t, "MOST", 4)
    await accounts(store, "a")
    tracer = Tracer(store, Clock(), Listed([asked(n, "a", to=f"T{n}") for n in range(7)]), KEY)
    await whole(tracer)
    traced = await tracer.traced("a")
    assert (len(traced.seen), traced.missed) == (4, 3)


PLACES = st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "d1", "d2"]), st.sampled_from(["", "T1", "T2"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(PLACES, max_size=25), st.integers(1, 9))
def test_the_index_is_what_a_look_at_the_whole_log_says(rows: list[tuple[str, str, str]], page: int) -> None:
    """However the log is cut into pages."""
    store = MemoryStore(CODECS)

    async def run() -> None:
        await accounts(store, *"abcd")
        log = [asked(n, who, device=device, to=to) for n, (who, device, to) in enumerate(rows)]
        tracer = Tracer(store, Clock(), Listed(log, page), KEY)
        await whole(tracer)
        expected: dict[t.Trait, set[str]] = {}
        for each in log:
            for trait in t.traits_of(each):
                expected.setdefault(trait, set()).add(each.account)
        for trait, who in expected.items():
            assert set(await tracer.bearers(tracer.digest(trait), most=100)) == who
            assert await tracer.bearing(tracer.digest(trait)) == len(who)

    asyncio.run(run())
