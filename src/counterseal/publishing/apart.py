# SPDX-License-Identifier: Apache-2.0
"""What two policies do not mean the same by: a comparison over shared words says nothing of the others. Pure.

A version could otherwise look no weaker only because its vocabulary leaves out the attacker, or the kind of
account, for which it is. Words that are new are no such thing: more attackers and kinds of account are proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from counterseal.core.policy.model import Vocabulary


def apart(old: Vocabulary, new: Vocabulary) -> tuple[str, ...]:
    """`capability:x`, `condition:x`, `fact:x`, `factor:x`, `profile:x` of the old vocabulary that the new one lacks
    or means otherwise, sorted; descriptions do not count."""
    if old.digest == new.digest:
        return ()
    silent = {name: replace(spec, text="") for name, spec in old.capabilities.items()}
    other = {name: replace(spec, text="") for name, spec in new.capabilities.items()}
    found = [
        *_differ("capability", silent, other),
        *_differ("condition", old.conditions, new.conditions),
        *_differ("fact", old.facts, new.facts),
        *_differ("factor", old.factors, new.factors),
        *_differ("profile", _sets(old), _sets(new)),
    ]
    return tuple(sorted(found))


def _sets(words: Vocabulary) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    return {name: (frozenset(one.factors), frozenset(one.channels)) for name, one in words.profiles.items()}


def _differ(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[str]:
    return (f"{kind}:{name}" for name, meant in old.items() if new.get(name) != meant)
