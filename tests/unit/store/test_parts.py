# SPDX-License-Identifier: Apache-2.0
"""The cache's bounds, and what the vault binds."""

from __future__ import annotations

import pytest

from counterseal.store.cache import Recent
from counterseal.store.errors import MasterKeyError, StoreCorruptError
from counterseal.store.vault import SubjectKeys, Vault
from tests.support.store import PlainMasterKey


class TestRecent:
    def test_the_least_recently_used_makes_room(self):
        cache: Recent[int] = Recent(entries=2, weight=100)
        cache.put("a", 1, 10)
        cache.put("b", 2, 10)
        assert cache.get("a") == 1
        cache.put("c", 3, 10)
        assert (cache.peek("a"), cache.peek("b"), cache.peek("c")) == (1, None, 3)

    def test_peeking_is_not_using(self):
        cache: Recent[int] = Recent(entries=2, weight=100)
        cache.put("a", 1, 10)
        cache.put("b", 2, 10)
        assert cache.peek("a") == 1
        cache.put("c", 3, 10)
        assert cache.peek("a") is None

    def test_weight_is_bounded_and_given_back(self):
        cache: Recent[int] = Recent(entries=100, weight=100)
        for turn in range(50):
            cache.put("a", turn, 60)
        cache.put("b", 1, 40)
        assert (cache.peek("a"), cache.peek("b")) == (49, 1)
        cache.put("c", 1, 1)
        assert cache.peek("a") is None
        cache.drop("b")
        cache.put("d", 1, 99)
        assert len(cache) == 2
        cache.put("e", 1, 101)
        assert len(cache) == 0


class TestVault:
    def test_a_seal_is_bound_to_key_table_row_and_version(self):
        keys, other = SubjectKeys(b"k" * 32, b"s" * 32), SubjectKeys(b"j" * 32, b"s" * 32)
        sealed = keys.seal(b"data", "state", "account:a")
        assert keys.open(sealed, "state", "account:a") == b"data"
        assert sealed != keys.seal(b"data", "state", "account:a")
        for holder, blob, table, row in (
            (other, sealed, "state", "account:a"),
            (keys, sealed, "entry", "account:a"),
            (keys, sealed, "state", "account:b"),
            (keys, b"\x02" + sealed[1:], "state", "account:a"),
            (keys, sealed[:-1], "state", "account:a"),
            (keys, sealed[:9], "state", "account:a"),
            (keys, b"", "state", "account:a"),
        ):
            with pytest.raises(StoreCorruptError):
                holder.open(blob, table, row)

    def test_wrapped_keys_are_bound_to_their_subject_and_part(self):
        vault = Vault(PlainMasterKey())
        keys, key, salt = vault.create("account:a")
        again = vault.unwrap("account:a", key, salt)
        assert again.open(keys.seal(b"data", "state", 1), "state", 1) == b"data"
        assert (again.salt, again.pseudonym) == (keys.salt, keys.pseudonym)
        for subject, one, two in (("account:b", key, salt), ("account:a", salt, key), ("account:a", key, b"")):
            with pytest.raises(MasterKeyError):
                vault.unwrap(subject, one, two)
        assert vault.create("account:a")[0].pseudonym != keys.pseudonym
