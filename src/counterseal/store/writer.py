# SPDX-License-Identifier: Apache-2.0
"""The writer thread: drains the queue, commits what it found as one batch, then answers every caller.

While a batch is on its way to the disk the next one gathers, so the harder the load the larger the batches
and the fewer the fsyncs: group commit without a timer.

A database or a disk may hang. Nobody waits for it longer than `patience`: a second thread looks at how long the
batch in hand takes, tells all who wait that the store is away, and cuts the connection. Until the batch ends, new
callers are refused at once, so that nothing piles up in memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from counterseal.core.transaction import Committed, StoreUnavailableError
from counterseal.store.batch import Request
from counterseal.store.committer import Committer, Settlement
from counterseal.store.rows import Task

Value = TypeVar("Value")
BATCH = 256
WAITING = 10_000
"""How many may wait for the writer; more are refused. At 4,000 a second these are two and a half seconds' work."""
PATIENCE = 15.0
"""Seconds that a batch may take before those who wait are told; longer than the 10 s for the head of the store."""
ALONE = 4
"""A task of its own (a sweep, an erasure) may take so many times longer before its connection is cut."""
log = logging.getLogger(__name__)


class _Job:
    """One thing to do and the future of whoever waits for it."""

    __slots__ = ("future", "loop", "work")

    def __init__(self, work: object) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()


class _Alone:
    __slots__ = ("checkpoint", "function")

    def __init__(self, function: Task[Any], *, checkpoint: bool) -> None:
        self.function = function
        self.checkpoint = checkpoint


_Answers = list[tuple[_Job, object]]


class Writer:
    """The only way to write. `batch`: how many transactions share one commit at most."""

    def __init__(self, committer: Committer, *, batch: int = BATCH, patience: float = PATIENCE) -> None:
        self._committer = committer
        self._batch = batch
        self._patience = patience
        self._begun: float | None = None  # when (monotonic s) the work in hand began
        self._hand: list[_Job] = []
        self._stuck = False
        self._turn = threading.Lock()  # around the three above: none is set on work that is over
        self._over = threading.Event()
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self.observe: Callable[[int], None] = lambda _size: None  # told the size of each batch, by this thread
        self._closed = False
        self._truncate = False
        self._thread = threading.Thread(target=self._run, name="counterseal-store-writer", daemon=True)
        self._watch = threading.Thread(target=self._watching, name="counterseal-store-watch", daemon=True)
        self._thread.start()
        self._watch.start()

    @property
    def waiting(self) -> int:
        """How much waits to be done."""
        return self._queue.qsize()

    @property
    def stuck(self) -> bool:
        """Whether the work in hand has taken too long."""
        return self._stuck

    async def transact(self, request: Request) -> Committed[Any]:
        """Run and commit one transaction; what its function raises comes back."""
        committed: Committed[Any] = await self._put(request)
        return committed

    async def settle(self, settlement: Settlement) -> None:
        """Write down what became of a message, in the next batch."""
        await self._put(settlement)

    async def perform(self, function: Task[Value], *, checkpoint: bool = False) -> Value:
        """Run `function` alone in a transaction; with `checkpoint` the WAL is emptied after it."""
        value: Value = await self._put(_Alone(function, checkpoint=checkpoint))
        return value

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            self._over.set()
            self._watch.join()

    def _put(self, work: object) -> asyncio.Future[Any]:
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        if self._stuck:
            raise _away()
        if self._queue.qsize() >= WAITING:
            raise StoreUnavailableError("too many wait for the store", hint="Send it again in a moment.")
        job = _Job(work)
        self._queue.put(job)
        return job.future

    def _run(self) -> None:
        going = True
        while going:
            jobs, going = self._drain()
            jobs = [job for job in jobs if not job.future.done()]  # nobody waits for the others any more
            with self._turn:
                self._hand, self._begun = jobs, time.monotonic()
            answers: _Answers = []
            group: list[_Job] = []
            for job in jobs:
                if isinstance(job.work, _Alone):
                    self._commit(group, answers)
                    group = []
                    self._perform(job, job.work, answers)
                else:
                    group.append(job)
            self._commit(group, answers)
            with self._turn:
                self._begun, self._hand, self._stuck = None, [], False
            _answer(answers)
        self._committer.close()
        late, _ = self._drain() if not self._queue.empty() else ([], False)
        _answer([(job, StoreUnavailableError("the store is closed")) for job in late])

    def _watching(self) -> None:
        """Look several times in each `patience` at the work in hand."""
        while not self._over.wait(min(1.0, self._patience / 4)):
            with self._turn:
                took = 0.0 if self._begun is None else time.monotonic() - self._begun
                if took >= self._patience:
                    self._give_up(long=took >= ALONE * self._patience)

    def _give_up(self, *, long: bool) -> None:
        """The work in hand hangs: tell all who wait, and cut its connection; a task of its own gets more time."""
        if not self._stuck:
            log.error("the store does not answer; %d wait", len(self._hand) + self._queue.qsize())
        self._stuck = True
        hand = list(self._hand)
        alone = any(isinstance(job.work, _Alone) for job in hand)
        waiting, going = self._drain() if not self._queue.empty() else ([], True)
        if not going:
            self._queue.put(None)
        told = [*(job for job in hand if long or not isinstance(job.work, _Alone)), *waiting]
        _answer([(job, _away()) for job in told])
        if long or not alone:
            self._committer.interrupt()

    def _drain(self) -> tuple[list[_Job], bool]:
        """Wait for one job, take what else is there; False once the store is to close."""
        jobs: list[_Job] = []
        job = self._queue.get()
        try:
            while job is not None:
                jobs.append(job)
                if len(jobs) >= self._batch:
                    return jobs, True
                job = self._queue.get_nowait()
        except Empty:
            return jobs, True
        return jobs, False

    def _commit(self, jobs: list[_Job], answers: _Answers) -> None:
        if not jobs:
            return
        self.observe(len(jobs))
        requests = [job for job in jobs if isinstance(job.work, Request)]
        settlements = [job for job in jobs if isinstance(job.work, Settlement)]
        try:
            outcomes = self._committer.commit(
                [job.work for job in requests],  # type: ignore[misc] # filtered by type above
                [job.work for job in settlements],  # type: ignore[misc]
            )
        except BaseException as error:  # noqa: BLE001 - the thread lives on; each caller is told
            answers += [(job, _own(error)) for job in jobs]
        else:
            answers += zip(requests, outcomes, strict=True)
            answers += [(job, None) for job in settlements]

    def _perform(self, job: _Job, task: _Alone, answers: _Answers) -> None:
        try:
            answers.append((job, self._committer.perform(task.function)))
            self._truncate = self._truncate or task.checkpoint
        except BaseException as error:  # noqa: BLE001 - as above
            answers.append((job, error))
            return
        if self._truncate:  # a reader may be in the way: then after the next task
            self._truncate = not self._committer.clean()


def _away() -> StoreUnavailableError:
    return StoreUnavailableError("the store does not answer", hint="Repeat it later under its Idempotency-Key.")


def _own(error: BaseException) -> BaseException:
    """An error of its own for each caller: raising one object in many tasks would mix their tracebacks."""
    if type(error) is not StoreUnavailableError:
        return error
    own = StoreUnavailableError(error.sentence, hint=error.hint)
    own.__cause__ = error
    return own


def _answer(answers: _Answers) -> None:
    """Wake all callers of a batch with one call into their event loop."""
    loops: dict[asyncio.AbstractEventLoop, _Answers] = {}
    for answer in answers:
        loops.setdefault(answer[0].loop, []).append(answer)
    for loop, batch in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, batch)
        except RuntimeError:  # the loop is closed: nobody waits any more
            log.warning("%d answers of the store found their event loop closed", len(batch))


def _resolve(answers: _Answers) -> None:
    for job, outcome in answers:
        if job.future.done():  # cancelled while it waited; the commit stands
            continue
        if isinstance(outcome, BaseException):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)
