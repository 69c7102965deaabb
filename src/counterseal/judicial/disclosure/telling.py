# SPDX-License-Identifier: Apache-2.0
"""What follows a disclosure for the accounts in it: owners are told, and the values stop being proof."""

from __future__ import annotations

import contextlib
from typing import Final

from counterseal.core.transaction import Commit, DuplicateAliasError, Loaded, Store
from counterseal.judicial.disclosure import changes
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.disclosure.ports import Clock, Exposures, Notice, Owners

TEMPLATE: Final = "data_disclosed"
FORGED: Final = "data_disclosed_forged"


class Telling:
    """Each step can be repeated: what is done already is seen in the commit itself."""

    def __init__(self, store: Store, clock: Clock, owners: Owners, exposures: Exposures) -> None:
        self._store, self._clock = store, clock
        self._owners, self._exposures = owners, exposures

    async def tell(self, held: m.Disclosure, *, forged: bool = False, now: bool = False) -> int:
        """Tell each owner once; how many just now. Nobody before the silence ends unless `now`, and nobody of a
        package that was never handed out."""
        if held.fetched is None:
            return 0
        done = 0
        for account in held.accounts:
            if account in held.told and not forged:
                continue
            with contextlib.suppress(DuplicateAliasError):  # a notice of before a crash
                done += await self._one(held, account, forged=forged, now=now)
        return done

    async def expose(self, held: m.Disclosure) -> None:
        """The values prove nothing from now on."""
        if held.exposed is None and held.fetched is not None:
            await self._exposures.disclosed(held)
            at = self._clock.now()

            def function(loaded: Loaded) -> Commit[m.Made]:
                current = changes.loaded_disclosure(loaded, held.id)
                if current.exposed is not None:
                    return Commit(m.Made(held.id))
                return Commit(m.Made(held.id), (changes.exposed(current, max(at, loaded.latest)),))

            await self._store.transact((m.subject_of(held.id),), function, now=at)

    async def remind(self, held: m.Disclosure) -> None:
        """A silence ends in a week: the log says so, once, and the console shows it."""
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current = changes.loaded_disclosure(loaded, held.id)
            return Commit(m.Made(held.id), changes.reminded(current, max(now, loaded.latest)))

        await self._store.transact((m.subject_of(held.id),), function, now=now)

    async def note(self, held: m.Disclosure, kind: str, by: str, **facts: str) -> None:
        """A line of the log about a disclosure."""
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current, at = changes.loaded_disclosure(loaded, held.id), max(now, loaded.latest)
            return Commit(m.Made(held.id), (changes.noted(current, kind, at, by, **facts),))

        await self._store.transact((m.subject_of(held.id),), function, now=now)

    async def _one(self, held: m.Disclosure, account: str, *, forged: bool, now: bool) -> int:
        clock = self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Told]:
            current, at = changes.loaded_disclosure(loaded, held.id), max(clock, loaded.latest)
            waits = current.silence_until is not None and at < current.silence_until
            if (waits and not now) or (account in current.told and not forged):
                return Commit(m.Told(0))
            notice = _notice(current, account, at, forged=forged)
            sent = self._owners.told(loaded, account, notice, at)
            reason = "forged" if forged else "told"
            made = changes.told(loaded, current, account, sent, at, reason)
            return Commit(m.Told(1), made)

        keys = (*changes.keys_of(held), *self._owners.keys(account))
        return (await self._store.transact(keys, function, now=clock)).result.owners


def _notice(held: m.Disclosure, account: str, at: int, *, forged: bool) -> Notice:
    """What one owner reads: who has which of their data, and since when. Nothing of other accounts in it."""
    names = sorted(field.name for field in held.fields if field.account == account)
    facts = {"when": str(held.fetched or at), "data": " ".join(names), "reference": held.reference}
    if not forged:
        facts["authority"] = held.authority_name
    if held.silence_basis and not forged:
        facts["silence"] = held.silence_basis
    if forged:
        return Notice(f"{held.id}.forged.{account}", FORGED, facts)
    return Notice(f"{held.id}.told.{account}", TEMPLATE, facts)
