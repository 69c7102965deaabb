# SPDX-License-Identifier: Apache-2.0
"""One rule on equal inputs: `withdraw` of the hardened pack in our compiled form, in CEL, Cedar and ZEN, and as
a function written by hand. Every engine parses once; every engine must give the same answers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import cedarpy
import cel
import msgspec
import zen

from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, alternate, figure, repeat, ticks

HOUR, DAY = 3_600_000, 86_400_000
INPUTS = 2_000
ROUNDS_PER_SECOND = 20
WAITS = {"weakened": DAY, "contact_changed": DAY, "strengthened": 6 * HOUR, "recovered": 72 * HOUR}
Input = dict[str, Any]
Answers = Callable[[], list[bool]]

CEL = """
'session' in facts && 'device' in facts && 'device' in age && age['device'] >= 86400000
&& ('passkey' in enrolled ? 'passkey' in proofs : ('totp' in enrolled ? 'totp' in proofs : false))
&& 'email' in proofs && 'address' in facts && 'address' in age && age['address'] >= 86400000
&& (!('weakened' in since) || since['weakened'] >= 86400000)
&& (!('contact_changed' in since) || since['contact_changed'] >= 86400000)
&& (!('strengthened' in since) || since['strengthened'] >= 21600000)
&& (!('recovered' in since) || since['recovered'] >= 259200000)
"""
CEDAR = """
permit(principal, action == Action::"withdraw", resource) when {
  context.facts.contains("session") && context.facts.contains("device")
  && context.age has device && context.age.device >= 86400000
  && (if context.enrolled.contains("passkey") then context.proofs.contains("passkey")
      else (context.enrolled.contains("totp") && context.proofs.contains("totp")))
  && context.proofs.contains("email") && context.facts.contains("address")
  && context.age has address && context.age.address >= 86400000
  && (!(context.since has weakened) || context.since.weakened >= 86400000)
  && (!(context.since has contact_changed) || context.since.contact_changed >= 86400000)
  && (!(context.since has strengthened) || context.since.strengthened >= 21600000)
  && (!(context.since has recovered) || context.since.recovered >= 259200000)
};
"""
ZEN = """
'session' in facts and 'device' in facts and (age.device ?? -1) >= 86400000
and ('passkey' in enrolled ? 'passkey' in proofs : ('totp' in enrolled ? 'totp' in proofs : false))
and 'email' in proofs and 'address' in facts and (age.address ?? -1) >= 86400000
and (since.weakened ?? 86400000) >= 86400000 and (since.contact_changed ?? 86400000) >= 86400000
and (since.strengthened ?? 21600000) >= 21600000 and (since.recovered ?? 259200000) >= 259200000
"""


class View(msgspec.Struct, frozen=True):
    """What a compiled requirement reads (core.policy.model.View)."""

    proofs: frozenset[str]
    facts: frozenset[str]
    context: frozenset[str]
    since: dict[str, int]
    age: dict[str, int]
    enrolled: frozenset[str]


def by_hand(view: View) -> bool:
    """The same rule as a Python programmer would write it."""
    if not {"session", "device", "address"} <= view.facts or "email" not in view.proofs:
        return False
    if view.age.get("device", -1) < DAY or view.age.get("address", -1) < DAY:
        return False
    strongest = "passkey" if "passkey" in view.enrolled else "totp"
    if strongest not in view.enrolled or strongest not in view.proofs:
        return False
    since = view.since
    return (
        since.get("weakened", DAY) >= DAY
        and since.get("contact_changed", DAY) >= DAY
        and since.get("strengthened", 6 * HOUR) >= 6 * HOUR
        and since.get("recovered", 72 * HOUR) >= 72 * HOUR
    )


def inputs(count: int, seed: int = 2024) -> list[Input]:
    """Random inputs, of which about a third are allowed; waits lie on, just below and far from their limits."""
    chance = random.Random(seed)

    def some(names: Sequence[str], share: float) -> list[str]:
        return [name for name in names if chance.random() < share]

    def wait(limit: int) -> int:
        return chance.choice((0, limit - 1, limit, limit + 1, 3 * limit, 30 * limit, 100 * limit, 300 * limit))

    found = []
    for _ in range(count):
        facts = some(("session", "device", "address"), 0.95) + some(("verified_address", "api_withdraw"), 0.3)
        found.append(
            {
                "facts": facts,
                "proofs": some(("totp", "email"), 0.9) + some(("passkey", "sms", "password"), 0.6),
                "enrolled": some(("totp", "email", "password", "sms"), 0.95) + some(("passkey",), 0.2),
                "context": some(("ip_listed", "fair_price"), 0.3),
                "age": {name: max(wait(DAY), chance.choice((0, 2 * DAY))) for name in facts},
                "since": {
                    clock: max(wait(limit), chance.choice((0, 2 * limit)))
                    for clock, limit in WAITS.items()
                    if chance.random() < 0.5
                },
            }
        )
    return found


def view_of(given: Input) -> View:
    """The input in the form that the guard has at hand."""
    sets = {name: frozenset(given[name]) for name in ("proofs", "facts", "context", "enrolled")}
    return View(since=given["since"], age=given["age"], **sets)


def engines(given: Sequence[Input]) -> dict[str, Answers]:
    """Name -> a function that answers all inputs. Inputs are in each engine's fastest form beforehand."""
    test = people.pack("hardened").rules["withdraw"].require.test
    views = [view_of(one) for one in given]
    program, expression = cel.compile(CEL), zen.compile_expression(ZEN)
    contexts = [cel.Context(variables=one) for one in given]
    policies, entities = cedarpy.PolicySet.from_str(CEDAR), cedarpy.Entities.from_json_str("[]")
    fixed = {"principal": 'User::"u"', "action": 'Action::"withdraw"', "resource": 'Account::"a"'}
    asked = [fixed | {"context": json.dumps(one)} for one in given]
    texts = [json.dumps(one).encode() for one in given]

    def cedar_batch() -> list[bool]:
        return [answer.allowed for answer in cedarpy.is_authorized_batch(asked, policies, entities)]

    return {
        "ours": lambda: [test(view) for view in views],
        "by_hand": lambda: [by_hand(view) for view in views],
        "cel_context": lambda: [program.execute(one) for one in contexts],
        "cel_dict": lambda: [program.execute(one) for one in given],
        "zen_dict": lambda: [expression.evaluate(one) for one in given],
        "zen_json": lambda: [expression.evaluate(one) for one in texts],
        "cedar": lambda: [cedarpy.is_authorized(one, policies, entities).allowed for one in asked],
        "cedar_batch": cedar_batch,
    }


def agreed(answers: dict[str, Answers]) -> list[bool]:
    """The answers, the same from all engines; AssertionError names the engine and input that differ."""
    first = answers["ours"]()
    for name, answer in answers.items():
        for number, (mine, theirs) in enumerate(zip(first, answer(), strict=True)):
            if mine is not theirs:
                raise AssertionError(f"input {number}: ours says {mine}, {name} says {theirs}")
    if not 0.1 < sum(first) / len(first) < 0.9:
        raise AssertionError(f"{sum(first)} of {len(first)} inputs are allowed: they do not try the rule")
    return first


WHAT = {
    "ours": "Rule `withdraw` of the hardened pack, compiled",
    "by_hand": "The same rule as a Python function written by hand",
    "cel_context": "CEL (Rust), compiled once, Context made beforehand",
    "cel_dict": "CEL (Rust), compiled once, from a dict",
    "zen_dict": "ZEN expression, compiled once, from a dict",
    "zen_json": "ZEN expression, compiled once, from JSON",
    "cedar": "Cedar, policy set and entities parsed once, one by one",
    "cedar_batch": "Cedar, policy set and entities parsed once, one batch",
}


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return ticks(len(WHAT), pace.rounds)


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """All engines; the ratios are against the faster form of CEL, and of Cedar."""
    answers = engines(inputs(INPUTS))
    allowed = sum(agreed(answers))
    cases = {name: repeat(_counted(answer), pace) for name, answer in answers.items()}
    samples = alternate(cases, pace.rounds, tick)
    note = f"{INPUTS} random inputs, {allowed} allowed, all engines agree; inputs are prepared beforehand"
    found = [
        figure(f"policy.{name}", WHAT[name], taken, unit="evaluations/s", note=note if name == "ours" else "")
        for name, taken in samples.items()
    ]
    for other, times in (("cel", 2.0), ("cedar", 25.0)):
        best = max((name for name in samples if name.startswith(other)), key=lambda name: _rate(samples[name]))
        ratio = figure(
            f"policy.against_{other}",
            f"Compiled rule against {WHAT[best]}",
            samples["ours"],
            unit="evaluations/s",
            against=(f"policy.{best}", samples[best]),
            target=f">= {times:g}x",
        )
        found.append(msgspec.structs.replace(ratio, reached=(ratio.ratio or 0) >= times))
    return found


def _counted(answer: Answers) -> Callable[[], int]:
    return lambda: len(answer())


def _rate(samples: Sequence[Sample]) -> float:
    return max(sample.rate for sample in samples)
