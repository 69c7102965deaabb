# SPDX-License-Identifier: Apache-2.0
"""The token: what its key allows, PINs, and a token that is taken out and put back."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType

from counterseal.core.transaction import StoreUnavailableError
from counterseal.gateways.keyring import KeyringError
from counterseal.gateways.kms_pkcs11 import Pkcs11MasterKey, TokenAwayError, make_key
from tests.support.hsm import PIN, SoftToken

pytestmark = pytest.mark.needs("softhsm")


@pytest.fixture
def tokens(tmp_path: Path) -> SoftToken:
    return SoftToken(tmp_path)


def test_the_key_cannot_leave_its_token(tokens: SoftToken) -> None:
    """Sensitive, never extractable, and its value is not told."""
    site = tokens.make("one")
    Pkcs11MasterKey(site, lambda: PIN).wrap(b"k", b"c")
    with pkcs11.lib(site.module).get_token(token_label="one").open() as session:
        key = session.get_key(label="master")
        assert key[Attribute.NEVER_EXTRACTABLE]
        assert key[Attribute.SENSITIVE]
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]


def test_a_key_that_may_leave_is_refused(tokens: SoftToken) -> None:
    """Made by hand, with the wrong attributes."""
    site = tokens.make("one", "mine")
    Pkcs11MasterKey(site, lambda: PIN)
    with pkcs11.lib(site.module).get_token(token_label="one").open(rw=True) as session:
        template = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
        session.generate_key(KeyType.AES, 256, label="loose", store=True, template=template)
    loose = type(site)(site.module, site.token, "loose")
    with pytest.raises(TokenAwayError) as refused:
        Pkcs11MasterKey(loose, lambda: PIN)
    assert refused.value.code == "kms_key"


def test_a_wrong_pin_is_said_and_not_shown(tokens: SoftToken) -> None:
    """Neither in the sentence nor in what caused it."""
    site = tokens.make("one")
    with pytest.raises(TokenAwayError) as refused:
        Pkcs11MasterKey(site, lambda: "wrong-pin-55")
    assert refused.value.code == "kms_pin"
    assert "wrong-pin-55" not in f"{refused.value.diagnostics()} {refused.value.__cause__!r}"


def test_no_token_no_key_no_library(tokens: SoftToken) -> None:
    """Each is said."""
    site = tokens.make_token("bare")
    with pytest.raises(TokenAwayError, match="has no key `master`"):
        Pkcs11MasterKey(site, lambda: PIN)
    with pytest.raises(TokenAwayError) as refused:
        Pkcs11MasterKey(type(site)(site.module, "none", "master"), lambda: PIN)
    assert refused.value.code == "kms_away"
    with pytest.raises(TokenAwayError):
        Pkcs11MasterKey(type(site)("/nowhere/libnone.so", "one", "master"), lambda: PIN)


def test_a_second_key_of_one_name_is_not_made(tokens: SoftToken) -> None:
    """It would be a matter of luck which of them wraps."""
    site = tokens.make("one")
    with pytest.raises(KeyringError, match="has a key"):
        make_key(site, PIN)


def test_a_token_that_is_away_closes_and_comes_back_by_itself(tokens: SoftToken) -> None:
    """Nothing opens meanwhile (503); no restart is needed."""
    master = Pkcs11MasterKey(tokens.make("one"), lambda: PIN)
    blob = master.wrap(b"k" * 32, b"c")
    tokens.take_out()
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            master.unwrap(blob, b"c")
    with pytest.raises(TokenAwayError):
        master.wrap(b"k", b"c")
    tokens.put_back()
    assert master.unwrap(blob, b"c") == b"k" * 32
    with pytest.raises(KeyringError):
        master.unwrap(blob, b"another")


def test_two_tokens_in_one_process_do_not_get_in_each_others_way(tokens: SoftToken) -> None:
    """While one key takes the other's place; starting the library anew moves the handles of both."""
    first = Pkcs11MasterKey(tokens.make("one"), lambda: PIN)
    blob = first.wrap(b"1", b"c")
    second = Pkcs11MasterKey(tokens.make("two"), lambda: PIN)
    assert first.key_id != second.key_id
    for _ in range(3):
        assert first.unwrap(blob, b"c") == b"1"
        assert second.unwrap(second.wrap(b"2", b"c"), b"c") == b"2"
    tokens.take_out()
    tokens.put_back()
    assert second.unwrap(second.wrap(b"2", b"c"), b"c") == b"2"
    assert first.unwrap(blob, b"c") == b"1"
