# SPDX-License-Identifier: Apache-2.0
"""The game of one policy as C functions over one struct, and the Promela process that lets SPIN play it.

Every step of docs/prover-model.md is one transition; time passes one unit at a time. Nothing is merged, no
action is preferred. What is left out cannot matter: states from which no better way can start (`live`), rules that
can help to no open goal (`slice`), steps that gain nothing (`gains`, where `_safe` says that this is exact).
With -DPLAIN_GAME the last two and `hope` are off.
"""

from __future__ import annotations

from pathlib import Path

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from tests.oracle.words import (
    WEEK,
    Words,
    contact_channels,
    factors_in,
    facts_in,
    fade_wait,
    leaves,
    only_once,
    ranked_in,
)

# SPIN's own part of the verifier takes most of the compiler's time and little of the search's.
OPTIMISED = '#pragma GCC push_options\n#pragma GCC optimize ("O2")'
PLAIN = "#pragma GCC pop_options"

FOLDER = Path(__file__).resolve().parent
HEAD = (FOLDER / "head.h").read_text()
RUN = (FOLDER / "run.h").read_text()
STATE = """\
struct __attribute__((packed)) S {{
  u16 kase, t; u8 phase, told; u32 held, enrolled, bound, known; u16 spent; u8 silenced;
  {count} since[SZ_S1], age[SZ_A1], fading[SZ_F1], old[SZ_K], pend[SZ_P1]; u32 given[SZ_P1]; }};
"""


def c_text(policy: Policy, words: Words) -> str:
    """The C of one policy: constants, the state, its requirements and effects, and what is the same for all."""
    delayed = [rule for rule in words.rules if rule.delay]
    caps = [*words.since.values(), *words.age.values(), *words.fades.values(), WEEK // words.unit]
    longest = max([*caps, *(1 + rule.delay // words.unit for rule in delayed)])
    count = "u8" if longest < 200 else "u16"
    bits = max(len(words.factors), len(words.facts), len(words.targets))
    if len(words.rules) > 64 or longest > 30_000 or bits > 32 or len(words.once) > 16:
        raise ValueError("the policy is too large for this oracle")
    counted = (words.rules, words.targets, words.once, words.channels, words.since, words.age, words.fades, delayed)
    sizes = dict(zip("RTOKSAFP", map(len, counted), strict=True))
    defines = [f"#define SZ_{name} {size}\n#define SZ_{name}1 {max(1, size)}" for name, size in sizes.items()]
    tables = _tables(policy, words, delayed)
    body = [OPTIMISED, *defines, *tables, HEAD, STATE.format(count=count), _meets(policy, words)]
    return "\n".join([*body, RUN, _effect(policy, words), PLAIN, guards(words)])


def _tables(policy: Policy, words: Words, delayed: list[Rule]) -> list[str]:
    specs, rules = policy.vocabulary.capabilities, words.rules
    rows = {
        "notify": [words.bits(rule.notify or (), words.channels) for rule in rules],
        "slot": [delayed.index(rule) if rule.delay else -1 for rule in rules],
        "delay": [rule.delay // words.unit for rule in rules],
        "asked": [words.bits(factors_in(rule.require.expression), words.factors) for rule in rules],
        "ranked": [words.bits(ranked_in(rule.require.expression), words.factors) for rule in rules],
        "asked_fact": [words.bits(facts_in(rule.require.expression), words.facts) for rule in rules],
        "gives_fact": [words.bits(rule.grants, words.facts) for rule in rules],
        "gives_factor": [words.bits((*rule.grants, *rule.discloses), words.factors) for rule in rules],
        "adds_once": [words.bits(only_once(policy, rule), words.factors) for rule in rules],
        "takes_factor": [words.bits(rule.removes, words.factors) for rule in rules],
        "mutes": [words.bits(_mutes(policy, rule), words.channels) for rule in rules],
        "goal": [words.targets.index(rule) if rule in words.targets else -1 for rule in rules],
        "safe": [int(_safe(rule, words)) for rule in rules],
        "request": [int(rule.subject == "request") for rule in rules],
        "once": [words.bits(specs[name].once, words.factors) for name in words.once],
        "since_cap": list(words.since.values()),
        "age_cap": list(words.age.values()),
        "aged": [words.facts.index(name) for name in words.age],
    }
    return [f"static int {name}[] = {{{', '.join(map(str, row or [0]))}}};" for name, row in rows.items()]


def _mutes(policy: Policy, rule: Rule) -> set[str]:
    """Channels that no longer reach the owner, now or in a week."""
    return {*rule.silences, *(contact_channels(policy, rule) if rule.verb != "bind" else ())}


def _safe(rule: Rule, words: Words) -> bool:
    """Whether a step of this rule that gains nothing can be left out of any way: it takes effect at once, and what
    it restarts or takes keeps no pending action with unwelcome effects from taking effect."""
    clocks = {*rule.holds, *rule.starts}
    for other in words.rules:
        if other.delay and (other.revokes or other.removes or other.holds or other.starts):
            tree = other.require.expression
            waits = {atom.clock for atom in leaves(tree) if isinstance(atom, x.Since)}
            if clocks & waits or facts_in(tree) & set(rule.revokes) or factors_in(tree) & set(rule.removes):
                return False
    return not rule.delay


# ---------------------------------------------------------------- requirements


def _meets(policy: Policy, words: Words) -> str:
    def cases(*, hoped: bool) -> str:
        tests = [_test(rule.require.expression, policy, words, hoped=hoped) for rule in words.rules]
        names = [rule.name for rule in words.rules]
        return "".join(f"  case {n}: return {test};  /* {names[n]} */\n" for n, test in enumerate(tests))

    return (
        "static u32 provable(struct S *s, int r, u32 u) {\n"
        "  u32 p = s->bound | s->known | C->proves | ONCE(u);\n"
        "  return request[r] ? p : p & s->enrolled;\n}\n"
        "static int meets(struct S *s, int r, u32 p) {\n"
        f"  switch (r) {{\n{cases(hoped=False)}  }}\n  return 0;\n}}\n"
        "static int may(int r, u32 held, u32 p, u32 above) {\n"
        f"  switch (r) {{\n{cases(hoped=True)}  }}\n  return 0;\n}}\n"
    )


def _test(tree: x.Expression, policy: Policy, words: Words, *, hoped: bool) -> str:  # noqa: PLR0911 - one per atom
    """A requirement as C. `hoped`: at its most favourable, with every wait over (`may`)."""
    held = "held" if hoped else "s->held"
    match tree:
        case x.And(items):
            return "(" + " && ".join(_test(item, policy, words, hoped=hoped) for item in items) + ")"
        case x.Or(items):
            return "(" + " || ".join(_test(item, policy, words, hoped=hoped) for item in items) + ")"
        case x.Proof(factor):
            return f"(p >> {words.factors.index(factor)} & 1)"
        case x.Fact(name):
            return f"({held} >> {words.facts.index(name)} & 1)"
        case x.Age(name, wait):
            old = "1" if hoped else f"s->age[{list(words.age).index(name)}] >= {wait // words.unit}"
            return f"(({held} >> {words.facts.index(name)} & 1) && {old})"
        case x.Since(clock, wait) if not hoped:
            return f"(s->since[{list(words.since).index(clock)}] >= {wait // words.unit})"
        case x.AtLeast(count, factors):
            groups: dict[str, int] = {}
            for name in factors:
                channel = policy.vocabulary.factors[name].channel
                groups[channel] = groups.get(channel, 0) | 1 << words.factors.index(name)
            return f"({' + '.join(f'((p & {mask}u) != 0)' for mask in groups.values())} >= {count})"
        case x.Strongest(factors):
            return _hoped_strongest(factors, words) if hoped else _strongest(factors, words)
        case _:
            return "1"


def _strongest(factors: tuple[str, ...], words: Words) -> str:
    text = "0"
    for name in reversed(factors):
        bit = words.factors.index(name)
        fades = f" || s->fading[{list(words.fades).index(name)}]" if name in words.fades else ""
        first = f"((s->enrolled >> {bit} & 1){fades})"
        text = f"({first} ? (s->enrolled & p) >> {bit} & 1 : {text})"
    return text


def _hoped_strongest(factors: tuple[str, ...], words: Words) -> str:
    """Any of them that is provable, when everything above it can be removed (`above`: what cannot)."""
    parts = []
    for place, name in enumerate(factors):
        higher = words.bits(factors[:place], words.factors)
        parts.append(f"((p >> {words.factors.index(name)} & 1) && !(above & {higher}u))")
    return f"({' || '.join(parts)})"


# ---------------------------------------------------------------- effects


def _effect(policy: Policy, words: Words) -> str:
    cases = "".join(
        f"  case {index}:  /* {rule.name} */\n    {' '.join(_steps(rule, policy, words))} break;\n"
        for index, rule in enumerate(words.rules)
    )
    return f"static void effect(struct S *s, int r) {{\n  switch (r) {{\n{cases}  }}\n}}\n"


def _steps(rule: Rule, policy: Policy, words: Words) -> list[str]:
    """The effects of a rule in the order of the page."""
    steps = []
    lost = words.bits(rule.revokes, words.facts)
    if lost:
        steps.append(f"s->held &= ~{lost}u | C->given_facts;")
    steps += [
        f"if (!(s->held >> {words.facts.index(name)} & 1)) s->age[{index}] = 0;"
        for index, name in enumerate(words.age)
        if name in rule.revokes
    ]
    wait = fade_wait(policy, rule) // words.unit
    for name in rule.removes:
        if name in words.fades and wait:
            gone = f"s->enrolled >> {words.factors.index(name)} & 1"
            steps.append(f"if ({gone}) s->fading[{list(words.fades).index(name)}] = {wait};")
    removed = words.bits(rule.removes, words.factors)
    if removed:
        steps.append(f"s->enrolled &= ~{removed}u; s->bound &= ~{removed}u;")
    bound = words.bits(rule.grants, words.factors)
    if bound:
        once = words.bits(only_once(policy, rule), words.factors)
        steps.append(
            f"{{ unsigned add = {bound}u & ~({once}u & s->enrolled); s->enrolled |= add; s->bound |= add; }}"
        )
    steps += [f"s->fading[{index}] = 0;" for index, name in enumerate(words.fades) if name in rule.grants]
    if rule.verb != "bind":
        for name in sorted(contact_channels(policy, rule)):
            bit = words.channels.index(name)
            fresh = f"(C->reach & ~s->silenced) >> {bit} & 1 && !s->old[{bit}]"
            steps.append(f"if ({fresh}) s->old[{bit}] = {WEEK // words.unit};")
    steps.append(f"s->held |= {words.bits(rule.grants, words.facts)}u;")
    steps.append(f"s->known |= {words.bits(rule.discloses, words.factors)}u;")
    for name in rule.silences:
        bit = words.channels.index(name)
        steps.append(f"s->silenced |= {1 << bit} & C->reach; s->old[{bit}] = 0;")
    clocks = {*rule.holds, *rule.starts}
    steps += [f"s->since[{index}] = 0;" for index, name in enumerate(words.since) if name in clocks]
    steps += [f"leave(s, {number});" for number, target in enumerate(words.targets) if target.name == rule.name]
    return steps


# ---------------------------------------------------------------- Promela


GUARDS = ("live", "more", "passes")


def promela_text(words: Words) -> str:
    """The process: choose a case and a horizon, then any action with any one-shot capabilities, or time.

    SPIN takes a call within `c_expr` for a side effect: guards are macros, which `guards` defines.
    """
    options = []
    for index, rule in enumerate(words.rules):
        options += [
            f"  :: d_step {{ c_expr {{ CAN_{index}_{mask} }} -> c_code {{ act(&now.s, {index}, {mask}); }} }}"
            for mask in _masks(rule, words)
        ]
        if rule.delay:
            options.append(f"  :: d_step {{ c_expr {{ FIRES_{index} }} -> c_code {{ fire(&now.s, {index}); }} }}")
    return (
        'c_decl {\n\\#include "game.h"\n}\n'
        'c_state "struct S s" "Global"\n'
        "active proctype game() {\n"
        "  c_code { load(); };\n"
        "choose:\n  do\n"
        "  :: d_step { c_expr { LIVE } -> c_code { begin(&now.s); } }; goto play\n"
        "  :: d_step { c_expr { MORE } -> c_code { next(&now.s); } }\n"
        "  :: c_expr { !MORE } -> goto done\n"
        "  od;\n"
        "play:\n  do\n" + "\n".join(options) + "\n"
        "  :: d_step { c_expr { PASSES } -> c_code { pass(&now.s); } }\n"
        "  od;\n"
        "done: skip\n}\n"
    )


def guards(words: Words) -> str:
    """The macros that the process asks."""
    lines = [f"#define {name.upper()} {name}(&now.s)" for name in GUARDS]
    for index, rule in enumerate(words.rules):
        lines += [f"#define CAN_{index}_{mask} can(&now.s, {index}, {mask})" for mask in _masks(rule, words)]
        lines.append(f"#define FIRES_{index} fires(&now.s, {index})")
    return "\n".join([*lines, ""])


def _masks(rule: Rule, words: Words) -> list[int]:
    """Every set of one-shot capabilities that could take part in this rule's requirement."""
    asked = factors_in(rule.require.expression)
    able = words.once_of
    bits = [1 << index for index, name in enumerate(words.once) if able[name] & asked]
    masks = [0]
    for bit in bits:
        masks += [mask | bit for mask in masks]
    return masks
