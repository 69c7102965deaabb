# SPDX-License-Identifier: Apache-2.0
"""No single change of an export goes unseen, whatever byte or line it hits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.audit.export import ExportError, write_export
from counterseal.audit.verify import verify_export
from tests.support.memory_log import SIGNER, START, STEP, make_log

SIZE = 23
shared_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    log = asyncio.run(make_log(SIZE, every=6, erased=frozenset({4, 9})))
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    asyncio.run(write_export(path, log, key=SIGNER.key, opened=True))
    return path.read_bytes(), log.signed[SIZE].note


def intact(tmp_path: Path, data: bytes, note: str) -> bool:
    path = tmp_path / "changed.jsonl"
    path.write_bytes(data)
    try:
        return bool(verify_export(path, checkpoint=note, now=START + SIZE * STEP))
    except ExportError:
        return False


def test_the_original_is_intact(original: tuple[bytes, str], tmp_path: Path) -> None:
    assert intact(tmp_path, *original)


@shared_file
@given(st.data())
def test_no_changed_byte_goes_unseen(original: tuple[bytes, str], tmp_path: Path, data: st.DataObject) -> None:
    export, note = original
    position = data.draw(st.integers(0, len(export) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = export[:position] + bytes((export[position] ^ mask,)) + export[position + 1 :]

    assert not intact(tmp_path, changed, note)


@shared_file
@given(st.data())
def test_no_cut_goes_unseen(original: tuple[bytes, str], tmp_path: Path, data: st.DataObject) -> None:
    export, note = original

    assert not intact(tmp_path, export[: data.draw(st.integers(0, len(export) - 1))], note)


def test_no_removed_repeated_or_swapped_entry_goes_unseen(original: tuple[bytes, str], tmp_path: Path) -> None:
    export, note = original
    lines = export.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if b'"checkpoint"' in line:
            continue  # an own checkpoint less makes findings less exact, it hides nothing
        following = lines[index + 1 : index + 2]
        for changed in (
            [*lines[:index], *lines[index + 1 :]],
            [*lines[:index], line, *lines[index:]],
            [*lines[:index], *following, line, *lines[index + 2 :]],
        ):
            assert not intact(tmp_path, b"".join(changed), note), line


def test_a_removed_own_checkpoint_hides_no_edit(original: tuple[bytes, str], tmp_path: Path) -> None:
    export, note = original
    lines = [line for line in export.splitlines(keepends=True) if not line.startswith(b'{"checkpoint"')]

    assert not intact(tmp_path, b"".join(lines), note)
    last = export.splitlines(keepends=True)[-1]
    assert intact(tmp_path, b"".join([*lines, last]), note)
    edited = b"".join([*lines, last]).replace(b"withdraw.asked", b"withdraw.ASKED", 1)
    assert not intact(tmp_path, edited, note)
