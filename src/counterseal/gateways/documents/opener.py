# SPDX-License-Identifier: Apache-2.0
"""The program inside the sandbox. It loads the libraries once and forks a process for each document.

The first process never sees a byte of a document: it takes a socket for each request, forks, and the child reads
the request, answers and ends. `main` first tries what must not be possible and refuses to serve if it is.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from counterseal.gateways.documents import confine, frames
from counterseal.gateways.documents.files import Attached
from counterseal.judicial.findings import found
from counterseal.judicial.model import Checked, Context, Finding

Check = Callable[[bytes, Context], Checked]
OUTSIDE = ("192.0.2.1", 53)  # TEST-NET-1 (RFC 5737): nobody is there
HIDDEN = ("/etc/passwd", "/etc/shadow", "/etc/hosts", "/proc/self", "/sys/kernel", "/var/lib")


class Request(msgspec.Struct, frozen=True):
    """What the child does. `task`: check (by `kind`: pdf, mail, asic or xml), draw (`page` from 1, `width` in
    pixels, of a PDF) or unpack (the files of a mail or PDF)."""

    task: str
    kind: str
    data: bytes
    context: Context
    page: int = 0
    width: int = 0


class Picture(msgspec.Struct, frozen=True):
    """A drawn page: `pixels` are rows of RGB bytes. The parent makes a file of it: it believes none from here."""

    width: int
    height: int
    pixels: bytes


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the child answers."""

    checked: Checked | None = None
    picture: Picture | None = None
    files: tuple[Attached, ...] = ()


def main() -> None:
    """Serve requests on the socket whose number is the only argument, until it closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    checks, draw = _libraries()
    fault = _fault()
    control.sendall(b"F" + fault.encode()[:200] if fault else b"R")
    if fault:
        return
    confine.hide()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - libraries talk; nobody reads it
        os.dup2(nowhere.fileno(), 2)
    gc.freeze()  # the children share what is loaded
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        message, files, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            break
        for file in files:
            if os.fork() == 0:
                _child(control, file, checks, draw)
            os.close(file)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # the first process ends last: everything in here ends with it


def _child(control: socket.socket, file: int, checks: dict[str, Check], draw: Callable[[Request], Picture]) -> None:
    """Read, do, answer, end: never back into the loop."""
    try:
        control.close()
        confine.limit()
        confine.hide()
        confine.fence()
        with socket.socket(fileno=file) as channel:
            request = msgspec.msgpack.decode(frames.read(channel, frames.MOST_REQUEST), type=Request)
            frames.write(channel, msgspec.msgpack.encode(_answer(request, checks, draw)))
    finally:
        os._exit(0)


def _answer(request: Request, checks: dict[str, Check], draw: Callable[[Request], Picture]) -> Reply:
    """Whatever a library raises becomes a finding."""
    try:
        if request.task == "unpack":
            from counterseal.gateways.documents import mail_attachments, pdf_attachments  # noqa: PLC0415 - as the checks

            unpack = {"mail": mail_attachments.attachments, "pdf": pdf_attachments.attachments}[request.kind]
            return Reply(files=unpack(request.data))
        if request.task == "draw":
            return Reply(picture=draw(request))
        return Reply(checked=checks[request.kind](request.data, request.context))
    except MemoryError:
        finding = found("stopped", reason="it takes more memory than the sandbox gives")
    except BaseException as error:  # noqa: BLE001 - no exception of any library escapes
        finding = _unreadable(error)
    return Reply(checked=Checked(request.kind, (finding,)))


def _unreadable(error: BaseException) -> Finding:
    return found("not_readable", reason=type(error).__name__)


def _libraries() -> tuple[dict[str, Check], Callable[[Request], Picture]]:
    """Loaded here and once: the checks with everything that they import."""
    from counterseal.gateways.documents import render  # noqa: PLC0415 - only this process opens documents
    from counterseal.gateways.documents.checks import CHECKS  # noqa: PLC0415 - and it alone loads what can

    def draw(request: Request) -> Picture:
        return Picture(*render.page(request.data, request.page, request.width))

    return CHECKS, draw


def _fault() -> str:
    """What is possible in here and must not be; empty = nothing."""
    for path in HIDDEN:
        if Path(path).exists():
            return f"{path} can be seen"
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attempt:
        attempt.connect(OUTSIDE)
        return "there is a way to the network"
    for path in ("/", "/tmp", "/dev/shm", sys.prefix):  # noqa: S108 - tried, not used
        if os.access(path, os.W_OK):
            return f"{path} can be written"
    return ""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is the parent's to answer
    main()
