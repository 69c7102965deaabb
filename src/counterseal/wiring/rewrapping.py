# SPDX-License-Identifier: Apache-2.0
"""A change of the master key of a whole store: rows, key rings, and the entry of the log that says so."""

from __future__ import annotations

import msgspec

from counterseal.core.transaction import Change, Commit, Entry, Loaded
from counterseal.gateways.keyring import MasterKey, key_of
from counterseal.gateways.kms_paired import PairedMasterKey
from counterseal.settings import Settings, SettingsError
from counterseal.store.errors import MasterKeyError
from counterseal.store.rewrap import Masters, Progress, Rewrapped, rewrap
from counterseal.store.sql import SqlStore
from counterseal.wiring.keys import KeyBoard, wrapping_context
from counterseal.wiring.masters import current_master_key, other_master_key
from counterseal.wiring.rings import RINGS, Ring, Rings
from counterseal.wiring.stores import open_clock, open_store


async def rewrap_store(settings: Settings, told: Progress) -> Rewrapped:
    """From `other_master_key` to the master key of the settings. It may be run again, wherever it ended.

    Raises SettingsError, KeyringError, StoreLockedError, MasterKeyError, StoreUnavailableError.
    """
    old = other_master_key(settings)
    if old is None:
        hint = "Name the key that is to be replaced, beside the new one; see docs/keys.md."
        raise SettingsError("`other_master_key` is not set", hint=hint)
    new = current_master_key(settings)
    both = PairedMasterKey(new, old)
    await _prepare(settings, old)
    store = open_store(settings, both)
    try:
        return await rewrap(store, Masters(new, both, key_of), told, lambda: _rest(store, settings, both, old))
    finally:
        store.close()


async def _prepare(settings: Settings, old: MasterKey) -> None:
    """Key rings, in a store of before them: their secrets come from the old key, so only it can make them."""
    try:
        store = open_store(settings, old)
    except MasterKeyError:
        return  # the change has begun, so they are there
    try:
        await KeyBoard(store, old, lambda: _now(store, settings)).open()
    finally:
        store.close()


async def _rest(store: SqlStore, settings: Settings, both: PairedMasterKey, old: MasterKey) -> None:
    now = _now(store, settings)
    said = msgspec.json.encode({"old": old.key_id.hex(), "new": both.key_id.hex()})

    def function(loaded: Loaded) -> Commit[Rings]:
        found = loaded.states.get(RINGS)
        if not isinstance(found, Rings):
            return Commit(Rings({}))
        made = msgspec.structs.replace(found, rings={name: _renewed(x, both) for name, x in found.rings.items()})
        if made == found:
            return Commit(found)
        entry = Entry("master_key_changed", max(now, loaded.latest), "", said)
        return Commit(made, (Change(RINGS, made, entry),))

    await store.transact([RINGS], function, now=now)


def _renewed(ring: Ring, both: PairedMasterKey) -> Ring:
    context = wrapping_context(ring.purpose)
    keys = tuple(
        msgspec.structs.replace(key, blob=both.wrap(both.unwrap(key.blob, context), context))
        if key.blob and key_of(key.blob) != both.key_id
        else key
        for key in ring.keys
    )
    return msgspec.structs.replace(ring, keys=keys)


def _now(store: SqlStore, settings: Settings) -> int:
    return max(store.latest, open_clock(settings, store).now())
