# SPDX-License-Identifier: Apache-2.0
"""Somebody who types commands in a folder without a store, beside a server process of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from counterseal.access.model import Scope
from counterseal.cli import register
from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.core.errors import CountersealError
from tests.support.colleagues import BASE_URL, Colleagues, colleagues
from tests.support.live_server import LiveServer
from tests.support.server_process import PROGRAM, ServerProcess


class Operator:
    """Types commands. `run` and `refused` stay in this process, which saves the start of a program for each;
    `program` starts it. `token`: what the environment holds."""

    def __init__(self, url: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.url, self._folder, self._patch = url, folder, patch
        self.app = typer.Typer()
        register(self.app)
        patch.chdir(folder)
        for name in list(os.environ):
            if name.startswith("COUNTERSEAL_"):
                patch.delenv(name)

    def holds(self, token: str, **more: str) -> None:
        """From now on the environment has this token; `more`: variables."""
        for name, value in {TOKEN_VARIABLE: token, **more}.items():
            self._patch.setenv(name, value)

    def run(self, *words: str) -> tuple[str, str]:
        """What it says on both outputs."""
        done = CliRunner().invoke(self.app, [*words, "--url", self.url])
        if done.exception is not None:
            raise done.exception
        return done.stdout, done.stderr

    def json(self, *words: str) -> Any:
        """The document that it prints with --json."""
        return json.loads(self.run(*words, "--json")[0])

    def refused(self, *words: str) -> CountersealError:
        """Its error."""
        with pytest.raises(CountersealError) as error:
            self.run(*words)
        return error.value

    def program(self, words: Sequence[str], given: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
        """The program itself, with these variables and none of this process' own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        command = [str(PROGRAM), *words]
        return subprocess.run(
            command, cwd=self._folder, env=kept | dict(given), capture_output=True, text=True, check=False
        )


@contextmanager
def server_process(folder: Path, **settings: object) -> Iterator[tuple[ServerProcess, Colleagues]]:
    """`counterseal serve` on a new store in `folder`, and nobody of its staff yet."""
    folder.mkdir()
    files = {"database": folder / "counterseal.db", "master_key_file": folder / "master.key"}
    files |= {"root_key_file": folder / "root.key", "outbox_folder": folder / "outbox"}
    given = {**files, "clock": "real", "base_url": BASE_URL, **settings}
    variables = {f"COUNTERSEAL_{name.upper()}": str(value) for name, value in given.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    wanted = [scope for scope in Scope if scope not in {Scope.STAFF_OFFICER, Scope.TEST_ATTEST, Scope.CLOCK_WRITE}]
    command = [str(PROGRAM), "token", "create", "--name", secrets.token_hex(4), "--json", "--platform", "exchange"]
    command += [word for scope in wanted for word in ("--scope", scope.value)]
    made = subprocess.run(command, cwd=folder, env=kept | variables, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    server = ServerProcess(folder, given)
    server.start()
    try:
        live = LiveServer(server.url, json.loads(made.stdout)["token"], folder / "outbox", cast("Any", None))
        with colleagues(live) as people:
            yield server, people
    finally:
        server.stop()
