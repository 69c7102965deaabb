# SPDX-License-Identifier: Apache-2.0
"""The posture of every account of a store, and of one: read beside a running server, proved shape by shape."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec

from counterseal.core.account import State
from counterseal.core.errors import NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import policy_from, vocabulary_from
from counterseal.prover.findings import Start
from counterseal.prover.fleet import FleetPosture, FleetProver, Part, fleet_of
from counterseal.prover.posture import start_of_state
from counterseal.prover.shapes import Shape, Shaper
from counterseal.settings import Settings
from counterseal.wiring.past import Place, open_past

CHUNK = 24
"""Games handed to a process at a time: enough for what one finds to serve the next."""
WORTH_IT = 48
"""Below so many games the start of another process costs more than it saves."""

Progress = Callable[[int, int], None]


def shapes_of(policy: Policy, starts: Iterable[Start]) -> Counter[Shape]:
    """Shape -> accounts."""
    return Counter(map(Shaper(policy).shape, starts))


def shapes_of_store(
    settings: Settings, policy: Policy, now: int, progress: Progress = lambda _done, _total: None
) -> Counter[Shape]:
    """The shapes of all accounts of the store at `now` (ms); erased ones are not there any more.

    Raises what `open_past` raises, and StoreCorruptError for an account that cannot be read.
    """
    shaper = Shaper(policy)
    found: Counter[Shape] = Counter()
    with open_past(Place(settings)) as reader:
        total = reader.accounts()
        for done, (_, state) in enumerate(reader.states(), 1):
            found[shaper.shape(start_of_state(policy, state, now))] += 1
            if done % 1000 == 0:
                progress(done, total)
    return found


def state_of_store(settings: Settings, account: str) -> State:
    """One account as last committed. Raises NotFoundError (`unknown_account`), erased ones included."""
    with open_past(Place(settings)) as reader:
        for _, state in reader.states(account):
            return state
    raise NotFoundError("there is no such account", code="unknown_account")


def latest_of_store(settings: Settings) -> int:
    """The largest committed time (ms)."""
    with open_past(Place(settings)) as reader:
        return reader.latest()


def fleet_posture(
    policy: Policy,
    shapes: Mapping[Shape, int],
    window: int,
    *,
    workers: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> FleetPosture:
    """The posture of a fleet on so many processes. `window`: ms that owners need. `progress`: (done, all) accounts.
    Raises TooMuchWorkError."""
    games: dict[Shape, list[tuple[Shape, int]]] = {}
    for shape, count in shapes.items():
        games.setdefault(shape.skeleton, []).append((shape, count))
    total, done = sum(shapes.values()), 0

    def passed(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    if workers < 2 or len(games) < WORTH_IT:  # noqa: PLR2004
        return fleet_of(policy, window, [FleetProver(policy, window).part(shapes.items(), passed)])
    parts: list[Part] = []
    for part, count in _together(policy, window, _chunks(games), workers):
        parts.append(part)
        passed(count)
    return fleet_of(policy, window, parts)


Items = tuple[tuple[Shape, int], ...]


def _chunks(games: Mapping[Shape, Sequence[tuple[Shape, int]]]) -> Iterator[Items]:
    """Games with the same channels and much the same factors together: they ask the same questions."""
    order = sorted(
        games, key=lambda one: (sorted(one.channels), sorted(one.bound), one.facts, sorted(one.enrolled))
    )
    for at in range(0, len(order), CHUNK):
        yield tuple(item for skeleton in order[at : at + CHUNK] for item in games[skeleton])


class _Task(msgspec.Struct, frozen=True):
    """What every process has to know. Policies hold compiled functions, so their text travels."""

    policy: str
    vocabulary: str
    window: int


_prover: list[FleetProver] = []


def _together(policy: Policy, window: int, chunks: Iterable[Items], workers: int) -> Iterator[tuple[Part, int]]:
    """Processes are spawned, not forked: a fork would share open databases and threads."""
    context = multiprocessing.get_context("spawn")
    task = _Task(policy.text, policy.vocabulary.text, window)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(task,)) as pool:
        yield from pool.map(_work, chunks)


def _begin(task: _Task) -> None:
    policy = policy_from(task.policy, vocabulary_from(task.vocabulary))
    _prover[:] = [FleetProver(policy, task.window)]


def _work(items: Items) -> tuple[Part, int]:
    prover = _prover[0]
    before = len(prover.memo)
    part = prover.part(items)
    mine = msgspec.structs.replace(part, searched=len(prover.memo) - before)
    return mine, sum(count for _, count in items)
