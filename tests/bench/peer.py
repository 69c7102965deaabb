# SPDX-License-Identifier: Apache-2.0
"""privacyIDEA from its own package beside us: one TOTP code verified, used up and audited, in turns.

privacyIDEA lives in an environment of its own below var/bench (some 500 MB, made at the first run). It gets the
cheapest case that it has: tokens without user and PIN, asked for by serial. Ours is a whole action: the ask, the
proof, a decision with its seal, two log entries.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from counterseal.factors import totp
from tests.bench import machine, processes, seed
from tests.bench.measure import Case, Figure, Pace, Sample, Tick, alternate, figure, ticks
from tests.bench.web import QUICK_ACCOUNTS, Web, web

VERSION = "3.14"
TOKENS = 60
AHEAD = 5  # steps: within privacyIDEA's window of 180 s a token takes a code of each, so it serves so many checks
ROUNDS = 5
CHECKS = 40
"""Checks of privacyIDEA in a round."""


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return 2 + ticks(2, ROUNDS)


def measure(pace: Pace, tick: Tick, work: Path) -> list[Figure]:
    """Both in turns; nothing where privacyIDEA cannot be installed (there is no package registry), and a quick run
    does not install it."""
    home = work / "privacyidea"
    if not _installed(home, make=not pace.quick):
        tick()
        return []
    source = seed.seeded(work, QUICK_ACCOUNTS, lambda _done: None)
    tick()
    with _privacyidea(home) as port, web(work, source, "okx-2024", QUICK_ACCOUNTS) as running:
        tick()
        theirs = Peer(*port)
        cases = {"theirs": theirs.case(CHECKS // 4 if pace.quick else CHECKS), "ours": _ours(running, pace)}
        samples = alternate(cases, 1 if pace.quick else ROUNDS, tick)
    return _figures(samples)


def _ours(running: Web, pace: Pace) -> Case:
    return running.case("prove", 0.5 if pace.quick else 3.0, once=True, connections=1)


def _figures(samples: dict[str, list[Sample]]) -> list[Figure]:
    note = "SQLite, one worker of 4 threads (gunicorn), no user, no PIN: its cheapest check"
    what = f"privacyIDEA {VERSION}: one TOTP code verified and audited"
    return [
        figure("peer.privacyidea", what, samples["theirs"], unit="checks/s", note=note),
        figure(
            "peer.ours",
            "Counterseal: ask, TOTP code, decision, seal",
            samples["ours"],
            unit="checks/s",
            against=("peer.privacyidea", samples["theirs"]),
            note="two requests for each; one caller at a time on both sides; SQLite FULL",
        ),
    ]


class Peer:
    """Asks privacyIDEA, each time with a code that it has not seen."""

    def __init__(self, process: int, port: int) -> None:
        self.process = process
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.used: dict[int, int] = {}
        self.next = 0

    def case(self, checks: int) -> Case:
        """So many checks, one after the other."""

        def measured() -> Sample:
            codes = [self._code() for _ in range(checks)]
            taken = []
            cpu, own = self._cpu(), time.process_time()
            begin = time.perf_counter()
            for serial, code in codes:
                start = time.perf_counter()
                self.check(serial, code)
                taken.append((time.perf_counter() - start) * 1e6)
            seconds = time.perf_counter() - begin
            return Sample(checks, seconds, self._cpu() - cpu, taken, time.process_time() - own)

        return measured

    def check(self, serial: str, code: str) -> None:
        """One check; it must be right."""
        body = urlencode({"serial": serial, "pass": code})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", "/validate/check", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != http.client.OK or not msgspec.json.decode(text)["result"]["value"]:
            raise RuntimeError(f"privacyIDEA refused a right code: {answer.status} {text.decode()[:300]}")

    def _code(self) -> tuple[str, str]:
        now = totp.step_at(time.time_ns() // 1_000_000)
        for _ in range(TOKENS):
            number, self.next = self.next, (self.next + 1) % TOKENS
            step = max(self.used.get(number, -1) + 1, now - AHEAD)
            if step <= now + AHEAD:
                self.used[number] = step
                return f"BENCH{number}", totp.code_at(totp.TotpSeed(number.to_bytes(20)), step)
        time.sleep(totp.STEP / 1000)
        return self._code()

    def _cpu(self) -> float:
        return sum(machine.cpu_of(each) or 0.0 for each in (self.process, *_children(self.process)))


def _children(process: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _installed(home: Path, *, make: bool) -> bool:
    """Whether there is an environment with privacyIDEA; `make`: it is made if packages can be had."""
    if (home / "done").exists() or not make:
        return (home / "done").exists()
    shutil.rmtree(home, ignore_errors=True)
    uv = shutil.which("uv") or str(processes.ROOT / ".venv-tools" / "bin" / "uv")
    python = str(home / "venv" / "bin" / "python")
    steps = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(home / "venv")],
        [uv, "pip", "install", "--quiet", "--python", python, f"privacyidea=={VERSION}.*", "gunicorn"],
    )
    for step in steps:
        try:
            subprocess.run(step, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError):
            return False
    (home / "done").touch()
    return True


@contextlib.contextmanager
def _privacyidea(home: Path) -> Iterator[tuple[int, int]]:
    """A fresh server with its tokens: process and port."""
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder, programs = Path(name), home / "venv" / "bin"
        config = folder / "pi.cfg"
        config.write_text(
            f'SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/token.sqlite"\n'
            f'SECRET_KEY = "of no worth, and long enough for a bench"\nPI_PEPPER = "bench"\n'
            f'PI_ENCFILE = "{folder}/enckey"\nPI_AUDIT_KEY_PRIVATE = "{folder}/private.pem"\n'
            f'PI_AUDIT_KEY_PUBLIC = "{folder}/public.pem"\nPI_LOGFILE = "{folder}/log"\nPI_LOGLEVEL = 30\n',
            encoding="utf-8",
        )
        known = {**os.environ, "PRIVACYIDEA_CONFIGFILE": str(config)}
        script = Path(__file__).with_name("peer_seed.py")
        for command in (
            *([str(programs / "pi-manage"), "setup", each] for each in ("create_enckey", "create_audit_keys")),
            [str(programs / "pi-manage"), "setup", "create_tables"],
            [str(programs / "python"), str(script), str(TOKENS)],
        ):
            subprocess.run(command, check=True, capture_output=True, env=known, cwd=folder)
        port = processes.free_port()
        application = "privacyidea.app:create_app(config_name='production', config_file='', silent=True)"
        arguments = [str(programs / "gunicorn"), "-w", "1", "-k", "gthread", "--threads", "4", "--keep-alive", "75"]
        arguments += ["-b", f"127.0.0.1:{port}", application]
        with processes.running(arguments, port, folder / "server.log", known) as server:
            yield server.process, port
