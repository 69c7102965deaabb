# SPDX-License-Identifier: Apache-2.0
"""The demonstration itself: real servers, real HTTP, every attack under every pack."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.demo.attacks import attack_from, attacks_directory, load_attacks
from counterseal.demo.runner import play_case
from counterseal.demo.server import prepare, running_server
from counterseal.sdk import Counterseal

# The servers are started once, not on every worker.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("demo")]

PROGRAM = [sys.executable, "-c", "from counterseal.cli import main; main()"]
PACKS = {"okx-2024", "hardened"}
HOUR = 3_600_000
NIGHT = 1717356000000 - HOUR  # an hour before the attack of 3 June begins


def run(*arguments, cwd):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    return subprocess.run(
        [*PROGRAM, "demo", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = run("--json", "--out", str(folder / "out"), cwd=folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder / "out", json.loads(done.stdout)


def case(document, attack, policy):
    return next(each for each in document["cases"] if (each["attack"], each["policy"]) == (attack, policy))


class TestTheWholeDemonstration:
    def test_every_attack_is_played_under_both_packs_and_ends_as_its_file_says(self, played):
        _, document = played
        wanted = {(attack.id, pack) for attack in load_attacks() for pack in PACKS}
        assert {(each["attack"], each["policy"]) for each in document["cases"]} == wanted
        assert document["ok"] is True
        assert all(each["as_expected"] for each in document["cases"])

    def test_under_the_rules_of_2024_the_money_is_gone_before_anybody_can_react(self, played):
        for each in played[1]["cases"]:
            if each["policy"] == "okx-2024" and each["outcome"] != "disclosed":
                assert each["outcome"] == "drained"
                assert each["seconds_to_loss"] < 2 * 3600
                assert each["silent"] or each["reaction_window_seconds"] < 60
                assert [step["outcome"] for step in each["steps"]].count("paid") == 1

    def test_the_night_of_9_june_is_silent(self, played):
        first = case(played[1], "i22-first-user", "okx-2024")
        assert first["silent"] is True
        assert first["first_effective_notice"] is None
        assert {notice["channel"] for step in first["steps"] for notice in step["notices"]} == {"email"}
        assert all(notice["muted"] for step in first["steps"] for notice in step["notices"])

    def test_every_proof_has_a_capability_or_an_earlier_step_behind_it(self, played):
        for each in played[1]["cases"]:
            for step in each["steps"]:
                assert len(step["proofs"]) == len(step["made_by"])

    def test_under_the_hardened_pack_no_money_leaves(self, played):
        for each in played[1]["cases"]:
            if each["policy"] == "hardened":
                assert each["outcome"] in {"stopped", "refused"}
                assert each["lost"] is None
                assert each["stopped_at"]

    def test_the_owner_freezes_by_the_link_and_the_next_try_is_denied(self, played):
        steps = case(played[1], "i20-deepfake-recovery", "hardened")["steps"]
        owner = {step["action"]: step for step in steps if step["actor"] == "owner"}
        assert owner["freeze"]["outcome"] == "frozen"
        assert owner["freeze"]["reason"].startswith("link in the ")
        assert owner["cancel"]["outcome"] == "cancelled"
        again = steps[-1]
        assert again["aim"] == "try again"
        assert again["outcome"] == "deny"
        assert "frozen" in again["reason"]

    def test_the_freeze_comes_before_the_recovery_could_have_taken_effect(self, played):
        steps = case(played[1], "i20-deepfake-recovery", "hardened")["steps"]
        freeze = next(step for step in steps if step["action"] == "freeze")
        recovery = next(step for step in steps if step["action"] == "ask_recovery")
        assert freeze["at"] < recovery["until"]

    def test_the_hold_of_24_hours_did_not_hold_p2p(self, played):
        steps = {step["action"]: step for step in case(played[1], "i21-sim-reissue", "okx-2024")["steps"]}
        assert steps["withdraw"]["outcome"] == "hold"
        assert steps["withdraw"]["until"] > steps["p2p_release"]["at"]

    def test_it_writes_pictures_and_the_document(self, played):
        out, document = played
        assert json.loads((out / "demo.json").read_text()) == document
        names = {path.name for path in out.glob("*.svg")}
        assert names == {"demo.svg", *(f"{attack.id}.svg" for attack in load_attacks() if not attack.precursor)}

    @pytest.mark.parametrize("name", ["i20-deepfake-recovery.svg", "i22-first-user.svg"])
    def test_the_pictures_in_the_docs_are_of_this_program(self, played, name):
        shown = (Path(__file__).parents[2] / "docs/pictures" / name).read_text("utf-8")
        drawn = (played[0] / name).read_text("utf-8")
        assert shown == drawn, f"run `counterseal demo` and copy var/demo/{name} to docs/pictures"


def test_a_server_that_runs_already_can_be_attacked_twice(tmp_path):
    attack = next(each for each in load_attacks() if each.id == "i22-first-user")
    start = attack.begins - HOUR
    prepared = prepare(tmp_path, start)
    (tmp_path / "token").write_text(prepared.token + "\n")
    with running_server(prepared, tmp_path / "server", policy="hardened", start=start) as url:
        for _ in range(2):
            done = run("--attack", attack.id, "--against", url, "--token-file", "token", "--no-color", cwd=tmp_path)
            assert done.returncode == 0, done.stderr[-2000:]
            assert max(map(len, done.stdout.splitlines())) <= 100
            assert "forgot_password" in done.stdout
    assert (tmp_path / "var/demo/i22-first-user.svg").is_file()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patience")
    prepared = prepare(folder, NIGHT)
    with (
        running_server(prepared, folder / "server", policy="okx-2024", start=NIGHT) as url,
        Counterseal(url, prepared.token) as client,
    ):
        yield client


class TestPatience:
    """The same thief as in I21, who waits out the hold on withdrawals instead of selling by P2P."""

    STEPS = """steps:
  - at: 0m
    aim: set a new password
    ways: [{action: forgot_password, enrol: {password: {}}, proofs: [sms]}]
  - at: 5m
    aim: log in
    ways: [{action: login_new_device, objects: {session: i, device: d}, proofs: [password, sms]}]
  - at: 9m
    aim: set a new fund password
    ways: [{action: reset_fundpw, objects: {session: i}, enrol: {fundpw: {}}, proofs: [sms]}]
  - at: 15m
    aim: withdraw once the hold is over
    ways:
      - action: withdraw
        objects: {session: i, device: d}
        payment: {asset: USDT, amount: 200000, chain: tron, destination: TThief}
        proofs: [sms, fundpw]
expected: {}
"""

    def attack(self, gift="", **changes):
        text = (attacks_directory() / "i21-sim-reissue.yaml").read_text()
        text = text[: text.index("steps:")] + self.STEPS.replace("  - at: 15m", f"{gift}  - at: 15m")
        for old, new in changes.items():
            text = text.replace(f"{old}: ", f"{old}: {new} # ")
        return attack_from(text)

    def test_a_wait_within_patience_is_waited_out_to_the_second(self, server):
        result = play_case(server, self.attack(reacts="90h"), suffix="-a")
        assert result.outcome == "drained"
        login = next(step for step in result.steps if step.action == "login_new_device")
        assert 24 * HOUR < result.loss_after - login.at < 24 * HOUR + 60_000

    def test_a_wait_beyond_it_stops_the_attacker(self, server):
        result = play_case(server, self.attack(patience="12h", reacts="90h"), suffix="-b")
        assert (result.outcome, result.stopped_at) == ("stopped", "withdraw")
        assert result.steps[-1].outcome == "hold"
        assert result.steps[-1].until > 12 * HOUR

    def test_an_owner_who_is_told_within_the_hold_keeps_the_rest(self, server):
        """A small gift gives the thief away: it is told on push, six hours later the owner freezes."""
        gift = """  - at: 10m
    aim: try a small gift
    ways:
      - action: gift
        objects: {session: i}
        payment: {asset: USDT, amount: 100, destination: friend}
        proofs: [sms]
"""
        result = play_case(server, self.attack(gift=gift), suffix="-c")
        assert str(result.lost.amount) == "100"
        outcomes = {(step.actor, step.action): step.outcome for step in result.steps}
        assert outcomes["attacker", "gift"] == "paid"
        assert outcomes["owner", "freeze"] == "frozen"
        assert outcomes["attacker", "withdraw"] != "paid"


def test_an_unknown_attack_is_one_sentence(tmp_path):
    done = run("--attack", "i99", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no attack `i99`" in done.stderr
