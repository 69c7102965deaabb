# SPDX-License-Identifier: Apache-2.0
"""What a change of a policy changes: who gained, who lost, for how many capability sets, and the smallest of them.

Outflows are compared by the names of their rules. One that is new, or gone, counts as never reached on the side
that does not have it, unless a rule that is the same in everything else shows that it was only renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from counterseal.core.policy.model import Limit, Policy, Profile, Rule
from counterseal.prover.case import Case
from counterseal.prover.confirm import confirm
from counterseal.prover.duals import recoveries
from counterseal.prover.findings import start_of
from counterseal.prover.pair import NEVER, Less, Pair, Witness, bare, desk_changes
from counterseal.prover.profiles import alike
from counterseal.prover.verdicts import applies, verdict

MOST_PERIODS = 64


class RuleChange(msgspec.Struct, frozen=True):
    """`kind`: added, removed, renamed, changed. `line`: in the new policy, or the old one if it is gone."""

    kind: str
    rule: str
    outflow: bool
    line: int
    was: str = ""  # renamed: the old name


class Change(msgspec.Struct, frozen=True):
    """What became weaker or stronger. `kind`: window, limit (of the loss), disclosure. `sets` of `of`: capability
    sets, those that do the same counted once. `note`: `new` or `gone` for an outflow of one policy only."""

    outflow: str
    kind: str
    sets: int
    of: int
    witness: Witness | None
    note: str = ""


class PropertyChange(msgspec.Struct, frozen=True):
    """A property whose verdict differs: yes, no, undecided; `absent` = this policy does not state it."""

    name: str
    old: str
    new: str

    @property
    def worse(self) -> bool:
        """Whether it held and does not hold now."""
        return self.old == "yes" and self.new in {"no", "undecided"}


class OwnerChange(msgspec.Struct, frozen=True):
    """Something the owner could get and cannot now (`worse`), or the other way round. `lost`, `suspected`: the
    factors he is without and the capability that is suspected."""

    what: str
    worse: bool
    lost: tuple[str, ...] = ()
    suspected: tuple[str, ...] = ()


class ProfileDifference(msgspec.Struct, frozen=True):
    """One kind of account. `alike`: profiles for which all this is the same."""

    profile: str
    alike: tuple[str, ...]
    weaker: tuple[Change, ...]
    stronger: tuple[Change, ...]
    properties: tuple[PropertyChange, ...]
    owner: tuple[OwnerChange, ...]


class Difference(msgspec.Struct, frozen=True):
    """The whole answer. `shared`: empty = one vocabulary; else what is not compared, in words."""

    old: str
    new: str
    old_digest: str
    new_digest: str
    rules: tuple[RuleChange, ...]
    profiles: tuple[ProfileDifference, ...]
    vocabulary: str = ""

    @property
    def weaker(self) -> bool:
        """Whether any capability set gained anything, or a property that held does not."""
        return any(one.weaker or any(prop.worse for prop in one.properties) for one in self.profiles)

    @property
    def stronger(self) -> bool:
        """Whether any capability set lost anything."""
        return any(one.stronger for one in self.profiles)

    @property
    def owner_worse(self) -> bool:
        """Whether an owner lost something."""
        return any(change.worse for one in self.profiles for change in one.owner)


def diff(
    old: Policy,
    new: Policy,
    profiles: Sequence[Profile] | None = None,
    *,
    window: int = NEVER,
    done: Callable[[str], None] = lambda _: None,
) -> Difference:
    """Compare. `profiles`: None = those of the new vocabulary that the old one has too. `window`: ms from which on
    a window is long enough and counts as never. `done`: called with each profile.

    Raises RefutedError, TooLargeError, TooMuchWorkError.
    """
    rules, names = compare_rules(old, new)
    known = old.vocabulary.profiles
    chosen = (
        [one for one in new.vocabulary.profiles.values() if one.name in known] if profiles is None else profiles
    )
    found: list[ProfileDifference] = []
    for group in _groups(old, new, chosen):
        one = _profile(old, new, group, names, window)
        found.append(one)
        for profile in group:
            done(profile.name)
    return Difference(old.name, new.name, old.digest, new.digest, rules, tuple(found), vocabulary_words(old, new))


def _groups(old: Policy, new: Policy, profiles: Sequence[Profile]) -> Iterator[list[Profile]]:
    """Profiles that neither policy tells apart."""
    for group in alike(old, profiles):
        yield from alike(new, group)


def _profile(
    old: Policy, new: Policy, group: Sequence[Profile], names: Mapping[str, str], window: int
) -> ProfileDifference:
    profile = group[0]
    mine = old.vocabulary.profiles.get(profile.name, profile)
    cases = Case(old, start_of(mine)), Case(new, start_of(profile))
    others = tuple(one.name for one in group[1:])
    same = old.vocabulary.digest == new.vocabulary.digest and _bare(cases[0]) == _bare(cases[1])
    if same and not names and _limits(old) == _limits(new) and old.properties == new.properties:
        return ProfileDifference(profile.name, others, (), (), (), ())
    pair = Pair(*cases, names, window)
    weaker, stronger = (tuple(_changes(pair, weaker=side)) for side in (True, False))
    for change in (*weaker, *stronger):
        if change.witness is not None:
            for case, attack in zip(cases, (change.witness.old, change.witness.new), strict=True):
                if attack is not None:
                    confirm(case.policy, case, attack)
    return ProfileDifference(
        profile.name,
        others,
        weaker,
        stronger,
        tuple(_properties(cases[0], cases[1], profile)),
        tuple(_owner(old, mine, new, profile, names)),
    )


def _bare(case: Case) -> object:
    game = bare(case.game)
    return frozenset(game.moves), game.longest, game.oldest, game.start


def _limits(policy: Policy) -> dict[str, Limit | None]:
    return {rule.name: rule.limit for rule in policy.rules.values() if rule.outflow}


def _changes(pair: Pair, *, weaker: bool) -> Iterator[Change]:
    renamed = set(pair.names.values())
    goals = [*pair.old.outflows, *(name for name in pair.new.outflows if name not in renamed)]
    for goal in dict.fromkeys(goals):
        note = _note(pair, goal)
        less = pair.less(goal, weaker=weaker)
        if less is not None:
            yield _change(pair, less, "window", note)
        before, after = pair.old.policy.rules.get(goal), pair.new.policy.rules.get(pair.names.get(goal, goal))
        if before is not None and after is not None and not note:
            looser, tighter = (after, before) if weaker else (before, after)
            found = pair.reaching(goal) if _more(looser.limit, tighter.limit) else None
            if found is not None:
                yield _change(pair, found, "limit", "")
    for rule, way, sets, of in desk_changes(pair.old, pair.new, weaker=weaker):
        old, new = (pair.attack(way, rule, new=side) for side in (False, True))
        yield Change(rule, "disclosure", sets, of, Witness(way, old, new))


def _change(pair: Pair, less: Less, kind: str, note: str) -> Change:
    return Change(pair.names.get(less.goal, less.goal), kind, less.sets, less.of, less.witness, note)


def _note(pair: Pair, goal: str) -> str:
    if goal not in pair.old.policy.rules:
        return "new"
    return "" if pair.names.get(goal, goal) in pair.new.policy.rules else "gone"


def _more(one: Limit | None, other: Limit | None) -> bool:
    """Whether some time is long enough for more to leave under `one` than under `other`."""
    if other is None:
        return False
    if one is None or one.amount * other.period > other.amount * one.period:
        return True
    moments = (count * one.period + 1 for count in range(MOST_PERIODS))
    return any(one.amount * -(-t // one.period) > other.amount * -(-t // other.period) for t in moments)


def _properties(old: Case, new: Case, profile: Profile) -> Iterator[PropertyChange]:
    stated = [{prop.name: prop for prop in case.policy.properties if applies(prop, profile)} for case in (old, new)]
    for name in dict.fromkeys((*stated[0], *stated[1])):
        words = [
            verdict(props[name], case, profile).holds if name in props else "absent"
            for props, case in zip(stated, (old, new), strict=True)
        ]
        if words[0] != words[1]:
            yield PropertyChange(name, words[0], words[1])


def _owner(
    old: Policy, before: Profile, new: Policy, after: Profile, names: Mapping[str, str]
) -> Iterator[OwnerChange]:
    """What an owner gets back with nothing lost, with each factor lost, with each capability suspected."""
    had = {(one.lost, one.suspected): one.regains for one in recoveries(old, before)}
    has = {(one.lost, one.suspected): one.regains for one in recoveries(new, after)}
    told: set[tuple[str, bool]] = set()
    for key, regained in had.items():
        for wish, time in regained.items():
            other = names.get(wish, wish)
            if key not in has or other not in has[key] or (time is None) == (has[key][other] is None):
                continue
            worse = time is not None
            if key == ((), ()):
                told.add((other, worse))
            elif (other, worse) in told:
                continue  # never with all factors: not to be said again for each one that is lost
            yield OwnerChange(other, worse, *key)


def compare_rules(old: Policy, new: Policy) -> tuple[tuple[RuleChange, ...], dict[str, str]]:
    """What happened to the rules, and old name -> new name of those that were renamed."""
    gone = [rule for name, rule in old.rules.items() if name not in new.rules]
    fresh = [rule for name, rule in new.rules.items() if name not in old.rules]
    renamed: dict[str, str] = {}
    for rule in gone:
        same = [one for one in fresh if _says(one) == _says(rule) and one.name not in renamed.values()]
        if same:
            renamed[rule.name] = same[0].name
    changes: list[RuleChange] = []
    for rule in gone:
        after = new.rules[renamed[rule.name]] if rule.name in renamed else None
        if after is None:
            changes.append(RuleChange("removed", rule.name, rule.outflow, rule.line))
        else:
            changes.append(RuleChange("renamed", after.name, rule.outflow, after.line, rule.name))
    added = [rule for rule in fresh if rule.name not in renamed.values()]
    changes += [RuleChange("added", rule.name, rule.outflow, rule.line) for rule in added]
    both = [(old.rules[name], rule) for name, rule in new.rules.items() if name in old.rules]
    changes += [
        RuleChange("changed", now.name, now.outflow, now.line) for was, now in both if _says(was) != _says(now)
    ]
    return tuple(changes), renamed


def _says(rule: Rule) -> tuple[object, ...]:
    """What a rule says, whatever it is called and wherever it stands."""
    words = ("verb", "subject", "grants", "revokes", "removes", "silences", "confirms", "starts", "holds")
    more = ("discloses", "notify", "lifts", "locks", "delay", "limit", "lasts", "sliding", "when_frozen")
    fields = (getattr(rule, name) for name in (*words, *more))
    return (rule.outflow, rule.kind if rule.outflow else "", rule.require.expression, *fields)


def vocabulary_words(old: Policy, new: Policy) -> str:
    """What of two vocabularies is not compared; "" = they are one."""
    if old.vocabulary.digest == new.vocabulary.digest:
        return ""
    mine, other = old.vocabulary.capabilities, new.vocabulary.capabilities
    apart = [*_listed("only before", mine, other), *_listed("only after", other, mine)]
    told = "; ".join(apart) or "the same capabilities in other words"
    return f"the vocabularies differ: compared over {len(mine.keys() & other.keys())} shared capabilities ({told})"


def _listed(word: str, one: Iterable[str], other: Mapping[str, object]) -> list[str]:
    names = [name for name in one if name not in other]
    return [f"{word}: {', '.join(names)}"] if names else []
