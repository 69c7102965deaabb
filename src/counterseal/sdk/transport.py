# SPDX-License-Identifier: Apache-2.0
"""One call to the guard, without a network: what to send, whether to try again, what an answer means.

`Counterseal` and `AsyncCounterseal` only add the sending and the sleeping. Neither logs anything.
"""

from __future__ import annotations

import random
import uuid
import warnings
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, cast
from urllib.parse import quote, urlsplit

import msgspec

from counterseal.sdk.breaker import Breaker
from counterseal.sdk.models import format_amount
from counterseal.sdk.problems import ClientInputError, NoAnswerError, ReplyError, api_error

T = TypeVar("T")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
RETRIED = frozenset({429, 503})
SUCCESS, REDIRECT, FAILURE, BROKEN = 200, 300, 400, 500
DEFAULT_TIMEOUT = 10_000  # ms


class UnsafePlainHttp:
    """Pass an instance to send tokens over plain HTTP to another machine. Warns when made."""

    def __init__(self) -> None:
        warnings.warn("tokens and answers travel unencrypted: anybody on the way can use them", stacklevel=2)


class Retry(msgspec.Struct, frozen=True):
    """When to try again: `attempts` in all; pauses grow from `first` to `cap` (ms).

    A Retry-After above `longest` (ms) is not waited for: the error is raised with it.
    """

    attempts: int = 4
    first: int = 200
    cap: int = 5_000
    longest: int = 15_000

    def pause(self, attempt: int, chance: Callable[[], float]) -> int:
        """The pause in ms after try number `attempt` (0-based): exponential, with a random half."""
        full = min(self.cap, self.first * 2**attempt)
        return int(full * (1 + chance()) / 2)


class Call(msgspec.Struct, Generic[T], frozen=True):
    """One request. `key`: the Idempotency-Key of a write, the same over all tries. `reply`: type of the answer.

    `member`: the member of the answer that is wanted; "" = all of it. `officer`: token of the second officer;
    `approval`: instead of it, id of the approval that two signed over `method path` and `body`.
    """

    method: str
    path: str
    reply: type[T]
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()
    key: str = ""
    officer: str = ""
    member: str = ""
    approval: str = ""

    def __repr__(self) -> str:
        return f"Call({self.method} {self.path})"


class Sent(msgspec.Struct, frozen=True):
    """A call as HTTP takes it."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None

    def __repr__(self) -> str:
        return f"Sent({self.method} {self.url})"


class Answered(Protocol):
    """An HTTP response that has been read."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields; names in any case."""
        ...

    @property
    def content(self) -> bytes:
        """The whole body."""
        ...


class Transport:
    """What both clients share. Raises ClientInputError for a base URL that must not get a token."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        retry: Retry | None = None,
        unsafe: UnsafePlainHttp | None = None,
        chance: Callable[[], float] = random.random,
        breaker: Breaker | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise ClientInputError("the base URL is not `https://` and a host")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and unsafe is None and token:
            raise ClientInputError(
                "a token must not travel over plain HTTP to another machine", hint="use https, or UnsafePlainHttp"
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ClientInputError("the token is not plain text")
        self.base_url = base_url.rstrip("/")
        self._token = token
        self._retry = retry or Retry()
        self._chance = chance
        self._breaker = breaker

    def prepare(self, call: Call[Any]) -> Sent:
        """What to send; the same for every try. Raises BreakerOpenError where the guard is known to be away."""
        if self._breaker is not None:
            self._breaker.admit()
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if call.key:
            headers["Idempotency-Key"] = call.key
        if call.officer:
            headers["Second-Officer"] = call.officer
        if call.approval:
            headers["Approval"] = call.approval
        content = None
        if isinstance(call.body, bytes):  # a file, as it is
            headers["Content-Type"] = "application/octet-stream"
            content = call.body
        elif call.body is not None:
            headers["Content-Type"] = "application/json"
            content = msgspec.json.encode(call.body)
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in call.query)
        return Sent(call.method, f"{self.base_url}{call.path}{'?' if query else ''}{query}", headers, content)

    def after_failure(self, attempt: int, error: Exception) -> int:
        """No answer came: the pause in ms before the next try; NoAnswerError when there is none.

        Every call may be repeated: reads change nothing, and writes carry their Idempotency-Key.
        """
        if attempt + 1 >= self._retry.attempts:
            self._count(answered=False)
            raise NoAnswerError(f"no answer from the guard ({type(error).__name__})") from error
        return self._retry.pause(attempt, self._chance)

    def pause_after(self, attempt: int, response: Answered) -> int | None:
        """The pause in ms before the next try, or None if this answer is the one to read."""
        if response.status_code not in RETRIED or attempt + 1 >= self._retry.attempts:
            return None
        stated = retry_after(response.headers)
        if stated is None:
            return self._retry.pause(attempt, self._chance)
        return stated if stated <= self._retry.longest else None

    def _count(self, *, answered: bool) -> None:
        if self._breaker is not None:
            (self._breaker.answered if answered else self._breaker.failed)()

    def read(self, call: Call[T], response: Answered) -> T:
        """The typed answer; raises ApiError for a problem and ReplyError for what is not an answer of the API."""
        self._count(answered=response.status_code < BROKEN)
        status, headers = response.status_code, response.headers
        if status >= FAILURE:
            request_id = headers.get("X-Request-Id", "")
            raise api_error(status, response.content, request_id=request_id, retry_after=retry_after(headers))
        if not SUCCESS <= status < REDIRECT:
            raise ReplyError(f"the answer has status {status}")
        if call.reply is str and not headers.get("Content-Type", "").startswith("application/json"):
            return cast("T", response.content.decode("utf-8", "replace"))
        try:
            if not call.member:
                return msgspec.json.decode(response.content, type=call.reply)
            members = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
            return msgspec.json.decode(members[call.member], type=call.reply)
        except (msgspec.MsgspecError, UnicodeError, KeyError) as error:
            raise ReplyError(f"the answer to {call.method} {call.path} is not the one of the API") from error


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Retry-After in ms; None if absent or a date (RFC 9110, 10.2.3: the guard sends seconds)."""
    text = headers.get("Retry-After", "")
    return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) < 9 else None  # noqa: PLR2004 - no overflow


def segment(text: str) -> str:
    """One segment of a path. Raises ClientInputError for what could become another path."""
    if not text or text in {".", ".."}:
        raise ClientInputError("an id in the path is empty or a dot")
    return quote(text, safe="")


def plain_amounts(stated: Any) -> Any:
    """Built-in types, amounts as plain decimal strings: `Decimal("1E+3")` is written `1000`."""

    def written(value: Any) -> Any:
        if isinstance(value, Decimal):
            return format_amount(value)
        if isinstance(value, dict):
            return {name: written(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [written(each) for each in value]
        return value

    return written(msgspec.to_builtins(stated, builtin_types=(Decimal,)))


def write(  # noqa: PLR0913 - each is one part of a request
    reply: type[T],
    path: str,
    body: Any = None,
    *,
    key: str | None,
    method: str = "POST",
    officer: str = "",
    approval: str = "",
    query: tuple[tuple[str, str], ...] = (),
    member: str = "",
) -> Call[T]:
    """The call of a write; members that are None are left out of its body."""
    content = None if body is None else plain_amounts({k: v for k, v in body.items() if v is not None})
    return Call(method, path, reply, content, query, key or str(uuid.uuid4()), officer, member, approval)
