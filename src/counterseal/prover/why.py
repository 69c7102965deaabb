# SPDX-License-Identifier: Apache-2.0
"""Which controls of a policy carry weight, and which single edits would close an attack.

Each control is taken away alone. The bound tells for every capability set at once what that changes; the exact
search confirms the smallest set. Where the bound sees no change, the sets at which it is not exact are searched:
everywhere else it cannot be wrong, for the edited game lies between the bound and the unchanged game.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from counterseal.core.policy.model import Policy, Profile
from counterseal.core.policy.properties import LossAtMost
from counterseal.prover.beside import Beside, batches, changed
from counterseal.prover.case import Case
from counterseal.prover.confirm import confirm
from counterseal.prover.exact import search
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.game import bits
from counterseal.prover.mutations import mutations
from counterseal.prover.pair import NEVER, Pair, Witness, desk_changes, smallest, sooner
from counterseal.prover.promised import Promises
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.verdicts import applies, threshold, verdict

TRIES = 4  # sets that the search looks at for one control and outflow
GAPS = 6  # sets beside each outflow at which the bound is compared with the search
CHECKS = 2  # of those, sets that are searched for one control


class Effect(msgspec.Struct, frozen=True):
    """What becomes weaker at one outflow: for how many sets (by the bound), and the smallest of them.

    Sets are searched only until one effect of the control is sure.
    """

    outflow: str
    sets: int
    of: int
    witness: Witness | None


class Control(msgspec.Struct, frozen=True):
    """One control, taken away. `verdict`: load-bearing (a set gains, by the exact search), redundant (none does),
    or `unconfirmed` (by the bound some set may gain; no set that was searched does).

    `breaks`: properties that hold and would not. `idle`: this account's game does not have it at all.
    """

    rule: str
    line: int
    kind: str
    what: str
    verdict: str
    effects: tuple[Effect, ...] = ()
    breaks: tuple[str, ...] = ()
    idle: bool = False

    @property
    def witness(self) -> Witness | None:
        """The smallest attack that it prevents or delays."""
        found = [one.witness for one in self.effects if one.witness is not None]
        return min(found, key=lambda one: (len(one.capabilities), _order(one.new), one.capabilities), default=None)


def why(
    policy: Policy, profile: Profile, *, done: Callable[[int, int], None] = lambda _done, _of: None
) -> tuple[Control, ...]:
    """Every control of a policy for one profile, in the order of the rules. `done`: called with (controls, of).

    Raises RefutedError, TooLargeError, TooMuchWorkError.
    """
    return _Why(policy, profile, done).controls()


class _Why:
    def __init__(self, policy: Policy, profile: Profile, done: Callable[[int, int], None]) -> None:
        self.policy, self.profile, self.done = policy, profile, done
        self.base = Case(policy, start_of(profile))
        self.edits = list(mutations(policy))
        self.cases = [Case(edit.policy, self.base.start) for edit in self.edits]
        self.found: dict[int, Control] = {}
        held = [
            prop
            for prop in policy.properties
            if applies(prop, profile) and verdict(prop, self.base, profile).holds == "yes"
        ]
        self.held = held
        self.itself = Pair(self.base, self.base)
        self.known: dict[tuple[tuple[str, ...], str], Attack | None] = {}

    def controls(self) -> tuple[Control, ...]:
        beside: list[int] = []
        used = {move.name for move in self.base.game.moves}
        for at, case in enumerate(self.cases):
            edit = self.edits[at]
            if edit.rule not in used and edit.kind in {"notice", "hold", "delay"}:  # nothing of an attacker's rule
                self.put(at, self.control(at, (), idle=True))
                continue
            moves = changed(self.base.game, case.game)
            if edit.kind == "limit":
                self.put(at, self.limit(at))
            elif not moves:
                self.put(at, self.control(at, (), idle=True))
            elif any(move.request for move in moves):
                self.put(at, self.desk(at))
            else:
                beside.append(at)
        for batch in batches(len(beside)):
            mine = [beside[index] for index in batch]
            self.together(mine)
        return tuple(self.found[at] for at in range(len(self.edits)))

    def put(self, at: int, control: Control) -> None:
        self.found[at] = control
        self.done(len(self.found), len(self.edits))

    def together(self, mine: Sequence[int]) -> None:
        run = Beside(self.base.game, [self.cases[at].game for at in mine])
        before = run.reached(0)
        promises = Promises(self.base, self.held, run.space, before)
        gaps = sorted(self.gaps(run, before), key=lambda gap: (len(gap[0]), gap))
        gaps = list({names: (names, goal) for names, goal in gaps}.values())[:CHECKS]
        for block, at in enumerate(mine, 1):
            after = run.reached(block)
            effects = tuple(self.effects(at, run, before, after))
            if not effects:
                effects = tuple(self.beyond(at, gaps, run.space.size))
            case = self.cases[at]
            breaks = promises.broken(case, after) if effects else ()
            self.put(at, self.control(at, effects, breaks))

    def control(
        self, at: int, effects: tuple[Effect, ...], breaks: tuple[str, ...] = (), *, idle: bool = False
    ) -> Control:
        edit = self.edits[at]
        sure = any(one.witness is not None for one in effects) or bool(breaks)
        word = "load-bearing" if sure else "unconfirmed" if effects else "redundant"
        return Control(edit.rule, edit.line, edit.kind, edit.what, word, effects, breaks, idle)

    def effects(
        self, at: int, run: Beside, before: Mapping[str, Reached], after: Mapping[str, Reached]
    ) -> Iterator[Effect]:
        """Per outflow the sets that gain."""
        found = [(goal, sooner(reached, before.get(goal, Reached(0, ())))) for goal, reached in after.items()]
        sure = False
        for goal, mask in found:
            if not mask:
                continue
            least = [] if sure else run.space.minimal(mask)[:TRIES]
            names = (run.space.classes.first(bits(run.space.chosen(position))) for position in least)
            witness = next((one for each in names if (one := self.gained(at, each, goal)) is not None), None)
            sure = sure or witness is not None  # one attack that is sure is enough for a control
            yield Effect(goal, mask.bit_count(), run.space.size, witness)

    def gained(self, at: int, names: tuple[str, ...], goal: str) -> Witness | None:
        """What a set gains by an edit, exactly; checked by the replay semantics."""
        before = self.attack(names, goal)
        horizon = NEVER if before is None or before.silent else max(1, _order(before))
        after = search(self.cases[at].game, names, [goal], horizon=horizon).get(goal)
        if _order(after) >= _order(before):
            return None
        if after is not None:
            confirm(self.edits[at].policy, self.cases[at], after)
        return Witness(names, before, after)

    def attack(self, names: tuple[str, ...], goal: str) -> Attack | None:
        if (names, goal) not in self.known:
            self.known[names, goal] = self.base.window(names, goal)
        return self.known[names, goal]

    def gaps(self, run: Beside, before: Mapping[str, Reached]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Small sets at which the bound is sooner than the search."""
        for goal, reached in before.items():
            for position in smallest(run.space, reached, GAPS):
                names = run.space.classes.first(bits(run.space.chosen(position)))
                window = reached.window(position)
                bounded = NEVER if window is None else -NEVER if window == BEFORE else window
                if bounded < _order(self.attack(names, goal)):
                    yield names, goal

    def beyond(self, at: int, gaps: Sequence[tuple[tuple[str, ...], str]], of: int) -> Iterator[Effect]:
        """What only the search can see."""
        for names, goal in gaps:
            witness = self.gained(at, names, goal)
            if witness is not None:
                yield Effect(goal, 1, of, witness)
                return

    def desk(self, at: int) -> Control:
        """An edit of a rule about requests."""
        case, effects = self.cases[at], list[Effect]()
        for rule, way, sets, of in desk_changes(self.base, case, weaker=True):
            effects.append(Effect(rule, sets, of, self.gained(at, way, rule)))
        return self.control(at, tuple(effects), self.broken(case) if effects else ())

    def limit(self, at: int) -> Control:
        """A limit bears load if somebody gets to the outflow and the owner is told before."""
        edit, case = self.edits[at], self.cases[at]
        less = self.itself.reaching(edit.rule)
        if less is None:
            return self.control(at, ())
        losses = [prop for prop in self.held if isinstance(prop.assert_form, LossAtMost)]
        effect = Effect(edit.rule, less.sets, less.of, less.witness)
        broken = tuple(p.name for p in losses if verdict(p, case, self.profile).holds != "yes")
        return self.control(at, (effect,), broken)

    def broken(self, case: Case) -> tuple[str, ...]:
        attackers = [prop for prop in self.held if threshold(prop) is not None]
        return tuple(prop.name for prop in attackers if verdict(prop, case, self.profile).holds != "yes")


def _order(attack: Attack | None) -> int:
    if attack is None:
        return NEVER
    return -NEVER if attack.window is None else attack.window


__all__ = ["Control", "Effect", "why"]
