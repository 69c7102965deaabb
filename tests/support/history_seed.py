# SPDX-License-Identifier: Apache-2.0
"""A database with a past: days of honest owners and a few attacks, run by the guard's own code into the real store.

Many accounts take one input each in one transaction, so that 100,000 inputs take a minute and not an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Freeze, Payment, Request, State, UsedProof
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.gateways.packs import load_pack
from counterseal.guard.commands import run, subject_of
from counterseal.guard.model import Done
from counterseal.settings import Settings
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring.stores import CODECS, master_key
from tests.bench import people

MINUTE, HOUR, DAY = 60_000, people.HOUR, people.DAY
BATCH = 250
Make = Callable[[State, int], i.Input]
Step = tuple[int, Make]
"""How long after the step before, and the input."""


def settings_in(folder: Path, policy: str = "okx-2024") -> Settings:
    """Settings of a store in `folder`."""
    return Settings(
        database=folder / "counterseal.db",
        master_key_file=folder / "master.key",
        root_key_file=folder / "root.key",
        clock="simulated",
        simulated_start_ms=people.NOW,
        policy=policy,
    )


Found = TypeVar("Found")


def _first(things: Iterator[Found]) -> Found:
    """The first one; InputError where there is none: the step is left out."""
    for thing in things:
        return thing
    raise InputError("there is no such thing")


class Person:
    """One owner's days, as steps. Everything follows from the number and the seed."""

    def __init__(self, number: int, days: int, seed: int) -> None:
        self.name = people.name_of(number)
        self.number, self.days = number, days
        self.chance = Random(f"{seed}-{number}")
        self.at = people.NOW + self.chance.randrange(DAY)
        self.count = 0
        self.session = "s1"
        self.steps = self._life()

    def _id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.number}-{self.count}"

    def _ask(self, rule: str, *, value: int | None = None, enrol: tuple[Enrol, ...] = (), **objects: str) -> Step:
        identity = self._id("act")
        paid = None
        if value is not None:
            spot = people.address_of(self.number, 3)
            paid = Payment("USD", Decimal(value), "eth", spot, value=Decimal(value), priced_at=self.at)
        named = {"session": self.session, "device": "d1", **objects}
        request = Request(rule, named, enrol, paid, source="203.0.113.7")
        self.last = identity
        return self.chance.randrange(5_000, MINUTE), lambda _s, _t: i.Ask(
            identity, request, seal=f"{identity}.seal"
        )

    def _prove(self, factor: str) -> Step:
        name, action = self._id("in"), self.last

        def make(state: State, at: int) -> i.Input:
            instance = _first(x for x in state.enrolled.values() if x.factor == factor and x.removed_at is None)
            return i.Prove(name, action, UsedProof(factor, instance.id, at, name), seal=f"{name}.seal")

        return self.chance.randrange(8_000, 40_000), make

    def _told(self, channel: str = "email") -> Step:
        action = self.last

        def make(state: State, at: int) -> i.Input:
            notice = _first(x for x in state.notices.values() if x.action == action)
            contact = _first(k for k in notice.contacts if state.contacts[k].channel == channel)
            return i.NoticeAccepted(f"{notice.id}.{contact}", notice.id, contact, at)

        return 900, make

    def _paid(self) -> Iterator[Step]:
        redeem, report, action = self._id("in"), self._id("in"), self.last

        def seal(state: State) -> str:
            held = state.actions[action].seal
            return "" if held is None else held.id

        yield 2_000, lambda state, _at: i.Redeem(redeem, action, seal(state), 0)
        yield 4_000, lambda state, _at: i.Report(report, action, seal(state), "broadcast", f"tx-{action}")

    def _life(self) -> Iterator[Step]:
        attacked = self.number % 50 == 7
        for day in range(self.days):
            yield from self._login()
            deeds = (self._transfer, self._transfer, self._p2p, self._address, self._phone, self._nothing)
            for deed in self.chance.choices(deeds, weights=(5, 5, 4, 2, 1, 2), k=self.chance.randint(1, 3)):
                yield from deed()
            yield self.chance.randrange(18 * HOUR, 26 * HOUR), self._nothing_to_do()
            if attacked and day == self.days // 2:
                yield from self._attack()

    def _nothing_to_do(self) -> Make:
        """Half of a life is opening the app: an ask that nobody finishes."""
        return self._ask("logout")[1]

    def _login(self) -> Iterator[Step]:
        self.session = self._id("s")
        yield self._ask("login")
        yield self._prove("password")
        yield self._prove(self.chance.choice(("totp", "sms")))
        yield self._told()

    def _transfer(self) -> Iterator[Step]:
        yield self._ask("internal_transfer", value=self.chance.randrange(10, 900))
        yield self._prove(self.chance.choice(("totp", "sms", "email")))
        yield self._told()
        yield from self._paid()

    def _p2p(self) -> Iterator[Step]:
        yield self._ask("p2p_release", value=self.chance.randrange(10, 9_000))
        yield self._prove(self.chance.choice(("totp", "email")))
        yield self._told()
        yield from self._paid()

    def _address(self) -> Iterator[Step]:
        spot = f"eth|{people.address_of(self.number, self.chance.randrange(20, 40))}|"
        yield self._ask("add_address", address=spot)
        yield self._prove("totp")
        yield self._told()

    def _phone(self) -> Iterator[Step]:
        instance = self._id("sms")
        enrol = Enrol("sms", instance, f"+4916{self.number:05d}{self.count:04d}")
        yield self._ask("replace_phone", enrol=(enrol,))
        yield self._prove("totp")
        yield self._told()

    def _nothing(self) -> Iterator[Step]:
        yield self._ask("internal_transfer", value=50)

    def _attack(self) -> Iterator[Step]:
        """SMS intercepted at night; the owner reads the mails in the morning and freezes."""
        self.session = self._id("night")
        yield self._ask("login_new_device", device=self._id("bad"))
        yield self._prove("password")
        yield self._prove("sms")
        yield self._told()
        yield self._ask("p2p_release", value=20_000)
        yield self._prove("sms")
        yield self._told()
        yield from self._paid()
        freeze = self._id("frz")
        yield 6 * HOUR, lambda _s, at: i.FreezeNow(freeze, Freeze(freeze, "owner", at, None, "owner"))


def _registered(policy: Policy, person: Person) -> i.Input:
    return msgspec.structs.replace(people.built(policy, person.number, people.NOW).register, id=person.name)


async def _seed(store: SqliteStore, policy: Policy, crowd: list[Person], progress: Callable[[int], None]) -> int:
    lives = {one.name: one.steps for one in crowd}
    inputs = 0

    async def commit(wanted: list[tuple[Person, Make | None]]) -> None:
        def function(loaded: Loaded) -> Commit[Done]:
            made: list[Change] = []
            for person, make in wanted:
                state = loaded.states[subject_of(person.name)]
                try:
                    given = _registered(policy, person) if make is None else make(state, person.at)
                    aliases = (f"action:{given.id}",) if isinstance(given, i.Ask) else ()
                    made.append(run(policy, person.name, state, given, person.at, aliases)[2])
                except InputError:
                    continue  # a deed that the account does not allow any more leaves no trace
            return Commit(Done("", people.NOW), tuple(made))

        now = max(person.at for person, _ in wanted)
        await store.transact([subject_of(person.name) for person, _ in wanted], function, now=now)

    for start in range(0, len(crowd), BATCH):
        group = crowd[start : start + BATCH]
        await commit([(person, None) for person in group])
        while group:
            wanted: list[tuple[Person, Make | None]] = []
            for person in group:
                step = next(lives[person.name], None)
                if step is not None:
                    person.at += step[0]
                    wanted.append((person, step[1]))
            group = [person for person, _ in wanted]
            if wanted:
                await commit(wanted)
                inputs += len(wanted)
                progress(inputs)
    return inputs


def seed_history(
    folder: Path,
    accounts: int,
    days: int,
    *,
    policy: str = "okx-2024",
    seed: int = 1,
    progress: Callable[[int], None] = lambda _done: None,
) -> Settings:
    """A store in `folder` with the past of this many accounts; the settings to read it with."""
    settings = settings_in(folder, policy)
    store = SqliteStore(settings.database, CODECS, master_key(settings), clock="simulated")
    try:
        crowd = [Person(number, days, seed) for number in range(accounts)]
        asyncio.run(_seed(store, load_pack(policy), crowd, progress))
    finally:
        store.close()
    return settings
