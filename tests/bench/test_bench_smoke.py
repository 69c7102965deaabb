# SPDX-License-Identifier: Apache-2.0
"""The benchmarks run: every figure is there, the engines agree. Nothing is said about time."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.bench import engines, report

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "policy.ours",
    "policy.by_hand",
    "policy.against_cel",
    "policy.against_cedar",
    "step.ask_challenge",
    "step.ask_suspected",
    "step.prove_hold",
    "step.ask_prove_allow",
    "store.plain",
    "store.transact",
    "log.append",
    "log.verify",
    "cost.totp",
    "cost.seal_sign",
    "cost.seal_verify",
    "cost.attestation",
    "cost.notice",
    "cost.policy_load",
    "import.accounts",
    "replay.other_policy",
    "replay.same_policy",
    "prover.bound.okx-2024",
    "prover.bound.hardened",
    "prover.verdict.okx-2024",
    "prover.verdict.hardened",
    "prover.bound_2_20",
    "prover.fleet",
    "prover.fleet_okx",
    "http.echo",
    "http.health",
    "http.ask",
    "http.withdrawal",
    "console.overview",
    "console.decisions",
    "console.accounts",
    "console.events",
    "console.notices",
}


def test_all_engines_give_the_same_answers() -> None:
    given = engines.inputs(500, seed=7)
    answers = engines.agreed(engines.engines(given))
    assert answers == [engines.by_hand(engines.view_of(one)) for one in given]


def test_an_engine_that_differs_is_named() -> None:
    answers = engines.engines(engines.inputs(200))
    flipped = answers["zen_dict"]
    with pytest.raises(AssertionError, match="zen_dict"):
        engines.agreed(answers | {"zen_dict": lambda: [not answer for answer in flipped()]})


@pytest.mark.timeout(300)
def test_a_quick_run_measures_everything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = msgspec.json.decode((tmp_path / "bench" / "results.json").read_bytes(), type=report.Results)
    assert results.quick
    found = {figure.id: figure for figure in results.figures}
    assert found.keys() >= EXPECTED
    for figure in results.figures:
        assert math.isfinite(figure.median), figure
        assert 0 < figure.low <= figure.median <= figure.high, figure
        assert (figure.ratio is None) or figure.ratio > 0
        assert (figure.reached is None) == (figure.target == "")
    page = (tmp_path / "bench.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in EXPECTED)
    assert max(map(len, done.stdout.splitlines())) <= report.WIDTH
    assert str(ROOT) not in page
