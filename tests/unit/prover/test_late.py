# SPDX-License-Identifier: Apache-2.0
"""Effects that the attacker wants late: the exact search against the reference attacker, and the replay's word."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from counterseal.prover.exact import search
from counterseal.prover.game import compile_game
from counterseal.prover.replay import replay
from tests.reference.attack import explore
from tests.support.duel import HOUR, account, duel


class Late(NamedTuple):
    """A game in which something pending takes away what is needed until a moment, and that moment."""

    name: str
    actions: str
    withdraw: str
    capabilities: str
    window: int


CASES = (
    Late(
        "what revokes is asked for 12 h before the age is reached",
        """add: {verb: use, require: password, grants: address, notify: email}
        late: {verb: recover, require: password, grants: ticket, revokes: address, delay: 12h, notify: email}
        own: {verb: replace, require: address and age(address) >= 24h, grants: totp, notify: email}
        never: {verb: ask, require: letter, grants: session}""",
        "ticket and totp",
        "pw_leak",
        24,
    ),
    Late(
        "what restarts a clock is asked for between two thresholds",
        """add: {verb: use, require: password, grants: address, notify: email}
        late: {verb: recover, require: password, grants: ticket, holds: weakened, delay: 18h, notify: email}
        own: {verb: ask, require: address and age(address) >= 24h and since(weakened) >= 48h, grants: session}""",
        "ticket and session",
        "pw_leak",
        24,
    ),
    Late(
        "the first notice is put off until what nobody hears of is about to take effect",
        """late: {verb: recover, require: password, grants: address, revokes: session, delay: 48h, notify: sms}
        own: {verb: replace, require: session and password, grants: totp, delay: 12h, notify: email}
        never: {verb: ask, require: letter, grants: session}""",
        "address and totp",
        "session_theft sim_swap pw_leak",
        12,
    ),
    Late(
        "what is due is held back by a fact that could be had",
        """late: {verb: recover, require: session or address, grants: ticket, revokes: key, delay: 24h, notify: sms}
        go: {verb: use, require: session, revokes: [session, address], grants: key, holds: weakened, notify: email}
        own: {verb: replace, require: key and age(key) >= 36h, grants: totp, notify: email}
        add: {verb: ask, require: password and since(weakened) >= 30h, grants: address}
        never: {verb: ask, require: letter, grants: session}""",
        "ticket and totp",
        "pw_leak session_theft",
        36,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_window_is_the_least_and_the_path_is_confirmed(case: Late) -> None:
    policy = duel(case.actions, f"withdraw: {{require: {case.withdraw}, notify: email}}")
    start, names = account("password sms email totp"), case.capabilities.split()
    found = search(compile_game(policy, start), names)["withdraw"]
    assert found.window == case.window * HOUR
    assert replay(policy, start, found).confirmed
    assert explore(policy, start, names)["withdraw"] == case.window * HOUR
