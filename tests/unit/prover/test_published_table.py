# SPDX-License-Identifier: Apache-2.0
"""Attackers of the field against the published rules: the earliest hour at which value leaves by each channel.

W withdrawal, P P2P release, A withdrawal with a key, T trade away from the market; an owner with an authenticator.
An earlier model on paper agrees but for four entries, each of which is explained here:
Binance A: it counted the IP list of a key as a lock, but whoever makes the key writes the list.
Coinbase: it counted "up to 24 h" and "up to 48 h" as certain (they are absent here), let SMS stand in for the
authenticator (its help page says it does not), and read "48-72 hours" as 72 (48 are promised).
Kraken A: it left keys out; nothing published holds them back but the lock.
Recovery at Coinbase needs an ID document, so the mailbox and a synthetic face need the owner's data as well.
"""

from __future__ import annotations

import pytest

from counterseal.gateways.packs import load_pack, shipped_vocabulary
from counterseal.prover.exact import search
from counterseal.prover.findings import start_of
from counterseal.prover.game import compile_game

HOUR = 3_600_000
CHANNELS = {
    "W": ("withdraw", "withdraw_verified"),
    "P": ("p2p_release",),
    "A": ("withdraw_api",),
    "T": ("offmarket_trade",),
}
PACKS = ("okx-2024", "okx-2026", "binance", "coinbase", "kraken", "kraken-gsl", "bybit", "hardened")
TABLE = {
    "session_theft": "T0 | T0 | T0 | T0 | T0 | T0 | T0 | -",
    "sim_swap email_takeover": "W24 P0 A0 T0 | - | W24 P24 A24 T0 | - | - | - | W24 P24 A0 T0 | -",
    "sim_swap email_takeover session_theft": (
        "W0 P0 A0 T0 | T0 | W0 P0 A0 T0 | T0 | W0 T0 | W720 T0 | W24 P24 A0 T0 | -"
    ),
    "email_takeover face_deepfake": "W24 P0 A0 T0 | - | - | - | - | - | - | -",
    "email_takeover face_deepfake judicial_pii": (
        "W24 P0 A0 T0 | - | - | W48 A48 T48 | - | - | - | W144 P168 A168 T144"
    ),
    "sim_swap email_takeover face_deepfake pw_leak": (
        "W24 P0 A0 T0 | W24 P24 A24 T0 | W0 P0 A0 T0 | - | - | - | W24 P24 A0 T0 | -"
    ),
    "pw_leak totp_seed email_takeover": (
        "W24 P0 A0 T0 | - | W0 P0 A0 T0 | W0 A0 T0 | W0 A0 T0 | W720 A720 T0 | W0 P0 A0 T0 | W24 P48 A48 T24"
    ),
    "trade_key_leak": "T0 | T0 | T0 | T0 | T0 | T0 | T0 | -",
}


def cell(pack: str, capabilities: str) -> str:
    """`W24 P0 A0 T0`; `-` when nothing is reached."""
    policy = load_pack(pack)
    game = compile_game(policy, start_of(shipped_vocabulary().profiles["totp_user"]))
    found = []
    for letter, goals in CHANNELS.items():
        reached = [search(game, capabilities.split(), [goal]).get(goal) for goal in goals if goal in game.goals]
        hours = [attack.leaves // HOUR for attack in reached if attack is not None]
        found += [f"{letter}{min(hours)}"] if hours else []
    return " ".join(found) or "-"


@pytest.mark.parametrize("capabilities", TABLE)
def test_the_earliest_hours(capabilities: str) -> None:
    assert {pack: cell(pack, capabilities) for pack in PACKS} == dict(
        zip(PACKS, TABLE[capabilities].split(" | "), strict=True)
    )
