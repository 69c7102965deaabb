# SPDX-License-Identifier: Apache-2.0
"""Lays spans around the store, verifiers, the prover, channels and workers. Imported only where `otlp` is set."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from opentelemetry.context import get_current
from starlette.middleware import Middleware

from counterseal.core.transaction import Commit, Committed, Loaded
from counterseal.gateways.telemetry import Telemetry, caused, in_turn, outgoing, turn_of
from counterseal.guard.ports import Question, Refused, Sent, Verified, Verifier
from counterseal.http.metrics import Metrics
from counterseal.http.tracing import Traced
from counterseal.notices.model import Accepted, Rendered
from counterseal.notices.ports import Channel
from counterseal.settings import OtlpSettings
from counterseal.store.sql import SqlStore
from counterseal.workers.loop import cause

if TYPE_CHECKING:
    from counterseal.core.account import Instance
    from counterseal.http.edge import Guard

MICROSECOND: Final = 1000


class Traces:
    """Spans of one application. The store is wrapped at once; the rest when it is there."""

    def __init__(
        self, settings: OtlpSettings, store: SqlStore, metrics: Metrics, *, version: str, instance: str
    ) -> None:
        self.telemetry = Telemetry(settings, version=version, instance=instance, count=metrics.spans)
        self.layers = (Middleware(Traced, telemetry=self.telemetry),)
        self._batch = 0

        def observe(size: int) -> None:  # by the writer's thread, just before it runs the batch's functions
            self._batch = size
            metrics.batch(size)

        store.observe_batches(observe)
        _replace(store, "transact", self._transact(store.transact))

    def close(self) -> None:
        """Send the last spans."""
        self.telemetry.close()

    def guard(self, guard: Guard) -> None:
        """Verifiers and the prover."""
        verifiers = guard.tools.verifiers
        known: dict[str, Verifier | None] = {}
        get = verifiers.get

        def traced(factor: str) -> Verifier | None:
            if (found := get(factor)) is None:
                return None
            return known.setdefault(factor, _TracedVerifier(self.telemetry, factor, found))

        _replace(verifiers, "get", traced)
        read = guard.postures.read

        async def proved(*given: Any, **named: Any) -> Any:
            with self.telemetry.span("prover.posture"):
                return await read(*given, **named)

        _replace(guard.postures, "read", proved)

    def channels(self, channels: Mapping[str, Channel]) -> Mapping[str, Channel]:
        """The same channels, each hand-over in a span."""
        return {name: _TracedChannel(self.telemetry, name, channel) for name, channel in channels.items()}

    def turn(self, worker: str, turn: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
        """The same turn, in a span if it did something or failed."""

        async def traced() -> int:
            with turn_of(self.telemetry, worker) as noted:
                done = await turn()
                if done:
                    noted.append(True)
            return done

        return traced

    def _transact(self, transact: Callable[..., Awaitable[Committed[Any]]]) -> Callable[..., Any]:
        async def traced(
            keys: Sequence[str], function: Callable[[Loaded], Commit[Any]], **given: Any
        ) -> Committed[Any]:
            kinds = ",".join(sorted({key.partition(":")[0] for key in keys}))
            with self.telemetry.span("store.transact", subjects=kinds) as span:
                if not span.is_recording():
                    return await transact(keys, function, **given)
                context, asked = get_current(), time.monotonic_ns()
                trace = _cause_of_messages()
                times: list[int] = []

                def stepped(loaded: Loaded) -> Commit[Any]:  # in the writer's thread; again after a conflict
                    times[:] = [time.monotonic_ns()]
                    span.set_attribute("counterseal.batch_size", self._batch)
                    try:
                        with self.telemetry.span("step", parent=context):
                            return _traced(function(loaded), trace)
                    finally:
                        times.append(time.monotonic_ns())

                committed = await transact(keys, stepped, **given)
                if times:  # else it was an earlier answer
                    span.set_attribute("counterseal.wait_us", (times[0] - asked) // MICROSECOND)
                    span.set_attribute("counterseal.commit_us", (time.monotonic_ns() - times[-1]) // MICROSECOND)
                span.set_attribute("counterseal.replayed", committed.replayed)
                return committed

        return traced


class _TracedVerifier:
    """A verifier whose every check is a span: which class of factor, and whether it was one."""

    def __init__(self, telemetry: Telemetry, factor: str, verifier: Verifier) -> None:
        self._telemetry, self._factor, self._verifier = telemetry, factor, verifier

    @property
    def sends_codes(self) -> bool:
        """As the verifier's own."""
        return self._verifier.sends_codes

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:
        """As the verifier's own."""
        return self._verifier.issue(challenge, instance, now, epoch)

    def verify(self, question: Question) -> Verified | Refused:
        """As the verifier's own."""
        with self._telemetry.span("verify", factor=self._factor) as span:
            verdict = self._verifier.verify(question)
            span.set_attribute("counterseal.verified", isinstance(verdict, Verified))
            return verdict


class _TracedChannel:
    """A channel whose every message is a span: which channel, and whether it was taken; in the trace of the request
    that caused the message."""

    def __init__(self, telemetry: Telemetry, name: str, channel: Channel) -> None:
        self._telemetry, self._name, self._channel = telemetry, name, channel

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        """As the channel's own."""
        with self._telemetry.span("outbox.deliver", parent=caused(cause() or ""), channel=self._name):
            return await self._channel.send(to, rendered, message_id)


def _cause_of_messages() -> str:
    """The `traceparent` for messages that are made now: of what is being delivered, else of the request; the turn
    of a worker is nobody's request."""
    delivered = cause()
    if delivered is not None:
        return delivered
    return "" if in_turn() else outgoing().get("traceparent", "")


def _traced(commit: Commit[Any], trace: str) -> Commit[Any]:
    """The same, each message with the trace that it comes from, so that its delivery can stand in it."""
    if not trace or not any(change.messages for change in commit.changes):
        return commit
    changes = tuple(
        msgspec.structs.replace(
            change,
            messages=tuple(
                each if each.trace else msgspec.structs.replace(each, trace=trace) for each in change.messages
            ),
        )
        for change in commit.changes
    )
    return msgspec.structs.replace(commit, changes=changes)


def _replace(part: object, name: str, function: Callable[..., Any]) -> None:
    """Put `function` in the place of a method of one object; the class stays as it is."""
    setattr(part, name, function)
