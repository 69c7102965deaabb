# SPDX-License-Identifier: Apache-2.0
"""What was found, in one sentence each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from counterseal.core.policy.model import Limit
from counterseal.prover.findings import Attack
from counterseal.prover.proof import Carrier, Cell, Duals, Loss, Recovery, Starvation, Verdict
from counterseal.prover.report.glossary import NO_GLOSSARY, Glossary, Scene, is_disclosure, listed, phrase
from counterseal.prover.report.times import DAY, HOUR, in_hours, span

VERDICTS = {"yes": "holds", "no": "fails", "undecided": "undecided"}
LIMITS = (
    "One account, one attacker, and an owner who reacts a fixed time after the first notice that reaches him.",
    "No probabilities: the list of capabilities is an assumption, and a set counts however unlikely it is.",
    "Suspicions, freezes, owner's locks and lifetimes are left out: they only refuse. Windows are lower bounds.",
    "A loss adds up the limits of all outflows: an upper bound.",
    "The proof is about the policy. That the guard keeps to it is tested, not proved.",
)
"""What no proof covers (docs/prover-model.md)."""


def verdict_word(holds: str) -> str:
    """`holds`, `fails` or `undecided`."""
    return VERDICTS.get(holds, holds)


def window_words(attack: Attack | Cell) -> str:
    """`silent`, `26.5 h`, `never`."""
    if attack.silent:
        return "silent"
    return "never" if attack.window is None else in_hours(attack.window)


def money(amount: Decimal, currency: str) -> str:
    """`500,000 USD`; no trailing zeros behind the point."""
    text = f"{amount:,f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {currency}".rstrip()


def limit_words(limit: Limit | None, currency: str) -> str:
    """`500,000 USD per 24 h`; `no limit`."""
    if limit is None:
        return "no limit"
    period = in_hours(limit.period) if limit.period % HOUR == 0 else span(limit.period)
    return f"{money(limit.amount, currency)} per {period}"


def holding(capabilities: Sequence[str]) -> str:
    """`With SMS interception alone`, `With a SIM swap and leaked passwords`."""
    if not capabilities:
        return "With no capability at all"
    alone = " alone" if len(capabilities) == 1 else ""
    return f"With {listed([phrase(name) for name in capabilities])}{alone}"


def finding(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> str:
    """One attack in one sentence: who, how much, by what, how long after the owner was told."""
    if is_disclosure(attack, scene, glossary):
        data = listed(glossary.discloses.get(attack.outflow, ())) or "data of the owner"
        what = f"{attack.outflow} hands out {data}"
    elif attack.outflow not in glossary.limits:
        what = f"value leaves by {attack.outflow}"
    elif glossary.limits[attack.outflow] is None:
        what = f"value without a limit leaves by {attack.outflow}"
    else:
        what = f"up to {limit_words(glossary.limits[attack.outflow], glossary.currency)} leave by {attack.outflow}"
    who = holding(attack.capabilities)
    if attack.window is None:
        return f"{who} {what}, and the owner is never told."
    return f"{who} {what} {in_hours(attack.window)} after the first notice that reaches the owner."


def cell_sentence(cell: Cell) -> str:
    """One cell of the heat table: `sms_intercept, withdraw_api: 0 h`."""
    return f"{' + '.join(cell.capabilities) or 'nothing'}, {cell.outflow}: {window_words(cell)}"


def worst(attacks: Iterable[Attack]) -> Attack | None:
    """The one with the shortest window; silent before all; among equals fewer capabilities, then the sooner one."""
    return min(attacks, key=rank, default=None)


def rank(attack: Attack) -> tuple[bool, int, int, int, tuple[str, ...], str]:
    """Sort key: worst first."""
    return (
        attack.window is not None,
        attack.window or 0,
        len(attack.capabilities),
        attack.leaves,
        attack.capabilities,
        attack.outflow,
    )


def verdict_line(verdict: Verdict) -> str:
    """`fails: 9 sets, worst silent`, `holds`, `undecided: the reason`."""
    word = verdict_word(verdict.holds)
    found = worst(verdict.attacks)
    if found is None:
        return f"{word}: {verdict.note}" if verdict.note else word
    sets = len({each.capabilities for each in verdict.attacks})
    return f"{word}: {counted(sets, 'set')}, worst {window_words(found)}"


def counted(number: int, noun: str) -> str:
    """`1 set`, `4,096 sets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def loss_line(loss: Loss, currency: str) -> str:
    """`1 capability, owner reacts after 24 h: at most 500 USD (device_malware)`."""
    size = "1 capability" if loss.size == 1 else f"up to {loss.size} capabilities"
    amount = "no bound" if loss.amount is None else f"at most {money(loss.amount, currency)}"
    names = f" ({' + '.join(loss.capabilities)})" if loss.capabilities else ""
    return f"{size}, owner reacts after {in_hours(loss.reacts)}: {amount}{names}"


def recovery_line(recovery: Recovery, *, besides: Collection[str] = ()) -> str:
    """What the owner has left without these factors. `besides`: names that are never his in any case."""
    parts = [f"lost {listed(recovery.lost)}"] if recovery.lost else []
    parts += [f"suspected {listed(recovery.suspected)}"] if recovery.suspected else []
    given = " and ".join(parts) or "nothing lost"
    soon = [f"{name} {_regained(after)}" for name, after in recovery.regains.items() if after is not None]
    never = [name for name, after in recovery.regains.items() if after is None and name not in besides]
    told = [*soon, *([f"never {listed(never, last='or')}"] if never else [])]
    way = f" by {' > '.join(recovery.path)}" if recovery.path else ""
    return f"{given}: {', '.join(told) or 'nothing to regain'}{way}"


def _regained(after: int) -> str:
    if not after:
        return "at once"
    return f"after {span(after) if after > 3 * DAY else in_hours(after)}"


def starvation_line(found: Starvation) -> str:
    """Who keeps restarting what."""
    return (
        f"{holding(found.capabilities)} {found.action} (line {found.line}) restarts {found.clock} for ever: "
        f"the owner never gets to {found.outflow}"
    )


def duals_lines(duals: Duals) -> list[str]:
    """What a pass is never shown without, one line each; a line also where nothing is wrong."""
    besides = duals.unreachable
    lines = [
        f"out of reach: {recovery_line(each, besides=besides)}"
        for each in duals.recoveries
        if any(after is None and name not in besides for name, after in each.regains.items())
    ]
    if duals.recoveries and not lines:
        lines.append(f"lock-out: none in {counted(len(duals.recoveries), 'case')} of lost or doubted factors")
    slowest = max(duals.recoveries, key=_slowest, default=None)
    if slowest is not None and _slowest(slowest):
        lines.append(f"slowest way back: {recovery_line(slowest, besides=besides)}")
    reach = f"all but {listed(besides)}" if besides else "every outflow"
    lines.append(f"the owner with all factors reaches: {reach}")
    for name, needs in duals.needs.items():
        if needs:
            lines.append(f"{name} needs the platform to state: {listed(needs)}")
    lines += [f"starvation: {starvation_line(each)}" for each in duals.starvation]
    if not duals.starvation:
        lines.append("starvation: none")
    return lines


def _slowest(recovery: Recovery) -> int:
    return max((after for after in recovery.regains.values() if after is not None), default=0)


def carrier_line(carrier: Carrier) -> str:
    """`channel guardian (no capability mutes it): without it "a day to react" no longer holds`."""
    broken = listed([f'"{name}"' for name in carrier.breaks])
    holds = "holds" if len(carrier.breaks) == 1 else "hold"
    return f"{carrier.kind} {carrier.name} ({carrier.text}): without it {broken} no longer {holds}"
