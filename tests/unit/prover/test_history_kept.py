# SPDX-License-Identifier: Apache-2.0
"""A shadow that is put away and taken up after every input finds what one replay of the whole record finds."""

from __future__ import annotations

import random

import pytest

from counterseal.core.transaction import StructCodec
from counterseal.prover.history_kept import Kept, Shadow, forked
from counterseal.prover.history_run import replay_account
from counterseal.publishing.model import Run
from counterseal.publishing.tally import step, tallied
from tests.support.recorder import PACKS, random_history

CODEC = StructCodec(Kept)
RUN = Run("r", "v", "sha256:v", "lab", "running", "st_1", 0, 0, -1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("other", ["stricter lab", "lab"])
def test_put_away_after_each_input_it_finds_the_same(seed: int, other: str) -> None:
    """Through the stored form each time: fates, identical inputs, skipped ones."""
    lab = random_history(PACKS["lab"](), random.Random(seed), 120)
    policy = PACKS[other]()
    whole = replay_account(policy, "account", lab.pasts)
    kept, found, identical = Kept(), {}, 0
    for past in lab.pasts:
        shadow = Shadow(policy, "account", CODEC.decode(CODEC.encode(kept)))
        shadow.take(past)
        found |= shadow.fates()
        identical += shadow.identical
        kept = shadow.keep()
    assert identical == whole.identical
    assert {name: (fate.now, fate.was, fate.rule) for name, fate in found.items()} == {
        fate.action: (fate.now, fate.was, fate.rule) for fate in whole.fates
    }


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_the_fates_whatever_the_batches(seed: int) -> None:
    """A fate that changes moves from cell to cell: in the end each action is counted once, as it ended."""
    chance = random.Random(seed)
    lab = random_history(PACKS["lab"](), chance, 100)
    policy = PACKS["stricter lab"]()
    run, kept, at = RUN, Kept(), 0
    while at < len(lab.pasts):
        size = chance.randint(1, 30)
        done = step(policy, "account", kept, lab.pasts[at : at + size], fresh=at == 0, other_currency=False)
        run, kept, at = tallied(run, [done]), CODEC.decode(CODEC.encode(done.kept)), at + size
    expected: dict[tuple[str, str, str], int] = {}
    for fate in replay_account(policy, "account", lab.pasts).fates:
        key = (fate.rule, fate.was, fate.now)
        expected[key] = expected.get(key, 0) + 1
    cells = {
        (rule, was, now): count
        for rule, rows in run.cells.items()
        for was, row in rows.items()
        for now, count in row.items()
    }
    assert cells == expected
    assert (run.accounts, run.inputs) == (1, len(lab.pasts))


def test_a_fork_begins_where_the_account_stands() -> None:
    """Under the same policy a shadow that begins in the middle goes on as the record does."""
    lab = random_history(PACKS["lab"](), random.Random(7), 80)
    middle = len(lab.pasts) // 2
    shadow = Shadow(PACKS["lab"](), "account", forked("account", lab.pasts[:middle]))
    for past in lab.pasts[middle:]:
        shadow.take(past)
    assert shadow.identical == len(lab.pasts) - middle
    assert {fate.now for fate in shadow.fates().values()} <= {"same"}
