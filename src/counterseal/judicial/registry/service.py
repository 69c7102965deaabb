# SPDX-License-Identifier: Apache-2.0
"""The registry of authorities: what is in it, and its changes, each signed by two officers in one commit.

A change is worked out on the whole registry at one revision, and committed only if that is still the registry: two
changes that would contradict each other cannot both be.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, ForbiddenError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store, StoredMessage
from counterseal.judicial.model import Registered
from counterseal.judicial.ports import InOrder
from counterseal.judicial.registry import changes as c
from counterseal.judicial.registry import clock as k
from counterseal.judicial.registry import rules
from counterseal.judicial.registry import stored as s
from counterseal.judicial.registry.alarms import Alarm, alarms_of_request
from counterseal.judicial.registry.book import Book
from counterseal.judicial.registry.checks import Signed
from counterseal.judicial.registry.index import Held
from counterseal.judicial.registry.model import DAY, Authority, ContactKind, subject_of
from counterseal.judicial.registry.near import UNKNOWN, Near, Seen, near_of, near_to
from counterseal.judicial.registry.normal import normal
from counterseal.judicial.registry.orders import (
    SAID_OF,
    EnterAuthority,
    EnterContact,
    Order,
    Outcome,
    World,
    carried_out,
    check_named,
)
from counterseal.judicial.registry.ports import Clock, Imitated

TRIES: Final = 8
SIGNERS: Final = 2
ID_BYTES: Final = 8
BATCH: Final = 50
LEASE: Final = 60_000
MANY: Final = 20  # orders; from here on they are worked out beside the event loop
Orders = Sequence[tuple[str, Order]]


class Preview(msgspec.Struct, frozen=True):
    """What would be entered, and what to know before signing. `near`: requests that it would not count for, since
    they came in within the last 14 days."""

    value: str
    alarms: tuple[Alarm, ...]
    near: tuple[str, ...]


class Also(msgspec.Struct, frozen=True):
    """What is committed with the orders, such as the use of a draft. `function` may refuse; `ids` begins to count
    the ids of what is new."""

    keys: tuple[str, ...]
    function: Callable[[Loaded, Outcome, int], tuple[Change, ...]]
    ids: Callable[[], Callable[[str], str]]


class _MovedError(ConflictError):
    """Somebody changed the registry between the reading and the commit."""

    code = "registry_busy"


class Registry:
    """The area's service. `imitated` knows look-alike domains."""

    def __init__(
        self, store: Store, clock: Clock, random: Callable[[int], bytes], imitated: Imitated, in_order: InOrder
    ) -> None:
        self._store, self._clock, self._random = store, clock, random
        self._imitated, self._in_order = imitated, in_order
        self._book = Book(store)

    async def authority(self, authority: str) -> Authority:
        """One, with all that ever was. Raises NotFoundError."""
        held = await self._store.read(subject_of(authority))
        if not isinstance(held, Authority):
            raise s.unknown()
        return held

    async def authorities(self, *, country: str = "", after: str = "", limit: int = 100) -> list[Authority]:
        """In id order behind `after`; of one country where given."""
        book = await self._book.now()
        found = [each for each in book.all if each.id > after and country in ("", each.country)]
        return found[:limit]

    async def counting(self, authority: str, received: int | None, at: int | None = None) -> Authority:
        """The authority as it counts for a request received then (`rules.counting`). Raises NotFoundError."""
        now = self._clock.now() if at is None else at
        return rules.counting(await self.authority(authority), now, received)

    async def registered(self, received: int) -> tuple[str, tuple[Registered, ...]]:
        """What documents that came in at `received` are checked against now, and its digest (SHA-256, hex)."""
        book, now = await self._book.now(), self._clock.now()

        def counting() -> tuple[str, tuple[Registered, ...]]:
            found = tuple(each for who in book.all if (each := rules.registered(who, now, received)) is not None)
            return hashlib.sha256(msgspec.msgpack.encode(found)).hexdigest(), found

        return await asyncio.to_thread(counting)

    async def alarms(self, claimed: Seen, authority: str = "") -> tuple[Alarm, ...]:
        """What the numbers and domains that a request gives resemble. `authority`: whose it says it is."""
        return alarms_of_request(claimed, authority, await self._book.index(), self._imitated)

    async def known(self, kind: ContactKind, value: str) -> tuple[Held, ...]:
        """Whose contact this is or was. Raises InputError for what is no contact."""
        return (await self._book.index()).same(kind, normal(kind, value))

    async def due(self, within: int = 30 * DAY) -> tuple[k.Waiting, ...]:
        """Contacts to be checked within so many ms, the most urgent first."""
        return k.waiting(iter((await self._book.now()).all), self._clock.now(), within)

    async def near(self, authority: str) -> tuple[str, ...]:
        """Requests of this authority of the last 14 days: what is changed now does not count for them."""
        held = await self._store.read(near_of(authority))
        return near_to(held if isinstance(held, Near) else None, self._clock.now())

    async def preview(self, authority: str, new: c.NewContact) -> Preview:
        """What entering this contact would do. Raises what the entry would raise, except for alarms."""
        signed = Signed(self._clock.now(), ())
        orders = ((authority, EnterContact(new)),)
        outcome = carried_out(orders, await self.world([authority]), signed, self._id)
        value = outcome.authorities[authority].contacts[-1].value
        return Preview(value, outcome.alarms, await self.near(authority))

    async def world(self, authorities: Iterable[str]) -> World:
        """The registry as orders about these authorities would see it; what is done to it is not kept."""
        return (await self._world(authorities))[1]

    async def sign(
        self,
        orders: Orders,
        officers: tuple[str, ...],
        *,
        accepts: tuple[str, ...] = (),
        since: int | None = None,
        idempotency: Idempotency | None = None,
        also: Also | None = None,
    ) -> Committed[s.Done]:
        """Carry out all of these orders, or none. `since`: when they were put before the officers (ms); `accepts`:
        marks of alarms that these know of. Raises as `orders.carried_out`, ConflictError, ForbiddenError."""
        if len(set(officers)) < SIGNERS:
            raise ForbiddenError("two different officers are needed", code="two_officers")
        for _ in range(TRIES):
            if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
                return done
            try:
                return await self._signed(orders, officers, accepts, since, idempotency, also)
            except _MovedError:
                continue
        raise _MovedError("the registry is being changed by others", hint="try again")

    async def turn(self) -> int:
        """Note which contacts are to be checked; how many messages were taken."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(s.TOPIC,))

        async def handle(row: StoredMessage) -> None:
            await self._remind(row.subject.partition(":")[2], msgspec.json.decode(row.payload, type=k.Due))
            await self._store.delivered(row.id, self._clock.now())

        return await self._in_order(self._store, rows, handle, self._clock.now)

    async def _signed(
        self,
        orders: Orders,
        officers: tuple[str, ...],
        accepts: tuple[str, ...],
        since: int | None,
        idempotency: Idempotency | None,
        also: Also | None,
    ) -> Committed[s.Done]:
        revision, world, near = await self._world(each for each, _ in orders)
        signed = Signed(self._clock.now(), officers, since)
        before = {each: world.authority(each) if world.has(each) else None for each, _ in orders}
        outcome = await self._worked_out(orders, world, signed, self._id if also is None else also.ids())
        named = [mark for _, order in orders if isinstance(order, EnterContact) for mark in order.contact.accepts]
        check_named(outcome.alarms, (*accepts, *named))
        mine: dict[str, list[tuple[Order, str]]] = {}
        for (name, order), identity in zip(orders, outcome.made, strict=True):
            mine.setdefault(name, []).append((order, identity))

        def function(loaded: Loaded) -> Commit[s.Done]:
            board = s.board_in(loaded)
            if board.revision != revision or any(loaded.states.get(key) != held for key, held in near.items()):
                raise _MovedError("the registry moved on")
            after = board.with_(tuple(outcome.authorities))
            if len(after.lines) > s.MOST_AUTHORITIES:
                raise s.RegistryRuleError(f"{s.MOST_AUTHORITIES} authorities are the most", code="authority_limit")
            rows = []
            for name, each in outcome.authorities.items():
                made = msgspec.structs.replace(each, revision=after.revision)
                rows.append(_row(before[name], made, mine[name], outcome.alarms_of.get(name, ()), signed))
            more = () if also is None else also.function(loaded, outcome, signed.at)
            first = next((each for each in outcome.made if each), "")
            return Commit(s.Done(orders[0][0] if orders else "", first), (Change(s.BOARD, after), *rows, *more))

        keys = [s.BOARD, *(subject_of(each) for each in before), *near, *(also.keys if also is not None else ())]
        return await self._store.transact(keys, function, now=signed.at, idempotency=idempotency)

    async def _world(self, authorities: Iterable[str]) -> tuple[int, World, dict[str, Near | None]]:
        """Revision, the registry, and what requests brought along for the authorities concerned, as stored."""
        keys = dict.fromkeys([*(near_of(authority) for authority in authorities), near_of(UNKNOWN)])
        near: dict[str, Near | None] = {key: await self._store.read(key) for key in keys}
        book = await self._book.now()
        held = {key: each for key, each in near.items() if each is not None}
        index = await self._book.index(book)
        return book.revision, World(book.authorities, index, held, self._imitated), near

    async def _worked_out(
        self, orders: Orders, world: World, signed: Signed, new_id: Callable[[str], str]
    ) -> Outcome:
        if len(orders) < MANY:
            return carried_out(orders, world, signed, new_id)
        return await asyncio.to_thread(carried_out, orders, world, signed, new_id)

    async def _remind(self, authority: str, due: k.Due) -> None:
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[s.Done]:
            held = s.authority_in(loaded, authority)
            noted = None if held is None else k.reminded(held, due, now)
            if noted is None:
                return Commit(s.Done(authority))
            board = s.board_in(loaded).with_((authority,))
            made = msgspec.structs.replace(noted[0], revision=board.revision)
            change = Change(subject_of(authority), made, noted[1])
            return Commit(s.Done(authority, due.contact), (change, Change(s.BOARD, board)))

        await self._store.transact([subject_of(authority), s.BOARD], function, now=now)

    def _id(self, kind: str) -> str:
        return f"{kind}_{self._random(ID_BYTES).hex()}"


def _row(
    before: Authority | None,
    made: Authority,
    mine: list[tuple[Order, str]],
    alarms: tuple[Alarm, ...],
    signed: Signed,
) -> Change:
    """An authority as it becomes, its line in the log, and the messages for its next checks."""
    said = [SAID_OF[type(order)] for order, _ in mine]
    facts: dict[str, object] = {
        "orders": [{"what": SAID_OF[type(order)], "id": identity, **_facts(order)} for order, identity in mine],
        "alarms": [alarm.mark for alarm in alarms],
    }
    kind = said[0] if said[0] == SAID_OF[EnterAuthority] or len(set(said)) == 1 else "authority_changed"
    noted = s.entry(kind, signed.at, signed.by, made.id, facts)
    return Change(subject_of(made.id), made, noted, messages=k.reminders(before, made))


def _facts(order: Order) -> dict[str, object]:
    facts: dict[str, object] = msgspec.to_builtins(order)
    return facts
