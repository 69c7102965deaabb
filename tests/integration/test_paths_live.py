# SPDX-License-Identifier: Apache-2.0
"""What the prover reports happens: its paths are played over the API of the real server on a simulated clock.

`COUNTERSEAL_TEST_PATHS=all` plays every path of every size; by default those that send the same requests are played
once, and sets of more than two capabilities only where they do something new.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from counterseal.demo.model import DemoError
from counterseal.demo.path import PlayedPath, play, play_all, script
from counterseal.demo.plan import plan_of
from counterseal.gateways.packs import load_pack, shipped_packs
from counterseal.prover.findings import Attack, Step, Use
from tests.support.live_server import LiveServer, live_server
from tests.support.reported import distinct

pytestmark = pytest.mark.timeout(600)
HOUR = 3_600_000
SIDE_BY_SIDE = 16
EVERYTHING = os.environ.get("COUNTERSEAL_TEST_PATHS") == "all"
LOADED = load_pack("okx-2024")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("paths"), policy="okx-2024") as found:
        yield found


def step(action: str, *uses: str, facts: tuple[str, ...] = (), notice: str = "email", at: int = 0) -> Step:
    """A step of a path; `uses`: factor:source; `notice`: the channel that is reached, muted or none."""
    reached = () if notice in {"muted", "none"} else (notice,)
    kind = notice if notice in {"muted", "none"} else "reached"
    made = tuple(Use(*use.split(":")) for use in uses)
    return Step(action, at, at, made, facts, kind, reached, LOADED.rules[action].line)


def attack(*path: Step, capabilities: str, window: int | None = 0, leaves: int = 0) -> Attack:
    return Attack(tuple(capabilities.split()), path[-1].action, window, leaves, path)


SMS = attack(
    step("forgot_password", "sms:sms_intercept"),
    step("login_new_device", "password:bound", "sms:sms_intercept"),
    step("add_address", "sms:sms_intercept", facts=("session",)),
    step("verify_address", "sms:sms_intercept", facts=("session", "address"), notice="none"),
    step("create_api_withdraw", "sms:sms_intercept", facts=("session",)),
    step("withdraw_api", facts=("api_withdraw", "verified_address")),
    capabilities="sms_intercept",
)
FACE = attack(
    step("face_recovery", "face:face_deepfake", "iddoc:judicial_pii"),
    step("login_new_device", "password:bound", "sms:bound"),
    step("p2p_release", "totp:bound", facts=("session",)),
    capabilities="face_deepfake judicial_pii",
)
TRADE = attack(
    step("offmarket_trade", facts=("session",), notice="none"), capabilities="session_theft", window=None
)
HOLD = attack(
    step("forgot_password", "email:email_takeover", notice="muted"),
    step("login_new_device", "password:bound", "email:email_takeover", notice="muted"),
    step("reset_fundpw", "email:email_takeover", facts=("session",), notice="muted"),
    step("withdraw", "email:email_takeover", "fundpw:bound", facts=("session",), notice="muted", at=24 * HOUR),
    capabilities="email_takeover",
    window=None,
    leaves=24 * HOUR,
)
FORGED = attack(
    step("disclose_identity", "gov_mail:authority_insider", "letter:authority_insider", notice="none"),
    step("face_recovery", "face:face_deepfake", "iddoc:disclosed"),
    *FACE.path[1:],
    capabilities="authority_insider face_deepfake",
)


def played(server: LiveServer, found: Attack, account: str, profile: str = "sms_only") -> PlayedPath:
    with server.client() as client:
        return play(found, LOADED, LOADED.vocabulary.profiles[profile], client, account)


@pytest.mark.parametrize("name", ["SMS", "FACE", "TRADE", "HOLD", "FORGED"])
def test_a_path_that_was_written_by_hand_goes_as_it_says(name: str, server: LiveServer) -> None:
    result = played(server, globals()[name], f"hand-{name.lower()}")
    assert result.as_predicted, result.differences
    assert result.left
    assert [done.action for done in result.steps] == [each.action for each in globals()[name].path]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (replace(SMS, window=None), "nobody was to be told"),
        (replace(SMS, window=24 * HOUR), "the window was to be 86400000 ms and is"),
        (replace(SMS, leaves=48 * HOUR), "value was to leave after 172800000 ms"),
        (replace(TRADE, window=0), "the owner was to be told and was not"),
        (replace(HOLD, leaves=0, path=(*HOLD.path[:-1], replace(HOLD.path[-1], at=0))), "hold"),
        (replace(SMS, path=SMS.path[1:]), "the attacker has no `password` to prove"),
        (replace(SMS, path=(SMS.path[0], *SMS.path[2:])), "`session`"),
        (replace(SMS, path=(replace(SMS.path[0], uses=()), *SMS.path[1:])), "`forgot_password` was to go through"),
        (replace(SMS, path=(replace(SMS.path[0], reached=()), *SMS.path[1:])), "the notice of `forgot_password`"),
        (
            replace(TRADE, path=(replace(TRADE.path[0], notice="reached", reached=("email",)),)),
            "was to be reached (email) and is none",
        ),
    ],
)
def test_a_wrong_prediction_is_found(
    wrong: Attack, sentence: str, server: LiveServer, request: pytest.FixtureRequest
) -> None:
    """The runner compares what it says it compares."""
    result = played(server, wrong, f"wrong-{abs(hash(request.node.name)) % 10**8}")
    assert not result.as_predicted
    assert any(sentence in each for each in result.differences), result.differences


@pytest.mark.parametrize(
    "use", [Use("totp", "sms_intercept"), Use("sms", "sim_swap"), Use("sms", "disclosed"), Use("sms", "given")]
)
def test_a_proof_that_nothing_gives_is_not_played(use: Use) -> None:
    """Another factor's capability, one that he does not hold, data that nobody disclosed, a dropped assumption."""
    found = replace(SMS, path=(replace(SMS.path[0], uses=(use,)), *SMS.path[1:]))
    with pytest.raises(DemoError, match="gives the attacker no proof"):
        plan_of(found, LOADED, LOADED.vocabulary.profiles["sms_only"], "nobody")


def test_a_proof_too_many_is_found(server: LiveServer) -> None:
    """A use that the guard never asked for is a difference, not a detail."""
    more = replace(SMS.path[5], uses=(Use("sms", "sms_intercept"),))
    result = played(server, replace(SMS, path=(*SMS.path[:5], more)), "too-many")
    assert result.differences == ("`withdraw_api` needed no proof of sms",)


def test_the_attacker_reads_the_owners_codes_only_with_a_capability(server: LiveServer) -> None:
    """`bound` stands for an instance of his own."""
    first = replace(SMS.path[0], uses=(Use("sms", "bound"),))
    result = played(server, replace(SMS, path=(first, *SMS.path[1:])), "not-his")
    assert any("no code came by sms that the attacker can read" in each for each in result.differences)


def test_what_a_capability_gives_for_ever_comes_back(server: LiveServer) -> None:
    """The malware's session ends with a new password; the owner logs in again and it has one again."""
    path = (
        step("change_password", "sms:device_malware", facts=("session",)),
        step("internal_transfer", "sms:device_malware", facts=("session",)),
    )
    found = attack(*path, capabilities="device_malware")
    plan = plan_of(found, LOADED, LOADED.vocabulary.profiles["sms_only"], "back")
    assert [each.renew and each.renew[0] for each in plan.steps] == [None, "login"]
    assert played(server, found, "back").as_predicted
    stolen = attack(
        *(replace(each, uses=(Use("sms", "sms_intercept"),)) for each in path),
        capabilities="session_theft sms_intercept",
    )
    result = played(server, stolen, "not-back")
    assert any("`session` has expired" in each for each in result.differences)


@pytest.mark.parametrize("pack", shipped_packs())
def test_every_reported_path_ends_as_predicted(pack: str, tmp_path: Path) -> None:
    policy = load_pack(pack)
    paths = distinct(policy, everything=EVERYTHING)
    assert paths, "a pack without any path tests nothing"
    wrong: list[str] = []
    with live_server(tmp_path, policy=pack) as live, live.client() as client:
        for start in range(0, len(paths), SIDE_BY_SIDE):
            for result in play_all(paths[start : start + SIDE_BY_SIDE], policy, client, f"p{start}-"):
                if not result.as_predicted:
                    names = ", ".join(result.attack.capabilities)
                    wrong.append(f"{result.profile}, {names}, {result.attack.outflow}: {result.differences}")
            live.forget_messages()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("found", [SMS, FORGED, HOLD], ids=["sms", "forged", "hold"])
def test_a_script_replays_the_path_by_itself(found: Attack, server: LiveServer, tmp_path: Path) -> None:
    """It runs beside nothing but the SDK, twice on one server, and says how it went."""
    text = script(found, LOADED, LOADED.vocabulary.profiles["sms_only"], file="attack.py")
    imported = {line.split()[1] for line in text.splitlines() if line.startswith("from counterseal")}
    assert imported
    assert all(name == "counterseal.sdk" or name.startswith("counterseal.sdk.") for name in imported)
    file = tmp_path / "attack.py"
    file.write_text(text)
    for _ in range(2):
        done = run_script(file, server)
        assert done.returncode == 0, done.stdout + done.stderr
        assert all(each.action in done.stdout for each in found.path)


def test_a_script_whose_prediction_fails_says_so(server: LiveServer, tmp_path: Path) -> None:
    file = tmp_path / "attack.py"
    file.write_text(script(replace(SMS, window=24 * HOUR), LOADED, LOADED.vocabulary.profiles["sms_only"]))
    assert run_script(file, server).returncode == 1


def run_script(file: Path, server: LiveServer) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    return subprocess.run(
        [sys.executable, str(file), server.url],
        env=environment | {"COUNTERSEAL_CLIENT_TOKEN": server.token},
        cwd=file.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
