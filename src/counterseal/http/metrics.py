# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics on a registry of their own. Label values are route templates, rules and names of ours:
never an account, a token or anything a caller wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MOST_VALUES: Final = 64
"""Values that a label may take where a caller or an operator names them; all others count as `other`."""


class Metrics:
    """What the other parts report. Gauges take ms where a time is meant and show seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made: Any = {"registry": self.registry, "namespace": "counterseal"}
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Time of one request, by route template",
            ["method", "route", "status"],
            buckets=LATENCY_BUCKETS,
            **made,
        )
        self._decisions = Counter("decisions_total", "Decisions", ["outcome", "rule"], **made)
        self._proofs = Counter("proofs_total", "Proofs checked", ["factor", "result"], **made)
        self._notices = Counter("notices_total", "Attempts to deliver a notice", ["channel", "result"], **made)
        batches = "store_batch_transactions"
        self._batches = Histogram(batches, "Transactions per commit", buckets=BATCH_BUCKETS, **made)
        self._queue = Gauge("store_queue_transactions", "Transactions that wait for the writer", **made)
        self._outbox = Gauge("outbox_lag_seconds", "Age of the oldest message not yet delivered", **made)
        self._timers = Gauge("timers_lag_seconds", "How late the earliest due timer is", **made)
        self._checkpoint = Gauge("checkpoint_age_seconds", "Age of the newest checkpoint", **made)
        self._witness = Gauge("witness_age_seconds", "Time since a witness took a checkpoint", ["witness"], **made)
        self._log = Gauge("log_entries", "Entries in the log", **made)
        self._drift = Gauge("clock_drift_seconds", "Wall clock against monotonic clock", **made)
        self._trusted = Gauge("clock_trusted", "1 while outflows may rest on the clock", **made)
        self._brakes = Gauge("brakes", "Brakes that stand on the whole platform", **made)
        self._keys = Gauge("key_age_seconds", "Age of the key that works now", ["purpose"], **made)
        self._key_set = Gauge("key_set_expiry_timestamp_seconds", "When the signed key set runs out", **made)
        self._turns = Gauge(
            "worker_turn_timestamp_seconds", "When a worker's last good turn ended", ["worker"], **made
        )
        self._failures = Counter("worker_failures_total", "Turns of workers that failed", ["worker"], **made)
        self._spans = Counter("spans_total", "Spans of traces", ["result"], **made)
        self._relayed = Counter("relayed_total", "Messages to outsiders", ["subscriber", "result"], **made)
        self._errors = Counter("internal_errors_total", "Requests that ended in 500", **made)
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self._counted: dict[tuple[str, str], Counter] = {}
        self._names: set[str] = set()
        ProcessCollector(registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; `route` is the template, or "unmatched"."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(method, route, str(status))
        child.observe(seconds)

    def decision(self, outcome: str, rule: str) -> None:
        """A decision was committed."""
        child = self._counted.get((outcome, rule))
        if child is None:
            child = self._counted[outcome, rule] = self._decisions.labels(outcome, self._bounded(rule))
        child.inc()

    def proof(self, factor: str, result: str) -> None:
        """A proof was checked: `accepted`, `refused` or `throttled`."""
        self._proofs.labels(self._bounded(factor), result).inc()

    def notice(self, channel: str, result: str) -> None:
        """A notice was handed to its channel: `accepted` or `failed`."""
        self._notices.labels(self._bounded(channel), result).inc()

    def batch(self, size: int) -> None:
        """The writer committed this many transactions together."""
        self._batches.observe(size)

    def queue(self, length: int) -> None:
        """This many transactions wait for the writer."""
        self._queue.set(length)

    def outbox_lag(self, milliseconds: int) -> None:
        """The oldest undelivered message has waited this long."""
        self._outbox.set(milliseconds / 1000)

    def timers_lag(self, milliseconds: int) -> None:
        """The earliest due timer is this late."""
        self._timers.set(milliseconds / 1000)

    def checkpoint_age(self, milliseconds: int) -> None:
        """The newest checkpoint is this old."""
        self._checkpoint.set(milliseconds / 1000)

    def key_age(self, purpose: str, milliseconds: int) -> None:
        """Age of the key of a purpose that works now."""
        self._keys.labels(purpose).set(milliseconds / 1000)

    def key_set_expires(self, at: int) -> None:
        """When (ms) the key set runs out: before that the root has to sign a new one."""
        self._key_set.set(at / 1000)

    def witness_age(self, witness: str, milliseconds: int) -> None:
        """This witness took a checkpoint this long ago."""
        self._witness.labels(witness).set(milliseconds / 1000)

    def log_size(self, entries: int) -> None:
        """The log has this many entries."""
        self._log.set(entries)

    def clock(self, *, trusted: bool, drift: int) -> None:
        """What the watch over the clock says; `drift` in ms."""
        self._trusted.set(int(trusted))
        self._drift.set(drift / 1000)

    def brakes(self, standing: int) -> None:
        """This many brakes stand on the whole platform."""
        self._brakes.set(standing)

    def worker(self, name: str, *, failed: bool) -> None:
        """A turn of this worker ended."""
        if failed:
            self._failures.labels(name).inc()
        else:
            self._turns.labels(name).set_to_current_time()

    def spans(self, result: str, number: int) -> None:
        """So many spans were `exported`, or `dropped` since the receiver is away or slow; from any thread."""
        self._spans.labels(result).inc(number)

    def watch(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Read these families anew whenever somebody looks; `read` must be quick and may not fail."""
        self.registry.register(_Reading(read))

    def relayed(self, subscriber: str, result: str) -> None:
        """A try to tell an outsider: `delivered`, `failed`, `given_up`; or an endpoint was `disabled`."""
        self._relayed.labels(subscriber, result).inc()

    def internal_error(self) -> None:
        """A request ended in 500."""
        self._errors.inc()

    def _bounded(self, value: str) -> str:
        if value not in self._names:
            if len(self._names) >= MOST_VALUES:
                return "other"
            self._names.add(value)
        return value

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)


class _Reading(Collector):
    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """What is so now."""
        return self._read()
