# SPDX-License-Identifier: Apache-2.0
"""What a process takes from itself for good before it opens a document: resources, system calls, being looked into.

This stands inside bubblewrap, as a second wall: a document that takes over its process reaches neither the process
that forked it nor that of another document.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from typing import Final

from counterseal.gateways.documents.calls import CLONE, CLONE3, REFUSED

MEMORY: Final = 1_500 * 1024 * 1024
"""Bytes of address space, the interpreter's included."""
SECONDS: Final = 20
MOST_FILES: Final = 32

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_FILTER: Final = 2  # SECCOMP_MODE_FILTER
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF: ld w abs, jeq k, jset k, ret k
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD: Final = 0x00010000
_X32: Final = 0x40000000

_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # audit value, column of REFUSED


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def hide() -> None:
    """Nobody of the same user may trace this process or read its memory from now on. Raises OSError."""
    _control(_PR_SET_DUMPABLE, 0)


def limit(seconds: int = SECONDS, memory: int = MEMORY) -> None:
    """Processor time, wall time, memory, open files and written bytes; the kernel ends what goes beyond.

    Raises OSError, ValueError.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def fence() -> None:
    """Refuse the system calls that opening a document never needs (seccomp). Raises OSError, also on a processor
    whose calls are not known here: without the fence nothing is opened."""
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    architecture, column = known
    program = _program(architecture, CLONE[column], [row[column] for row in REFUSED.values() if row[column] >= 0])
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    held = _Program(len(program) // 8, program)
    _control(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(held))


def _program(architecture: int, clone: int, refused: Iterable[int]) -> bytes:
    """Another architecture kills; a new process is refused, a thread is not; the rest of `refused` gets EPERM."""
    deny = _ERRNO | errno.EPERM
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_SET, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, CLONE3),  # its flags cannot be seen: the C library then takes clone
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _ARGUMENT),
        (_SET, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, deny),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for number in refused:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, deny)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _control(option: int, *values: int) -> None:
    call = ctypes.CDLL(None, use_errno=True).prctl
    given = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if call(option, *given) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
