# SPDX-License-Identifier: Apache-2.0
"""Valuation packs: what is shipped is read, and what is wrong in a file is named by line."""

from __future__ import annotations

import pytest

from counterseal.core.policy.faults import PolicyFaults
from counterseal.gateways.packs import packs_directory
from counterseal.gateways.valuation_packs import (
    FolderValuationPacks,
    ValuationPackError,
    load_valuation_pack_file,
    shipped_valuation_packs,
    valuation_pack_from,
)
from counterseal.incidents.loss_packs import PackMissingError

TEXT = (packs_directory() / "incidents" / "valuation" / "mica-75-8.yaml").read_text()


def test_the_shipped_packs_say_their_moment_and_cap():
    packs = {name: load_valuation_pack_file(name) for name in shipped_valuation_packs()}
    said = {name: (pack.moment, pack.cap) for name, pack in packs.items()}
    assert said == {
        "mica-75-8": ("payment", "loss"),
        "time-of-loss": ("loss", "none"),
        "time-of-payment": ("payment", "none"),
    }
    for name, pack in packs.items():
        assert pack.name == name
        assert pack.origin.source
        assert pack.places_of("BTC") == 8
        assert pack.places_of("anything") == 18
        assert pack.prices.staleness == 3_600_000


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("moment: payment", "moment: yesterday", "choice_invalid"),
        ("cap: loss", "cap: loss\nfloor: 3", "key_unknown"),
        ("confidence: medium", "", "key_missing"),
        ("BTC: 8", "BTC: 19", "count_invalid"),
        ("BTC: 8", "'B C': 8", "name_invalid"),
        ("currency: 2", "currency: -1", "count_invalid"),
        ("staleness: 1h", "staleness: an hour", "duration_invalid"),
        ("[outflow, adverse_trade, fee]", "[outflow, tears]", "name_unknown"),
        ("valuation: mica-75-8", "valuation: MiCA!", "name_invalid"),
        ("as_of: 2026-11-23", "as_of: lately", "date_invalid"),
        ("counterseal: 1", "counterseal: 2", "version_unknown"),
    ],
)
def test_a_mistake_is_named(old, new, code):
    assert old in TEXT
    with pytest.raises(PolicyFaults) as raised:
        valuation_pack_from(TEXT.replace(old, new, 1))
    assert code in {fault.code for fault in raised.value.faults}


def test_the_operators_own_stands_in_place_of_a_shipped_one(tmp_path):
    (tmp_path / "own.yaml").write_text(TEXT.replace("staleness: 1h", "staleness: 25h"))
    packs = FolderValuationPacks(tmp_path)
    assert packs.names() == shipped_valuation_packs()
    assert packs.pack("mica-75-8").prices.staleness == 25 * 3_600_000
    assert packs.pack("mica-75-8").digest != FolderValuationPacks().pack("mica-75-8").digest
    assert packs.pack("none") is None


def test_a_faulty_file_of_the_operators_stops_the_start(tmp_path):
    (tmp_path / "own.yaml").write_text(TEXT.replace("cap: loss", "cap: some"))
    with pytest.raises(ValuationPackError, match=r"own\.yaml"):
        FolderValuationPacks(tmp_path)


def test_an_unknown_name_and_a_missing_file_are_told():
    for name in ("nothing", "nothing.yaml"):
        with pytest.raises(PackMissingError):
            load_valuation_pack_file(name)
