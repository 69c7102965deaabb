# SPDX-License-Identifier: Apache-2.0
"""Markdown, Mermaid and the terminal's text: shape, completeness, nothing broken by odd names."""

import io
import re

import pytest
from msgspec.structs import replace
from rich.console import Console

from counterseal.cli.prove_text import show_proof
from counterseal.prover.report.glossary import Scene, glossary_of, scene_of
from counterseal.prover.report.markdown import code, step_table, to_markdown
from counterseal.prover.report.mermaid import plain, sequence
from counterseal.prover.report.select import findings, shared
from counterseal.prover.report.words import LIMITS, finding, verdict_word
from tests.support import proof_samples as samples

PROOF, HARD = samples.okx(), samples.hardened()
WORDS, SAFE_WORDS = glossary_of(samples.OKX), glossary_of(samples.HARDENED)
SCENE, SAFE = scene_of(PROOF, PROOF.profiles[0]), scene_of(HARD, HARD.profiles[0])
BOTH = pytest.mark.parametrize(("proof", "words"), [(PROOF, WORDS), (HARD, SAFE_WORDS)], ids=["okx", "hardened"])


class TestSelection:
    def test_one_finding_for_all_profiles_that_it_is_true_of(self):
        found = findings(PROOF, WORDS)
        assert len(found) == 5
        assert all(each.profiles == ("sms_only", "totp_user") for each in found)
        assert all(each.ways == 1 for each in found)

    def test_another_channel_is_no_other_way_and_another_path_is(self):
        attack = samples.sms_alone()
        told = tuple(replace(step, reached=("email", "push")) for step in attack.path)
        first, second = (replace(each, verdicts=(), minimal=(attack,)) for each in PROOF.profiles)
        channels = replace(second, minimal=(replace(attack, path=told),))
        assert [each.ways for each in findings(replace(PROOF, profiles=(first, channels)))] == [1]
        shorter = replace(second, minimal=(replace(attack, path=attack.path[1:]),))
        assert [each.ways for each in findings(replace(PROOF, profiles=(first, shorter)))] == [2]

    def test_the_first_few_differ_value_comes_before_data_and_the_worst_leads(self):
        sets = [each.attack.capabilities for each in findings(PROOF, WORDS)]
        assert len(set(sets[:3])) == 3
        assert sets[0] == ("email_takeover",)
        assert findings(PROOF, WORDS)[-1].attack.outflow == "disclose_identity"

    def test_the_larger_limit_stands_for_its_set(self):
        first = next(e for e in findings(PROOF, WORDS) if e.attack.capabilities == ("sms_intercept",))
        assert first.attack.outflow == "p2p_release"

    def test_profiles_are_named_up_to_three(self):
        assert shared(["sms_only", "totp_user"], PROOF) == "every profile"
        assert shared(["a", "b", "c", "d", "e"], PROOF) == "a, b, c and 2 more"


class TestMarkdown:
    @BOTH
    def test_each_profile_and_property_has_its_verdict(self, proof, words):
        document = to_markdown(proof, words)
        rows = {
            row.split("|")[1].strip(): row.split("|")[2:-1]
            for row in document.splitlines()
            if row.startswith("| `")
        }
        for profile in proof.profiles:
            cells = rows[f"`{profile.profile}`"]
            assert len(cells) == len(profile.verdicts)
            for cell, verdict in zip(cells, profile.verdicts, strict=True):
                assert verdict_word(verdict.holds) in cell
        for verdict in proof.profiles[0].verdicts:
            assert f"(line {verdict.line})" in document

    def test_each_counterexample_has_its_sentence_table_and_diagram(self):
        document = to_markdown(PROOF, WORDS)
        assert document.count("```mermaid") == document.count("<details>") == 5
        for each in findings(PROOF, WORDS):
            assert finding(each.attack, each.scene, WORDS) in document
        assert "Breaks: a day to react (line 345)" in document
        assert "`sms_intercept`: SMS messages to the owner can be read on the way." in document

    def test_the_table_of_a_path_is_square_and_quotes_the_policy(self):
        table = step_table(samples.sms_alone(), SCENE, WORDS).strip().splitlines()
        assert {row.count("|") for row in table} == {7}
        assert len(table) == 2 + len(samples.sms_alone().path)
        assert "| 37 | `forgot_password: require: (sms or email) and second` |" in table[2]

    def test_an_effect_that_comes_later_is_told(self):
        table = step_table(samples.slow(), SAFE, SAFE_WORDS)
        assert "| 26.5 h, effect 50.5 h | `withdraw` |" in table

    def test_bars_and_fences_of_a_policy_break_no_table(self):
        lines = {**SCENE.lines, 37: "  odd: {require: a | b}  `x`"}
        table = step_table(samples.mailbox(), replace(SCENE, lines=lines), WORDS).splitlines()
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in table if row} == {7}
        assert "`` odd: {require: a \\| b}  `x` ``" in table[2]
        assert code("a`b``c") == "``` a`b``c ```"

    def test_a_pass_is_never_shown_without_the_other_side_and_what_it_rests_on(self):
        document = to_markdown(HARD, SAFE_WORDS)
        assert "**No property fails.**" in document
        assert "starvation: none" in document
        assert "lock-out: none" in document
        assert "channel push (nobody mutes push)" in document
        assert all(line in document for line in LIMITS)

    def test_what_is_not_shown_is_counted(self):
        document = to_markdown(PROOF, WORDS, most=2)
        assert document.count("```mermaid") == 2
        assert "3 more findings:" in document
        for each in findings(PROOF, WORDS):
            assert finding(each.attack, each.scene, WORDS) in document
        many = [
            replace(samples.sms_alone(), capabilities=(f"odd_{number}",), window=number * 3_600_000)
            for number in range(40)
        ]
        first = replace(PROOF.profiles[0], minimal=tuple(many), verdicts=())
        document = to_markdown(replace(PROOF, profiles=(first,)), WORDS, most=10)
        assert "30 more findings:" in document
        assert "6 not told here; the worst of them has the window 34 h." in document

    def test_it_fits_a_comment_of_a_pull_request(self):
        assert len(to_markdown(PROOF, WORDS)) < 65_536


class TestMermaid:
    @pytest.mark.parametrize(
        ("attack", "scene", "words"),
        [
            (samples.sms_alone(), SCENE, WORDS),
            (samples.mailbox(), SCENE, WORDS),
            (samples.slow(), SAFE, SAFE_WORDS),
            (samples.disclosure(), SCENE, WORDS),
        ],
    )
    def test_every_line_is_of_the_grammar(self, attack, scene, words):
        first, *lines = sequence(attack, scene, words).splitlines()
        assert first == "sequenceDiagram"
        form = re.compile(
            r"    (participant [APO] as \w+|Note over A,O: .+|Note right of O: .+|[APO](->>|-->>|--x)[APO]: [^;#]+)"
        )
        assert [line for line in lines if not form.fullmatch(line)] == []
        for step in attack.path:
            assert any(f"A->>P: {step.action} (line {step.line})" in line for line in lines)

    def test_muted_ends_in_a_cross_and_reached_arrives(self):
        assert "P--xO: notice by email, muted" in sequence(samples.mailbox(), SCENE, WORDS)
        assert "-->>O" not in sequence(samples.mailbox(), SCENE, WORDS)
        assert "P-->>O: notice by email" in sequence(samples.sms_alone(), SCENE, WORDS)
        assert "P--xO: notice, muted" in sequence(samples.mailbox(), Scene("p", "q", 0))

    def test_times_stand_once_and_in_order(self):
        drawn = sequence(samples.slow(), SAFE, SAFE_WORDS)
        assert re.findall(r"Note over A,O: (.+)", drawn) == ["0 h", "24 h", "26.5 h", "50.5 h"]
        assert "freezes the account, in time" in drawn
        assert "freezes the account, too late" in sequence(samples.sms_alone(), SCENE, WORDS)

    def test_odd_names_are_no_syntax(self):
        assert plain("a;b #c\n-->> d%%") == "a b c d"


def told(proof, words, **facts):
    stream = io.StringIO()
    show_proof(proof, Console(file=stream, width=100, highlight=False), words, **facts)
    return stream.getvalue()


class TestTerminal:
    @BOTH
    def test_it_fits_100_columns(self, proof, words):
        assert max(map(len, told(proof, words).splitlines())) <= 100

    def test_odd_and_long_names_fit_too_and_are_no_markup(self):
        long = "[bold]an_action_with_a_name_that_is_as_long_as_a_whole_sentence_of_many_words"
        path = tuple(replace(step, action=long) for step in samples.sms_alone().path)
        profile = replace(PROOF.profiles[0], minimal=(replace(samples.sms_alone(), path=path),), verdicts=())
        shown = told(replace(PROOF, profiles=(profile,)), WORDS)
        assert max(map(len, shown.splitlines())) <= 100
        assert "[bold]an_" in shown

    def test_policy_digest_window_verdicts_and_findings_are_there(self):
        shown = told(PROOF, WORDS)
        flat = " ".join(shown.split())
        assert flat.startswith("okx-2024 the owner needs 24 h 2 profiles")
        assert samples.OKX.digest in shown
        for verdict in PROOF.profiles[0].verdicts:
            assert re.search(rf"{verdict_word(verdict.holds)} +{verdict.name} +{verdict.line}", flat)
        for each in findings(PROOF, WORDS):
            assert finding(each.attack, each.scene, WORDS) in flat
        assert "require: (sms or email) and second" in flat

    def test_profiles_with_the_same_verdicts_share_a_table(self):
        assert told(PROOF, WORDS).count("verdict ") == 1
        other = replace(PROOF.profiles[1], verdicts=PROOF.profiles[1].verdicts[:1])
        assert told(replace(PROOF, profiles=(PROOF.profiles[0], other)), WORDS).count("verdict ") == 2

    def test_a_pass_comes_with_the_other_side_and_what_it_rests_on(self):
        flat = " ".join(told(HARD, SAFE_WORDS).split())
        assert "No counterexample" in flat
        assert "starvation: none" in flat
        assert 'without it "no single capability drains" no longer holds' in flat
        assert all(line in flat for line in LIMITS)

    def test_the_same_steps_are_shown_once(self):
        other = replace(samples.mailbox(), capabilities=("otp_relay",))
        profile = replace(PROOF.profiles[0], verdicts=(), minimal=(samples.mailbox(), other))
        flat = " ".join(told(replace(PROOF, profiles=(profile,)), WORDS).split())
        assert flat.count("forgot_password ") == 2  # the table, and the owner's way back
        assert "otp_relay; against sms_only; the same steps as 1" in flat

    def test_what_is_not_shown_is_counted(self):
        assert "5 findings: 5 are told, 1 with their path; --json has every one." in told(PROOF, WORDS, most=1)
