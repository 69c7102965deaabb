# SPDX-License-Identifier: Apache-2.0
"""A receiver of OTLP/HTTP traces: a real server that reads the protobuf as the protocol says."""

from __future__ import annotations

import gzip
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Receiver:
    """What came in. `status`: what it answers; `delay`: seconds that it takes."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.status, self.delay = 200, 0.0
        self.url = ""

    @property
    def spans(self) -> list[Span]:
        """All spans, in the order in which they came."""
        return [
            span for each in self.requests for part in each.resource_spans for scope in part.scope_spans
            for span in scope.spans
        ]  # fmt: skip

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Attributes of the resources."""
        return [attributes(part.resource) for each in self.requests for part in each.resource_spans]

    def named(self, name: str) -> list[Span]:
        """Spans of this name."""
        return [span for span in self.spans if span.name == name]

    def wait(self, name: str, seconds: float = 15.0) -> list[Span]:
        """Spans of this name, once there is one; AssertionError with the names that came otherwise."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := self.named(name):
                return found
            time.sleep(0.05)
        raise AssertionError(sorted({span.name for span in self.spans}))


def attributes(part: Any) -> dict[str, Any]:
    """Attributes as a dictionary."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in part.attributes}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            time.sleep(receiver.delay)
            if receiver.status == 200:
                assert self.path == "/v1/traces"
                assert self.headers["content-type"] == "application/x-protobuf"
                receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
