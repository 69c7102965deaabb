# SPDX-License-Identifier: Apache-2.0
"""Replay of recorded inputs: the same policy gives the same; another one parts where it must, and no further."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core import inputs as i
from counterseal.core.account import UsedProof
from counterseal.core.engine import advance
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.history import AccountHistory, Fate, Past
from counterseal.prover.history_run import replay_account
from tests.support.lab import DAY, HOUR, MINUTE, START, Lab, owner
from tests.support.lab_policy import lab_policy
from tests.support.moves import Moves


class Recorder(Lab):
    """A laboratory that keeps what the log would keep."""

    def __init__(self, policy: Policy | None = None, register: i.Register | None = None) -> None:
        given = register or owner()
        super().__init__(policy, given)
        self.pasts = [Past(0, START, given, None, self.last.events)]

    def do(self, given: i.Input) -> Any:
        """One input; a refused one leaves no trace."""
        decision = super().do(given)
        self.pasts.append(Past(len(self.pasts), self.now, given, decision, self.last.events))
        return decision

    def replay(self, policy: Policy, **more: Any) -> AccountHistory:
        """The record under another policy."""
        return replay_account(policy, "account", self.pasts, horizon=self.now, **more)


def fate(history: AccountHistory, action: str) -> Fate:
    return next(one for one in history.fates if one.action == action)


def random_history(policy: Policy, chance: random.Random, steps: int) -> Recorder:
    lab = Recorder(policy)
    moves = Moves(lab, chance)
    for _ in range(steps):
        moves.pause()
        try:
            lab.do(moves.next())
        except InputError:
            continue
    return lab


PACKS = {"lab": lab_policy, "okx-2024": lambda: load_pack("okx-2024"), "hardened": lambda: load_pack("hardened")}


class TestTheSamePolicy:
    @pytest.mark.parametrize("pack", PACKS)
    @given(chance=st.randoms(use_true_random=False))
    @settings(max_examples=60)
    def test_every_decision_and_event_is_the_same(self, pack: str, chance: random.Random) -> None:
        policy = PACKS[pack]()
        lab = random_history(policy, chance, 60)
        found = lab.replay(policy)
        assert found.identical == found.inputs == len(lab.pasts)
        assert {one.now for one in found.fates} <= {"same"}
        assert found.skipped == {}
        asked = [past.input.id for past in lab.pasts if isinstance(past.input, i.Ask)]
        assert [one.action for one in found.fates] == asked

    @given(chance=st.randoms(use_true_random=False), part=st.floats(0.1, 0.9))
    @settings(max_examples=30)
    def test_from_the_middle_on_too(self, chance: random.Random, part: float) -> None:
        policy = lab_policy()
        lab = random_history(policy, chance, 60)
        since = lab.pasts[int(len(lab.pasts) * part)].at
        found = lab.replay(policy, since=since)
        assert found.identical == found.inputs == sum(past.at >= since for past in lab.pasts)
        assert {one.now for one in found.fates} <= {"same"}
