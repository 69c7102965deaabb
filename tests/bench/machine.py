# SPDX-License-Identifier: Apache-2.0
"""What machine this is, without its name."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

import msgspec

PACKAGES = ("cedarpy", "common-expression-language", "zen-engine", "fastapi", "uvicorn", "msgspec")


class Machine(msgspec.Struct, frozen=True):
    """Cores that this process may use, processor, memory, and the versions that matter."""

    cores: int
    processor: str
    memory_gib: float | None
    system: str
    python: str
    sqlite: str
    packages: dict[str, str]


def describe() -> Machine:
    """This machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        memory_gib=None if pages is None else round(pages / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        packages={name: version(name) for name in PACKAGES},
    )


def load() -> float | None:
    """The load average of the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def cpu_of(process: int) -> float | None:
    """CPU seconds that a process and its threads have used; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), platform.processor())
