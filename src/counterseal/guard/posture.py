# SPDX-License-Identifier: Apache-2.0
"""The posture of an account in its state: read, abstracted, proved in a thread of its own, and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection

from counterseal.core.account import State
from counterseal.core.errors import InputError, NotFoundError
from counterseal.guard.commands import subject_of
from counterseal.guard.tools import Tools, read_clock
from counterseal.prover.game import TooMuchWorkError
from counterseal.prover.posture import Posture, posture, start_of_state
from counterseal.prover.report.posture import Document, document_of
from counterseal.prover.shapes import Shape, Shaper

AT_ONCE = 1
"""Proofs at a time: they are pure Python, so more would only take turns and slow the guard down."""
KEPT = 512
"""Postures kept. Accounts of one shape share one."""

Key = tuple[str, int, Shape]


class Postures:
    """Answers from memory where an account of the same shape was asked about under the same policy.

    What is proved is the shape: its clocks are rounded in the attacker's favour, so that no time said is too long.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._kept: OrderedDict[Key, Posture] = OrderedDict()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def read(self, account: str, window: int, foreign: Collection[str] = ()) -> Document:
        """The posture of an account now. `window`: ms that its owner needs; `foreign`: ids of actions that were not
        the owner's. NotFoundError (`unknown_account`, `unknown_action_id`); InputError (`policy_too_large`) where
        the policy is too large even for the bound. Where the search is given up, the bound answers and says so."""
        tools = self._tools
        policy = tools.policies.current
        now, _ = read_clock(tools)
        state = await tools.store.read(subject_of(account))
        if not isinstance(state, State):
            raise NotFoundError("there is no such account", code="unknown_account")
        shape = Shaper(policy).shape(start_of_state(policy, state, now, foreign))
        key = (policy.digest, window, shape)
        async with self._turn:  # whoever asked the same meanwhile finds it done
            found = self._kept.get(key)
            if found is None:
                try:
                    found = await asyncio.to_thread(posture, policy, shape.start, window)
                except TooMuchWorkError as error:
                    raise InputError(error.sentence, code="policy_too_large", hint=error.hint) from error
                self._kept[key] = found
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return document_of(account, now, found)
