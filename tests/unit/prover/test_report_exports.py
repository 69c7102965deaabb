# SPDX-License-Identifier: Apache-2.0
"""JSON and SARIF of a proof: what programs rely on."""

import json

import msgspec
import pytest
from msgspec.structs import replace

from counterseal.prover.report.asjson import to_json
from counterseal.prover.report.glossary import glossary_of
from counterseal.prover.report.sarif import policy_uri, property_id, to_sarif
from tests.support import proof_samples as samples

PROOF, HARD = samples.okx(), samples.hardened()
WORDS, SAFE_WORDS = glossary_of(samples.OKX), glossary_of(samples.HARDENED)


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
        assert (first["name"], first["line"], first["verdict"]) == ("a day to react", 345, "fails")
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
