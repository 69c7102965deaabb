# SPDX-License-Identifier: Apache-2.0
"""Writes a path as a Python program that replays it: the steps first, then the code that sends them.

The code is that of `replay_parts` and `replayer`, so the program does what `counterseal.demo.path.play` does. It
imports `counterseal.sdk` and nothing else of Counterseal.
"""

from __future__ import annotations

import ast
import inspect
import json
from types import ModuleType

from counterseal.core.policy.model import Policy, Profile
from counterseal.demo import replay_parts, replayer
from counterseal.demo.plan import TOLERANCE, PlannedStep, number_of, plan_of
from counterseal.prover.findings import Attack
from counterseal.sdk import Payment

HOUR = 3_600_000
STAND_IN = "stand-in"  # for the account, whose name is chosen when the program runs

HEAD = '''#!/usr/bin/env python3
"""Replays an attack on the policy `{policy}` that Counterseal's prover found.

{sentence}

usage: COUNTERSEAL_CLIENT_TOKEN=cs_... python {file} [URL]

The server needs a simulated clock, `test_scopes` and an outbox folder (`counterseal serve --development` with
COUNTERSEAL_CLOCK=simulated); the token needs its development scopes. URL defaults to http://127.0.0.1:8400. The
program ends with 0 if the attack went as predicted, else with 1.
"""

from __future__ import annotations

{imports}

def main() -> int:
    """The attack, step by step."""
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8400"
    number = f"{{secrets.randbelow(10**9):09d}}"
    account, spot = f"replay-{{number}}", f"0x{{int(number):040x}}"
    with Counterseal(url, os.environ["COUNTERSEAL_CLIENT_TOKEN"]) as client:
        if client.read_policy().digest != "{digest}":
            print("The server decides by another policy than the one that was proved.")
'''
TAIL = '''

def report(replay: Replay, *, window: int | None, leaves: int) -> int:
    """Say how each step went, and whether the whole went as predicted (ms)."""
    for step in replay.steps:
        told = ", ".join(dict.fromkeys(each.channel for each in step.told if each.owner)) or "nobody"
        why = "".join(f"; {reason}" for reason in step.reasons)
        print(f"{step.at / HOUR:8.2f} h  {step.action:24} {step.status:10} told: {told}{why}")
    if replay.left_at is None:
        print("Nothing left the account.")
        return 1
    left = replay.left_at - replay.began
    first = min((each.at for each in replay.told if each.owner), default=None)
    had = None if first is None else left - first
    heard = "the owner was told nothing" if had is None else f"the owner was told {had / HOUR:.2f} h before"
    print(f"It left after {left / HOUR:.2f} h; {heard}.")
    late = (had is None) != (window is None) or abs((had or 0) - (window or 0)) > TOLERANCE
    return int(late or not leaves <= left <= leaves + TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
'''


def script(attack: Attack, policy: Policy, profile: Profile, *, file: str = "replay.py") -> str:
    """The program that replays this attack on a new account of this profile. `file`: its name, for its usage line.

    Raises DemoError for a path that no API call can make.
    """
    plan = plan_of(attack, policy, profile, STAND_IN)
    modules = (replay_parts, replayer)
    head = HEAD.format(
        policy=policy.name,
        digest=policy.digest,
        sentence=_sentence(attack, profile),
        file=file,
        imports=_imports(modules),
    )
    lines = [
        f"replay = Replay(Stage(client), account, muted={_literal(plan.muted)})",
        *_call("replay.register", [_literal(plan.factors), _literal(plan.contacts), _known(plan.objects)]),
    ]
    for number, step in enumerate(plan.steps, 1):
        lines += ["", f"# {number}. {_about(step, policy)}", *_step(step)]
    for step in plan.steps:
        if step.collect_at is not None and step.payment is not None:
            lines += ["", "# It was told and waited. Now it is due."]
            lines += _call("replay.collect", [_payment(step.payment), f"at={step.collect_at}"])
    lines += ["", f"return report(replay, window={attack.window!r}, leaves={attack.leaves})"]
    body = "\n".join(f"        {line}".rstrip() for line in lines)
    constants = f"\n\n\nHOUR, TOLERANCE = {HOUR}, {TOLERANCE}  # ms\n"
    return head + body + constants + "".join(_code(module) for module in modules) + TAIL


def _sentence(attack: Attack, profile: Profile) -> str:
    holders = ", ".join(attack.capabilities) or "nothing"
    left = f"after {attack.leaves / HOUR:g} h" if attack.leaves else "at once"
    had = "nobody is told before" if attack.window is None else f"the owner has {attack.window / HOUR:g} h"
    return f"With {holders} against the profile `{profile.name}`, {attack.outflow} succeeds {left}: {had}."


def _about(step: PlannedStep, policy: Policy) -> str:
    proofs = ", ".join(f"{use.factor} by {use.source}" for use in step.source.uses) or "no proof"
    told = f"told: {', '.join(step.source.reached)}" if step.source.reached else f"notice: {step.source.notice}"
    return f"{step.action} (line {step.source.line} of {policy.name}): {proofs}; {told}"


def _step(step: PlannedStep) -> list[str]:
    if step.evidence is not None:
        return _call("replay.request", [_literal(step.action), _literal(step.evidence), f"at={step.at}"])
    proofs = ", ".join(
        f"Proof({', '.join(map(_literal, (each.factor, each.how, each.source)))})" for each in step.proofs
    )
    parts = [_literal(step.action), f"[{proofs}]", f"at={step.at}"]
    for name in ("objects", "address", "enrol", "context"):
        value = getattr(step, name)
        parts += [f"{name}={_literal(value)}"] if value else []
    parts += [] if step.payment is None else [f"payment={_payment(step.payment)}"]
    renewed = []
    if step.renew is not None:
        renewed = _call(
            "replay.renew", [_literal(step.renew[0]), f"at={step.at}", f"objects={_literal(step.renew[1])}"]
        )
    return [*renewed, *_call("replay.step", parts)]


def _payment(payment: Payment) -> str:
    names = ("account", "chain", "asset", "destination", "outflow")
    stated = ", ".join(f"{name}={_literal(getattr(payment, name))}" for name in names)
    return f'Payment({stated}, amount=Decimal("{payment.amount}"))'


def _known(objects: tuple[replay_parts.Known, ...]) -> str:
    stated = (", ".join(map(_literal, (o.kind, o.id, o.facts, o.age, o.address))) for o in objects)
    return "[" + ", ".join(f"Known({each})" for each in stated) + "]"


def _call(name: str, parts: list[str]) -> list[str]:
    return [f"{name}(", *(f"    {part}," for part in parts), ")"]


def _literal(value: object) -> str:
    """A value as Python writes it. The stand-in's name and numbers become those that are chosen when it runs."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple):
        inside = ", ".join(map(_literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if not isinstance(value, str):
        return repr(value)
    digits, spot = number_of(STAND_IN)
    text = value.replace(spot, "{spot}").replace(digits, "{number}").replace(STAND_IN, "{account}")
    if text in {"{spot}", "{account}"}:
        return text[1:-1]
    plain = json.dumps(text, ensure_ascii=False)
    return plain if text == value else f"f{plain}"


def _imports(modules: tuple[ModuleType, ...]) -> str:
    """Everything that these modules import but each other, once."""
    plain: set[str] = {"os", "sys"}
    named: dict[str, set[str]] = {"decimal": {"Decimal"}}
    for module in modules:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.Import):
                plain |= {alias.name for alias in node.names}
            elif (
                isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("counterseal.demo")
            ):
                given = {f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names}
                named.setdefault(node.module, set()).update(given)
    del named["__future__"]
    lines = [f"import {name}" for name in sorted(plain)]
    return (
        "\n".join(lines + [f"from {name} import {', '.join(sorted(named[name]))}" for name in sorted(named)]) + "\n"
    )


def _code(module: ModuleType) -> str:
    """A module without its docstring and imports."""
    source = inspect.getsource(module)
    last = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)][-1]
    return "\n" + "\n".join(source.splitlines()[last.end_lineno :]).rstrip() + "\n"
