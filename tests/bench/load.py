# SPDX-License-Identifier: Apache-2.0
"""The load generator, a process of its own: `connections` keep-alive sockets, each with one request on its way.

`python -m tests.bench.load` reads a plan (JSON) from stdin and writes a report to stdout. Any answer that is
not the one that the plan wants ends the run: a rate of refusals would be no figure.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import resource
import sys
import time
from collections.abc import Callable, Generator, Iterator

import httptools
import msgspec
import uvloop

from counterseal.factors import totp
from tests.bench import names

Answer = tuple[int, bytes]
Script = Generator[bytes, Answer, None]


class Plan(msgspec.Struct, frozen=True):
    """`mode`: health | echo | ask | prove | withdraw. `first`, `last`: accounts to take, each
    once, in random order, then from the beginning. `run` makes Idempotency-Keys new; `now` (ms) is the server's
    time."""

    port: int
    mode: str
    seconds: float
    connections: int = 32
    token: str = ""
    first: int = 0
    last: int = 0
    run: str = ""
    now: int = 0
    once: bool = False  # stop when each account was taken once


class Report(msgspec.Struct):
    """Operations done, wall seconds, CPU seconds of this process, latencies of whole operations and of each kind
    of request, in microseconds."""

    operations: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[int] = []
    requests: dict[str, list[int]] = {}


class _Outcome(msgspec.Struct):
    outcome: str


class _Seal(msgspec.Struct):
    id: str


class _Action(msgspec.Struct):
    id: str
    status: str
    decision: _Outcome
    seal: _Seal | None = None


class _Receipt(msgspec.Struct):
    receipt: str


_action = msgspec.json.Decoder(_Action).decode
_receipt = msgspec.json.Decoder(_Receipt).decode


class Work:
    """What the connections share: the plan, the accounts, the clock, the report."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.report = plan, Report()
        numbers = list(range(plan.first, plan.last))
        random.Random(plan.run).shuffle(numbers)
        self.numbers: Iterator[int] = iter(numbers) if plan.once else itertools.cycle(numbers or [0])
        self.count = itertools.count()
        self.end = 0.0
        self.fault = ""

    def post(self, path: str, body: object) -> bytes:
        """A write with a fresh key."""
        data = msgspec.json.encode(body)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.plan.token}\r\n"
            f"Idempotency-Key: {self.plan.run}-{next(self.count)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data

    def ask(self, number: int, rule: str) -> bytes:
        """An outflow of 100 to a saved address."""
        body = {
            "action": rule,
            "objects": {"session": "s1", "device": "d1"},
            "payment": {
                "asset": "USD",
                "amount": "100",
                "chain": "" if rule == "internal_transfer" else "eth",  # "": the platform's own ledger
                "destination": names.address_of(number, 3),
                "audience": "hot-wallet",
            },
            "source": f"source-{number}",
        }
        return self.post(f"/v1/accounts/{names.name_of(number)}/actions", body)

    def need(self, kind: str, held: object, answer: Answer) -> None:
        """Stop unless the answer is the one wanted."""
        if not held:
            raise RuntimeError(f"{kind}: {answer[0]} {answer[1].decode()[:500]}")

    def health(self, _number: int) -> Script:
        """GET /healthz."""
        answer = yield b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        self.need("health", answer[0] == 200, answer)

    def echo(self, number: int) -> Script:
        """The ask's own bytes to the echo server."""
        answer = (
            yield self.ask(number, "withdraw")
            .replace(b"/v1/accounts/", b"/echo?a=", 1)
            .replace(b"/actions ", b" ", 1)
        )
        self.need("echo", answer[0] == 200, answer)

    def challenge(self, number: int) -> Script:
        """Ask for a withdrawal; it must end in a challenge."""
        answer = yield self.ask(number, "withdraw")
        held = answer[0] == 200 and _action(answer[1]).decision.outcome == "challenge"
        self.need("ask", held, answer)

    def withdraw(self, number: int) -> Script:
        """Ask, prove with TOTP, get the seal, redeem it."""
        seal = yield from self.prove(number)
        answer = yield self.post(f"/v1/seals/{seal}/redeem", None)
        self.need("redeem", answer[0] == 200 and _receipt(answer[1]).receipt, answer)

    def prove(self, number: int) -> Generator[bytes, Answer, str]:
        """Ask, prove with TOTP; the seal's id."""
        step = totp.step_at(self.plan.now)
        answer = yield self.ask(number, "internal_transfer")
        self.need("ask", answer[0] == 200, answer)
        action = _action(answer[1])
        self.need("ask", action.decision.outcome == "challenge", answer)
        proof = {"factor": "totp", "answer": totp.code_at(names.seed_of(number), step)}
        proof["source"] = f"source-{number}"
        answer = yield self.post(f"/v1/actions/{action.id}/proofs", proof)
        self.need("prove", answer[0] == 200, answer)
        action = _action(answer[1])
        self.need("prove", action.status == "sealed" and action.seal is not None, answer)
        return action.seal.id if action.seal else ""


NAMES = {
    "health": ("health",),
    "echo": ("echo",),
    "ask": ("ask",),
    "prove": ("ask", "prove"),
    "withdraw": ("ask", "prove", "redeem"),
}


class Connection(asyncio.Protocol):
    """One keep-alive connection that walks one script after another."""

    def __init__(self, work: Work, done: asyncio.Future[None]) -> None:
        self.work, self.done = work, done
        make: dict[str, Callable[[int], Generator[bytes, Answer, object]]] = {
            "health": work.health,
            "echo": work.echo,
            "ask": work.challenge,
            "prove": work.prove,
            "withdraw": work.withdraw,
        }
        self.make, self.names = make[work.plan.mode], NAMES[work.plan.mode]
        self.parser = httptools.HttpResponseParser(self)
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.begin()

    def begin(self) -> None:
        """The next operation, or the end."""
        number = next(self.work.numbers, None)
        if number is None or time.perf_counter() >= self.work.end:
            self.finish()
            return
        self.script, self.index = self.make(number), 0
        self.started = self.sent = time.perf_counter()
        self.transport.write(next(self.script))

    def finish(self) -> None:
        """Close."""
        if not self.done.done():
            self.done.set_result(None)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        report, body = self.work.report, self.body
        self.body = b""
        report.requests.setdefault(self.names[self.index], []).append(int((now - self.sent) * 1e6))
        self.index += 1
        try:
            following = self.script.send((self.parser.get_status_code(), body))
        except StopIteration:
            report.operations += 1
            report.latencies.append(int((now - self.started) * 1e6))
            self.begin()
        except Exception as error:  # noqa: BLE001 - ends the run with its sentence
            self.work.fault = self.work.fault or str(error)
            self.work.end = 0.0
            self.finish()
        else:
            self.sent = time.perf_counter()
            self.transport.write(following)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.work.fault = self.work.fault or "the server closed a connection"
            self.done.set_result(None)


async def run(plan: Plan) -> Report:
    """All connections until the time is over."""
    work = Work(plan)
    loop = asyncio.get_running_loop()
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    work.end = start + plan.seconds
    waiting = []
    for _ in range(plan.connections):
        done = loop.create_future()
        await loop.create_connection(lambda done=done: Connection(work, done), "127.0.0.1", plan.port)
        waiting.append(done)
    await asyncio.gather(*waiting)
    after = resource.getrusage(resource.RUSAGE_SELF)
    if work.fault:
        raise SystemExit(work.fault)
    work.report.seconds = time.perf_counter() - start
    work.report.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return work.report


if __name__ == "__main__":
    made = uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(made))
