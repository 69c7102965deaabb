# SPDX-License-Identifier: Apache-2.0
"""The attacks as data: the shipped files, and what the loader refuses."""

import pytest

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.demo.attacks import attack_from, attacks_directory, load_attacks
from counterseal.demo.model import Payment
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary

GOOD = """\
counterseal: 1
attack: x-1
incident: X1
title: A title
date: 2024-06-09
confidence: low
sources: https://example.test/
told: It happened.
capabilities: [sms_intercept]
begins: "2024-06-09T04:44:00+08:00"
patience: 1h
victim:
  account: somebody
  factors:
    sms: {contact: "+85251234599", age: 1d}
    totp: {}
  objects:
    - {kind: session, id: s1, facts: session, age: 2h}
  reacts: 1h
  presses: [freeze]
steps:
  - at: 0m
    aim: get in
    ways:
      - {action: login_new_device, objects: {session: a, device: b}, proofs: [sms]}
      - - {action: ask_recovery, objects: {recovery: r}}
        - {action: finish_recovery, objects: {recovery: r}, enrol: {sms: {contact: "+4477"}}, patience: 0m}
  - at: 5m
    aim: get out
    optional: true
    ways:
      - {action: withdraw, payment: {asset: USDT, amount: 10.5, chain: tron, destination: T1}}
expected:
  hardened: {outcome: stopped, at: login_new_device, told: silent}
"""


def faults_of(text):
    with pytest.raises(PolicyFaults) as caught:
        attack_from(text)
    return [(fault.code, fault.span.line) for fault in caught.value.faults]


def test_a_file_becomes_an_attack():
    attack = attack_from(GOOD, file="x.yaml")
    assert attack.begins == 1717879440000  # 2024-06-08T20:44Z
    assert attack.zone == 480
    assert attack.patience == 3_600_000
    assert [len(way) for way in attack.steps[0].ways] == [1, 2]
    finish = attack.steps[0].ways[1][1]
    assert finish.patience == 0
    assert finish.enrol[0].contact == "+4477"
    assert attack.steps[0].ways[0][0].span.line == 25
    assert attack.steps[1].optional
    assert attack.steps[1].ways[0][0].payment == Payment(
        "USDT", attack.steps[1].ways[0][0].payment.amount, "T1", "tron"
    )
    assert str(attack.steps[1].ways[0][0].payment.amount) == "10.5"
    assert attack.victim.objects[0].age == 7_200_000
    assert attack.expected["hardened"].told == "silent"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("told: It happened.\n", "", "key_missing", 1),
        ("confidence: low", "confidence: sure", "choice_invalid", 6),
        ("[sms_intercept]", "[sms_interception]", "capability_unknown", 9),
        ("04:44:00+08:00", "04:44:00", "begins_invalid", 10),
        ("patience: 1h", "patience: soon", "duration_invalid", 11),
        ("    totp: {}", "    totem: {}", "factor_unknown", 16),
        ("    totp: {}", '    totp: {contact: "x"}', "factor_contact", 16),
        ("kind: session, id", "kind: sessions, id", "choice_invalid", 18),
        ("presses: [freeze]", "presses: [panic]", "name_unknown", 20),
        ("proofs: [sms]", "proofs: [smoke]", "factor_unknown", 25),
        ("aim: get in", "aim: get in\n    hope: yes", "key_unknown", 24),
        ("device: b}", "address: b}", "kind_unknown", 25),
        ("at: 5m", "at: 5m\n    ways: []", "yaml_duplicate_key", None),
        ("at: 0m", "at: 9m", "step_order", 28),
        ("amount: 10.5", "amount: ten", "amount_invalid", 32),
        ("outcome: stopped", "outcome: saved", "choice_invalid", 34),
        ("counterseal: 1", "counterseal: 2", "version_unknown", 1),
        ("attack: x-1", "attack: X 1", "attack_id", 2),
    ],
)
def test_each_fault_has_its_line(old, new, code, line):
    text = GOOD.replace(old, new)
    assert text != GOOD
    if line is None:
        with pytest.raises(Exception, match="twice"):
            attack_from(text)
        return
    assert (code, line) in faults_of(text)


def test_a_case_comes_after_a_precursor_that_is_there(tmp_path):
    (tmp_path / "x.yaml").write_text(GOOD.replace("told: It", "after: nothing\ntold: It"))
    with pytest.raises(NotFoundError, match="no precursor"):
        load_attacks(tmp_path)


def test_a_case_holds_what_its_precursor_yields(tmp_path):
    precursor = (attacks_directory() / "i23-forged-order.yaml").read_text()
    (tmp_path / "i23.yaml").write_text(precursor)
    (tmp_path / "x.yaml").write_text(GOOD.replace("told: It", "after: i23-forged-order\ntold: It"))
    with pytest.raises(NotFoundError, match="does not hold"):
        load_attacks(tmp_path)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="no attacks"):
        load_attacks(tmp_path)


class TestShipped:
    def test_the_june_cases_are_there_and_precursors_come_first(self):
        attacks = load_attacks()
        assert [attack.incident for attack in attacks] == ["I23", "I20", "I21", "I22", "I22"]
        assert attacks[0].precursor
        assert all(attack.sources and attack.told and attack.assumed for attack in attacks)

    def test_every_case_states_what_must_come_of_it_under_each_pack(self):
        for attack in load_attacks():
            assert {"okx-2024", "hardened"} <= set(attack.expected)

    def test_every_action_is_a_rule_of_some_shipped_pack(self):
        rules = {name for pack in shipped_packs() for name in load_pack(pack).rules}
        for attack in load_attacks():
            actions = {move.action for step in attack.steps for way in step.ways for move in way}
            assert actions <= rules

    def test_no_listed_proof_is_beyond_what_the_capabilities_or_an_earlier_step_could_give(self):
        vocabulary = shipped_vocabulary()
        for attack in load_attacks():
            able = {factor for name in attack.capabilities for factor in vocabulary.capabilities[name].produces}
            for step in attack.steps:
                for way in step.ways:
                    for move in way:
                        if move.action != "withdraw":
                            assert set(move.proofs) <= able
                        able |= {item.factor for item in move.enrol}
