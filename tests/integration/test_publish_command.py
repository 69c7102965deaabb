# SPDX-License-Identifier: Apache-2.0
"""`counterseal policy versions | draft | shadow | publish | rollback | check` and `brake` against a server process:
what is done, what is refused, `--json`, exit statuses, a wrong token, a server that is away."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.cli.remote import SECOND_VARIABLE
from counterseal.core.errors import CountersealError
from counterseal.sdk import Counterseal
from tests.support.colleagues import Colleagues
from tests.support.operator import Operator, server_process
from tests.support.publishing import LOOSER, PACK, STRICTER, one_profile

SCOPES = ("policy:write", "policy:publish", "audit:read", "accounts:read", "decisions:staff")
OFFICER = ("staff:officer", "staff:read", "accounts:read", "decisions:staff", "accounts:write", "audit:read")
WHY = ("--reason", "bridge")


class House:
    """A server process under okx-2024 with two who publish and decide, and somebody who types."""

    def __init__(self, folder: Path, people: Colleagues, operator: Operator) -> None:
        self.folder, self.people, self.operator = folder, people, operator
        self.words = folder / "vocabulary.yaml"
        operator.holds(people.token("editor", *SCOPES))

    def file(self, name: str, text: str | bytes) -> str:
        """A file in the operator's folder; its name."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def draft(self, text: str) -> str:
        """The id of a version of this text."""
        words = ("--vocabulary", str(self.words), "--note", "as the command does")
        return str(self.operator.json("policy", "draft", self.file("new.yaml", text), *words)["version"])

    def asked(self, *words: str) -> Any:
        """What is to be signed, once the version is examined."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                return json.loads(self.operator.run("policy", *words)[0])
            except CountersealError as error:
                if error.code != "verdict_missing":
                    raise
                time.sleep(0.1)
        raise AssertionError("no verdict")

    def done(self, *words: str) -> Any:
        """Signed by two and carried out."""
        wanted = self.asked(*words)
        approval = self.people.approved(wanted["operation"], wanted["body"])
        return self.operator.json("policy", *words, "--approval", approval)


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Colleagues]:
    """One server process for these tests, with two who publish and decide."""
    folder = tmp_path_factory.mktemp("commands")
    vocabulary = one_profile(folder)
    with server_process(folder / "server", policy="okx-2024", vocabulary=vocabulary) as (_, people):
        people.join("paul", "policy_publisher", "fraud")
        people.join("pia", "policy_publisher", "legal")
        people.join("ada", "administrator")
        people.join("abe", "administrator")
        yield people


@pytest.fixture
def house(staffed: Colleagues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The server with its people, and the operator's folder."""
    one_profile(tmp_path)
    return House(tmp_path, staffed, Operator(staffed.server.url, tmp_path, monkeypatch))


def test_from_draft_to_in_force_and_back(house: House) -> None:
    """Each command of docs/publishing.md, as a person reads it and as a program does."""
    run, shown = house.operator.run, house.operator.json
    *_, first = shown("policy", "versions")["items"]
    assert (first["number"], first["state"]) == (1, "in_force")
    assert house.operator.refused("policy", "rollback").code == "unknown_version"
    assert "is the beginning of 0 versions" in house.operator.refused("policy", "publish", "").sentence
    version = house.draft(LOOSER)
    shadow = shown("policy", "shadow", version[:6], "--do", "start")
    assert (shadow["version"], shadow["state"]) == (version, "running")
    assert house.operator.refused("policy", "shadow", version, "--do", "start").code == "shadow_runs"
    assert " behind" in run("policy", "shadow")[0]
    assert shown("policy", "shadow", version, "--do", "stop")["state"] == "stopped"
    assert shown("policy", "shadow", version, "--do", "clear")["cells"] == []
    wanted = house.asked("publish", version[:8])
    assert wanted["body"]["weaker"] is True
    assert {"locked_out", "apart"} <= wanted["body"].keys()
    approval = house.people.approved(wanted["operation"], wanted["body"])
    told = run("policy", "publish", version[:8], "--approval", approval)
    assert told[0] == ""
    assert told[1].startswith("okx-2024 (version ")
    listed = run("policy", "versions")[0]
    assert "in_force" in listed
    assert version[:12] in listed
    back = house.done("rollback")
    assert (back["version"], back["state"]) == (first["version"], "in_force")


def test_what_is_not_so_is_refused_in_a_sentence(house: House) -> None:
    """A fault of a text with its place, a file that is none, an approval of something else, no approval at all."""
    refused = house.operator.refused
    faults = refused("policy", "draft", house.file("bad.yaml", PACK.replace("since(weakened)", "since(weekend)")))
    assert faults.code == "policy_invalid"
    assert "\n  /text: line " in faults.sentence
    assert refused("policy", "draft", "nowhere.yaml").code == "file_unreadable"
    assert "not UTF-8" in refused("policy", "draft", house.file("bytes.yaml", b"\xff\xfe")).sentence
    version, other = (house.draft(PACK.replace("200000/24h", f"{limit}/24h")) for limit in (150000, 120000))
    assert refused("policy", "draft", "new.yaml", "--vocabulary", str(house.words)).code == "version_exists"
    wanted = house.asked("publish", version)
    approval = house.people.approved(wanted["operation"], wanted["body"])
    house.asked("publish", other)
    assert refused("policy", "publish", other, "--approval", approval).code == "approval_mismatch"
    assert refused("policy", "publish", version, "--approval", "ap_none").code == "approval_unknown"
    unsigned = house.people.propose(wanted["operation"], wanted["body"])
    assert refused("policy", "publish", version, "--approval", unsigned).code == "approval_incomplete"
    assert refused("policy", "shadow", "feed", "--do", "stop").code == "unknown_version"
    assert house.operator.json("policy", "versions")["items"][-1]["state"] == "in_force"


def test_the_checker_says_what_would_happen(house: House) -> None:
    """By the version in force or another one; a request that is no JSON."""
    with Counterseal(house.operator.url, house.people.server.token) as client:
        client.register("u-1", factors=[{"factor": "password"}])
    more = ("--request", json.dumps({"objects": {"session": "s1", "device": "d1"}}))
    found = house.operator.json("policy", "check", "u-1", "login", *more)
    assert (found["in_force"], found["decision"]["outcome"]) == (True, "deny")
    version = house.draft(STRICTER)
    told = house.operator.run("policy", "check", "u-1", "login", "--version", version[:9], *more)[0]
    assert told.startswith("deny by okx-2024, line ")
    assert house.operator.refused("policy", "check", "u-1", "login", "--request", "[1]").code == "request_json"
    assert house.operator.refused("policy", "check", "u-2", "login", *more).code == "unknown_account"


def test_a_brake_is_set_and_lifted_by_two(house: House) -> None:
    """By two tokens or an approval; one officer alone stops nothing."""
    operator, people = house.operator, house.people
    one, two = (people.token(name, *OFFICER, officer=name) for name in ("ines", "omar"))
    operator.holds(one)
    alone = operator.refused("brake", "set", "--asset", "BTC", *WHY)
    assert alone.code == "two_officers"
    same = {SECOND_VARIABLE: one}
    operator.holds(one, **same)
    assert operator.refused("brake", "set", "--asset", "BTC", *WHY).code == "two_officers"
    operator.holds(one, **{SECOND_VARIABLE: two})
    assert operator.refused("brake", "set", "--asset", "BTC", "--action", "gift", *WHY).code == "brake_subject"
    made = operator.json("brake", "set", "--asset", "BTC", "--minutes", "30", *WHY)
    assert (made["kind"], made["about"], made["until"] - made["since"]) == ("asset", "BTC", 1_800_000)
    told = operator.run("brake", "set", "--address", "bc1q", "--chain", "btc", *WHY)[1]
    assert "is stopped on every account" in told
    listed = operator.run("brake", "list")[0]
    assert "BTC" in listed
    assert WHY[1] in listed
    found = operator.json("brake", "list")["items"]
    lifted = operator.json("brake", "lift", found[0]["id"], *WHY)
    assert lifted["id"] == found[0]["id"]
    assert operator.refused("brake", "lift", "br_none", *WHY).code == "unknown_brake"
    assert operator.refused("brake", "lift", found[0]["id"], *WHY).code == "unknown_brake"
    operator.holds(one, **{SECOND_VARIABLE: ""})
    body = {"reason": WHY[1], "asset": "", "action": "gift"}
    approval = people.approved("POST /v1/brakes", body)
    assert operator.json("brake", "set", "--action", "gift", "--approval", approval, *WHY)["about"] == "gift"
    assert operator.refused("brake", "set", "--action", "gift", "--approval", approval, *WHY).code


def test_keys_are_listed_and_rotated_through_the_server(house: House) -> None:
    """A rotation takes an approval of two who may; the store that the server holds is left alone."""
    operator, people = house.operator, house.people
    before = [each for each in operator.json("keys", "list")["keys"] if each["purpose"] == "page"]
    assert [each["state"] for each in before] == ["current"]
    assert "page" in operator.run("keys", "list")[0]
    operator.holds(people.token("keys", "audit:read", "staff:admin"))
    assert operator.refused("keys", "rotate", "page").code == "two_officers"
    approval = people.approved("POST /v1/keys/page/rotate", {"compromised": False}, "ada", "abe")
    sooner = operator.refused("keys", "rotate", "page", "--compromised", "--approval", approval)
    assert sooner.code == "approval_mismatch"
    done = operator.json("keys", "rotate", "page", "--approval", approval)
    assert done["old"] == before[0]["kid"]
    states = {each["kid"]: each["state"] for each in operator.json("keys", "list")["keys"]}
    assert (states[done["old"]], states[done["new"]]) == ("current", "next")
    assert operator.refused("keys", "rotate", "page", "--approval", approval).code
    assert operator.refused("keys", "rotate", "nothing").code


WORDS = (
    ("policy", "versions", "--json"),
    ("policy", "shadow"),
    ("brake", "list", "--json"),
    ("policy", "rollback"),
)


def test_exit_statuses_of_the_program(house: House) -> None:
    """0 with a document on standard output; 2 with one sentence on standard error and nothing else, whatever is
    wrong: no token, a wrong one, one of other scopes, a server that is away, one that is none."""
    operator, url = house.operator, house.operator.url
    good = {TOKEN_VARIABLE: house.people.token("good", *SCOPES)}
    done = operator.program([*WORDS[0], "--url", url], good)
    assert (done.returncode, len(json.loads(done.stdout)["items"]) >= 1) == (0, True), done.stderr
    poor = {TOKEN_VARIABLE: house.people.token("poor", "actions:read")}
    with silent() as nobody, something_else() as other:
        tried = (
            (WORDS[1], url, {}, TOKEN_VARIABLE),
            (WORDS[2], url, {TOKEN_VARIABLE: "cs_wrong"}, "is not accepted"),
            (WORDS[0], url, poor, "needs the scope"),
            (WORDS[2], nobody, good, "does not answer"),
            (WORDS[3], other, good, "is no Counterseal"),
        )
        for words, where, given, told in tried:
            refused = operator.program([*words, "--url", where], given)
            assert (refused.returncode, refused.stdout) == (2, ""), words
            assert told in refused.stderr
            assert refused.stderr.startswith("counterseal: ")
            assert "Traceback" not in refused.stderr


class silent:  # noqa: N801 - reads as what it is
    """The address of a port that nobody listens on."""

    def __enter__(self) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{probe.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        return None


class something_else:  # noqa: N801
    """A proxy that has lost its server: HTML with 502."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _answer(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._thread.join(timeout=5)
