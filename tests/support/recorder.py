# SPDX-License-Identifier: Apache-2.0
"""A laboratory that keeps what the log would keep, and random pasts of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from counterseal.core import inputs as i
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack, policy_from
from counterseal.prover.history import (
    AccountHistory,
    Fate,
    Past,
)
from counterseal.prover.history_run import replay_account
from tests.support.lab import START, Lab, owner
from tests.support.lab_policy import lab_policy, lab_policy_with, lab_vocabulary
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


PACKS: dict[str, Callable[[], Policy]] = {
    "lab": lab_policy,
    "stricter lab": lambda: lab_policy_with("strongest(passkey, totp, sms)", "strongest(passkey, totp)"),
    "okx-2024": lambda: load_pack("okx-2024"),
    "hardened": lambda: load_pack("hardened"),
}


P2P = 'p2p:       {require: "session and totp and since(recovered) >= 72h", limit: 500/24h, delay: 6h, notify: all}'
WITHDRAW = 'since(weakened) >= 24h", limit: 1000/24h, notify: all}'


def edited(policy: Policy, old: str, new: str) -> Policy:
    """A policy of the laboratory with one text for another."""
    assert old in policy.text
    return policy_from(policy.text.replace(old, new), lab_vocabulary())


HOLDING = lab_policy_with("grants: verified_address", "grants: verified_address, holds: weakened, notify: all")


def paid(lab: Recorder, *factors: str, rule: str = "withdraw", value: int = 100, session: str = "s1") -> str:
    """An outflow from ask to broadcast; the channel takes its notice."""
    action = lab.done(rule, *factors, value=value, session=session, address="a1")
    lab.accept(action)
    lab.redeem(action)
    lab.report(action)
    return action


def replace_seal(past: Past) -> Past:
    """As the guard records it: an ask carries the id of a seal, should it lead to one."""
    if isinstance(past.input, i.Ask):
        return msgspec.structs.replace(past, input=msgspec.structs.replace(past.input, seal="early"))
    return past
