# SPDX-License-Identifier: Apache-2.0
"""The desk's demonstration: forgeries under two policies, genuine requests, and the story from order to theft."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from counterseal.demo.attacks import load_attacks
from counterseal.demo.desk_cases import CASES, REFUSED, Outcome, intake, judged, play
from counterseal.demo.desk_package import handed_over
from counterseal.demo.desk_papers import Papers, order
from counterseal.demo.desk_records import running as records_running
from counterseal.demo.desk_world import DAY, NAMES, Desk
from counterseal.demo.server import invite, prepare, running_server
from counterseal.demo.session import play_packs
from counterseal.sdk import Counterseal

PACKS = ("okx-2024", "hardened")
GENUINE = 30
BEFORE = 40 * DAY
Told = Callable[[str], None]


class Genuine(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine request under `hardened`. `due`: of its clock for an answer, `done`: both ms, 0 = none."""

    number: int
    type: str
    path: str
    language: str
    result: str
    at: str
    done: int
    due: int

    @property
    def in_time(self) -> bool:
        """Released before its clock ran out."""
        return self.result == "released" and 0 < self.done <= self.due


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was played. `story`: steps in words, in order: the first forgery, its package, the thefts."""

    forgeries: tuple[Outcome, ...]
    genuine: tuple[Genuine, ...]
    story: tuple[dict[str, str], ...]


def show(told: Told, *, cases: int = len(CASES), genuine: int = GENUINE, story: bool = True) -> Shown:
    """Play it on servers of our own. Raises DemoError."""
    outcomes: list[Outcome] = []
    passed: list[Genuine] = []
    packages: dict[str, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="counterseal-desk-") as name:
        for pack in PACKS:
            with _desk(Path(name) / pack, pack) as desk:
                told(f"{pack}: the desk is open")
                for number, case in enumerate(CASES[:cases], 1):
                    outcomes.append(play(desk, case, pack, number))
                    told(f"{pack}: {case.title}")
                packages[pack] = handed_over(desk, next(each for each in outcomes if each.policy == pack))
                for number in range(genuine if pack == "hardened" else 0):
                    passed.append(_genuine(desk, number))
                    told(f"{pack}: genuine request {number + 1}")
    outcomes.sort(key=lambda each: [case.id for case in CASES].index(each.case))
    steps = _story(outcomes, packages, told, thefts=story)
    return Shown(forgeries=tuple(outcomes), genuine=tuple(passed), story=steps)


@contextmanager
def _desk(folder: Path, pack: str) -> Iterator[Desk]:
    papers = Papers()
    start = int(papers.now.timestamp() * 1000) - BEFORE
    prepared = prepare(folder, start)
    links = {name: invite(prepared, name, "legal", start) for name in NAMES}
    trust = papers.trust(folder / "trust")
    with (
        records_running(folder) as (records, platform),
        running_server(prepared, folder / "server", policy=pack, start=start, settings=trust | platform) as url,
        Counterseal(url, prepared.token, timeout=60_000) as client,
        closing(Desk(url, client, links, papers)) as desk,
    ):
        records.clock = lambda: client.read_clock().now // 1000
        yield desk


def _genuine(desk: Desk, number: int) -> Genuine:
    """A request that the court made: by its mailbox, signed, or both; disclosure, preservation or freeze."""
    kind = ("disclosure", "disclosure", "emergency", "freeze", "seizure")[number % 5]
    path = ("mail", "signed", "both")[number % 3]
    language = ("en", "zh")[number // 5 % 2]
    basis = "danger_to_life" if kind == "emergency" else "court_order"
    account, case_number = desk.account(), f"{100 + number}/2026"
    text = f"Case {case_number}: account {account}."
    paper = order(text) if path == "mail" else desk.papers.signed(text)
    papers = [("order.pdf", paper)]
    if path != "signed":
        papers.append(("order.eml", desk.papers.mail(text)))
    request = intake(desk, papers, account, case_number, kind, basis, language=language)
    status, answer = desk.called(request, "confirmed")
    if status < REFUSED:
        status, answer = desk.finish(request, basis, kind)
    held = desk.read(request)
    made = judged(f"genuine-{number + 1}", "hardened", held, status, answer)
    return Genuine(
        number=number + 1,
        type=kind,
        path=path,
        language=language,
        result=made.result,
        at=made.at,
        done=desk.client.read_clock().now if made.result == "released" else 0,
        due=_due(held["request"]["clocks"]),
    )


def _due(clocks: Sequence[dict[str, Any]]) -> int:
    """The earliest clock for an answer."""
    return min((each["due"] for each in clocks if "answer" in each["name"]), default=0)


def _story(
    outcomes: Sequence[Outcome], packages: dict[str, tuple[str, str]], told: Told, *, thefts: bool
) -> tuple[dict[str, str], ...]:
    """The forged order, what it hands out, and the thefts of June with such data, under each policy."""
    known = load_attacks()
    attacks = [each for each in known if each.precursor or each.after is not None]

    def say(pack: str, attack: str, _played: object) -> None:
        told(f"{pack}: story {attack}")

    results = play_packs(attacks, PACKS, say) if thefts else []
    steps = []
    for pack in PACKS:
        forged = next((each for each in outcomes if each.policy == pack), None)
        if forged is not None:
            steps.append({"policy": pack, "step": "forged order", "result": forged.result, "at": forged.at})
        result, at = packages[pack]
        steps.append({"policy": pack, "step": "disclosure package", "result": result, "at": at})
        steps += [
            {
                "policy": pack,
                "step": f"attack {each.attack}",
                "result": each.outcome,
                "at": each.stopped_at or "",
            }
            for each in results
            if each.pack == pack
        ]
    return tuple(steps)
