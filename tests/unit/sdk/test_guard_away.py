# SPDX-License-Identifier: Apache-2.0
"""What a platform gets when the guard is away: one error type, bounded tries under one key, and a breaker."""

import asyncio
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from counterseal.sdk import AsyncCounterseal, Counterseal, problems
from counterseal.sdk.breaker import Breaker, BreakerOpenError
from counterseal.sdk.problems import GuardAway
from counterseal.sdk.transport import Retry

REFUSED = (400, 401, 403, 404, 409, 422, 429)


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def answering():
    """A server that answers each request with the next status, the last one again and again; what it saw."""
    seen, statuses = [], [200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(self.headers.get("Idempotency-Key"))
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            body = b"<html>bad gateway</html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", statuses, seen
    server.shutdown()
    server.server_close()


def test_a_guard_that_is_away_is_no_refusal():
    """Whoever catches refusals does not catch it, and the other way round."""
    for kind in (problems.NoAnswerError, problems.ReplyError, problems.ServerError, problems.UnavailableError):
        assert issubclass(kind, GuardAway)
    for status in REFUSED:
        assert not isinstance(problems.api_error(status, b""), GuardAway)
    for status in (500, 502, 503, 504):
        assert isinstance(problems.api_error(status, b"<html>"), GuardAway)


def test_the_tries_are_bounded_and_carry_one_key(answering):
    """Four tries of one write under one Idempotency-Key, then GuardAway."""
    url, statuses, seen = answering
    statuses[:] = [503]
    with Counterseal(url, "t", sleep=lambda _seconds: None) as guard, pytest.raises(GuardAway):
        guard.freeze("alice")
    assert len(seen) == Retry().attempts == 4
    assert len(set(seen)) == 1


def test_what_is_no_answer_of_the_api_is_away(answering):
    """A proxy's page with 200, and one with 502."""
    url, statuses, _ = answering
    for status in (200, 502):
        statuses[:] = [status]
        with Counterseal(url, "t", retry=Retry(attempts=1)) as guard, pytest.raises(GuardAway):
            guard.freeze("alice")


def test_nobody_there_is_away_in_both_clients():
    """A refused connection."""
    with Counterseal(closed_port(), "t", retry=Retry(attempts=2, first=1)) as guard:
        with pytest.raises(GuardAway) as error:
            guard.freeze("alice")
        assert error.value.code == "no_answer"

    async def inside():
        async with AsyncCounterseal(closed_port(), "t", retry=Retry(attempts=2, first=1)) as guard:
            with pytest.raises(GuardAway):
                await guard.freeze("alice")

    asyncio.run(inside())


def test_a_breaker_fails_at_once_while_the_guard_is_away(answering):
    """After three calls without a decision nothing is sent for its rest; then one tries; a refusal closes it."""
    url, statuses, seen = answering
    statuses[:] = [500]
    now = [0.0]
    breaker = Breaker(3, 10_000, clock=lambda: now[0])
    with Counterseal(url, "t", retry=Retry(attempts=1), breaker=breaker) as guard:
        for _ in range(3):
            with pytest.raises(problems.ServerError):
                guard.freeze("alice")
        with pytest.raises(BreakerOpenError) as error:
            guard.freeze("alice")
        assert (len(seen), 0 < error.value.retry_after <= 10_001) == (3, True)
        now[0] = 10.0
        with pytest.raises(problems.ServerError):  # the one that tries
            guard.freeze("alice")
        with pytest.raises(BreakerOpenError):
            guard.freeze("alice")
        now[0], statuses[:] = 20.0, [409]
        for _ in range(2):
            with pytest.raises(problems.ConflictError):
                guard.freeze("alice")
    assert len(seen) == 6


def test_while_it_rests_one_caller_alone_tries():
    """The others are not held up by the one that finds out."""
    now = [0.0]
    breaker = Breaker(1, 10_000, clock=lambda: now[0])
    breaker.failed()
    now[0] = 10.0
    breaker.admit()
    with pytest.raises(BreakerOpenError):
        breaker.admit()
    breaker.answered()
    breaker.admit()
