# SPDX-License-Identifier: Apache-2.0
"""`make bench-profile`: where the server's CPU goes while it answers asks, and whole withdrawals.

The server runs under yappi (CPU time of all threads, every call counted), which slows it about four times and
weighs small functions too heavily: shares, not times. Writes docs/bench/profile.json and prints it.
"""

from __future__ import annotations

import datetime as dt
import json
import pstats
import tempfile
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.bench import processes, seed
from tests.bench.web import QUICK_ACCOUNTS, Web

OUT = processes.ROOT / "docs" / "bench" / "profile.json"
SECONDS = 6.0
SERVE: Final = """
import signal, yappi
from counterseal.cli import main
yappi.set_clock_type("cpu")
def begin(*_): yappi.start(builtins=True)
def end(*_):
    yappi.stop()
    yappi.get_func_stats().save({path!r}, "pstat")
    open({path!r} + ".done", "w").close()
signal.signal(signal.SIGUSR1, begin)
signal.signal(signal.SIGUSR2, end)
main()
"""
# The first that fits names the layer; a built-in counts for the layer that called it.
LAYERS: Final = (
    ("uvicorn", ("/uvicorn/", "httptools", "uvloop")),
    ("Starlette and FastAPI", ("/starlette/", "/fastapi/")),
    ("our HTTP edge", ("/counterseal/http/", "/counterseal/access/", "structlog", "prometheus_client")),
    ("the engine: step and fold", ("/counterseal/core/",)),
    ("the guard around it", ("/counterseal/guard/", "/counterseal/factors/", "/counterseal/wiring/")),
    ("notices and workers", ("/counterseal/notices/", "/counterseal/workers/", "/smtplib", "/email/")),
    ("the store", ("/counterseal/store/", "/sqlalchemy/", "/counterseal/gateways/")),
)
REST: Final = "the rest"


def main() -> None:
    """Profile both, print, write."""
    found: dict[str, Any] = {}
    for mode, policy in (("ask", "hardened"), ("withdraw", "okx-2024")):
        found[mode] = shares(mode, policy)
    console = Console()
    table = Table("share of the server's CPU", "ask", "whole withdrawal")
    for layer in found["ask"]["layers"]:
        table.add_row(layer, *(f"{found[mode]['layers'][layer]:.0%}" for mode in ("ask", "withdraw")))
    console.print(table)
    OUT.write_text(json.dumps({"date": dt.datetime.now(dt.UTC).date().isoformat(), **found}, indent=2) + "\n")
    console.print(f"Written: {OUT}")


def shares(mode: str, policy: str) -> dict[str, Any]:
    """What part of the CPU each layer took, and the twelve functions that took most by themselves."""
    work = processes.ROOT / "var" / "bench"
    source = seed.seeded(work, QUICK_ACCOUNTS, lambda _done: None)
    with tempfile.TemporaryDirectory(dir=work) as name:
        place = seed.copy_of(source, Path(name))
        result = place / "profile"
        with (
            processes.helper("echo", place) as echo,
            processes.helper("mail", place) as mail,
            processes.counterseal(place, policy, mail.port, SERVE.format(path=str(result))) as server,
        ):
            running = Web(server, echo, (place / "token").read_text(encoding="ascii"), QUICK_ACCOUNTS)
            running.case(mode, SECONDS / 3, once=mode != "ask")()
            processes.signalled(server, "SIGUSR1")
            sample = running.case(mode, SECONDS, once=mode != "ask")()
            processes.signalled(server, "SIGUSR2", until=Path(f"{result}.done"))
        stats = pstats.Stats(str(result))
    return {"operations": sample.operations, **_by_layer(stats)}


Place = tuple[str, int, str]


def _by_layer(stats: pstats.Stats) -> dict[str, Any]:
    timed: dict[Place, Any] = stats.stats  # type: ignore[attr-defined] # pstats' own table
    layers = dict.fromkeys([name for name, _ in LAYERS] + [REST], 0.0)
    for place, (_, _, own, _, callers) in timed.items():
        layer = _layer(place)
        if layer is not None or not callers:
            layers[layer or REST] += own
            continue
        whole = sum(caller[2] for caller in callers.values()) or 1.0
        for caller, (_, _, mine, _) in callers.items():
            layers[_layer(caller) or REST] += own * mine / whole
    total = sum(layers.values())
    most = sorted(timed.items(), key=lambda item: -item[1][2])[:12]
    return {
        "layers": {name: round(seconds / total, 3) for name, seconds in layers.items()},
        "functions": {_named(place): round(each[2] / total, 3) for place, each in most},
    }


def _layer(place: Place) -> str | None:
    return next((name for name, marks in LAYERS if any(mark in place[0] for mark in marks)), None)


def _named(place: Place) -> str:
    file, _, function = place
    return f"{'/'.join(Path(file).parts[-2:])}: {function}"


if __name__ == "__main__":
    main()
