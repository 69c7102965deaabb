# SPDX-License-Identifier: Apache-2.0
"""Every kind of account: the combinations of factors and channels that owners may have.

What every named profile of the vocabulary has, every owner has. The rest is optional, each by itself; the channel
of a factor with a contact comes with the factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, combinations

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.model import Policy, Profile, Vocabulary

MOST_OPTIONS = 8


def every_profile(words: Vocabulary) -> tuple[Profile, ...]:
    """Named profiles keep their names; the others are called by what they have besides the common part."""
    named = tuple(words.profiles.values())
    if not named:
        return ()
    factors, channels = _common([one.factors for one in named]), _common([one.channels for one in named])
    known = {(frozenset(one.factors), frozenset(one.channels)): one for one in named}
    options = _options(words, factors, channels)[:MOST_OPTIONS]
    found: dict[object, Profile] = {}
    for chosen in chain.from_iterable(combinations(options, size) for size in range(len(options) + 1)):
        mine = [*factors, *(name for name in chosen if name in words.factors)]
        reach = [*channels, *(name for name in words.channels if name in chosen and name not in channels)]
        key = (frozenset(mine), frozenset(reach))
        name = "+".join(chosen) or "bare"
        found[key] = known.get(key) or Profile(name, tuple(mine), tuple(reach))
    return (*named, *(one for key, one in found.items() if key not in known))


def _common(parts: Sequence[Sequence[str]]) -> list[str]:
    return [name for name in parts[0] if all(name in part for part in parts)]


def _options(words: Vocabulary, factors: Iterable[str], channels: Iterable[str]) -> list[str]:
    """Factors and channels that some profile has and some has not. A contact's channel is its factor's."""
    have = {*factors, *channels}
    named = list(words.profiles.values())
    seen = [*(f for one in named for f in one.factors), *(c for one in named for c in one.channels)]
    return [name for name in dict.fromkeys(seen) if name not in have]


def chosen(words: Vocabulary, names: Sequence[str]) -> tuple[Profile, ...]:
    """The profiles of these names; none = the named ones of the vocabulary. Raises NotFoundError."""
    if not names:
        return tuple(words.profiles.values())
    every = {one.name: one for one in every_profile(words)}
    for name in names:
        if name not in every:
            known = ", ".join(words.profiles)
            raise NotFoundError(
                f"there is no profile `{name[:64]}`", code="unknown_profile", hint=f"There are {known}."
            )
    return tuple(every[name] for name in names)


def alike(policy: Policy, profiles: Sequence[Profile]) -> list[list[Profile]]:
    """The profiles grouped by what the policy can tell of them: equal games come to equal proofs."""
    rules = policy.rules.values()
    factors = frozenset().union(*(rule.require.factors for rule in rules))
    channels = {name for rule in rules for name in (*(rule.notify or ()), *rule.silences)}
    groups: dict[object, list[Profile]] = {}
    for one in profiles:
        key = (frozenset(one.factors) & factors, frozenset(one.channels) & channels)
        groups.setdefault(key, []).append(one)
    return list(groups.values())
