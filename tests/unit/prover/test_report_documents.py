# SPDX-License-Identifier: Apache-2.0
"""Markdown, Mermaid, JSON, SARIF and the terminal's text: shape, completeness, nothing broken by odd names."""

import io
import json
import re

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from counterseal.cli.prove_text import show_proof
from counterseal.prover.report.asjson import to_json
from counterseal.prover.report.glossary import Scene, glossary_of, scene_of
from counterseal.prover.report.markdown import code, step_table, to_markdown
from counterseal.prover.report.mermaid import plain, sequence
from counterseal.prover.report.sarif import policy_uri, property_id, to_sarif
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
        assert "Breaks: a day to react (line 312)" in document
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


class TestJson:
    document = json.loads(msgspec.json.encode(to_json(PROOF, WORDS)))
    profile = document["profiles"]["sms_only"]

    def test_the_top_level(self):
        assert self.document["policy"] == "okx-2024"
        assert self.document["digest"] == samples.OKX.digest
        assert self.document["window_hours"] == 24
        assert self.document["seconds"] == {"bound": 0.0042, "exact": 0.31, "replay": 0.002}
        assert list(self.document["profiles"]) == ["sms_only", "totp_user"]
        assert self.profile["sets"] == 33_554_432

    def test_minimal_sets_have_their_path(self):
        found = next(each for each in self.profile["minimal"] if each["outflow"] == "withdraw_api")
        assert found["capabilities"] == ["sms_intercept"]
        assert (found["silent"], found["window_hours"], found["leaves_hours"]) == (False, 0, 0)
        assert found["path"][1] == {
            "action": "login_new_device",
            "at_hours": 0,
            "effect_hours": 0,
            "proof": ["password", "sms"],
            "uses": [{"factor": "password", "source": "bound"}, {"factor": "sms", "source": "sms_intercept"}],
            "facts": [],
            "notice": "reached",
            "reached": ["email"],
            "line": samples.OKX.rules["login_new_device"].line,
        }

    def test_silent_has_no_hours(self):
        silent = self.profile["minimal"][0]
        assert (silent["silent"], silent["window_hours"]) == (True, None)
        assert {step["notice"] for step in silent["path"]} == {"muted"}

    def test_hours_are_integers_where_they_are_whole(self):
        cells = {(tuple(c["capabilities"]), c["outflow"]): c["window_hours"] for c in self.profile["heat"]}
        assert cells[("judicial_pii", "face_deepfake"), "withdraw"] == 26.5
        assert isinstance(cells[("sms_intercept",), "withdraw"], int)
        never = next(c for c in self.profile["heat"] if c["capabilities"] == ["pw_leak"])
        assert (never["silent"], never["window_hours"]) == (False, None)

    def test_properties_have_verdict_line_counterexamples_and_what_they_rest_on(self):
        first, *_, last = self.profile["properties"]
        assert (first["name"], first["line"], first["verdict"]) == ("a day to react", 312, "fails")
        assert len(first["counterexamples"]) == 4
        assert (last["verdict"], last["rests_on"], last["counterexamples"]) == ("holds", ["face", "iddoc"], [])
        assert {each["verdict"] for each in self.profile["properties"]} == {"fails", "holds", "undecided"}

    def test_duals_carriers_and_losses(self):
        duals = self.profile["duals"]
        assert duals["recoveries"][1]["regains_hours"] == {"session": 0, "withdraw": None}
        assert duals["starvation"][0]["clock"] == "weakened"
        assert self.profile["carriers"][0]["breaks"] == ["owner is never locked out"]
        assert [each["amount"] for each in self.profile["losses"]] == [None, "4460000.00"]


class TestSarif:
    log = json.loads(json.dumps(to_sarif(PROOF, WORDS, version="1.2.3")))
    run = log["runs"][0]

    def test_the_log_names_its_version_and_tool(self):
        assert self.log["version"] == "2.1.0"
        assert self.log["$schema"].endswith("sarif-2.1.0.json")
        assert self.run["tool"]["driver"]["name"] == "counterseal"
        assert self.run["tool"]["driver"]["version"] == "1.2.3"

    def test_one_rule_for_each_property_and_one_for_minimal_sets(self):
        rules = self.run["tool"]["driver"]["rules"]
        assert len(rules) == len(samples.OKX.properties) + 1
        assert len({rule["id"] for rule in rules}) == len(rules)
        assert all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] for rule in rules)

    def test_levels_are_those_of_the_verdicts(self):
        found = {}
        for result in self.run["results"]:
            if result["properties"].get("profile") == "sms_only":
                found[result["ruleId"]] = result["level"]
        wanted = {
            property_id(each.name): {"no": "error", "undecided": "warning"}[each.holds]
            for each in PROOF.profiles[0].verdicts
            if each.holds != "yes"
        }
        assert found == wanted
        assert {r["level"] for r in self.run["results"] if r["ruleId"] == "minimal-set"} == {"note"}

    def test_results_have_what_the_format_requires(self):
        rules = self.run["tool"]["driver"]["rules"]
        for result in self.run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"]
            assert len(result["locations"]) == 1
            for place in [*result["locations"], *result.get("relatedLocations", [])]:
                physical = place["physicalLocation"]
                assert physical["artifactLocation"]["uri"] == "policies/okx-2024.yaml"
                assert physical["region"]["startLine"] >= 1
            for flow in result.get("codeFlows", []):
                assert [len(thread["locations"]) > 0 for thread in flow["threadFlows"]] == [True]
            ids = [place["id"] for place in result.get("relatedLocations", [])]
            assert ids == list(range(1, len(ids) + 1))

    def test_a_property_lies_at_its_line_and_its_path_goes_through_the_rules(self):
        result = next(r for r in self.run["results"] if r["ruleId"] == property_id("nobody drains silently"))
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == samples.OKX.properties[2].line
        lines = [
            step["location"]["physicalLocation"]["region"]["startLine"]
            for step in result["codeFlows"][0]["threadFlows"][0]["locations"]
        ]
        assert lines == [step.line for step in samples.mailbox().path]
        assert "and the owner is never told" in result["message"]["text"]

    def test_fingerprints_are_unique_and_do_not_move_with_lines(self):
        def marks(log):
            return [r["partialFingerprints"]["counterseal/v1"] for r in log["runs"][0]["results"]]

        assert len(set(marks(self.log))) == len(marks(self.log))
        moved = [
            replace(p, verdicts=tuple(replace(v, line=v.line + 9) for v in p.verdicts)) for p in PROOF.profiles
        ]
        assert marks(to_sarif(replace(PROOF, profiles=tuple(moved)), WORDS)) == marks(self.log)

    def test_a_proof_without_a_fault_has_no_result(self):
        assert to_sarif(HARD, SAFE_WORDS)["runs"][0]["results"] == []

    @pytest.mark.parametrize(
        ("source", "uri"),
        [
            ("hardened", "policies/hardened.yaml"),
            ("./rules/my policy.yml", "rules/my%20policy.yml"),
            ("/srv/p.yaml", "file:///srv/p.yaml"),
        ],
    )
    def test_where_the_policy_lies(self, source, uri):
        assert policy_uri(source) == uri

    def test_the_caller_may_say_where_it_lies(self):
        log = to_sarif(PROOF, WORDS, uri="deploy/rules.yaml")
        assert log["runs"][0]["artifacts"][0]["location"]["uri"] == "deploy/rules.yaml"


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

    def test_what_is_not_shown_is_counted(self):
        assert "5 findings: 5 are told, 1 with their path; --json has every one." in told(PROOF, WORDS, most=1)
