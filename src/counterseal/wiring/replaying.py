# SPDX-License-Identifier: Apache-2.0
"""`replay_store`: the record of a whole store under another policy, on as many processes as asked for."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import policy_from, vocabulary_from
from counterseal.prover.history_incidents import Named
from counterseal.prover.history_report import Part, Report, part_of, report_of
from counterseal.prover.history_run import replay_account
from counterseal.settings import Settings
from counterseal.wiring.past import Extent, PastReader, Place, chunks, open_past

CHUNK = 2_000
"""Entries handed to a worker at a time."""

WORTH_IT = 20_000
"""Below so many entries the start of another process costs more than it saves."""

_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode_part = msgspec.msgpack.Decoder(Part).decode


@contextmanager
def rarely_collected() -> Iterator[None]:
    """States and records hold no cycles: looking for some at every 700 new objects only takes time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Task(msgspec.Struct, frozen=True):
    """What every process has to know. Policies hold compiled functions, so their text travels."""

    place: Place
    policy: str
    vocabulary: str
    last: int
    since: int
    until: int
    named: tuple[Named, ...]
    other_currency: bool


def replay_store(
    settings: Settings,
    policy: Policy,
    *,
    since: int = 0,
    account: str | None = None,
    named: Sequence[Named] = (),
    recorded_currency: str | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Replay what the store of these settings recorded, read-only. `progress(done, total)` counts entries.

    Raises NotFoundError, KeyringError, MasterKeyError, StoreUnavailableError, StoreCorruptError.
    """
    with open_past(Place(settings)) as reader, rarely_collected():
        extent = reader.extent(account)
        other = recorded_currency is not None and recorded_currency != policy.currency
        vocabulary = policy.vocabulary.text
        task = Task(Place(settings), policy.text, vocabulary, extent.last, since, extent.until, tuple(named), other)
        total = sum(count for _, count in extent.accounts)
        parts: list[Part] = []
        done = 0
        processes = workers if total >= WORTH_IT else 1
        found = _alone(reader, policy, task, extent) if processes < 2 else _together(task, extent, processes)  # noqa: PLR2004
        for part, entries in found:
            parts.append(part)
            done += entries
            progress(done, total)
    return report_of(
        parts, policy=policy.name, digest=policy.digest, since=since, until=extent.until, erased=extent.erased
    )


def _alone(reader: PastReader, policy: Policy, task: Task, extent: Extent) -> Iterator[tuple[Part, int]]:
    for names, entries in chunks(extent.accounts, CHUNK):
        yield _part(reader, policy, task, names), entries


def _together(task: Task, extent: Extent, processes: int) -> Iterator[tuple[Part, int]]:
    """Processes are spawned, not forked: a fork would share open databases and threads."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(task,)) as pool:
        yield from (
            (_decode_part(raw), entries) for raw, entries in pool.map(_work, chunks(extent.accounts, CHUNK))
        )


class _Worker(msgspec.Struct):
    """What one process holds on to."""

    task: Task
    policy: Policy


_worker: list[_Worker] = []


def _begin(task: Task) -> None:
    _worker[:] = [_Worker(task, policy_from(task.policy, vocabulary_from(task.vocabulary)))]


def _work(chunk: tuple[tuple[str, ...], int]) -> tuple[bytes, int]:
    held = _worker[0]
    with open_past(held.task.place) as reader, rarely_collected():
        return _encode(_part(reader, held.policy, held.task, chunk[0])), chunk[1]


def _part(reader: PastReader, policy: Policy, task: Task, accounts: Iterable[str]) -> Part:
    return part_of(
        (
            replay_account(
                policy,
                account,
                pasts,
                since=task.since,
                horizon=task.until,
                other_currency=task.other_currency,
            )
            for account in accounts
            if (pasts := reader.entries(account, task.last))
        ),
        task.named,
    )
