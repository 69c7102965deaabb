# SPDX-License-Identifier: Apache-2.0
"""`counterseal evidence verify` as whoever received a package types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from counterseal.cli import register
from counterseal.core.errors import InputError
from counterseal.core.note import NoteError
from tests.unit.audit.test_bundle import BUNDLE, KEY, contents, zipped

APP = typer.Typer()
register(APP)


def run(folder: Path, data: bytes, *more: str) -> Result:
    (folder / "package.zip").write_bytes(data)
    words = ["evidence", "verify", str(folder / "package.zip"), *more]
    return CliRunner().invoke(APP, words, catch_exceptions=False)


def test_a_good_package_is_told_in_words_and_as_json(tmp_path: Path) -> None:
    found = run(tmp_path, BUNDLE, "--key", KEY)
    assert found.exit_code == 0
    assert "OK   package.zip: 6 files, 3 events" in found.output
    assert "the order as received" in found.output
    assert max(map(len, found.output.splitlines())) <= 100
    (tmp_path / "key").write_text(KEY + "\n")
    told = json.loads(run(tmp_path, BUNDLE, "--key-file", str(tmp_path / "key"), "--json").output)
    assert (told["verified"], told["events"], told["findings"]) == (True, 3, [])


def test_a_changed_one_is_named_and_ends_with_one(tmp_path: Path) -> None:
    found = run(tmp_path, zipped({**contents(), "timeline.json": b"[1]"}), "--key", KEY)
    assert found.exit_code == 1
    assert "BAD  timeline.json: " in found.output
    told = run(tmp_path, zipped({**contents(), "timeline.json": b"[1]"}), "--key", KEY, "--json")
    assert told.exit_code == 1
    assert json.loads(told.output)["findings"][0]["code"] == "changed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "key_missing"),
        (["--key", KEY, "--key-file", "x"], "key_missing"),
        (["--key-file", "no"], "key_missing"),
    ],
    ids=["no key", "two keys", "no file"],
)
def test_a_key_is_asked_for_from_outside(tmp_path: Path, words: list[str], code: str) -> None:
    with pytest.raises(InputError) as raised:
        run(tmp_path, BUNDLE, *words)
    assert raised.value.code == code


def test_a_key_that_is_none_and_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoteError):
        run(tmp_path, BUNDLE, "--key", "nonsense")
    with pytest.raises(InputError):
        CliRunner().invoke(
            APP, ["evidence", "verify", str(tmp_path / "none"), "--key", KEY], catch_exceptions=False
        )
