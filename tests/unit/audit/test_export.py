# SPDX-License-Identifier: Apache-2.0
"""The export's file: what is written, and how hostile lines are refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import rfc8785

from counterseal.audit import export as export_module
from counterseal.audit.export import (
    ExportCheckpoint,
    ExportEntry,
    ExportError,
    ExportHeader,
    decode_line,
    encode_line,
    entry_line,
    line_leaf,
    read_export,
    write_export,
)
from tests.support.memory_log import SIGNER, MemoryLog, make_entry, make_log

ENTRY = encode_line(entry_line(make_entry(3)))[:-1]
HEADER = encode_line(ExportHeader(1, 1, SIGNER.key.name, str(SIGNER.key)))[:-1]


def test_header_entries_and_checkpoints_stand_in_order(tmp_path: Path) -> None:
    log = asyncio.run(make_log(25, every=10))
    path = tmp_path / "log.jsonl"
    size = asyncio.run(write_export(path, log, key=SIGNER.key, opened=True))
    lines = list(read_export(path))

    assert size == 25
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))
    values = [value for _, value in lines]
    assert values[0] == ExportHeader(1, 1, SIGNER.key.name, str(SIGNER.key))
    kinds = [type(value) for value in values[1:]]
    ten = [ExportEntry] * 10 + [ExportCheckpoint]
    assert kinds == ten + ten + [ExportEntry] * 5 + [ExportCheckpoint]
    entries = [value for value in values if isinstance(value, ExportEntry)]
    assert [line_leaf(entry) for entry in entries] == [entry.leaf for entry in log.log]
    assert [entry.payload for entry in entries] == [entry.payload for entry in log.log]
    assert values[-1] == ExportCheckpoint(log.signed[25].note)


def test_every_line_is_canonical_json(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = asyncio.run(make_log(7, every=3, erased=frozenset({2})))
    asyncio.run(write_export(path, log, key=SIGNER.key, opened=True))

    for line in path.read_bytes().splitlines():
        assert rfc8785.dumps(json.loads(line)) == line


def test_the_file_is_private_and_complete_or_absent(tmp_path: Path) -> None:
    log = asyncio.run(make_log(5))
    path = tmp_path / "log.jsonl"
    (tmp_path / "log.jsonl.partial").write_text("left by a crash")
    asyncio.run(write_export(path, log, key=SIGNER.key, opened=True))

    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    log.log[3] = log.log[1]
    with pytest.raises(ExportError) as caught:
        asyncio.run(write_export(path, log, key=SIGNER.key, opened=True))
    assert caught.value.code == "export_disorder"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_entries_after_the_latest_checkpoint_are_left_out(tmp_path: Path) -> None:
    log = asyncio.run(make_log(5))
    log.add([make_entry(5)])
    path = tmp_path / "log.jsonl"

    assert asyncio.run(write_export(path, log, key=SIGNER.key, opened=False)) == 5
    assert path.read_bytes().count(b'"seq"') == 5


def test_many_pages_of_entries_and_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "PAGE", 3)
    log = asyncio.run(make_log(41, every=2))
    path = tmp_path / "log.jsonl"
    calls: list[tuple[int, int]] = []
    progress = lambda done, total: calls.append((done, total))  # noqa: E731
    asyncio.run(write_export(path, log, key=SIGNER.key, opened=True, progress=progress))

    text = path.read_bytes()
    assert (text.count(b'"seq"'), text.count(b'{"checkpoint"')) == (41, 21)
    assert calls[-1] == (41, 41)


def test_a_log_without_checkpoint_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        asyncio.run(write_export(tmp_path / "log.jsonl", MemoryLog(), key=SIGNER.key, opened=True))
    assert caught.value.code == "export_empty"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    log = asyncio.run(make_log(5))
    with pytest.raises(ExportError) as caught:
        asyncio.run(write_export(tmp_path / "absent" / "log.jsonl", log, key=SIGNER.key, opened=True))
    assert caught.value.code == "export_unwritable"


HOSTILE = [
    b"",
    b"{}",
    b"null",
    b"\x00",
    b"\xff\xfe",
    b"[" * 200_000,
    ENTRY[:-1],
    ENTRY + b" ",
    b" " + ENTRY,
    ENTRY + b"\r",
    ENTRY + ENTRY,
    ENTRY.replace(b'"seq":3', b'"seq":3,"seq":4'),
    ENTRY.replace(b'"seq":3', b'"seq":"3"'),
    ENTRY.replace(b'"seq":3', b'"seq":3.0'),
    ENTRY.replace(b'"seq":3', b'"seq":' + b"9" * 400),
    ENTRY.replace(b'"seq":3', b'"seq":' + b"9" * 5000),
    ENTRY.replace(b'"seq":3', b'"seq":-3'),
    ENTRY.replace(b'"seq":3', b'"seq":3,"x":1'),
    ENTRY.replace(b'"v":1', b'"v":2'),
    ENTRY.replace(b'"kind":"', b'"kind":"\\ud800'),
    ENTRY.replace(b'"leaf":"', b'"leaf":"*'),
    ENTRY[: ENTRY.index(b',"payload"')] + ENTRY[ENTRY.index(b',"policy"') :],
    ENTRY.replace(b'"salt"', b'"salz"'),
    b'{"checkpoint":1}',
    b'{"checkpoint":"\\u0061"}',
    b'{"checkpoint":"a","x":1}',
]


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_number(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(HEADER + b"\n" + ENTRY + b"\n" + line + b"\n" + ENTRY + b"\n")

    with pytest.raises(ExportError) as caught:
        list(read_export(path))
    assert caught.value.line == 3
    assert str(caught.value).startswith("line 3: ")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "header",
    [b"", ENTRY, HEADER[:-1], HEADER.replace(b":1,", b":2,", 1), HEADER.replace(b'"epoch":1', b'"epoch":1.5')],
)
def test_a_bad_header_is_refused(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(header + b"\n")

    with pytest.raises(ExportError) as caught:
        list(read_export(path))
    assert caught.value.line == 1


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"")

    with pytest.raises(ExportError, match="the export is empty"):
        list(read_export(path))


def test_an_endless_line_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "MAX_LINE", 1000)
    path = tmp_path / "log.jsonl"
    path.write_bytes(HEADER + b"\n" + b"x" * 5000 + b"\n")

    with pytest.raises(ExportError, match="line 2: the line is too long"):
        list(read_export(path))


def test_a_cut_off_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(HEADER + b"\n" + ENTRY)

    with pytest.raises(ExportError, match="line 2: the line is cut off"):
        list(read_export(path))


def test_what_is_written_is_read_back() -> None:
    for seq in range(30):
        line = entry_line(make_entry(seq, erased=seq % 2 == 0))
        assert decode_line(encode_line(line)[:-1], 2) == line
