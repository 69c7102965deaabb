# SPDX-License-Identifier: Apache-2.0
"""The shipped attacks, played against a server, and the cause found from nothing but the record of the account."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterseal.demo.attacks import load_attacks
from counterseal.demo.model import Attack
from counterseal.demo.runner import play_case
from counterseal.demo.server import prepare, running_server
from counterseal.gateways.packs import load_pack
from counterseal.prover.cause.extract import steps_of
from counterseal.prover.cause.investigate import investigate
from counterseal.prover.cause.model import Account, Claim
from counterseal.prover.cause.text import explain
from counterseal.sdk import Counterseal
from counterseal.settings import Settings
from counterseal.wiring.past import Place, open_past
from tests.support.server import HOUR

pytestmark = pytest.mark.timeout(200)
DRAINED = [
    one
    for one in load_attacks()
    if one.victim is not None and (want := one.expected.get("okx-2024")) is not None and want.outcome == "drained"
]


@pytest.mark.parametrize("attack", DRAINED, ids=[one.id for one in DRAINED])
def test_the_owner_names_the_loss_and_the_rest_is_found(attack: Attack, tmp_path: Path) -> None:
    assert attack.victim is not None
    start = attack.begins - HOUR
    prepared = prepare(tmp_path / "made", start)
    server = running_server(prepared, tmp_path / "server", policy="okx-2024", start=start)
    with server as url, Counterseal(url, prepared.token) as client:
        result = play_case(client, attack)
    assert result.outcome == "drained"
    settings = Settings(
        database=tmp_path / "server" / "counterseal.db", master_key_file=tmp_path / "server" / "master.key"
    )
    with open_past(Place(settings)) as reader:
        pasts = tuple(reader.entries(attack.victim.account, reader.extent().last))
    policy, hardened = load_pack("okx-2024"), load_pack("hardened")
    account = attack.victim.account
    lost = tuple(one.action for one in steps_of(policy, account, pasts) if one.left)
    assert lost
    now = pasts[-1].at
    report = investigate(
        policy, [Account(account, pasts)], (), [Claim(account, actions=lost)], (hardened,), now=now
    )
    mine = [one.rule for one in report.steps if one.who == "attacker"]
    did = [one for one in result.steps if one.actor == "attacker" and one.outcome in ("done", "paid", "allow")]
    real = [one.action for one in did]
    assert set(mine) >= set(real), explain(report)
    assert not any(one.unexplained for one in report.steps), explain(report)
    named = [
        all({name, *each.instead.get(name, ())} & set(attack.capabilities) for name in each.capabilities)
        for each in report.sufficient
    ]
    assert any(named), (attack.capabilities, explain(report))
    assert report.failed_control
    fates = {one.step: one.now for one in report.counterfactuals}
    gone = [one.n for one in report.steps if one.left]
    assert all(fates[n] not in ("same", "allowed") for n in gone), explain(report)
