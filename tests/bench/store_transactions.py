# SPDX-License-Identifier: Apache-2.0
"""Transactions per second through SqliteStore: state of about 5 KB, entry, message, idempotency row.

    python tests/bench/store_transactions.py [--callers 32] [--accounts 5000] [--count 20000] [--folder DIR]

Prints one line of JSON. `cpu_us` is CPU of the whole process per transaction, loop and writer thread together.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from counterseal.core.transaction import Change, Commit, Entry, Idempotency, Message
from counterseal.store.sqlite import SqliteStore
from tests.support.store import NOW, POLICY, PlainMasterKey

OBJECTS = 20


class Address(msgspec.Struct, frozen=True):
    id: str
    kind: str
    confirmed: int
    expires: int
    origin: str
    detail: dict[str, str]


class Account(msgspec.Struct, frozen=True):
    turn: int
    objects: tuple[Address, ...]


class Reply(msgspec.Struct, frozen=True):
    outcome: str
    reasons: tuple[str, ...]


class AccountCodec:
    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Account)

    def encode(self, state: Account, /) -> bytes:
        return b"\x01" + self._encoder.encode(state)

    def decode(self, data: bytes, /) -> Account:
        return self._decoder.decode(data[1:])


def new_account() -> Account:
    def address(number: int) -> Address:
        detail = {"chain": "ethereum", "address": f"0x{os.urandom(20).hex()}", "memo": "", "label": "my wallet"}
        return Address(os.urandom(10).hex(), "address", NOW + number, NOW * 2, "owner", detail)

    return Account(0, tuple(address(number) for number in range(OBJECTS)))


def ask(subject: str, number: int):
    """A pure function that replaces one object and tells somebody."""
    action = f"act_{number:012d}"

    def function(loaded):
        state = loaded.states[subject]
        place = number % OBJECTS
        changed = msgspec.structs.replace(state.objects[place], confirmed=number)
        objects = (*state.objects[:place], changed, *state.objects[place + 1 :])
        entry = Entry("ask", NOW, POLICY, bytes(400), action)
        message = Message(f"msg_{action}", "notice", subject, bytes(300))
        reply = Reply("challenge", ("needs totp", "needs passkey", "held until tomorrow"))
        return Commit(reply, (Change(subject, Account(state.turn + 1, objects), entry, messages=(message,)),))

    return function


async def measure(folder: Path, callers: int, accounts: int, count: int) -> dict[str, object]:
    store = SqliteStore(folder / "bench.db", {"account": AccountCodec()}, PlainMasterKey())
    subjects = [f"account:{number:08d}" for number in range(accounts)]
    for start in range(0, accounts, 512):
        await asyncio.gather(
            *(
                store.transact(
                    [one], lambda _, one=one: Commit(Reply("", ()), (Change(one, new_account()),)), now=1
                )
                for one in subjects[start : start + 512]
            )
        )
    numbers = iter(range(count))
    waits: list[float] = []

    async def caller() -> None:
        for number in numbers:
            subject = random.choice(subjects)
            idempotency = Idempotency("platform:bench", f"{number}-{os.urandom(8).hex()}", bytes(32), Reply)
            begun = time.perf_counter()
            await store.transact([subject], ask(subject, number), now=NOW + number, idempotency=idempotency)
            waits.append(time.perf_counter() - begun)

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    store.close()
    waits.sort()
    return {
        "callers": callers,
        "accounts": accounts,
        "per_second": round(count / wall),
        "cpu_us": round(cpu / count * 1e6),
        "p50_ms": round(waits[count // 2] * 1e3, 2),
        "p99_ms": round(waits[count * 99 // 100] * 1e3, 2),
        "load": os.getloadavg()[0],
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = asyncio.run(measure(Path(folder), options.callers, options.accounts, options.count))
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
