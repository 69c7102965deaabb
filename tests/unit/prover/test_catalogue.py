# SPDX-License-Identifier: Apache-2.0
"""The catalogue of incidents: each one comes out under each shipped pack as its file says."""

from __future__ import annotations

from functools import cache

import pytest

from counterseal.core.policy.faults import PolicyFaults
from counterseal.core.policy.model import Policy
from counterseal.demo.attacks import attacks_directory, load_attacks
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary
from counterseal.prover.exact import search
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.game import compile_game
from tests.support.catalogue import Incident, Reached, load_catalogue, load_incident

DAY = 86_400_000
STATED = {"offmarket_trade"}
"""Outflows that `hardened` excepts from its day to react: a trade of at most 500."""

NUMBERS = (1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30)
CATALOGUE = {incident.id: incident for incident in load_catalogue()}
MODELLED = [incident for incident in CATALOGUE.values() if incident.modelled]
MISMATCHES = {"I20"}
"""Incidents that the published rules of their platform do not explain; each file says why."""


@cache
def policy(pack: str) -> Policy:
    return load_pack(pack)


@cache
def found(pack: str, profile: str, capabilities: tuple[str, ...]) -> dict[str, Attack]:
    game = compile_game(policy(pack), start_of(shipped_vocabulary().profiles[profile]))
    held = frozenset(capabilities)
    # One goal at a time: what the goal does not need is cut off first, which is far faster than all at once.
    return {name: attack for goal in game.goals for name, attack in search(game, held, [goal]).items()}


def verdict(attack: Attack) -> Reached:
    return Reached(attack.silent, attack.leaves if attack.window is None else attack.window)


def explains(pack: str, incident: Incident) -> bool:
    """Whether value leaves under this pack through a channel that was seen, as fast as it did."""
    attacks = found(pack, incident.profile, incident.capabilities)
    before = incident.before
    return any(
        policy(pack).rules[name].kind in incident.observed and (before is None or attack.leaves < before)
        for name, attack in attacks.items()
    )


class TestFiles:
    def test_all_of_the_collection_are_there(self) -> None:
        assert [incident.id for incident in CATALOGUE.values()] == [f"I{number:02}" for number in NUMBERS]

    def test_the_file_is_named_after_the_incident(self) -> None:
        names = {path.stem for path in (attacks_directory() / "incidents").iterdir()}
        assert names == {name.lower() for name in CATALOGUE}

    def test_nothing_is_left_empty(self) -> None:
        for incident in CATALOGUE.values():
            assert all(incident.story.values()), incident.id
            assert incident.sources, incident.id
            assert bool(incident.why_not) != incident.modelled, incident.id
            assert bool(incident.history.because) == incident.modelled, incident.id

    def test_sources_are_words(self) -> None:
        """Addresses of pages are in the four cases of the demonstration only."""
        for path in (attacks_directory() / "incidents").iterdir():
            assert "http" not in path.read_text("utf-8"), path.name

    def test_what_is_not_modelled_is_what_no_rule_of_an_account_decides(self) -> None:
        """Staff consoles and insiders who read, the key of a tenant, wallets of one's own, a statistic."""
        left_out = {incident.id for incident in CATALOGUE.values() if not incident.modelled}
        assert left_out == {"I04", "I09", "I12", "I24", "I28", "I30"}

    def test_the_demonstration_plays_with_the_same_capabilities(self) -> None:
        """The first case of each incident begins with exactly what the catalogue gives."""
        played = {attack.id: attack for attack in load_attacks()}
        named = [name for incident in MODELLED for name in incident.demo]
        assert sorted(named) == sorted(played)
        for incident in MODELLED:
            assert all(played[name].incident == incident.id for name in incident.demo)
            if incident.demo:
                assert set(played[incident.demo[0]].capabilities) == set(incident.capabilities)

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("modelled: true", "modelled: maybe", "choice_invalid"),
            ("modelled: true", "modelled: false", "key_misplaced"),
            ("[session_theft]", "[cookie]", "name_unknown"),
            ("offmarket_trade]", "trade]", "outflow_unknown"),
            ("silent 0h", "quiet", "duration_invalid"),
            ("hardened: never", "hardened: ever", "choice_invalid"),
            ("platform: ", "place: ", "key_unknown"),
            ("verdict: matches", "verdict: fits", "choice_invalid"),
        ],
    )
    def test_a_wrong_file_is_refused(self, old: str, new: str, code: str) -> None:
        text = (attacks_directory() / "incidents" / "i19.yaml").read_text("utf-8")
        assert old in text
        with pytest.raises(PolicyFaults) as caught:
            load_incident(text.replace(old, new, 1))
        assert code in {fault.code for fault in caught.value.faults}


@pytest.mark.parametrize("incident", MODELLED, ids=lambda incident: incident.id)
class TestVerdicts:
    def test_it_is_stated_for_every_shipped_pack(self, incident: Incident) -> None:
        assert set(incident.expected) == set(shipped_packs())

    @pytest.mark.parametrize("pack", shipped_packs())
    def test_the_exact_search_finds_what_is_stated(self, incident: Incident, pack: str) -> None:
        """The same outflows, silent or not, with the same hours."""
        attacks = found(pack, incident.profile, incident.capabilities)
        assert {name: verdict(attack) for name, attack in attacks.items()} == dict(incident.expected[pack])

    def test_hardened_answers_it(self, incident: Incident) -> None:
        """Never, or a day after the owner is told; nobody is robbed in silence, and nothing is disclosed."""
        for name, reached in incident.expected["hardened"].items():
            assert policy("hardened").rules[name].outflow, name
            assert not reached.silent, name
            assert reached.time >= DAY or name in STATED, name


class TestHistory:
    @pytest.mark.parametrize("incident", MODELLED, ids=lambda incident: incident.id)
    def test_the_verdict_is_what_the_packs_say(self, incident: Incident) -> None:
        """`matches`: each pack of the platform lets it happen as it happened; `differs`: none does."""
        history = incident.history
        assert set(history.packs) <= set(shipped_packs())
        assert bool(history.packs) == (history.verdict != "no_pack")
        said = {explains(pack, incident) for pack in history.packs}
        assert said == {"matches": {True}, "differs": {False}, "unknown": said, "no_pack": set()}[history.verdict]

    def test_mismatches_are_kept(self) -> None:
        assert {incident.id for incident in MODELLED if incident.history.verdict == "differs"} == MISMATCHES

    def test_the_mismatch_of_i20_is_the_hold(self) -> None:
        """The published hold ends with the day; the account was empty before. Five channels were open at once."""
        attacks = found("okx-2024", "totp_user_push", CATALOGUE["I20"].capabilities)
        assert attacks["withdraw"].leaves == DAY == CATALOGUE["I20"].before
        assert {name for name, attack in attacks.items() if attack.leaves == 0} == {
            "p2p_release",
            "withdraw_api",
            "gift",
            "internal_transfer",
            "offmarket_trade",
        }

    def test_what_nobody_has_shown_stays_unknown(self) -> None:
        unknown = [incident for incident in MODELLED if incident.history.verdict == "unknown"]
        assert [(incident.id, incident.confidence) for incident in unknown] == [("I29", "low")]

    def test_every_counter_trade_is_at_once_and_untold_under_all_published_rules(self) -> None:
        """A stolen session or a trade-only key: the largest hole of the collection, closed by `hardened`."""
        cases = [i for i in MODELLED if set(i.capabilities) <= {"session_theft", "trade_key_leak"}]
        assert len(cases) == 6
        for incident in cases:
            for pack, expected in incident.expected.items():
                closed = policy(pack).rules["offmarket_trade"].require.text != "session or api_trade"
                assert expected == ({} if closed else {"offmarket_trade": Reached(silent=True, time=0)})
