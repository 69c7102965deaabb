# SPDX-License-Identifier: Apache-2.0
"""`counterseal diff` and `why`, the hook before a commit and the GitHub action, as their users run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.core.policy.source import plain
from counterseal.gateways.yaml_source import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "counterseal"
ACTION = ROOT / ".github" / "actions" / "prove-policy" / "action.yml"
CLOSED = (
    "withdraw_verified withdraw_api internal_transfer gift p2p_release card "
    "fiat_payout fiat_payout_new offmarket_trade"
)
POLICY = """counterseal: 1
policy: ours
actions:
  login: {require: password and SECOND, grants: session, notify: email}
  change_phone: {verb: replace, require: session and email, grants: sms, holds: weakened, notify: [sms, email]}
outflows:
  withdraw: {require: session and SECOND and since(weakened) >= 24h, limit: 1000/24h, notify: email}
""" + "".join(f"  {name}: not_offered\n" for name in CLOSED.split())
EQUAL = POLICY.replace("SECOND", "sms and email")
WEAKER = POLICY.replace("SECOND", "(sms or email)")
STRONGER = POLICY.replace("SECOND", "sms and email and totp")
BROKEN = EQUAL.replace("since(weakened)", "since(never_heard_of)")
pytestmark = pytest.mark.timeout(180)


def environment(**more: str) -> dict[str, str]:
    """No terminal, no settings of the caller."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSEAL_", "GIT_"))}
    names = {f"GIT_{who}_{what}": "a@example.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{PROGRAM.parent}{os.pathsep}{kept['PATH']}"
    return {**kept, **names, "NO_COLOR": "1", "COLUMNS": "100", "PATH": path, **more}


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program in a folder."""
    return subprocess.run(
        list(map(str, arguments)),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which a policy is committed."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ours.yaml").write_text(EQUAL)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "rules: begin"]):
        assert run(tmp_path, "git", *arguments).returncode == 0
    return tmp_path


class TestDiff:
    def test_and_becomes_or_is_told_with_its_smallest_set(self, repository: Path) -> None:
        (repository / "new.yaml").write_text(WEAKER)
        done = run(
            repository, PROGRAM, "diff", "git:HEAD:rules/ours.yaml", "new.yaml", "--profile", "sms_only", "--json"
        )
        assert done.returncode == 1, done.stderr
        found = json.loads(done.stdout)
        assert found["weaker"] is True
        (change,) = found["profiles"]["sms_only"]["weaker"]
        assert change["smallest"]["capabilities"] == ["device_malware"]
        assert change["smallest"]["old"] is None
        assert [step["action"] for step in change["smallest"]["new"]["path"]] == ["withdraw"]

    @pytest.mark.parametrize("form", [(), ("--markdown",)])
    def test_it_is_readable(self, repository: Path, form: tuple[str, ...]) -> None:
        (repository / "new.yaml").write_text(WEAKER)
        done = run(repository, PROGRAM, "diff", "rules/ours.yaml", "new.yaml", "--profile", "sms_only", *form)
        assert done.returncode == 1, done.stderr
        assert re.search(
            r"withdraw weaker in [\d,]+ of [\d,]+ sets, smallest \{device_malware\}: never", done.stdout
        )
        assert "Traceback" not in done.stderr

    def test_the_gate_can_be_told_not_to_fail(self, repository: Path) -> None:
        (repository / "new.yaml").write_text(WEAKER)
        command = (PROGRAM, "diff", "rules/ours.yaml", "new.yaml", "--profile", "sms_only")
        assert run(repository, *command, "--fail-on", "nothing").returncode == 0

    def test_an_owner_who_loses_fails_only_the_gate_of_the_owner(self, repository: Path) -> None:
        (repository / "new.yaml").write_text(STRONGER)
        command = (PROGRAM, "diff", "rules/ours.yaml", "new.yaml", "--profile", "sms_only")
        assert run(repository, *command).returncode == 0
        done = run(repository, *command, "--fail-on", "owner")
        assert done.returncode == 1
        assert "the owner no longer gets to session and withdraw" in done.stdout

    @pytest.mark.parametrize(
        ("old", "said"),
        [
            ("git:HEAD:rules/none.yaml", "git has no"),
            ("git:--upload-pack=x:rules/ours.yaml", "names no file of a revision"),
            ("git:HEAD", "names no file of a revision"),
            ("no-such-pack", "there is no pack"),
            ("broken.yaml", "line 7, column"),
        ],
    )
    def test_no_answer_is_one_sentence_and_code_2(self, repository: Path, old: str, said: str) -> None:
        (repository / "broken.yaml").write_text(BROKEN)
        done = run(repository, PROGRAM, "diff", old, "rules/ours.yaml")
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


class TestTheHook:
    """The entry of .pre-commit-hooks.yaml, with the files that pre-commit would give it."""

    @pytest.mark.parametrize(
        ("text", "code", "said"),
        [
            (WEAKER, 1, "ours is weaker compared with ours"),
            (STRONGER, 0, "stronger, and nowhere weaker"),
            (EQUAL + "# a comment\n", 0, "as strong as before"),
            (BROKEN, 2, "ours.yaml:7:"),
        ],
        ids=["weaker", "stronger", "equal", "broken"],
    )
    def test_a_changed_policy(self, repository: Path, text: str, code: int, said: str) -> None:
        (repository / "rules" / "ours.yaml").write_text(text)
        done = self.hook(repository, "rules/ours.yaml")
        assert done.returncode == code, done.stdout + done.stderr
        assert said in done.stdout + done.stderr

    def test_what_is_no_policy_is_passed_over(self, repository: Path) -> None:
        (repository / "compose.yaml").write_text("services: {}\n")
        assert self.hook(repository, "compose.yaml", "gone.yaml").returncode == 0

    def test_a_new_policy_is_only_checked(self, repository: Path) -> None:
        (repository / "new.yaml").write_text(WEAKER)
        assert "nothing to compare with" in self.hook(repository, "new.yaml").stdout
        (repository / "new.yaml").write_text(BROKEN)
        assert self.hook(repository, "new.yaml").returncode == 2

    def hook(self, repository: Path, *files: str) -> subprocess.CompletedProcess[str]:
        hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
        (entry,) = re.findall(r"entry: (.*)", hooks)
        assert "id: counterseal-diff" in hooks
        program, *rest = entry.split()
        assert program == "python"
        return run(repository, sys.executable, *rest, "--profile", "sms_only", *files)


class TestTheAction:
    """Each step of the composite action, in bash, with the environment that a runner sets."""

    @pytest.mark.parametrize(
        ("text", "code", "passed"), [(WEAKER, 1, "false"), (STRONGER, 0, "true"), (BROKEN, 2, None)]
    )
    def test_a_pull_request(self, repository: Path, text: str, code: int, passed: str | None) -> None:
        base = run(repository, "git", "rev-parse", "HEAD").stdout.strip()
        (repository / "rules" / "ours.yaml").write_text(text)
        done, summary, output = self.steps(repository, base, "rules/ours.yaml")
        assert done.returncode == code, done.stdout + done.stderr
        assert output.strip() == ("" if passed is None else f"passed={passed}")
        assert ("### Weaker" in summary) == (code == 1)
        assert ("::error file=rules/ours.yaml" in done.stdout) == (code == 1)

    def test_a_new_policy(self, repository: Path) -> None:
        (repository / "rules" / "more.yaml").write_text(WEAKER)
        done, summary, output = self.steps(repository, "HEAD", "rules/more.yaml")
        assert done.returncode == 0, done.stderr
        assert "is new" in summary
        assert output.strip() == "passed=true"

    def test_a_hostile_name_is_a_name(self, repository: Path) -> None:
        """Inputs reach the scripts through the environment only."""
        done, _, _ = self.steps(repository, "HEAD", "rules/$(touch hacked).yaml")
        assert done.returncode != 0
        assert not (repository / "hacked").exists()
        assert "${{" not in "".join(script(step) for step in ("Install", "Fetch the base", "Compare"))

    def steps(self, repository: Path, base: str, policy: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
        files = {name: repository / f".{name.lower()}" for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        inputs = {"POLICY": policy, "BASE": base, "PROFILES": "sms_only", "WINDOW": "", "VOCABULARY": ""}
        env = environment(**inputs, FAIL_ON="weaker", **{name: str(path) for name, path in files.items()})
        for name in ("Fetch the base", "Compare"):
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(name)],
                cwd=repository,
                env=env,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode:
                break
        return done, *(path.read_text() if path.exists() else "" for path in files.values())


def script(name: str) -> str:
    """The script of one step of the action, from the file itself."""
    action = plain(read_yaml(ACTION.read_text()))
    (step,) = [one for one in action["runs"]["steps"] if one["name"] == name]
    assert step["shell"] == "bash"
    return str(step["run"])


def test_why_says_what_carries_weight(repository: Path) -> None:
    done = run(repository, PROGRAM, "why", "rules/ours.yaml", "--profile", "sms_only", "--json")
    assert done.returncode == 0, done.stderr
    controls = {one["control"]: one for one in json.loads(done.stdout)["profiles"]["sms_only"]}
    email = controls["drop email from withdraw (line 7)"]
    assert email["verdict"] == "load-bearing"
    assert email["smallest"]["capabilities"] == ["device_malware"]
    assert {one["verdict"] for one in controls.values()} <= {"load-bearing", "redundant", "unconfirmed"}
    shown = run(repository, PROGRAM, "why", "rules/ours.yaml", "--profile", "sms_only")
    assert shown.returncode == 0
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert "controls are load-bearing" in shown.stdout
