# SPDX-License-Identifier: Apache-2.0
"""The server as a service: it tells systemd how it does, and ends in order under load."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from counterseal.gateways.notify import notify, watchdog_seconds
from tests.support.server_process import ROOT, ServerProcess

UNITS = sorted((ROOT / "ops" / "systemd").glob("*.service"))
SECTIONS = {"Unit", "Service", "Install"}
MOST_EXPOSED = 1.5
"""Of 10: what `systemd-analyze security` says at most."""
HARD = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "Restart": "on-failure",
    "Type": "notify",
}


def receive(socket_: socket.socket) -> str:
    return socket_.recv(4096).decode()


def test_without_a_socket_nothing_is_sent_and_a_wrong_one_harms_nobody(tmp_path: Path) -> None:
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": "vsock:2:1234"})
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})


def test_the_abstract_namespace_works_too() -> None:
    name = f"counterseal-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + name)
        heard.settimeout(5)
        assert notify("READY=1", {"NOTIFY_SOCKET": "@" + name})
        assert receive(heard) == "READY=1"


def test_the_watchdog_is_another_process_s_where_it_says_so() -> None:
    asked = {"WATCHDOG_USEC": "30000000"}
    assert watchdog_seconds(asked) == 15
    assert watchdog_seconds(asked | {"WATCHDOG_PID": str(os.getpid())}) == 15
    assert watchdog_seconds(asked | {"WATCHDOG_PID": "1"}) is None
    assert watchdog_seconds({}) is None
    assert watchdog_seconds({"WATCHDOG_USEC": "0"}) is None


def test_a_server_tells_systemd_and_ends_in_order_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """READY=1 when it serves, signs of life, STOPPING=1 first of all on SIGTERM; no request taken is cut."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        server = ServerProcess(tmp_path, {"access_log": "off", "outbox_folder": tmp_path / "outbox"})
        try:
            server.start()
            assert receive(heard).splitlines()[0] == "READY=1"
            assert [receive(heard) for _ in range(3)] == ["WATCHDOG=1"] * 3
            ended, seen = asyncio.run(_stop_under_load(server))
        finally:
            server.stop()
        heard.setblocking(False)
        said = []
        while True:
            try:
                said.append(receive(heard).splitlines()[0])
            except BlockingIOError:
                break
    assert ended == 0
    assert said[-1] == "STOPPING=1"
    assert seen["cut"] == 0, seen
    assert seen["answered"] > 50
    assert "Traceback" not in (tmp_path / "server.log").read_text()
    again = ServerProcess(tmp_path, {"access_log": "off"})
    try:
        again.start()  # it gave its lock back
        assert again.end(signal.SIGTERM) == 0
    finally:
        again.stop()


async def _stop_under_load(server: ServerProcess) -> tuple[int, Counter[str]]:
    seen: Counter[str] = Counter()
    over = False

    async def ask(client: httpx2.AsyncClient) -> None:
        while not over:
            try:
                response = await client.get("/readyz")
                seen["answered" if response.status_code in {200, 503} else "wrong"] += 1
            except httpx2.ConnectError:
                return  # it listens no more
            except httpx2.TransportError as error:
                # A kept connection may be closed between two requests; one that was taken must be answered.
                seen["idle" if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError) else "cut"] += 1

    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
        asking = [asyncio.create_task(ask(client)) for _ in range(8)]
        await asyncio.sleep(1.0)
        result: list[int] = []
        thread = threading.Thread(target=lambda: result.append(server.end(signal.SIGTERM)))
        thread.start()
        await asyncio.to_thread(thread.join)
        over = True
        await asyncio.gather(*asking)
    return result[0], seen


def test_a_request_that_was_taken_is_answered_after_the_signal(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"access_log": "off"})
    try:
        server.start()
        body = b'{"challenge": "none"}'
        head = (
            f"POST /v1/staff/sessions HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\ncontent-type: application/json"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
            line.sendall(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode())
            time.sleep(0.3)  # the request has begun and waits for its body
            thread = threading.Thread(target=lambda: server.end(signal.SIGTERM))
            thread.start()
            time.sleep(0.5)
            line.sendall(body)
            answer = line.recv(4096)
            thread.join()
        assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
        assert b"problem+json" in answer
    finally:
        server.stop()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened(unit: Path) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            sections.setdefault(section, []).append((name, value))
    assert sections.keys() == SECTIONS
    service = dict(sections["Service"])
    assert {name: service.get(name) for name in HARD} == HARD
    assert int(service["MemoryMax"].removesuffix("G")) == 1
    assert "master.key" in " ".join(value for name, value in sections["Service"] if name == "LoadCredential")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_a_unit_and_finds_it_little_exposed(unit: Path) -> None:
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in verified.stderr.splitlines() if "is not executable: No such file" not in line]
    assert [line for line in said if unit.name.partition("@")[0] in line] == []
    exposure = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert exposure.returncode == 0, exposure.stdout[-500:] + exposure.stderr
