# SPDX-License-Identifier: Apache-2.0
"""Structured logs with request, action and token ids, and a pseudonym for the account.

Nothing secret and no contact leaves: `redact` looks at names and at what values look like, also inside
tracebacks and in what libraries log.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import msgspec
import structlog

REDACTED: Final = "[redacted]"
# A name that contains one of these holds something nobody may read in a log.
SECRET_NAMES: Final = re.compile(
    r"(token(?!_id)|secret|passw|authorization|cookie|seal(?!_id)|\bcode|_code|otp|seed|phrase|contact|email|"
    r"mail|phone|address|destination|memo|proof|signature|jwt|jws|assertion|link|private|credential|"
    r"answer|recovery|payload|body|\bto\b|^value$)",
    re.IGNORECASE,
)
# Names whose values are ours and look harmless; they may contain digits.
PLAIN_NAMES: Final = frozenset(
    {
        "action_id",
        "account",  # put in as a pseudonym
        "error_code",
        "level",
        "logger",
        "method",
        "request_id",
        "route",
        "seal_id",
        "timestamp",
        "token_id",
        "trace_id",
    }
)
SECRET_VALUES: Final = re.compile(
    r"cs_[0-9A-Za-z]{20,}"  # our tokens
    r"|eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){0,4}"  # JWS and JWT; also cut off ones
    r"|otpauth://\S+"
    r"|[^\s@<>\"'`=,;:]{1,64}@[^\s@<>\"'`,;:]+\.[A-Za-z]{2,}"  # mail addresses; bounded: linear over any text
    r"|(?<![\w.])\+[0-9][0-9 ().-]{5,}[0-9]"  # phone numbers in international form
    r"|(?<![\w.:-])[0-9]{6,10}(?![\w.:-])"  # one-time codes, phone numbers
    r"|(?<=://)[^\s/@]+(?=@)"  # user and password in a URL
)
DEEPEST: Final = 6
# Clients that log whole URLs, which may carry a token or a name, at `info` or `debug`.
TALKATIVE: Final = ("alembic", "httpx2", "httpcore2", "urllib3", "requests")


def scrub(text: str) -> str:
    """Text without anything that looks like a token, seal, code, mail address or phone number."""
    return SECRET_VALUES.sub(REDACTED, text)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor for structlog: the last before rendering."""
    return {name if name.startswith("_") else scrub(name): _clean(name, value, 0) for name, value in event.items()}


def _clean(name: str, value: Any, depth: int) -> Any:
    if name in PLAIN_NAMES or value is None or isinstance(value, bool | float):
        return value
    if SECRET_NAMES.search(name) or depth > DEEPEST:
        return REDACTED
    match value:
        case int():
            return value
        case str():
            return scrub(value)
        case Mapping():
            return {scrub(str(key)): _clean(str(key), each, depth + 1) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean("", each, depth + 1) for each in value]
        case bytes() | bytearray() | memoryview():
            return REDACTED  # nothing in bytes is meant for people
        case _:
            return scrub(repr(value))


def pseudonym(account: str, key: bytes) -> str:
    """A stable name for an account that only the holder of `key` can compute (HMAC-SHA256, 12 hex digits)."""
    # Not `hmac.digest`: it lets the interpreter go, and comes back only when the store's thread does too.
    return "acc_" + hmac.new(key, account.encode(), "sha256").hexdigest()[:12]


def configure_logging(*, level: str = "info", style: str = "json", stream: TextIO | None = None) -> None:
    """One line for each event on `stream` (stderr): JSON, or colours for people (`console`).

    What libraries log through `logging` passes the same processors.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=_to_json)
        if style == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
    target = stream or sys.stderr
    request_log.stream = target if style == "json" and level in {"debug", "info"} else None
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"  # the edge writes its own, without ids from paths


class _RequestLog:
    """The line of one request, written past `logging`: there it would cost more than the request's own edge."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        self._waiting: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None  # the loop that was asked to flush

    def write(self, fields: dict[str, Any]) -> None:
        """`fields` are ours: method, route template, status, ms. What is bound to the request comes along."""
        if self.stream is None:
            structlog.get_logger(REQUEST_LOGGER).info("request", **fields)
            return
        event = {"event": "request", **fields, "level": "info", "logger": REQUEST_LOGGER}
        for name, value in structlog.contextvars.get_contextvars().items():
            event[name] = value if name in PLAIN_NAMES else _clean(name, value, 0)
        self._waiting.append(_to_json(self._stamp(None, "info", event)))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a loop nobody would come back for it
            self.flush()
            return
        if len(self._waiting) == 1 or loop is not self._loop:
            self._loop = loop
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what waits: the lines of one turn of the event loop together, one system call for all of them."""
        waiting, self._waiting = self._waiting, []
        if self.stream is not None and waiting:
            self.stream.write("\n".join(waiting) + "\n")
            self.stream.flush()


REQUEST_LOGGER: Final = "counterseal.http"
request_log: Final = _RequestLog()


def _to_json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
