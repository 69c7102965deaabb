# SPDX-License-Identifier: Apache-2.0
"""The prover's engines on twelve capabilities (4,096 sets), on 2^20 sets, and on whole packs."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.confirm import confirm
from counterseal.prover.findings import Start, start_of
from counterseal.prover.game import compile_game
from counterseal.prover.minimal import Finder, minimal_attacks
from counterseal.prover.prove import prove
from counterseal.prover.space import Space, every_set
from counterseal.prover.table import table
from tests.bench.measure import Figure, Pace, Sample, Tick, figure

DAY = 86_400_000
TWELVE = (
    "pw_leak",
    "sms_intercept",
    "sim_swap",
    "email_takeover",
    "session_theft",
    "otp_relay",
    "totp_seed",
    "face_deepfake",
    "judicial_pii",
    "support_insider",
    "device_malware",
    "code_theft",
)  # those of the first prototype
PACKS = ("okx-2024", "hardened")
PROFILES = ("sms_only", "totp_user", "passkey_user")
WIDE = 20


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return len(PACKS) * 4 + 1


def timed(work: Callable[[], object], rounds: int) -> list[Sample]:
    """CPU is what counts: one core, nothing outside."""
    samples: list[Sample] = []
    for _ in range(rounds):
        start, cpu = time.perf_counter(), time.process_time()
        work()
        samples.append(Sample(1, time.perf_counter() - start, time.process_time() - cpu))
    return samples


class _Twelve:
    """One pack against one profile, with twelve capabilities."""

    def __init__(self, policy: Policy, start: Start) -> None:
        self.policy, self.start = policy, start
        self.game = compile_game(policy, start)
        self.classes = Classes(self.game, TWELVE)
        self.space = every_set(self.classes)

    def bound(self) -> None:
        """The bound of every set, the compiling of the game included."""
        game = compile_game(self.policy, self.start)
        bound(game, every_set(Classes(game, TWELVE)))

    def verdict(self) -> None:
        """Every minimal set under 24 h, with its path, checked by the replay semantics."""
        case = Case(self.policy, self.start)
        finder = Finder(self.game, self.space, bound(self.game, self.space))
        for attack in minimal_attacks(finder, DAY, self.game.goals):
            confirm(self.policy, case, attack)

    def table(self) -> None:
        """The exact answer of every one of the 4,096 sets on every outflow."""
        sets = [chosen for size in range(len(TWELVE) + 1) for chosen in combinations(TWELVE, size)]
        table(self.game, sets)


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """Answers a second; the note has the milliseconds of each profile."""
    made: list[Figure] = []
    rounds = 1 if pace.quick else 3
    for pack in PACKS:
        policy = load_pack(pack)
        cases = {name: _Twelve(policy, start_of(policy.vocabulary.profiles[name])) for name in PROFILES}
        for what, reach in (("bound", 20), ("verdict", 100), ("table", 1000)):
            if what != "table" or not pace.quick:
                often = rounds if what == "table" or pace.quick else 5 * rounds  # short: others' work shows
                made.append(_each(pack, what, cases, often, reach))
            tick()
        if not pace.quick:
            samples = timed(lambda policy=policy: prove(policy, DAY), 1)  # type: ignore[misc]
            note = f"{len(policy.vocabulary.profiles)} profiles, {samples[0].cpu:.1f} s CPU, one process"
            made.append(figure(f"prover.prove.{pack}", f"`prove {pack}`", samples, unit="proofs/s", note=note))
        tick()
    made.append(_wide(rounds))
    tick()
    return made


def _each(pack: str, what: str, cases: dict[str, _Twelve], rounds: int, reach: int) -> Figure:
    samples: list[Sample] = []
    told: list[str] = []
    worst = 0.0
    for name, case in cases.items():
        found = timed(getattr(case, what), rounds)
        best = 1000 * min(sample.cpu or 0.0 for sample in found)
        worst = max(worst, best)
        told.append(f"{name} {best:.0f} ms")
        samples += found
    words = {"bound": "bound of 4,096 sets", "verdict": "verdict with paths", "table": "exact table of 4,096 sets"}
    return figure(
        f"prover.{what}.{pack}",
        f"{words[what]}, `{pack}`",
        samples,
        unit="answers/s",
        target=f"{reach} ms CPU a profile",
        reached=worst <= reach,
        note=", ".join(told),
    )


def _wide(rounds: int) -> Figure:
    """2^20 sets: twenty classes, the last ones of which do what others do."""
    policy = load_pack("okx-2024")
    game = compile_game(policy, start_of(policy.vocabulary.profiles["totp_user"]))
    classes = Classes(game)
    while len(classes) < WIDE:
        at = len(classes) % 7
        classes.members = (*classes.members, ((f"again{len(classes)}",),))
        classes.powers = (*classes.powers, classes.powers[at])
    space = Space(classes)
    samples = timed(lambda: bound(game, space), rounds)
    best = min(sample.cpu or 0.0 for sample in samples)
    return figure(
        "prover.bound_2_20",
        "bound of 1,048,576 sets, `okx-2024`, totp_user",
        samples,
        unit="answers/s",
        target="1 s CPU",
        reached=best <= 1.0,
        note=f"{len(classes)} classes, {best:.2f} s CPU",
    )
