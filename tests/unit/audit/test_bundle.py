# SPDX-License-Identifier: Apache-2.0
"""An evidence package verifies offline; whatever is changed, added, left out or forged is found and named."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
import zipfile
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.audit import bundle as b
from counterseal.audit.bundle_verify import BundleVerdict, verify_bundle
from counterseal.audit.model import LogEntry
from counterseal.audit.service import LogService
from counterseal.core.leaf import LeafData, commit, encode_leaf, entry_salt, pseudonym
from counterseal.core.merkle import leaf_hash
from counterseal.core.note import NoteError
from tests.support.memory_log import OTHER_SIGNER, SIGNER, START, STEP, MemoryLog, grow, make_log

KEY = str(SIGNER.key)
CITED = (3, 41, 7)
SIZE = 60
Files = dict[str, tuple[bytes, str]]


async def cite(log: MemoryLog, seq: int, size: int) -> b.Cited:
    [entry] = await log.entries(seq, 1, opened=True)
    return b.cited(entry, await LogService(log, SIGNER).inclusion_proof(seq, size))


def naming(seq: int, manifest: str) -> LogEntry:
    """The log's entry that names a manifest."""
    salt = hashlib.sha256(b"incident").digest()
    payload = json.dumps({"manifest": manifest, "incident": "inc_1"}).encode()
    own = entry_salt(salt, seq)
    leaf = LeafData(seq, START + seq * STEP, pseudonym(salt), b.PACKAGED, "", commit(own, payload))
    return LogEntry(leaf, leaf_hash(encode_leaf(leaf)), payload, own)


async def made(signer: Any = SIGNER, incident: dict[str, Any] | None = None) -> bytes:
    log = await make_log(SIZE, signer=signer)
    service = LogService(log, signer)
    point = await service.latest_checkpoint()
    found = [await cite(log, seq, SIZE) for seq in CITED]
    files: Files = {
        b.EVENTS: (b.events_file(found), "events"),
        b.CHECKPOINT: (point.note.encode(), "checkpoint"),
        "artefacts/a1-letter.pdf": (b"%PDF-1.7 a letter", "the order as received"),
        "timeline.json": (b"[]", "timeline"),
    }
    manifest = b.manifest_of(
        files, made=START, origin=SIGNER.key.name, incident=incident or {"number": "INC-2026-0001"}
    )
    log.add([naming(SIZE, b.digest_of(manifest))])
    after = await service.sign_checkpoint(now=START + (SIZE + 1) * STEP, epoch=1)
    [entry] = await log.entries(SIZE, 1, opened=True)
    sealed = b.sealed_file(entry, await service.inclusion_proof(SIZE, SIZE + 1), after.note)
    return b.packed(manifest, sealed, files)


BUNDLE = asyncio.run(made())


def contents(data: bytes = BUNDLE) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def codes(verdict: BundleVerdict) -> set[tuple[str, str]]:
    return {(each.code, each.file) for each in verdict.findings}


def test_a_package_verifies_and_the_same_content_gives_the_same_bytes() -> None:
    verdict = verify_bundle(BUNDLE, KEY)
    assert verdict
    assert (verdict.files, verdict.events, verdict.size) == (6, len(CITED), SIZE + 1)
    assert verdict.packaged == START + SIZE * STEP
    assert verdict.manifest is not None
    assert verdict.manifest.incident == {"number": "INC-2026-0001"}
    assert asyncio.run(made()) == BUNDLE


def test_events_stand_in_the_order_of_the_log() -> None:
    lines = contents()[b.EVENTS].splitlines()
    assert [json.loads(line)["entry"]["seq"] for line in lines] == sorted(CITED)


@pytest.mark.parametrize("name", sorted(contents()))
def test_a_file_that_is_left_out_is_named(name: str) -> None:
    files = contents()
    del files[name]
    verdict = verify_bundle(zipped(files), KEY)
    assert not verdict
    assert ("unsigned" if name == b.PROOF else "missing", name) in codes(verdict)


@pytest.mark.parametrize("name", sorted(contents()))
def test_any_changed_byte_of_any_file_is_found(name: str) -> None:
    chance = random.Random(name)
    for _ in range(25):
        files = contents()
        data = bytearray(files[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        if name == b.PROOF and msgspec_equal(bytes(data), files[name]):
            continue
        files[name] = bytes(data)
        assert not verify_bundle(zipped(files), KEY)


def msgspec_equal(one: bytes, two: bytes) -> bool:
    """Whether two spellings of the proof say the same."""
    try:
        return bool(msgspec.json.decode(one, type=b.Sealed) == msgspec.json.decode(two, type=b.Sealed))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def test_a_file_that_is_added_is_named() -> None:
    assert codes(verify_bundle(zipped({**contents(), "artefacts/more.pdf": b"x"}), KEY)) == {
        ("added", "artefacts/more.pdf")
    }


def test_a_manifest_that_was_made_afterwards_is_not_in_the_log() -> None:
    """Somebody who changes a file and writes a manifest that fits."""
    files = contents()
    manifest = json.loads(files[b.MANIFEST])
    files["timeline.json"] = b'["he did it"]'
    row = next(each for each in manifest["files"] if each["name"] == "timeline.json")
    row |= {"sha256": hashlib.sha256(files["timeline.json"]).hexdigest(), "size": len(files["timeline.json"])}
    files[b.MANIFEST] = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    assert codes(verify_bundle(zipped(files), KEY)) == {("changed", b.MANIFEST)}


def test_an_event_of_another_place_in_the_log_is_found() -> None:
    files = contents()
    lines = [json.loads(line) for line in files[b.EVENTS].splitlines()]
    lines[0]["proof"], lines[1]["proof"] = lines[1]["proof"], lines[0]["proof"]
    files[b.EVENTS] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found = verify_bundle(zipped(files), KEY)
    assert {each.seq for each in found.findings if each.code == "not_in_log"} == {3, 7}


def test_another_key_is_another_log_and_no_key_is_an_error() -> None:
    verdict = verify_bundle(BUNDLE, str(OTHER_SIGNER.key))
    assert {code for code, _ in codes(verdict)} == {"unsigned"}
    assert verdict.events == 0
    with pytest.raises(NoteError):
        verify_bundle(BUNDLE, "no key")


def test_a_package_of_somebody_else_s_log_does_not_pass() -> None:
    forged = asyncio.run(made(OTHER_SIGNER))
    assert ("unsigned", b.PROOF) in codes(verify_bundle(forged, KEY))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x05\x06", b"not a zip", BUNDLE[:-10], BUNDLE[: len(BUNDLE) // 2], zipped({})],
    ids=["empty", "half a header", "text", "cut", "half", "no files"],
)
def test_what_is_no_package_is_said_and_raises_nothing(data: bytes) -> None:
    verdict = verify_bundle(data, KEY)
    assert not verdict
    assert {code for code, _ in codes(verdict)} <= {"unreadable", "missing"}


@pytest.mark.parametrize("name", ["../evil", "/etc/x", "A.txt", "a/b/c/d", "x\\y", "é.txt"])
def test_names_that_lead_elsewhere_are_not_opened(name: str) -> None:
    assert ("unreadable", name) in codes(verify_bundle(zipped({**contents(), name: b"x"}), KEY))
    with pytest.raises(b.BundleError):
        b.manifest_of({name: (b"x", "x")}, made=START, origin="log", incident={})


def test_a_bomb_is_not_blown_up(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bin", bytes(4 * 1024 * 1024))
    monkeypatch.setattr(b, "MOST_BYTES", 1024 * 1024)
    assert codes(verify_bundle(out.getvalue(), KEY)) == {("unreadable", ""), ("missing", b.MANIFEST)}


def test_an_erased_entry_cannot_be_cited() -> None:
    async def run() -> None:
        log = await make_log(20, erased=frozenset({4}))
        with pytest.raises(b.BundleError):
            await cite(log, 4, 20)

    asyncio.run(run())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_package_never_passes_and_never_raises(data: st.DataObject) -> None:
    raw = bytearray(BUNDLE)
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(raw) - 1))
        raw[where] = data.draw(st.integers(0, 255))
    verdict = verify_bundle(bytes(raw), KEY)
    if verdict:  # only what no file's content hangs on: fields of the zip itself
        assert contents(bytes(raw)) == contents() or contents(bytes(raw)).keys() == contents().keys()


def test_a_log_that_went_on_does_not_matter() -> None:
    """The package was made before; its checkpoint stands."""
    asyncio.run(grow(asyncio.run(make_log(SIZE)), SIZE, SIZE + 5))
    assert verify_bundle(BUNDLE, KEY)
