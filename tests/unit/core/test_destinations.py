# SPDX-License-Identifier: Apache-2.0
"""One spelling for each destination, in the core and in its twin in the SDK."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import counterseal.core.destinations as core
import counterseal.sdk.destinations as twin
from counterseal.core.destinations import Destination, DestinationError, canonical_destination

EVM = "0x52908400098527886E0F7030069857D2E4169EE7"
CHAINS = ["", "ethereum", "eip155:1", "bitcoin", "cosmos", "tron", "solana", "unheard-of"]


def refused(chain: str, address: str, memo: str = "") -> str:
    with pytest.raises(DestinationError) as caught:
        canonical_destination(chain, address, memo)
    return str(caught.value)


@pytest.mark.parametrize("chain", ["ethereum", "polygon", "eip155:137"])
def test_case_means_nothing_on_evm_chains(chain: str) -> None:
    spellings = {EVM, EVM.lower(), "0x" + EVM[2:].upper()}
    assert {canonical_destination(chain, text) for text in spellings} == {Destination(chain, EVM.lower(), "")}


@pytest.mark.parametrize(
    "address",
    [
        EVM[:-1],
        EVM + "0",
        EVM[2:],
        "0X" + EVM[2:],
        EVM[:-1] + "g",
        EVM[:-1] + "\N{CYRILLIC SMALL LETTER IE}",
        EVM + "\n",
    ],
)
def test_what_is_no_evm_address_is_refused_there(address: str) -> None:
    assert "ethereum" not in refused("ethereum", address)


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("bitcoin", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),  # BIP-173
        ("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),  # BIP-350
        ("litecoin", "LTC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KGMN4N9"),
        ("cosmos", "cosmos1depk54cuajgkzea6zpgkq36tnjwdzv4afc3d27"),
    ],
)
def test_bech32_is_written_in_lower_case(chain: str, address: str) -> None:
    assert canonical_destination(chain, address).address == address.lower()
    mixed = address[:10].upper() + address[10:].lower()
    assert "mixes" in refused(chain, mixed)


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("bitcoin", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("tron", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
        ("solana", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"),
        ("unheard-of", EVM),
        ("tron", "bc1QmIxEd"),
        ("", "user-42"),
        ("", "Zoë"),
        ("", "王小明"),
    ],
)
def test_elsewhere_an_address_stays_as_it_is_written(chain: str, address: str) -> None:
    assert canonical_destination(chain, address).address == address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "TJRаbPrwbZy45sbavfcjinPJC18kjpRTv8"),  # noqa: RUF001 - Cyrillic
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "TJRabPrwbZy45sbavfcjinPJC18kjpRTV8"),
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "TJRabPrwbZy45sbavfcjinPJCl8kjpRTv8"),
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "ＴJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),  # noqa: RUF001 - full width
    ],
)
def test_look_alikes_are_other_destinations(one: str, other: str) -> None:
    assert canonical_destination("tron", one) != canonical_destination("tron", other)


def test_a_look_alike_prefix_is_not_folded() -> None:
    """The Kelvin sign's lower case is k, the long s's upper case is S."""
    assert "normal form" in refused("tron", "T\N{KELVIN SIGN}a")
    assert canonical_destination("cosmos", "co\N{LATIN SMALL LETTER LONG S}mos1ABC").address == "co\u017fmos1ABC"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " a",
        "a ",
        "a b",
        "a\tb",
        "a\n",
        "a\0b",
        "a\u00a0b",
        "a\u200bb",  # zero width space
        "a\u200db",  # zero width joiner
        "\u202eab",  # right-to-left override
        "\ufeffab",
        "a\ud800b",
        "a\ue000b",  # private use
        "a\u0378b",  # unassigned
        "e\u0301",  # not NFC
        "a" * 257,
    ],
)
def test_what_nobody_can_see_is_refused(text: str) -> None:
    for chain in ("", "tron", "bitcoin", "ethereum"):
        refused(chain, text)
    if text not in ("", "a b"):
        refused("tron", "address", text)


def test_memos_belong_to_the_destination() -> None:
    assert canonical_destination("xrp", "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", "104").memo == "104"
    assert canonical_destination("cosmos", "cosmos1abc", "to Zoë, 7").memo == "to Zoë, 7"
    memos = {canonical_destination("xrp", "r", memo) for memo in ("", "1", "01", "1 1")}
    assert len(memos) == 4


@pytest.mark.parametrize("chain", ["Ethereum", "eth ereum", " ", "-", "a" * 65, "eth\n", "étherеum"])  # noqa: RUF001
def test_other_names_of_chains_are_refused(chain: str) -> None:
    assert "chain" in refused(chain, EVM)


ANY = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"0x[0-9a-fA-F]{40}", fullmatch=True),
    st.from_regex(r"(?i:bc1|ltc1|cosmos1)[a-zA-Z0-9]{1,40}", fullmatch=True),
)


@given(chain=st.one_of(st.sampled_from(CHAINS), st.text(max_size=8)), address=ANY, memo=st.text(max_size=20))
def test_the_spelling_is_a_fixed_point_and_the_twin_agrees(chain: str, address: str, memo: str) -> None:
    try:
        one = canonical_destination(chain, address, memo)
    except DestinationError as error:
        with pytest.raises(twin.DestinationError) as caught:
            twin.canonical_destination(chain, address, memo)
        assert str(caught.value) == str(error)  # noqa: PT017 - or it passes
        return
    assert canonical_destination(*one) == one == twin.canonical_destination(chain, address, memo)
    assert one.memo == memo
    assert one.address in (address, address.lower())
    "".join(one).encode()


def test_the_twin_has_the_same_code() -> None:
    def code(module: object) -> list[str]:
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
        own = [n for n in tree.body[1:] if not isinstance(n, ast.Import | ast.ImportFrom)]
        return [ast.dump(n) for n in own if getattr(n, "name", "") != "DestinationError"]

    assert code(core) == code(twin)
    assert len(code(core)) > 8
