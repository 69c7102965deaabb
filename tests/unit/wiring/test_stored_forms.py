# SPDX-License-Identifier: Apache-2.0
"""What earlier programs stored is read: one sample of each kind, as the codecs of 2026-11-22 and 23 wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.core.transaction import StoredFormError, StructCodec
from counterseal.wiring.rings import Rings, StoredKey
from counterseal.wiring.stores import CODECS

SAMPLES: dict[str, str] = json.loads((Path(__file__).parent / "stored_forms.json").read_text())


def test_there_is_a_sample_of_every_kind() -> None:
    assert {name.partition(" ")[0] for name in SAMPLES} <= set(CODECS)
    assert len(SAMPLES) > len(CODECS) // 2


@pytest.mark.parametrize("name", SAMPLES)
def test_old_bytes_are_read_and_written_the_same(name: str) -> None:
    """Fields may have come since; none of what was stored changes its place or value."""
    codec, data = CODECS[name.partition(" ")[0]], bytes.fromhex(SAMPLES[name])
    written = codec.encode(codec.decode(data))
    assert written[:1] == data[:1]
    assert _kept(msgspec.msgpack.decode(data[1:]), msgspec.msgpack.decode(written[1:]))


@pytest.mark.parametrize("kind", CODECS)
def test_bytes_of_the_future_are_refused(kind: str) -> None:
    """They are not misread, and neither is what is no stored form at all."""
    sample = bytes.fromhex(SAMPLES.get(kind, "01"))
    for data in (b"\x7f" + sample[1:], b""):
        with pytest.raises(StoredFormError):
            CODECS[kind].decode(data)


def test_two_versions_of_one_kind_are_told_apart() -> None:
    codec = CODECS["signing_key"]
    old = codec.decode(bytes.fromhex(SAMPLES["signing_key before rings"]))
    assert isinstance(old, StoredKey)
    assert codec.encode(old)[:1] == b"\x01"
    assert isinstance(codec.decode(bytes.fromhex(SAMPLES["signing_key"])), Rings)
    with pytest.raises(KeyError):  # what has no version is not written under another's
        StructCodec(Rings, 2).encode(old)


def _kept(old: Any, new: Any) -> bool:
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and _kept(old[key], new[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) >= len(old) and all(map(_kept, old, new))
    return bool(old == new)
