# SPDX-License-Identifier: Apache-2.0
"""What every adapter of the master key keeps to: a file, a variable, a pair of keys, a token of PKCS#11."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from counterseal.gateways.keyring import (
    KEY_ID_SIZE,
    KeyringError,
    LocalMasterKey,
    MasterKey,
    create_master_key_file,
    key_of,
    master_key_from_environment,
    master_key_from_file,
)
from counterseal.gateways.kms_paired import PairedMasterKey
from counterseal.gateways.kms_pkcs11 import Pkcs11MasterKey
from tests.support.hsm import PIN, SoftToken

Open = Callable[[], MasterKey]
"""Opens the same key each time, as another process would."""


def from_file(folder: Path) -> Open:
    create_master_key_file(folder / "master.key")
    return lambda: master_key_from_file(folder / "master.key")


def from_variable(_folder: Path) -> Open:
    text = base64.b64encode(os.urandom(32)).decode()
    return lambda: master_key_from_environment({"COUNTERSEAL_MASTER_KEY": text})


def from_token(folder: Path) -> Open:
    site = SoftToken(folder).make("counterseal")
    return lambda: Pkcs11MasterKey(site, lambda: PIN)


def from_pair(folder: Path) -> Open:
    current, other = from_file(folder), LocalMasterKey(os.urandom(32))
    return lambda: PairedMasterKey(current(), other)


ADAPTERS = [
    from_file,
    from_variable,
    from_pair,
    pytest.param(from_token, marks=pytest.mark.needs("softhsm")),
]


@pytest.fixture(params=ADAPTERS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    found: Open = request.param(tmp_path)
    return found


@pytest.mark.parametrize(
    "data", [b"", b"k" * 32, os.urandom(32), os.urandom(5000)], ids=["none", "32", "random", "long"]
)
def test_what_is_wrapped_opens_in_another_process_too(opened: Open, data: bytes) -> None:
    """Same key, same context: the data."""
    blob = opened().wrap(data, b"key|account:1")
    assert opened().unwrap(blob, b"key|account:1") == data


def test_two_wrappings_of_one_value_differ_and_hide_it(opened: Open) -> None:
    """A nonce of its own each time."""
    master, data = opened(), os.urandom(32)
    blobs = {master.wrap(data, b"c") for _ in range(50)}
    assert len(blobs) == 50
    assert not any(data in blob for blob in blobs)


def test_the_context_is_part_of_what_is_wrapped(opened: Open) -> None:
    """A blob moved to another row does not open."""
    master = opened()
    blob = master.wrap(b"k" * 32, b"key|account:1")
    for other in (b"key|account:2", b"salt|account:1", b"", b"key|account:1\x00"):
        with pytest.raises(KeyringError) as refused:
            master.unwrap(blob, other)
        assert refused.value.code == "key_unwrap"


def test_every_changed_bit_is_noticed(opened: Open) -> None:
    """Head, nonce, ciphertext and tag."""
    master = opened()
    blob = master.wrap(b"k" * 32, b"c")
    for at in range(len(blob)):
        changed = blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :]
        with pytest.raises(KeyringError):
            master.unwrap(changed, b"c")
    for cut in (b"", blob[:1], blob[:9], blob[:21], blob[:-1], blob + b"\x00"):
        with pytest.raises(KeyringError):
            master.unwrap(cut, b"c")
    assert master.unwrap(blob, b"c") == b"k" * 32


def test_the_blob_names_its_key(opened: Open) -> None:
    """So that a change of the master key sees what is left to do."""
    master = opened()
    assert len(master.key_id) == KEY_ID_SIZE
    assert key_of(master.wrap(b"k", b"c")) == master.key_id == opened().key_id


def test_another_key_does_not_open_it(opened: Open) -> None:
    """Neither way."""
    master, other = opened(), LocalMasterKey(os.urandom(32))
    assert other.key_id != master.key_id
    with pytest.raises(KeyringError):
        other.unwrap(master.wrap(b"k", b"c"), b"c")
    with pytest.raises(KeyringError):
        master.unwrap(other.wrap(b"k", b"c"), b"c")


def test_derived_keys_are_the_same_each_time_and_one_for_each_purpose(opened: Open) -> None:
    """Peppers of stores from before key rings."""
    first, again = opened(), opened()
    assert len(first.derive("page")) == 32
    assert first.derive("page") == again.derive("page")
    assert len({first.derive(purpose) for purpose in ("page", "code", "", "pag", "page ")}) == 5


def test_many_threads_use_it_at_once(opened: Open) -> None:
    """The store's readers and its writer do."""
    master = opened()

    def turn(number: int) -> bool:
        data, context = number.to_bytes(32, "big"), f"key|account:{number}".encode()
        return master.unwrap(master.wrap(data, context), context) == data

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(turn, range(400)))


def test_no_key_shows_in_a_repr(opened: Open) -> None:
    """Reprs end up in logs."""
    shown = repr(opened())
    assert PIN not in shown
    assert "key=" not in shown.replace("key id=", "")
