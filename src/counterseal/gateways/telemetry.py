# SPDX-License-Identifier: Apache-2.0
"""Traces (OpenTelemetry) over OTLP/HTTP. Imported only where `otlp` is set, so that off costs nothing.

A span says where time went and never about whom: names of ours, numbers, and an account's pseudonym. Spans wait in
a queue of bounded length for a thread; when the receiver is away or slow they are dropped and counted. No request
ever waits for telemetry, and no trace decides anything.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current, get_value, set_value
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from counterseal.settings import OtlpSettings

QUEUE: Final = 4096
"""Spans that wait at most: some 8 MB. More are dropped."""
BATCH: Final = 512
PAUSE: Final = 2.0
"""Seconds until what waits is sent, sooner when a batch is full."""
LAST: Final = 3.0
"""Seconds that the end of the process waits for the last spans."""
SPAN = str | int | float | bool
_NOTED: Final = "counterseal-noted"  # in the context of a worker's turn: something was done in it
_TRACEPARENT: Final = b"traceparent"
_propagator = TraceContextTextMapPropagator()
Count = Callable[[str, int], None]


class SpanQueue(SpanProcessor):
    """Takes ended spans without waiting; a thread of its own sends them. `count(result, spans)`: `exported` or
    `dropped`; called from any thread."""

    def __init__(self, exporter: SpanExporter, count: Count, *, length: int = QUEUE, pause: float = PAUSE) -> None:
        self._exporter, self._count = exporter, count
        self._length, self._pause = length, pause
        self._waiting: deque[ReadableSpan] = deque()
        self._wake = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="counterseal-spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a sampled span for the thread, or drop it where too many wait."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._over or len(self._waiting) >= self._length:
            self._count("dropped", 1)
            return
        self._waiting.append(span)
        if len(self._waiting) >= BATCH:
            self._wake.set()

    def shutdown(self) -> None:
        """Send what waits, for at most `LAST` seconds; the rest is dropped."""
        if self._over:
            return
        self._over = True
        self._wake.set()
        self._thread.join(LAST)
        self._exporter.shutdown()  # ends a retry that is under way
        left = len(self._waiting)
        self._waiting.clear()
        if left:
            self._count("dropped", left)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Ask for a batch now; whether nothing waits. It waits for nobody."""
        del timeout_millis
        self._wake.set()
        return not self._waiting

    def _run(self) -> None:
        while True:
            self._wake.wait(self._pause)
            self._wake.clear()
            while self._waiting:
                self._send([self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))])
            if self._over:
                return

    def _send(self, spans: Sequence[ReadableSpan]) -> None:
        try:
            done = self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception:  # noqa: BLE001 - telemetry that fails is counted, and nothing else
            done = False
        self._count("exported" if done else "dropped", len(spans))


class Telemetry:
    """Makes spans. `count`: see SpanQueue. `version`: of this program."""

    def __init__(self, settings: OtlpSettings, *, version: str, instance: str, count: Count) -> None:
        exporter = OTLPSpanExporter(
            endpoint=str(settings.url),
            headers={name: value.get_secret_value() for name, value in settings.headers.items()},
            timeout=settings.timeout_ms / 1000,
            compression=Compression.Gzip,
        )
        share = TraceIdRatioBased(settings.ratio)
        self._provider = TracerProvider(
            # Not Resource.create(): its detectors put the command line and the host's name into every batch.
            resource=Resource(
                {
                    "service.name": settings.service,
                    "service.namespace": "counterseal",
                    "service.version": version,
                    "service.instance.id": instance,
                }
            ),
            # A caller may say that a trace is not wanted; whether one is kept is our own decision, else a stranger
            # could have every request of his traced.
            sampler=ParentBased(root=share, remote_parent_sampled=share, remote_parent_not_sampled=ALWAYS_OFF),
            span_limits=SpanLimits(max_span_attributes=16, max_events=4, max_links=2, max_attribute_length=128),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(SpanQueue(exporter, count))
        self.tracer = self._provider.get_tracer("counterseal", version)

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Context | None = None,
        **attributes: SPAN,
    ) -> Iterator[Span]:
        """A span around the block; what raises is named by its class, never by its words, which may be personal.

        Attributes are sent as `counterseal.<name>`. `parent`: the context to stand in, of another thread.
        """
        named = {f"counterseal.{key}": value for key, value in attributes.items()}
        with self.tracer.start_as_current_span(
            name, parent, kind, named, record_exception=False, set_status_on_exception=False
        ) as span:
            note_work()
            try:
                yield span
            except Exception as error:
                fail(span, error)
                raise

    def close(self) -> None:
        """Send what waits, briefly; then take no more."""
        self._provider.shutdown()


def fail(span: Span, error: BaseException) -> None:
    """This span ended in an error of this class."""
    span.set_attribute("error.type", getattr(error, "code", None) or type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


def remote_parent(headers: Sequence[tuple[bytes, bytes]]) -> Context:
    """The caller's place in its trace (W3C Trace Context, 3.2), or an empty context.

    `tracestate` is left out: callers may write into it what they like, and we would hand it on.
    """
    found = [value for name, value in headers if name == _TRACEPARENT]
    if len(found) != 1:  # two of them are none (3.2.1)
        return Context()
    return _propagator.extract({"traceparent": found[0].decode("latin-1")}, Context())


def caused(trace: str) -> Context | None:
    """Where something stands that was caused by another request than the present one, by its `traceparent`; None =
    where it stands anyway."""
    return _propagator.extract({"traceparent": trace}, get_current()) if trace else None


def in_turn() -> bool:
    """Whether this is done in the turn of a worker, which nobody asked for."""
    return isinstance(get_value(_NOTED), list)


def outgoing() -> dict[str, str]:
    """The headers that tell a service that we call where it stands in the present trace; none outside a trace."""
    headers: dict[str, str] = {}
    _propagator.inject(headers)
    headers.pop("tracestate", None)
    return headers


def trace_id(span: Span) -> str:
    """The trace of a span that is kept (32 hex digits), else ""."""
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id) if context.trace_flags.sampled else ""


def note_work() -> None:
    """Tell the turn of a worker that stands around this, if one does, that something was done in it."""
    noted = get_value(_NOTED)
    if isinstance(noted, list):
        noted.append(True)


@contextmanager
def turn_of(telemetry: Telemetry, worker: str) -> Iterator[list[bool]]:
    """The turn of a worker. Its span is sent only if the list given is not empty at its end: spans inside it put
    something there, and so may the caller. A worker looks ten times a second and mostly finds nothing to do."""
    noted: list[bool] = []
    span = telemetry.tracer.start_span("worker.turn", attributes={"counterseal.worker": worker})
    token = attach(set_value(_NOTED, noted, trace.set_span_in_context(span, get_current())))
    try:
        yield noted
    except Exception as error:
        noted.append(True)
        fail(span, error)
        raise
    finally:
        detach(token)
        if noted:
            span.end()  # one that never ends is never sent
