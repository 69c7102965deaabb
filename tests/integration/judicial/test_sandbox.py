# SPDX-License-Identifier: Apache-2.0
"""The sandbox against a document that has taken over the process which opens it: here it is the program."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest

from counterseal.gateways.documents import sandbox as sandboxes
from counterseal.gateways.documents.sandbox import Sandbox
from counterseal.judicial.findings import found
from counterseal.judicial.model import Checked, Context
from counterseal.judicial.ports import SandboxError

pytestmark = pytest.mark.needs("bwrap")

TAKEN_OVER = """
import sys
sys.path[:0] = sys.argv[2:]
from counterseal.gateways.documents import opener
from counterseal.judicial.findings import found
from counterseal.judicial.model import Checked
def hostile(data, context):
    held = {}
    try:
        exec(data.decode(), held)
    except OSError as error:
        held["said"] = f"OSError {error.errno}"
    return Checked("pdf", (found("not_readable", reason=held.get("said", "done")),))
opener._libraries = lambda: ({"pdf": hostile}, None)
opener.main()
"""


@pytest.fixture(scope="module")
def hostile() -> Iterator[Sandbox]:
    """Its documents are programs that run where a PDF library would."""
    made = Sandbox(program=TAKEN_OVER)
    yield made
    made.close()


def _said(sandbox: Sandbox, program: str) -> str:
    (finding,) = sandbox.check("pdf", program.encode(), Context(0)).findings
    return finding.sentence


def test_the_harness_runs_what_it_is_given(hostile: Sandbox) -> None:
    assert "(42)" in _said(hostile, "said = 6 * 7")


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair()",
        "import os; os.fork()",
        "import os; os.execv('/usr/bin/true', ['true'])",
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.kill(-1, 9)",
        "import os; os.pidfd_open(os.getppid())",
        "import subprocess; subprocess.run(['/usr/bin/true'])",
        "open('/tmp/out', 'w')",
        "open('/dev/shm/out', 'w')",
        "open('/etc/passwd')",
        "open('/proc/self/maps')",
        "import os, sys; open(os.path.join(sys.prefix, 'out'), 'w')",
        "import os; os.memfd_create('x'); f = os.memfd_create('y'); os.write(f, b'x' * 10)",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
    ],
)
def test_a_taken_over_process_is_refused(hostile: Sandbox, program: str) -> None:
    said = _said(hostile, program)
    assert "OSError" in said or "ValueError" in said or "PermissionError" in said, said


def test_ptrace_and_reading_other_memory_are_refused(hostile: Sandbox) -> None:
    program = """
import ctypes, os
c = ctypes.CDLL(None, use_errno=True)
ctypes.set_errno(0)
a = c.ptrace(16, os.getppid(), 0, 0), ctypes.get_errno()
said = a
"""
    assert "(-1, 1)" in _said(hostile, program)


def test_a_thread_may_be_started(hostile: Sandbox) -> None:
    program = "import threading; t = threading.Thread(target=print); t.start(); t.join(); said = 'ran'"
    assert "(ran)" in _said(hostile, program)


def test_memory_ends_at_its_limit(hostile: Sandbox) -> None:
    said = _said(hostile, "x = [bytearray(100_000_000) for _ in range(40)]")
    assert "memory" in said
    assert "(1)" in _said(hostile, "said = 1")


def test_a_crash_in_a_library_is_an_answer_and_the_next_document_is_opened(hostile: Sandbox) -> None:
    said = _said(hostile, "import ctypes; ctypes.string_at(8)")
    assert "stopped" in said
    assert "(1)" in _said(hostile, "said = 1")


def test_one_document_sees_nothing_of_another(hostile: Sandbox) -> None:
    _said(hostile, "import sys; sys.secret = 'of the first'")
    assert "(nothing)" in _said(hostile, "import sys; said = getattr(sys, 'secret', 'nothing')")


def test_time_ends_at_its_limit_also_for_one_that_ignores_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "SECONDS", 1)
    monkeypatch.setattr(sandboxes, "GRACE", 0.5)
    sandbox = Sandbox(program=TAKEN_OVER)
    try:
        assert "(1)" in _said(sandbox, "said = 1")
        begun = time.monotonic()
        said = _said(sandbox, "import signal, time; signal.setitimer(signal.ITIMER_REAL, 0); time.sleep(3600)")
        assert "longer than" in said
        assert time.monotonic() - begun < 60  # not the hour that it asked for
        assert "(2)" in _said(sandbox, "said = 2")
    finally:
        sandbox.close()


def test_an_answer_of_codes_that_we_do_not_have_is_none(hostile: Sandbox) -> None:
    forged = """
import __main__
from counterseal.judicial.model import Effect, Finding
__main__.found = lambda *_a, **_k: Finding('made_up', 's', '', Effect.SUPPORTS)
"""
    assert "an answer that is none" in _said(hostile, forged)


def test_many_at_once_each_get_their_own_answer(hostile: Sandbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: _said(hostile, f"said = {n}"), range(40)))
    assert [f"({n})" in text for n, text in enumerate(said)] == [True] * 40


def test_a_new_sandbox_takes_over_after_so_many_documents(
    hostile: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandboxes, "SERVED", 2)
    with ThreadPoolExecutor(4) as pool:
        assert all("(7)" in text for text in pool.map(lambda _: _said(hostile, "said = 7"), range(12)))


def test_without_bubblewrap_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_a, **_k: None)
    with pytest.raises(SandboxError, match="not installed"):
        Sandbox().check("pdf", b"%PDF-1.7", Context(0))


def test_a_sandbox_that_is_open_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sandboxes._command

    def open_door(program: str, code: str, file: int) -> list[str]:
        command = made(program, code, file)
        at = command.index("--unshare-user")
        return [*command[:at], "--unshare-user", "--share-net", *command[at + 1 :]]

    monkeypatch.setattr(sandboxes, "_command", open_door)
    with pytest.raises(SandboxError, match="network"):
        Sandbox().check("pdf", b"%PDF-1.7", Context(0))


def test_a_page_is_drawn_inside(hostile: Sandbox) -> None:
    held = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    document.save(held)
    sandbox = Sandbox()
    try:
        picture = sandbox.draw(held.getvalue(), 1, 400)
        assert picture is not None
        assert (picture.width, picture.height) == (400, 200)
        assert set(picture.pixels) == {255}
        assert sandbox.draw(held.getvalue(), 2, 400) is None
        assert sandbox.draw(b"%PDF-1.7 nothing", 1, 400) is None
    finally:
        sandbox.close()


def test_closing_ends_everything_inside() -> None:
    sandbox = Sandbox(program=TAKEN_OVER)
    _said(sandbox, "said = 1")
    running = sandbox._running
    assert running is not None
    asked = threading.Thread(target=_said, args=(sandbox, "import time; time.sleep(60)"))
    asked.start()
    time.sleep(0.2)
    sandbox.close()
    asked.join(timeout=10)
    assert not asked.is_alive()
    assert running.process.poll() is not None


def test_the_desk_that_dies_takes_its_sandbox_with_it() -> None:
    code = (
        "from counterseal.gateways.documents.sandbox import Sandbox; s = Sandbox(); r = s._ready()[0];"
        "print(r.process.pid, flush=True); import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120)
    process = int(done.stdout)
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.1)
    raise AssertionError("the sandbox outlived the desk")


def test_a_finding_of_ours_passes(hostile: Sandbox) -> None:
    assert hostile.check("pdf", b"said = 'x'", Context(0)) == Checked("pdf", (found("not_readable", reason="x"),))
