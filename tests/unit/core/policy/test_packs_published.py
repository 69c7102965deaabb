# SPDX-License-Identifier: Apache-2.0
"""Packs of published rules say what they are and where each rule comes from; packs of a weakness open just that."""

from __future__ import annotations

import datetime as dt
import json

import jsonschema_rs
import msgspec
import pytest

from counterseal.core.policy.model import Policy, Rule
from counterseal.core.policy.schema import policy_schema
from counterseal.core.policy.source import plain
from counterseal.gateways.packs import load_pack, shipped_vocabulary
from counterseal.gateways.yaml_source import read_yaml

PUBLISHED = ("okx-2024", "okx-2026", "binance", "coinbase", "kraken", "kraken-gsl", "bybit")
READ = dt.date(2026, 11, 22)

# Pack -> (rules that differ from hardened, `let` names that do, warnings). `trusts` differs in optional-otp only.
WEAK = {
    "idp-recovery-by-email": ({"forgot_password"}, set(), set()),
    "optional-otp": (set(), {"top", "strong"}, set()),
    "secret-replace-without-proof": ({"replace_totp"}, set(), set()),
    "federated-login-skips-otp": (set(), {"strong", "entry"}, set()),
    "label-bound-address-age": (set(), {"aged"}, {"add_address", "verify_address"}),
}
HARDENED = load_pack("hardened")


@pytest.fixture(params=PUBLISHED)
def published(request: pytest.FixtureRequest) -> Policy:
    return load_pack(request.param)


def test_a_published_pack_says_first_that_it_is_illustrative(published: Policy) -> None:
    assert published.text.startswith("# ILLUSTRATIVE. This is not ")
    assert "rebuilt for illustration" in published.description


def test_every_rule_has_source_date_and_confidence(published: Policy) -> None:
    for rule in published.rules.values():
        assert (rule.name, bool(rule.source), bool(rule.confidence)) == (rule.name, True, True)
        assert dt.date.fromisoformat(rule.as_of) <= READ
        assert rule.assumed or not rule.source.startswith(("not published", "no published")), rule.name
        assert rule.confidence == "low" or not rule.source.startswith(("not published", "no published")), rule.name


def test_no_pack_quotes_an_address_of_a_page(published: Policy) -> None:
    assert "http" not in published.text
    assert "www." not in published.text


def test_copies_by_third_parties_are_called_so(published: Policy) -> None:
    """A copy is at most of medium confidence."""
    copied = [rule for rule in published.rules.values() if "third party" in rule.source]
    assert [rule.name for rule in copied if rule.confidence == "high"] == []


def test_no_published_pack_stops_a_stolen_session_from_trading(published: Policy) -> None:
    """No published hold covers trading: the finding of the whole collection."""
    rule = next(rule for rule in published.rules.values() if rule.kind == "offmarket_trade")
    assert rule.require.text == "session or api_trade"
    assert rule.notify is None


def test_every_published_pack_promises_the_same(published: Policy) -> None:
    """So that their verdicts can be put side by side."""
    assert [(item.given, item.assertion) for item in published.properties] == [
        (item.given, item.assertion) for item in load_pack("okx-2024").properties
    ]


@pytest.mark.parametrize("name", [*PUBLISHED[1:], *WEAK])
def test_every_outflow_is_ruled_or_not_offered(name: str) -> None:
    policy = load_pack(name)
    ruled = {rule.kind for rule in policy.rules.values() if rule.outflow}
    assert ruled | set(policy.not_offered) == set(shipped_vocabulary().outflow_kinds)


@pytest.mark.parametrize("name", [*PUBLISHED[1:], *WEAK])
def test_the_schema_of_the_editors_accepts_it(name: str) -> None:
    document = plain(read_yaml(load_pack(name).text))
    text = (
        json.dumps({**document, "counterseal": 1})
        .replace('"true"', "true")
        .replace('{"exposed": "2"}', '{"exposed": 2}')
    )
    assert list(jsonschema_rs.Draft202012Validator(policy_schema()).iter_errors(json.loads(text))) == []


def _bare(rule: Rule) -> dict[str, object]:
    """A rule as it is written: without its place, its admission and what its `let` names stand for."""
    fields = {name: getattr(rule, name) for name in msgspec.structs.asdict(rule)}
    for name in ("line", "column", "trusts_platform"):
        del fields[name]
    return {**fields, "require": rule.require.text}


@pytest.mark.parametrize("name", WEAK)
def test_a_weakness_is_hardened_with_just_that_changed(name: str) -> None:
    """Rule by rule and word by word; when `hardened` changes, these follow."""
    policy = load_pack(name)
    rules, lets, _ = WEAK[name]
    assert list(policy.rules) == list(HARDENED.rules)
    assert {n for n in policy.rules if _bare(policy.rules[n]) != _bare(HARDENED.rules[n])} == rules
    mine, theirs = (plain(read_yaml(text)) for text in (policy.text, HARDENED.text))
    assert {n for n in theirs["let"] if mine["let"][n] != theirs["let"][n]} == lets
    assert mine["let"].keys() == theirs["let"].keys()
    for key in ("currency", "small", "notices", "attempts", "stretch", "properties"):
        assert mine[key] == theirs[key]


@pytest.mark.parametrize("name", WEAK)
def test_a_weakness_marks_its_lines_and_names_its_attackers(name: str) -> None:
    policy = load_pack(name)
    rules, lets, _ = WEAK[name]
    marked = [line.split(":")[0].strip() for line in policy.text.splitlines() if "# WEAKNESS" in line]
    assert set(marked) == rules | lets
    assert policy.text.startswith("# A WEAKNESS, for comparison: do not use.")
    assert "Falls to" in policy.description or "fall to" in policy.description


@pytest.mark.parametrize("name", WEAK)
def test_what_the_lint_alone_sees_of_a_weakness(name: str) -> None:
    """One is refused unless it is admitted, one warned of; for the others it takes the prover."""
    policy = load_pack(name)
    assert {warning.sentence.split("`")[1] for warning in policy.warnings} == WEAK[name][2]
    trusting = {rule.name for rule in policy.rules.values() if rule.trusts_platform}
    assert trusting == (
        {rule.name for rule in policy.rules.values() if rule.outflow} if name == "optional-otp" else set()
    )
