# SPDX-License-Identifier: Apache-2.0
"""The desk's side of the sandbox: a warm process under bubblewrap, one child of it for each document.

No network, no files but the program's own (read-only), no other process to see; 20 s and 1.5 GB for a document.
Without all of this nothing is opened: SandboxError, and the verdict is `cannot_verify`.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

import counterseal
from counterseal.gateways.documents import frames
from counterseal.gateways.documents.confine import SECONDS
from counterseal.gateways.documents.opener import Picture, Reply, Request
from counterseal.judicial.findings import CATALOGUE, found
from counterseal.judicial.model import Checked, Context
from counterseal.judicial.ports import SandboxError

START_SECONDS: Final = 60.0  # loading the libraries on a busy machine
GRACE: Final = 3.0  # seconds after which the whole sandbox is ended, not only the child
SERVED: Final = 500  # documents; then a new one takes over
MOST_FINDINGS: Final = 2_000
MOST_FILES: Final = 20
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/fonts")
PROGRAM: Final = (
    "import sys; sys.path[:0] = sys.argv[2:]; from counterseal.gateways.documents import opener; opener.main()"
)

_REPLY = msgspec.msgpack.Decoder(Reply)


class Sandbox:
    """Opens documents for any number of threads. Starts at the first use; `close` ends it."""

    def __init__(self, *, program: str = PROGRAM) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._running: _Running | None = None
        # bubblewrap ends with the thread that started it (prctl(2), PR_SET_PDEATHSIG): one that stays.
        self._keeper = ThreadPoolExecutor(1, "sandbox")

    def check(self, kind: str, data: bytes, context: Context) -> Checked:
        """The check of this kind over these bytes. Raises SandboxError where there is no sandbox."""
        try:
            reply = self._ask(Request("check", kind, data, context))
        except (frames.FrameError, OSError, msgspec.DecodeError) as error:
            return Checked(kind, (found("stopped", reason=_words(error)),))
        return _sound(kind, reply.checked)

    def draw(self, data: bytes, page: int, width: int) -> Picture | None:
        """One page of a PDF; None where it cannot be drawn. Raises SandboxError."""
        try:
            picture = self._ask(Request("draw", "pdf", data, Context(0), page, width)).picture
        except (frames.FrameError, OSError, msgspec.DecodeError):
            return None
        if picture is None or len(picture.pixels) != 3 * picture.width * picture.height:
            return None
        return picture

    def unpack(self, kind: str, data: bytes) -> list[tuple[str, bytes]]:
        """Name and bytes of the documents in a mail or PDF; none where it cannot be opened. Raises SandboxError."""
        try:
            files = self._ask(Request("unpack", kind, data, Context(0))).files
        except (frames.FrameError, OSError, msgspec.DecodeError):
            return []
        return [(each.name, each.data) for each in files[:MOST_FILES]]

    def close(self) -> None:
        """End it and what it still does."""
        with self._lock:
            if self._running is not None:
                self._running.end()
                self._running = None
        self._keeper.shutdown()

    def _ask(self, request: Request) -> Reply:
        running, channel = self._ready()
        with channel:
            channel.settimeout(SECONDS + GRACE)
            try:
                frames.write(channel, msgspec.msgpack.encode(request))
                return _REPLY.decode(frames.read(channel, frames.MOST_REPLY))
            except TimeoutError:
                self._end(
                    running
                )  # the child ignores its own clock: what runs in there is not to be trusted any more
                raise

    def _ready(self) -> tuple[_Running, socket.socket]:
        with self._lock:
            found = self._running
            if found is None or found.served >= SERVED or found.process.poll() is not None:
                if found is not None:
                    found.retire()
                self._running = found = self._keeper.submit(_Running, self._program).result()
            found.served += 1
            return found, found.channel()  # under the lock: nobody retires it in between

    def _end(self, running: _Running) -> None:
        with self._lock:
            running.end()
            if self._running is running:
                self._running = None


@functools.cache
def shared() -> Sandbox:
    """The one of this process: several services need not load the libraries several times."""
    made = Sandbox()
    atexit.register(made.close)
    return made


class _Running:
    """One sandbox process and the socket by which it gets requests."""

    def __init__(self, program: str) -> None:
        self.served = 0
        found = _program()
        self._mine, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603 - our own words
                    _command(found, program, theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},  # what bubblewrap itself may know
                    cwd="/",
                )
            except OSError as error:
                self._mine.close()
                raise SandboxError(f"bubblewrap does not start: {error.strerror}") from error
        self._mine.settimeout(START_SECONDS)
        with contextlib.suppress(OSError):
            hello = self._mine.recv(256)
            if hello == b"R":
                return
            if hello.startswith(b"F"):
                self.end()
                raise SandboxError(f"the sandbox is open: {hello[1:].decode(errors='replace')}")
        self.process.kill()
        said = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
        self.end()
        raise SandboxError(said[-1][:200] if said else "the sandbox did not start")

    def channel(self) -> socket.socket:
        """A connection to a new child. Raises SandboxError."""
        mine, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._mine, [b"\x00"], [theirs.fileno()])
            except OSError as error:
                mine.close()
                raise SandboxError("the sandbox ended") from error
        return mine

    def retire(self) -> None:
        """No new documents; those that are open end by themselves."""
        self._mine.close()
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS + GRACE)
        self.end()

    def end(self) -> None:
        """At once, with everything inside: it is the first process of its own."""
        self._mine.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()


def _program() -> str:
    found = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if found is None:
        raise SandboxError("bubblewrap is not installed")
    return found


def _command(program: str, code: str, file: int) -> list[str]:
    command = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    command += ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "desk", "--clearenv"]
    for name, value in (("LC_ALL", "C.UTF-8"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONUTF8", "1")):
        command += ["--setenv", name, value]
    for path in _places():
        command += ["--ro-bind-try", path, path]
    command += ["--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    packages = [path for path in sys.path if path and Path(path).is_dir()]
    return [*command, "--", sys.executable, "-I", "-c", code, str(file), *packages]


def _places() -> list[str]:
    """What the program needs to be read: the interpreter, the libraries, this package; nothing of the data."""
    package = Path(counterseal.__file__).parent
    found = [
        *_SYSTEM,
        sys.base_prefix,
        sysconfig.get_path("stdlib"),
        os.path.realpath(sys.executable),
        sys.executable,
    ]
    found += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(sys.prefix) / "pyvenv.cfg")]
    return list(dict.fromkeys([*found, str(package)]))


def _sound(kind: str, checked: Checked | None) -> Checked:
    """What came back is well-formed, but was made where a hostile document was open: codes must be ours."""
    if checked is None or len(checked.findings) > MOST_FINDINGS:
        return Checked(kind, (found("not_readable", reason="no answer"),))
    if any(each.code not in CATALOGUE for each in checked.findings):
        return Checked(kind, (found("not_readable", reason="an answer that is none"),))
    return checked


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it takes longer than {SECONDS} s"
    return "it takes longer, or more memory, than the sandbox gives, or breaks a library"
