# SPDX-License-Identifier: Apache-2.0
"""The posture of one account: the exact answers, what changes them, and what the owner is told."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from msgspec.structs import replace

from counterseal.core.errors import NotFoundError
from counterseal.gateways.packs import load_pack
from counterseal.prover.exact import search
from counterseal.prover.exposure import Exposure, severity
from counterseal.prover.findings import Start, start_of
from counterseal.prover.game import compile_game
from counterseal.prover.minimal import EVER
from counterseal.prover.posture import options, posture
from counterseal.prover.report.posture import document_of, sentences

HOUR = 3_600_000
DAY = 24 * HOUR
SMS_PUSH = Start(frozenset({"password", "sms", "email"}), frozenset({"sms", "email", "push"}))


def windows(policy, start, names):
    """Outflow -> severity by the plain search, with neither bound nor memo."""
    game = compile_game(policy, start)
    goals = [name for name in game.goals if policy.rules[name].outflow]
    return {name: severity(attack.window) for name, attack in search(game, names, goals).items()}


@pytest.mark.parametrize(("pack", "profile"), [("okx-2024", "sms_only_push"), ("hardened", "totp_user")])
def test_the_posture_says_what_the_search_says(pack: str, profile: str) -> None:
    """Every single capability on every outflow, and every pair that is or is not listed."""
    policy = load_pack(pack)
    start = start_of(policy.vocabulary.profiles[profile])
    found = posture(policy, start, DAY)
    alone = {}
    for outcome in found.singles:
        exact = windows(policy, start, outcome.capabilities)
        assert {way.outflow: severity(way.window) for way in outcome.ways} == exact
        assert outcome.severity == min(exact.values(), default=EVER)
        assert all(way.exact for way in outcome.ways)
        alone[outcome.capabilities[0]] = outcome.severity
    listed = {outcome.capabilities: outcome.severity for outcome in found.pairs}
    assert listed  # both packs have some: else this would compare nothing
    for names in list(combinations(alone, 2))[::7]:
        exact = min(windows(policy, start, names).values(), default=EVER)
        assert listed.get(names, min(alone[name] for name in names)) == exact


def test_the_path_names_the_capability_that_was_asked_for() -> None:
    """SMS that is read and a SIM swap do the same where calls count for nothing; each path tells its own story."""
    policy = load_pack("okx-2024")
    found = posture(policy, start_of(policy.vocabulary.profiles["sms_only"]), DAY)
    shown = 0
    for outcome in (*found.singles, *found.pairs):
        sources = {use.source for step in outcome.path for use in step.uses}
        assert sources <= {*outcome.capabilities, "bound", "disclosed"}
        shown += bool(sources)
    assert shown > 5


def test_another_channel_never_makes_an_account_worse() -> None:
    """A notice more reaches the owner no later."""
    compared = 0
    for pack in ("okx-2024", "hardened", "binance"):
        policy = load_pack(pack)
        names = tuple(policy.vocabulary.capabilities)
        for factors in (("password", "sms", "email"), ("password", "fundpw", "sms", "email", "totp", "face")):
            few = Start(frozenset(factors), frozenset({"email"}))
            for more in ({"push"}, {"sms"}, {"sms", "push"}):
                before = Exposure(policy, few, DAY, names)
                after = Exposure(policy, replace(few, channels=few.channels | more), DAY, names)
                for old, new in zip(before.singles(), after.singles(), strict=True):
                    assert new.severity >= old.severity
                    compared += new.severity != EVER
    assert compared


def test_what_the_attacker_has_makes_it_worse() -> None:
    """A session and a phone number of his own: no outcome is better for the owner, some are worse."""
    policy = load_pack("hardened")
    start = start_of(policy.vocabulary.profiles["totp_user"])
    taken = replace(start, bound=frozenset({"sms"}), facts={"session": DAY, "device": 3 * DAY})
    names = tuple(policy.vocabulary.capabilities)
    before, after = Exposure(policy, start, DAY, names), Exposure(policy, taken, DAY, names)
    pairs = list(zip(before.singles(), after.singles(), strict=True))
    assert all(new.severity <= old.severity for old, new in pairs)
    assert any(new.severity < old.severity for old, new in pairs)
    ended = [changed for kind, _, changed in options(policy, taken) if kind == "end"]
    assert ended == [replace(taken, facts={})]
    assert not [kind for kind, _, _ in options(policy, start) if kind == "end"]


def test_a_running_hold_delays_the_earliest_loss_and_no_window() -> None:
    """Four hours after a change the hold of a day has twenty to run; whoever waits silently is not hindered."""
    policy = load_pack("okx-2024")
    start = start_of(policy.vocabulary.profiles["sms_only"])
    held = replace(start, since={"weakened": 4 * HOUR})
    free, now = posture(policy, start, DAY, ["device_malware"]), posture(policy, held, DAY, ["device_malware"])
    before = {way.outflow: way for way in free.singles[0].ways}
    after = {way.outflow: way for way in now.singles[0].ways}
    assert {name: way.window for name, way in before.items()} == {name: way.window for name, way in after.items()}
    assert (before["withdraw"].earliest, after["withdraw"].earliest) == (0, 20 * HOUR)


def test_advice_is_what_the_changed_account_would_get() -> None:
    """Each change that is promised is what the posture of the account after the enrolment says."""
    policy = load_pack("hardened")
    start = start_of(policy.vocabulary.profiles["totp_user"])
    found = posture(policy, start, DAY)
    passkey = next(one for one in found.advice if one.name == "passkey")
    after = posture(policy, replace(start, enrolled=start.enrolled | {"passkey"}), DAY)
    assert passkey.tally == after.tally
    assert passkey.better
    listed = {one.capabilities: one for one in (after.nothing, *after.singles, *after.pairs)}
    for change in passkey.better:
        if change.after is not None and change.capabilities in listed:
            assert change.after.window == listed[change.capabilities].ways[0].window
    assert found.best == (f"{found.advice[0].kind}:{found.advice[0].name}" if found.advice[0].helps else None)


def test_the_owner_reads_plain_sentences() -> None:
    """The sentence of the issue, for an exchange that tells by SMS alone."""
    policy = load_pack("okx-2024")
    text = sentences(posture(policy, start_of(policy.vocabulary.profiles["sms_only"]), DAY))
    assert any(line.startswith("If your phone number is taken over (SIM swap): money can leave") for line in text)
    assert any("and you are not told" in line for line in text)
    assert any(line.startswith("No money can leave with any one of these alone:") for line in text)
    assert any("Suspicions, freezes" in line for line in text)


def test_a_search_that_is_given_up_leaves_the_bound() -> None:
    """No window is later than the exact one, and the sentence says that it is a bound."""
    policy = load_pack("okx-2024")
    start = start_of(policy.vocabulary.profiles["sms_only"])
    names = tuple(policy.vocabulary.capabilities)
    exact, cut = (
        Exposure(policy, start, DAY, names).singles(),
        Exposure(policy, start, DAY, names, budget=0).singles(),
    )
    assert any(not way.exact for one in cut for way in one.ways)
    for old, new in zip(exact, cut, strict=True):
        assert new.severity <= old.severity


def test_unknown_capabilities_are_refused() -> None:
    """A misspelt name is no capability that does nothing."""
    policy = load_pack("hardened")
    with pytest.raises(NotFoundError, match="`simswap` is not a capability"):
        posture(policy, SMS_PUSH, DAY, ["simswap"])


def test_the_document_goes_through_json() -> None:
    """Durations and amounts survive."""
    policy = load_pack("okx-2024")
    made = document_of("u-1", 5, posture(policy, SMS_PUSH, DAY))
    encoder = msgspec.json.Encoder(decimal_format="string")
    assert msgspec.json.decode(encoder.encode(made), type=type(made)) == made
