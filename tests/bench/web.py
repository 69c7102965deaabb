# SPDX-License-Identifier: Apache-2.0
"""Over HTTP: an ask that ends in a challenge, and one whole withdrawal, beside two floors of the framework."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from counterseal.factors import totp
from tests.bench import processes, seed
from tests.bench.measure import Case, Figure, Pace, Sample, Tick, alternate, figure, percentile, ticks

CONNECTIONS = 32
ACCOUNTS, QUICK_ACCOUNTS = 100_000, 300
ASK_TARGET, ASK_P99, WITHDRAWAL_TARGET = 4_000, 30.0, 700
HOT = 2_000


class Web:
    """A server, the echo server and the mail server, and the token for the load generator."""

    def __init__(self, server: processes.Server, echo: processes.Server, token: str, accounts: int) -> None:
        self.server, self.echo, self.token, self.accounts = server, echo, token, accounts
        self.runs = itertools.count()
        self.requests: dict[str, list[int]] = {}

    def case(
        self, mode: str, seconds: float, *, hot: bool = False, once: bool = False, connections: int = CONNECTIONS
    ) -> Case:
        """One round: the load generator for so long, the server's CPU from before to after it."""
        server = self.echo if mode == "echo" else self.server

        def measured() -> Sample:
            now = self._later() if mode in {"prove", "withdraw"} else 0
            plan: dict[str, Any] = {
                "port": server.port,
                "mode": mode,
                "seconds": seconds,
                "connections": connections,
                "token": self.token,
                "last": min(HOT, self.accounts) if hot else self.accounts,
                "run": f"run{next(self.runs)}",
                "now": now,
                "once": once,
            }
            before = server.cpu()
            report = processes.drive(plan)
            after = server.cpu()
            used = None if before is None or after is None else after - before
            for name, taken in report["requests"].items():
                self.requests.setdefault(name, []).extend(taken)
            return Sample(report["operations"], report["seconds"], used, report["latencies"], report["cpu"])

        return measured

    def _later(self) -> int:
        """Three TOTP steps on: codes of the last round are spent."""
        key = f"clock{next(self.runs)}"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        answer = self.server.call("POST", "/v1/clock", {"advance": 3 * totp.STEP}, **headers)
        return int(answer["now"])


@contextlib.contextmanager
def web(folder: Path, source: Path, policy: str, accounts: int) -> Iterator[Web]:
    """Everything started, on a copy of the seeded database."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="web-") as name, contextlib.ExitStack() as stack:
        place = seed.copy_of(source, Path(name))
        echo = stack.enter_context(processes.helper("echo", place))
        mail = stack.enter_context(processes.helper("mail", place))
        server = stack.enter_context(processes.counterseal(place, policy, mail.port))
        yield Web(server, echo, (place / "token").read_text(encoding="ascii"), accounts)


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return ticks(4, _rounds(pace)) + ticks(2, _rounds(pace)) + 2


def _rounds(pace: Pace) -> int:
    return 1 if pace.quick else 5


def measure(pace: Pace, tick: Tick, folder: Path, seeding: Callable[[int], None]) -> list[Figure]:
    """Both policies, one server after the other."""
    accounts = QUICK_ACCOUNTS if pace.quick else ACCOUNTS
    source = seed.seeded(folder, accounts, seeding)
    tick()
    short, long = (0.4, 0.8) if pace.quick else (1.5, 4.0)
    with web(folder, source, "hardened", accounts) as running:
        cases = {
            "echo": running.case("echo", short),
            "health": running.case("health", short),
            "ask": running.case("ask", long),
            "ask_hot": running.case("ask", long, hot=True),
        }
        samples = alternate(cases, _rounds(pace), tick)
    found = _asks(samples, accounts)
    tick()
    with web(folder, source, "okx-2024", accounts) as running:
        cases = {
            "health": running.case("health", short),
            "withdraw": running.case("withdraw", long, once=True),
        }
        samples = alternate(cases, _rounds(pace), tick)
    found.append(_withdrawal(samples, running.requests))
    return found


def _asks(samples: dict[str, list[Sample]], accounts: int) -> list[Figure]:
    ask = figure(
        "http.ask",
        f"Ask -> challenge, {accounts:,} accounts of 20 objects",
        samples["ask"],
        unit="requests/s",
        against=("http.health", samples["health"]),
        target=f">= {ASK_TARGET:,}/s, p99 <= {ASK_P99:.0f} ms",
        note=f"{CONNECTIONS} connections, SQLite FULL, one process, simulated clock, account at random",
    )
    ask = replace(ask, reached=ask.median >= ASK_TARGET and (ask.p99_ms or 0) <= ASK_P99)
    return [
        figure("http.echo", "Starlette and uvicorn: the same JSON back", samples["echo"], unit="requests/s"),
        figure(
            "http.health",
            "GET /healthz of the server",
            samples["health"],
            unit="requests/s",
            against=("http.echo", samples["echo"]),
        ),
        ask,
        figure(
            "http.ask_hot",
            f"Ask -> challenge, {min(HOT, accounts):,} accounts in use",
            samples["ask_hot"],
            unit="requests/s",
            against=("http.health", samples["health"]),
            note="their states are in the store's cache",
        ),
    ]


def _withdrawal(samples: dict[str, list[Sample]], requests: dict[str, list[int]]) -> Figure:
    made = figure(
        "http.withdrawal",
        "Whole withdrawal: ask, TOTP, seal, redeem",
        samples["withdraw"],
        unit="withdrawals/s",
        against=("http.health", samples["health"]),
        target=f">= {WITHDRAWAL_TARGET}/s",
    )
    single = ", ".join(
        f"{name} {percentile(requests[name], 50) / 1000:.3g} and {percentile(requests[name], 99) / 1000:.3g} ms"
        for name in ("ask", "prove", "redeem")
    )
    note = (
        "three requests; pack okx-2024, outflow `internal_transfer` (session and TOTP; in `hardened` every outflow "
        "needs a code by e-mail too); the worker sends the notices by SMTP meanwhile, as fast as it gets to it; "
        f"p50 and p99 of single requests, warm-up included: {single}"
    )
    return replace(made, reached=made.median >= WITHDRAWAL_TARGET, note=note)
