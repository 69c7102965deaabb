# SPDX-License-Identifier: Apache-2.0
"""Processes that work beside a server: behind everything else, and never longer than it lives."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

NICENESS = 5
"""The API goes first, and a proof still ends on a busy machine."""


def one_beside() -> ProcessPoolExecutor:
    """A pool of one process, started when there is work."""
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin)


def end(pool: ProcessPoolExecutor | None) -> None:
    """End its process, whatever it does."""
    if pool is not None:
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - it offers no way to end one
            process.terminate()


def _begin() -> None:
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, name="counterseal-parent", daemon=True).start()


def _end_with_parent() -> None:
    """A server that is killed ends nothing itself: whoever works for it would go on, and then wait for ever."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
