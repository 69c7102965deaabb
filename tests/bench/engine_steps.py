# SPDX-License-Identifier: Apache-2.0
"""How many times a second the engine decides an ask that ends in a challenge, with reasons and alternatives."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import FactState, Grant, Object, Request, State
from counterseal.core.engine import advance, step
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from tests.support.lab import START, payment
from tests.support.random_policies import register_for

OBJECTS = 20
ROUNDS = 20_000


def account(policy: Policy) -> State:
    """An account of 20 objects."""
    register = register_for(policy)
    old = Grant(START - 86_400_000, "import", imported=True)
    more = [
        Object("address", f"address-{number}", {"address": FactState(old, started=old.at)})
        for number in range(3, 3 + OBJECTS - len(register.objects))
    ]
    full = i.Register("account", register.contacts, register.instances, (*register.objects, *more))
    state, _ = advance(policy, None, full, START)
    assert len(state.objects) == OBJECTS
    return state


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """`steps_per_second` of CPU time, one core, `withdraw` of the hardened pack: the best of five runs."""
    policy = load_pack("hardened")
    state = account(policy)
    objects = {kind: f"{kind}-1" for kind in sorted(set(policy.vocabulary.facts.values()))}
    ask = i.Ask("ask", Request("withdraw", objects, payment=payment(100)))
    decision = step(policy, state, ask, START).decision
    assert decision is not None
    assert decision.outcome == "challenge"
    # One ask in eight looks at the whole state for what can be forgotten.
    states = [msgspec.structs.replace(state, sequence=number) for number in range(8)]
    best = 0.0
    for _ in range(5):
        begin = time.process_time()
        for _ in range(rounds // 40):
            for one in states:
                step(policy, one, ask, START)
        best = max(best, rounds / 5 / (time.process_time() - begin))
    return {
        "what": "step: ask -> challenge, hardened withdraw, account of 20 objects",
        "steps_per_second": round(best),
        "reasons": len(decision.reasons),
        "alternatives": [list(one) for one in decision.alternatives],
    }


if __name__ == "__main__":
    print(measure())
