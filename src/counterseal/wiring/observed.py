# SPDX-License-Identifier: Apache-2.0
"""Metrics of the running parts, and traces around them where `otlp` is set.

Traces are laid around the parts from here, once, at the start: no part knows of them, and without `otlp` nothing is
laid around anything.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from starlette.middleware import Middleware

from counterseal.http.metrics import Metrics
from counterseal.notices.ports import Channel
from counterseal.settings import Settings
from counterseal.store.sql import SqlStore
from counterseal.wiring.policies import Policies

if TYPE_CHECKING:
    from counterseal.http.edge import Guard
    from counterseal.wiring.traced import Traces

VERSION: Final = importlib.metadata.version("counterseal")
SHOWN: Final = 16  # hex digits of a policy's digest
Turn = Callable[[], Awaitable[int]]


class _Connections:
    """Open connections of this process to databases. They are opened and closed by several threads."""

    def __init__(self) -> None:
        self.open = 0
        self._turn = threading.Lock()
        sa.event.listen(sa.pool.Pool, "connect", self._opened)
        sa.event.listen(sa.pool.Pool, "close", self._closed)
        sa.event.listen(sa.pool.Pool, "close_detached", self._closed)

    def _opened(self, *_: Any) -> None:
        with self._turn:
            self.open += 1

    def _closed(self, *_: Any) -> None:
        with self._turn:
            self.open -= 1


_connections: Final = _Connections()  # made once, before the first store


class Observed:
    """What watches one application. Make it before anything uses the store."""

    def __init__(self, settings: Settings, metrics: Metrics, store: SqlStore, policies: Policies) -> None:
        self._metrics, self._store, self._policies = metrics, store, policies
        self._traces: Traces | None = None
        self.layers: tuple[Middleware, ...] = ()
        store.observe_batches(metrics.batch)
        metrics.watch(self._read)
        if settings.otlp is not None:
            # Imported here: the SDK costs memory and time that nobody pays who wants no traces.
            from counterseal.wiring.traced import Traces  # noqa: PLC0415

            instance = f"{socket.gethostname()}:{settings.port}:{os.getpid()}"
            self._traces = Traces(settings.otlp, store, metrics, version=VERSION, instance=instance)
            self.layers = self._traces.layers

    def guard(self, guard: Guard) -> None:
        """Trace verifiers and the prover."""
        if self._traces is not None:
            self._traces.guard(guard)

    def channels(self, channels: Mapping[str, Channel]) -> Mapping[str, Channel]:
        """The same channels, traced."""
        return channels if self._traces is None else self._traces.channels(channels)

    def turn(self, worker: str, turn: Turn) -> Turn:
        """The same turn, counted: alarms look for workers that stand still."""
        inner = turn if self._traces is None else self._traces.turn(worker, turn)

        async def watched() -> int:
            try:
                done = await inner()
            except Exception:
                self._metrics.worker(worker, failed=True)
                raise
            self._metrics.worker(worker, failed=False)
            return done

        return watched

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """While the application runs; at the end send the last spans."""
        try:
            yield
        finally:
            if self._traces is not None:
                self._traces.close()

    def _read(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("counterseal_build_info", "1, with the version", labels=["version"])
        build.add_metric([VERSION], 1)
        yield build
        policy = self._policies.current
        force = GaugeMetricFamily(
            "counterseal_policy_info", "1, with the policy this process decides by", labels=["policy", "digest"]
        )
        force.add_metric([policy.name, policy.digest.removeprefix("sha256:")[:SHOWN]], 1)
        yield force
        looked_up = CounterMetricFamily(
            "counterseal_store_cache_lookups", "Subjects that a batch looked for in memory", labels=["result"]
        )
        for result, number in zip(("hit", "miss"), self._store.looked_up, strict=True):
            looked_up.add_metric([result], number)
        yield looked_up
        yield GaugeMetricFamily(
            "counterseal_database_connections", "Open connections of this process", _connections.open
        )
