# SPDX-License-Identifier: Apache-2.0
"""The platform of the demonstration, as far as the desk asks it: signed questions, made-up records."""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from counterseal.sdk.platform_data import (
    DataRequest,
    FieldData,
    PlatformDataError,
    read_request,
    write_answer,
)

LOCAL = "127.0.0.1"
MOST_BYTES = 1_000_000


class Records:
    """Answers of one platform. `clock` (s) is set once the desk's server runs: both live in the same time."""

    def __init__(self, folder: Path) -> None:
        self.secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        self.clock: Callable[[], int] = lambda: 0
        self.file = folder / "platform.secret"
        self.file.write_text(self.secret)
        self.file.chmod(0o600)

    def settings(self, port: int) -> dict[str, str]:
        """Where the desk asks, as variables of its environment."""
        return {
            "COUNTERSEAL_DESK__PLATFORM__URL": f"http://{LOCAL}:{port}/desk",
            "COUNTERSEAL_DESK__PLATFORM__SECRET_FILE": str(self.file),
        }

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """Headers and body. Raises PlatformDataError for what the desk did not sign."""
        asked = read_request(headers, body, [self.secret], now=self.clock())
        return write_answer(asked, _fields(asked), self.secret)


def _fields(asked: DataRequest) -> tuple[FieldData, ...]:
    known = {
        "name": "Ana Sample",
        "email": "{}@mail.example",
        "phone": "+1 555 0100",
        "postal_address": "1 Elm Street",
    }
    return tuple(
        FieldData(field.account, field.name, known[field.name].format(field.account))
        for field in asked.fields
        if field.name in known
    )


@contextmanager
def running(folder: Path) -> Iterator[tuple[Records, dict[str, str]]]:
    """The platform while the block runs, and the settings that name it."""
    records = Records(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            try:
                body = self.rfile.read(size if 0 < size <= MOST_BYTES else 0)
                headers, content = records.answer(dict(self.headers.items()), body)
            except PlatformDataError:
                self.send_error(401)
                return
            self.send_response(200)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((LOCAL, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="counterseal-demo-records", daemon=True)
        thread.start()
        try:
            yield records, records.settings(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
