# SPDX-License-Identifier: Apache-2.0
"""A replay that goes on: one account beside its record, put away after some inputs and taken up at the next.

The same replay as `replay_account`, input by input, with the same words for what becomes of an action. Only its end
is open: what became of an action is what is known so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import msgspec

from counterseal.core.account import Mark, Spend, State
from counterseal.core.decision import Decision
from counterseal.core.engine import fold_all
from counterseal.core.policy.model import Policy
from counterseal.prover.history import Fate, Past
from counterseal.prover.history_chain import Chain
from counterseal.prover.history_rest import Extra
from counterseal.prover.history_run import Replay


class KeptChain(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chain put away: the fields of `Chain`. Decisions are None where they are those of the actions' states."""

    action: str
    rule: str
    asked: int
    outflow: bool
    was_stage: int = 0
    new_stage: int = 0
    was_end: str = ""
    decision: Decision | None = None
    was_decision: Decision | None = None
    spared: tuple[str, ...] = ()
    verdict: str = ""
    parted: int = 0
    because: tuple[str, ...] = ()
    code: str = ""
    text: str = ""
    refused: str = ""
    unsaid: tuple[str, str] | None = None
    compared: bool = False
    pending: bool = False
    due: int | None = None


class KeptClock(msgspec.Struct, frozen=True):
    """A clock that an action restarts wherever it takes effect."""

    action: str
    clock: str
    mark: Mark


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account's shadow. `was`: the state as recorded; `new`: under the other policy, None = the same one."""

    was: State | None = None
    new: State | None = None
    timers: dict[str, tuple[int, str]] = {}
    chains: tuple[KeptChain, ...] = ()
    earlier: frozenset[str] = frozenset()
    touched: dict[str, tuple[str, ...]] = {}
    clocks: tuple[KeptClock, ...] = ()
    spends: tuple[Spend, ...] = ()


def forked(account: str, pasts: Sequence[Past]) -> Kept:
    """A shadow that begins where the account stands after these entries, its first ones; none = before all."""
    if not pasts:
        return Kept()
    state = State(id=account)
    for past in pasts:
        state = fold_all(state, past.events)
    timers = {
        f"{action.id}.due": (action.due, action.id)
        for action in state.actions.values()
        if action.status == "pending" and action.due is not None
    }
    return Kept(was=state, timers=timers)


class Shadow:
    """One account under another policy, from where it was put away."""

    def __init__(self, policy: Policy, account: str, kept: Kept, *, other_currency: bool = False) -> None:
        self._replay = run = Replay(policy, account, 0, other_currency=other_currency)
        run.running = True
        run.was = kept.was
        run.new = kept.was if kept.new is None else kept.new
        run.timers = dict(kept.timers)
        run.earlier = set(kept.earlier)
        run.chains = {each.action: _chain(each, run.was, run.new) for each in kept.chains}
        clocks = [Extra(each.action, each.clock, each.mark) for each in kept.clocks]
        run.remains.restore({key: set(names) for key, names in kept.touched.items()}, clocks, list(kept.spends))

    def take(self, past: Past) -> None:
        """The next entry of the account."""
        self._replay.take(past)

    @property
    def identical(self) -> int:
        """Inputs taken since it was taken up that led to the very same decision and events."""
        return self._replay.identical

    @property
    def skipped(self) -> dict[str, int]:
        """Why inputs that are no part of an action could not be replayed -> how many."""
        return dict(self._replay.skipped)

    def fates(self) -> dict[str, Fate]:
        """Action -> what became of it so far, of those asked in the shadow that a state still knows."""
        run = self._replay  # copies, since a chain that says how it ended notes why
        return {name: copy(chain).fate(run.new) for name, chain in run.chains.items() if name not in run.earlier}

    def keep(self) -> Kept:
        """Everything that the next input needs. What both states have forgotten is not kept."""
        run = self._replay
        alive = _actions(run.was) | _actions(run.new)
        chains = tuple(_kept(each, run.was, run.new) for name, each in run.chains.items() if name in alive)
        touched, clocks, spends = run.remains.kept()
        return Kept(
            was=run.was,
            new=None if run.new is run.was else run.new,
            timers=dict(run.timers),
            chains=chains,
            earlier=frozenset(run.earlier & alive),
            touched={key: tuple(sorted(names)) for key, names in touched.items()},
            clocks=tuple(KeptClock(each.action, each.clock, each.mark) for each in clocks),
            spends=tuple(spends),
        )


_SAME = tuple(
    name
    for name in KeptChain.__struct_fields__
    if name not in {"decision", "was_decision", "spared", "compared", "action", "rule", "asked", "outflow"}
)


def _actions(state: State | None) -> set[str]:
    return set() if state is None else set(state.actions)


def _decision(state: State | None, action: str) -> Decision | None:
    found = None if state is None else state.actions.get(action)
    return None if found is None else found.decision


def _kept(chain: Chain, was: State | None, new: State | None) -> KeptChain:
    fields: dict[str, Any] = {name: getattr(chain, name) for name in _SAME}
    mine, theirs = _decision(new, chain.action), _decision(was, chain.action)
    return KeptChain(
        *(chain.action, chain.rule, chain.asked, chain.outflow),
        **fields,
        decision=None if chain.decision is mine else chain.decision,
        was_decision=None if chain.was_decision is theirs else chain.was_decision,
        spared=tuple(chain.spared),
        compared=chain.is_compared,
    )


def _chain(kept: KeptChain, was: State | None, new: State | None) -> Chain:
    chain = Chain(kept.action, kept.rule, kept.asked, outflow=kept.outflow)
    for name in _SAME:
        setattr(chain, name, getattr(kept, name))
    chain.spared = list(kept.spared)
    chain.decision = kept.decision or _decision(new, kept.action)
    chain.was_decision = kept.was_decision or _decision(was, kept.action)
    if kept.compared:
        chain.mark_compared()
    return chain
