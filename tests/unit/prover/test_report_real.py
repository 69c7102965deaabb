# SPDX-License-Identifier: Apache-2.0
"""Reports of what the exact search really finds under okx-2024: nothing of it is lost or made up on the way."""

import io
import json
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from counterseal.cli.prove_text import show_proof
from counterseal.prover.exact import search
from counterseal.prover.findings import start_of
from counterseal.prover.game import compile_game
from counterseal.prover.proof import Cell
from counterseal.prover.report.asjson import to_json
from counterseal.prover.report.glossary import glossary_of, scene_of
from counterseal.prover.report.heat import heat_table
from counterseal.prover.report.markdown import to_markdown
from counterseal.prover.report.sarif import to_sarif
from counterseal.prover.report.select import findings
from counterseal.prover.report.timeline import timeline
from tests.support import proof_samples as samples

POLICY = samples.OKX
WORDS = glossary_of(POLICY)
NAME = "totp_user_push"


@pytest.fixture(scope="module")
def proof():
    """Single capabilities, and the forged order with a synthetic face: their best attacks as minimal sets."""
    game = compile_game(POLICY, start_of(POLICY.vocabulary.profiles[NAME]))
    sets = [(name,) for name in POLICY.vocabulary.capabilities]
    sets.append(("face_deepfake", "forged_order", "hacked_gov_mailbox"))
    attacks, cells = [], []
    for names in sets:
        found = search(game, names)
        attacks += found.values()
        for outflow in samples.OUTFLOWS:
            best = found.get(outflow)
            cells.append(Cell(names, outflow, best is not None and best.silent, best.window if best else None))
    profile = msgspec.structs.replace(
        samples.okx_profile(NAME), verdicts=(), minimal=tuple(attacks), heat=tuple(cells)
    )
    return samples.proof_of(POLICY, (profile,), *attacks)


def test_the_search_finds_something_to_show(proof):
    attacks = proof.profiles[0].minimal
    assert len(attacks) > 40
    assert {attack.silent for attack in attacks} == {True, False}
    assert {step.notice for attack in attacks for step in attack.path} == {"reached", "muted", "none"}


def test_every_path_is_drawn_with_all_its_steps(proof):
    scene = scene_of(proof, proof.profiles[0])
    for attack in proof.profiles[0].minimal:
        root = ET.fromstring(timeline(attack, scene, WORDS))  # noqa: S314 - our own text
        words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
        for step in attack.path:
            assert step.action in words
            assert f"line {step.line}" in words


def test_every_step_quotes_the_rule_that_it_names(proof):
    document = to_markdown(proof, WORDS, most=1_000)
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| .* \| (\d+) \| `(\w+):", document, re.MULTILINE)
    assert len(rows) == sum(len(each.attack.path) for each in findings(proof, WORDS))
    assert all(action == rule and POLICY.rules[action].line == int(line) for action, line, rule in rows)


def test_the_document_of_json_holds_every_attack(proof):
    document = json.loads(msgspec.json.encode(to_json(proof, WORDS)))["profiles"][NAME]
    shown = [(tuple(each["capabilities"]), each["outflow"], len(each["path"])) for each in document["minimal"]]
    assert shown == [(each.capabilities, each.outflow, len(each.path)) for each in proof.profiles[0].minimal]


def test_sarif_has_one_result_for_each_set_and_outflow(proof):
    results = to_sarif(proof, WORDS)["runs"][0]["results"]
    assert len(results) == len(proof.profiles[0].minimal)
    assert len({each["partialFingerprints"]["counterseal/v1"] for each in results}) == len(results)


def test_the_table_shows_every_set_that_reaches_something(proof):
    root = ET.fromstring(heat_table(proof.profiles[0], scene_of(proof, proof.profiles[0]), WORDS))  # noqa: S314
    words = " ".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
    for name in POLICY.vocabulary.capabilities:
        assert name in words


def test_the_text_fits_100_columns(proof):
    stream = io.StringIO()
    show_proof(proof, Console(file=stream, width=100, highlight=False), WORDS)
    assert max(map(len, stream.getvalue().splitlines())) <= 100
