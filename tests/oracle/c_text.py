# SPDX-License-Identifier: Apache-2.0
"""The game of one policy as C functions over one struct, and the Promela process that lets SPIN play it.

Every step of docs/prover-model.md is one transition; time passes one unit at a time. Nothing is merged, no
action is preferred: the only states left out are those from which no better way can start (`live`).
"""

from __future__ import annotations

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from tests.oracle.words import WEEK, Words, contact_channels, factors_in, facts_in, fade_wait, leaves, ranked_in

# SPIN's own part of the verifier takes most of the compiler's time and little of the search's.
OPTIMISED = '#pragma GCC push_options\n#pragma GCC optimize ("O2")'
PLAIN = "#pragma GCC pop_options"

HEAD = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
typedef unsigned long long u64;
#ifndef PLAIN_GAME
#define PLAIN_GAME 0
#endif
#define NEVER -2
#define SILENT -1
#define REACHED 1000000000
struct Case { u32 enrolled, bound, reach, proves, spendable, given_facts, facts;
  u32 since[SZ_S1], age[SZ_A1], fading[SZ_F1];
  u64 possible; u32 hoped; };
static u64 useful[2];
static struct Case *cases; static int ncases; static int (*best)[SZ_T];
static int ONCE(u32 u) { u32 m = 0; for (int i = 0; i < SZ_O; i++) if (u >> i & 1) m |= once[i]; return m; }
#define C (&cases[s->kase])
"""

STATE = """\
struct __attribute__((packed)) S {{
  u16 kase, t; u8 phase, told; u32 held, enrolled, bound, known; u16 spent; u8 silenced;
  {count} since[SZ_S1], age[SZ_A1], fading[SZ_F1], old[SZ_K], pend[SZ_P1]; u32 given[SZ_P1]; }};
"""

RUN = """\
static u32 horizon(int phase) { return phase < 2 ? 0 : 1u << (phase - 2); }
static int open_(struct S *s, int o) {
  if (!(C->hoped >> o & 1)) return 0;
  int b = best[s->kase][o];
  if (s->phase == 0) return s->told ? b == NEVER : b != SILENT;
  int least = s->phase == 1 ? 0 : 1 + (int)horizon(s->phase - 1);  /* shorter ones were excluded before */
  return b > least && (!s->told || b > s->t);
}
static int live(struct S *s) { for (int o = 0; o < SZ_T; o++) if (open_(s, o)) return 1; return 0; }
static void leave(struct S *s, int o) {
  int *b = &best[s->kase][o];
  int w = !s->told ? SILENT : s->phase == 0 ? REACHED : s->t;
  if (*b == NEVER || w < *b) *b = w;
}
static void tidy(struct S *s) {  /* what can no longer matter is not remembered */
  s->known &= ~C->proves; s->bound &= ~(s->known | C->proves);
  if (s->told) { s->silenced = 0; memset(s->old, 0, sizeof s->old); }
}
static void tell(struct S *s, u32 channels) {
  if (!s->told && (channels & C->reach & ~s->silenced)) { s->told = 1; s->t = 0; }
}
static int gains(struct S *a, struct S *s) {  /* anything that the attacker could want */
  u32 proofs = a->bound | a->known | C->proves;
  return (s->held & ~a->held) || ((s->bound | s->known) & ~proofs) || s->enrolled != a->enrolled
    || (s->silenced & ~a->silenced) || (!s->told && memcmp(s->old, a->old, sizeof s->old));
}
static int can(struct S *s, int r, u32 u) {
  if (!(useful[s->told] >> r & 1) || (u & ~C->spendable) || (u & s->spent) || !live(s)) return 0;
  if (slot[r] >= 0 && s->pend[slot[r]]) return 0;
  if (!meets(s, r, provable(s, r, u))) return 0;
  for (u32 m = u; m; m &= m - 1)  /* requirements are monotone: minimal = no single one can be left out */
    if (meets(s, r, provable(s, r, u & ~(m & -m)))) return 0;
  return 1;
}
static void act(struct S *s, int r, u32 u) {
  struct S before = *s;
  u32 p = provable(s, r, u);
  s->spent |= u; tell(s, notify[r]);
  if (slot[r] >= 0) { s->pend[slot[r]] = 1 + delay[r]; s->given[slot[r]] = p & asked[r]; }
  else effect(s, r);
  tidy(s);
  if (safe[r] && !PLAIN_GAME && !gains(&before, s)) *s = before;
}
static int due(struct S *s, int r) {
  int i = slot[r];
  return s->pend[i] == 1 && meets(s, r, request[r] ? s->given[i] : s->given[i] & s->enrolled);
}
static int fires(struct S *s, int r) { return live(s) && due(s, r); }
static void fire(struct S *s, int r) { s->pend[slot[r]] = 0; s->given[slot[r]] = 0; effect(s, r); tidy(s); }
static int passes(struct S *s) {
  if (!live(s) || (s->told && s->phase > 0 && s->t >= horizon(s->phase))) return 0;
  for (int r = 0; r < SZ_R; r++) if (slot[r] >= 0 && due(s, r)) return 0;
  return 1;
}
static void pass(struct S *s) {
  for (int i = 0; i < SZ_S; i++) if (s->since[i] < since_cap[i]) s->since[i]++;
  for (int i = 0; i < SZ_A; i++) if ((s->held >> aged[i] & 1) && s->age[i] < age_cap[i]) s->age[i]++;
  for (int i = 0; i < SZ_F; i++) if (s->fading[i]) s->fading[i]--;
  for (int i = 0; i < SZ_P; i++) if (s->pend[i] > 1) s->pend[i]--;
  for (int i = 0; i < SZ_K; i++) if (s->old[i] && !--s->old[i]) s->silenced |= 1 << i;
  if (s->told && s->phase > 0) s->t++;
}
/* What no way can reach even if nothing is ever lost, spent or waited for. */
static void hope(struct Case *c) {
  u32 held = c->facts, p = c->bound | c->proves | ONCE(c->spendable), there = c->enrolled, gone = 0;
  for (u64 last = ~0ull; last != c->possible;) {
    last = c->possible;
    for (int r = 0; r < SZ_R; r++) {
      if (!may(r, held, request[r] ? p : p & there, c->enrolled & ~gone)) continue;
      c->possible |= 1ull << r;
      held |= gives_fact[r]; p |= gives_factor[r]; there |= gives_factor[r]; gone |= takes_factor[r];
    }
  }
  for (int r = 0; r < SZ_R; r++) if (goal[r] >= 0 && (c->possible >> r & 1)) c->hoped |= 1u << goal[r];
}
/* The rules that can help to a goal that is still open: before and after the owner is told. */
static void slice(struct S *s, int told) {
  struct Case *c = C;
  u64 kept = 0, last = ~0ull;
  for (int r = 0; r < SZ_R; r++) if (goal[r] >= 0 && open_(s, goal[r])) kept |= 1ull << r;
  while (last != kept) {
    u32 facts = 0, factors = 0, ranks = 0, channels = 0, removed = 0;
    last = kept;
    for (int r = 0; r < SZ_R; r++) if (kept >> r & 1) {
      facts |= asked_fact[r] & ~c->given_facts; factors |= asked[r]; ranks |= ranked[r];
      channels |= notify[r] & c->reach; removed |= takes_factor[r];
    }
    factors &= ~(c->proves & c->enrolled & ~removed);
    for (int r = 0; r < SZ_R; r++)
      if ((c->possible >> r & 1) && ((gives_fact[r] & facts) || (gives_factor[r] & factors)
          || (takes_factor[r] & ranks) || (!told && (mutes[r] & channels)))) kept |= 1ull << r;
  }
  useful[told] = kept;
}
static void begin(struct S *s) {
  struct Case *c = C;
  slice(s, 0); slice(s, 1);
  if (PLAIN_GAME) useful[0] = useful[1] = ~0ull;
  s->held = c->facts; s->enrolled = c->enrolled; s->bound = c->bound;
  for (int i = 0; i < SZ_S; i++) s->since[i] = c->since[i];
  for (int i = 0; i < SZ_A; i++) s->age[i] = c->age[i];
  for (int i = 0; i < SZ_F; i++) s->fading[i] = c->fading[i];
  tidy(s);
}
static int unsettled(struct S *s) {
  for (int o = 0; o < SZ_T; o++)
    if (best[s->kase][o] > (s->phase == 0 ? -1 : (int)horizon(s->phase))) return 1;
  return 0;
}
static int more(struct S *s) { return unsettled(s) || s->kase + 1 < ncases; }
static void next(struct S *s) {
  if (unsettled(s)) { if (++s->phase > 16) { puts("HORIZON"); exit(3); } } else { s->phase = 0; s->kase++; }
}
static void report(void) {
  for (int c = 0; c < ncases; c++) {
    printf("ROW");
    for (int o = 0; o < SZ_T; o++) printf(" %d", best[c][o]);
    printf("\\n");
  }
}
static u32 number(FILE *f) { u32 n; if (fscanf(f, "%u", &n) != 1) { puts("BAD CASES"); exit(3); } return n; }
static void load(void) {
  FILE *f = fopen(getenv("ORACLE_CASES"), "r");
  if (!f) { puts("BAD CASES"); exit(3); }
  ncases = number(f);
  cases = calloc(ncases, sizeof *cases); best = calloc(ncases, sizeof *best);
  for (int c = 0; c < ncases; c++) {
    struct Case *k = &cases[c];
    k->enrolled = number(f); k->bound = number(f); k->reach = number(f); k->proves = number(f);
    k->spendable = number(f); k->given_facts = number(f); k->facts = number(f);
    for (int i = 0; i < SZ_S; i++) k->since[i] = number(f);
    for (int i = 0; i < SZ_A; i++) k->age[i] = number(f);
    for (int i = 0; i < SZ_F; i++) k->fading[i] = number(f);
    for (int o = 0; o < SZ_T; o++) best[c][o] = NEVER;
    hope(k);
    if (PLAIN_GAME) k->hoped = ~0u;
  }
  fclose(f);
  atexit(report);
}
"""


def c_text(policy: Policy, words: Words) -> str:
    """The C of one policy: constants, the state, its requirements and effects, and what is the same for all."""
    delayed = [rule for rule in words.rules if rule.delay]
    caps = [*words.since.values(), *words.age.values(), *words.fades.values(), WEEK // words.unit]
    longest = max([*caps, *(1 + rule.delay // words.unit for rule in delayed)])
    count = "u8" if longest < 200 else "u16"
    if (
        len(words.rules) > 64
        or longest > 30_000
        or max(len(words.factors), len(words.facts)) > 32
        or len(words.once) > 16
    ):
        raise ValueError("the policy is too large for this oracle")
    sizes = {
        "SZ_R": len(words.rules),
        "SZ_T": len(words.targets),
        "SZ_O": len(words.once),
        "SZ_K": len(words.channels),
        "SZ_S": len(words.since),
        "SZ_A": len(words.age),
        "SZ_F": len(words.fades),
        "SZ_P": len(delayed),
    }
    defines = [f"#define {name} {size}\n#define {name}1 {max(1, size)}" for name, size in sizes.items()]
    tables = _tables(policy, words, delayed)
    body = [OPTIMISED, *defines, *tables, HEAD, STATE.format(count=count), _meets(policy, words)]
    return "\n".join(
        [*body, RUN.replace("static int can(", _effect(policy, words) + "static int can(", 1), PLAIN, guards(words)]
    )


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
        steps.append(f"s->enrolled |= {bound}u; s->bound |= {bound}u;")
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
