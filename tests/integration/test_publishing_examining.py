# SPDX-License-Identifier: Apache-2.0
"""The process that examines: it has an end in time, and one with the server that asked it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from counterseal.core.errors import UnavailableError
from counterseal.publishing.model import Version
from counterseal.wiring.examining import Examiner
from counterseal.wiring.policies import read
from tests.support.operator import server_process
from tests.support.publishing import PACK, STRICTER, one_profile


def test_an_examination_has_an_end(tmp_path: Path) -> None:
    """One that takes too long is given up, says so, and leaves the way free for the next one."""
    words = one_profile(tmp_path).read_text("utf-8")

    def version(text: str) -> Version:
        policy, _ = read(text, words)
        return Version(policy.digest[7:], policy.digest, 1, policy.name, text, words, "eva", 0)

    async def run() -> None:
        examiner = Examiner(longest=0.2)  # the process alone takes longer to start
        with pytest.raises(UnavailableError) as refused:
            await examiner(version(PACK), version(STRICTER))
        assert refused.value.code == "examination_failed"
        assert "0 s" in refused.value.sentence
        examiner._longest = 60.0
        assert not (await examiner(version(PACK), version(STRICTER))).is_weaker

    asyncio.run(run())


def test_a_server_that_is_killed_leaves_no_examination_behind(tmp_path: Path) -> None:
    """The process that examines ends with the one that asked it, however that ended."""
    with server_process(tmp_path / "server") as (server, people):
        headers = {"Authorization": f"Bearer {people.server.token}", "Idempotency-Key": "k"}
        made = httpx2.post(f"{server.url}/v1/policy/versions", json={"text": PACK}, headers=headers, timeout=30)
        assert made.status_code == 201, made.text
        children = _until(lambda: _spawned(server.pid))
        assert children, "it is being examined"
        server.end()
        assert _until(lambda: not [each for each in children if Path(f"/proc/{each}").exists()])


def _spawned(parent: int) -> list[int]:
    """The processes of Python's own that `parent` started and that run."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(each) for each in listed if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def _until(found: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What is found once it is something, or what is found at the end."""
    end = time.monotonic() + seconds
    while not found() and time.monotonic() < end:
        time.sleep(0.05)
    return found()
