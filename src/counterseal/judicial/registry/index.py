# SPDX-License-Identifier: Apache-2.0
"""All contacts of the registry, standing and ended, by what is asked of them. Pure; `add` is its only change."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping

import msgspec

from counterseal.judicial.registry.model import Authority, Contact, ContactKind
from counterseal.judicial.registry.similar import Likeness, Numbers

Held = tuple[Authority, Contact]


class Index:
    """Built from the authorities, or laid over another index that stays as it is; `add` takes what is about to be
    entered beside them."""

    def __init__(self, authorities: Iterable[Authority] = (), *, over: Index | None = None) -> None:
        self._over = over
        self._same: dict[tuple[ContactKind, str], list[Held]] = {}
        self._numbers: Numbers[Held] = Numbers()
        self._domains: dict[str, Held] = {}
        for who in authorities:
            for each in who.contacts:
                self.add(who, each)

    def add(self, who: Authority, contact: Contact) -> None:
        """One more; of an authority that ended none stands."""
        if who.ended is not None and contact.ended is None:
            contact = msgspec.structs.replace(contact, ended=who.ended, ended_reason=who.ended_reason)
        held = (who, contact)
        self._same.setdefault((contact.kind, contact.value), []).append(held)
        if contact.kind is ContactKind.PHONE:
            self._numbers.add(contact.value, held)
        if contact.kind is ContactKind.DOMAIN and contact.ended is None:
            self._domains.setdefault(contact.value, held)

    def same(self, kind: ContactKind, value: str) -> tuple[Held, ...]:
        """Whoever has or had exactly this."""
        below = () if self._over is None else self._over.same(kind, value)
        return (*below, *self._same.get((kind, value), ()))

    def like(self, number: str) -> list[tuple[Likeness, Held]]:
        """Numbers that are or resemble this one."""
        below = [] if self._over is None else self._over.like(number)
        return below + self._numbers.like(number)

    @property
    def domains(self) -> Mapping[str, Held]:
        """The domains that stand, each with one of those who have it."""
        return self._domains if self._over is None else ChainMap(self._domains, dict(self._over.domains))

    def above(self, domain: str) -> list[Held]:
        """Whose this domain is: exactly, or as one below theirs."""
        labels = domain.split(".")
        parents = [".".join(labels[at:]) for at in range(1, len(labels) - 1)]
        exact = [held for held in self.same(ContactKind.DOMAIN, domain) if held[1].ended is None]
        below = [held for parent in parents for held in self.same(ContactKind.DOMAIN, parent)]
        return exact + [held for held in below if held[1].ended is None and held[0].subdomains]
