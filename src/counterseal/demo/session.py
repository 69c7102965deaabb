# SPDX-License-Identifier: Apache-2.0
"""All attacks under all policies: one server for each policy, both at once, or one server that runs already."""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from counterseal.demo.model import Attack, CaseResult, Played
from counterseal.demo.runner import PRELUDE, play_case
from counterseal.demo.server import prepare, running_server
from counterseal.sdk import Counterseal

HOUR = 3_600_000
Watch = Callable[[str, str, Played | None], None]
"""Told of (policy, attack or "", what happened); None = the attack is over, or the server is up."""


def play_packs(attacks: Sequence[Attack], packs: Sequence[str], watch: Watch) -> list[CaseResult]:
    """Play every attack under every pack on real servers of our own. Raises DemoError.

    The results are in the order attack, then pack.
    """
    start = min(attack.begins for attack in attacks) - HOUR - PRELUDE
    lock = threading.Lock()

    def told(pack: str, attack: str, played: Played | None) -> None:
        with lock:
            watch(pack, attack, played)

    with tempfile.TemporaryDirectory(prefix="counterseal-demo-") as name:
        folder = Path(name)
        prepared = prepare(folder, start)

        def run(numbered: tuple[int, str]) -> list[CaseResult]:
            number, pack = numbered
            with (
                running_server(prepared, folder / f"server-{number}", policy=pack, start=start) as url,
                Counterseal(url, prepared.token, timeout=30_000) as client,
            ):
                told(pack, "", None)
                return _play(client, attacks, pack, told)

        with ThreadPoolExecutor(max_workers=min(2, len(packs))) as pool:
            by_pack = list(pool.map(run, enumerate(packs)))
    return [results[index] for index in range(len(attacks)) for results in by_pack]


def play_against(client: Counterseal, attacks: Sequence[Attack], watch: Watch) -> list[CaseResult]:
    """Play every attack against a server that runs already, on accounts of its own there.

    Raises DemoError (`clock_real`) unless its clock is simulated.
    """
    return _play(client, attacks, "", watch, suffix=f"-{uuid.uuid4().hex[:8]}")


def _play(
    client: Counterseal, attacks: Sequence[Attack], pack: str, watch: Watch, *, suffix: str = ""
) -> list[CaseResult]:
    found = []
    for attack in attacks:

        def seen(played: Played, name: str = attack.id) -> None:
            watch(pack, name, played)

        found.append(play_case(client, attack, suffix=suffix, watch=seen))
        watch(pack, attack.id, None)
    return found
