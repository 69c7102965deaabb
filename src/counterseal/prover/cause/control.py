# SPDX-License-Identifier: Apache-2.0
"""The control that let value out, and what the record would have been under another policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from counterseal.core import events as e
from counterseal.core.errors import CountersealError
from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.cause.model import Account, Control, Counterfactual, Edit, Step, Sufficient, Trace
from counterseal.prover.closing import strengthening
from counterseal.prover.findings import Attack
from counterseal.prover.findings import Step as PathStep
from counterseal.prover.history import CHALLENGED, DENIED, HELD, NOT_DETERMINED, NOT_REPLAYED, Fate
from counterseal.prover.history_run import replay_account
from counterseal.prover.report.times import DAY, span

MOST_EDITS = 120
"""Edits that are replayed."""


def failed_controls(policy: Policy, steps: Iterable[Step], traces: Mapping[str, Trace]) -> tuple[Control, ...]:
    """For each step by which value left: the rule that let it. `traces`: `account/action` -> trace."""
    found = []
    for step in steps:
        if not step.left:
            continue
        trace, rule = traces[f"{step.account}/{step.action}"], policy.rules.get(step.rule)
        same = rule is not None and trace.policy in ("", policy.digest)
        let = (*(f"proof of {one}" for one in step.proofs), *(f"`{one}`" for one in step.objects))
        text = rule.require.text if rule is not None and same else "not determined: another policy decided"
        told = f"line {step.line} of `{step.rule}` let it through with {', '.join(let) or 'nothing at all'}"
        found.append(Control(step.n, step.rule, trace.policy, step.line, text, let, told))
    return tuple(found)


def counterfactuals(policy: Policy, account: Account, steps: Sequence[Step]) -> tuple[Counterfactual, ...]:
    """The attacker's steps of one account under another policy, had it been in force from the first of them on."""
    if not steps or not account.pasts:
        return ()
    fates = _fates(policy, account, steps)
    if isinstance(fates, str):
        return tuple(
            Counterfactual(policy.name, step.n, NOT_DETERMINED, None, 0, f"not determined: {fates}")
            for step in steps
        )
    found = []
    for step in steps:
        fate = fates.get(step.action)
        if fate is not None:
            told = _sentence(policy.name, step, fate)
            found.append(Counterfactual(policy.name, step.n, fate.now, fate.until, fate.line, told))
    return tuple(found)


def _fates(policy: Policy, account: Account, steps: Sequence[Step]) -> dict[str, Fate] | str:
    """Action -> what becomes of it; or why nobody can say."""
    try:
        history = replay_account(policy, account.id, account.pasts, since=min(step.at for step in steps))
    except CountersealError as error:
        return error.sentence
    return {fate.action: fate for fate in history.fates}


def _sentence(name: str, step: Step, fate: Fate) -> str:
    under = f"under {name} step {step.n} (`{step.rule}`)"
    if fate.now == HELD:
        until = "nobody can say when" if fate.until is None else f"{span(fate.until - step.at)} after it was asked"
        return f"{under} would have been held until {until}"
    if fate.now == CHALLENGED:
        lacks = " or ".join(" and ".join(one) for one in fate.lacks)
        return f"{under} would have been asked for {lacks or 'more'}"
    if fate.now == DENIED:
        return f"{under} would have been denied"
    if fate.now == NOT_DETERMINED:
        return f"{under}: not determined, {fate.text or 'it rests on what would differ'}"
    if fate.now == NOT_REPLAYED:
        return f"{under}: not determined, its record means nothing there ({fate.text or fate.code})"
    return f"{under}: {fate.now.replace('_', ' ')}"


def edits(
    policy: Policy, account: Account, steps: Sequence[Step], sets: Sequence[Sufficient], window: int = DAY
) -> tuple[tuple[Edit, ...], bool]:
    """The single edits under which no value of this record left, and whether all were tried. A challenge counts
    only where none of the sufficient sets produces what it asks for."""
    lost = [step for step in steps if step.left]
    if not lost or not account.pasts:
        return (), True
    names = sets[0].capabilities if sets else ()
    path = tuple(PathStep(s.rule, 0, 0, (), (), "none", (), s.line) for s in steps if s.rule in policy.rules)
    attack = Attack(names, lost[-1].rule, None, 0, path)
    found: dict[str, Edit] = {}
    for tried, edit in enumerate(strengthening(policy, profile_of(policy, account), attack, window)):
        if tried >= MOST_EDITS:
            return tuple(found.values()), False
        fates = _fates(edit.policy, account, steps)
        hows = [] if isinstance(fates, str) else [_how(policy, fates.get(step.action), sets) for step in lost]
        if hows and all(hows):
            found.setdefault(edit.what, Edit(edit.what, edit.rule, edit.line, hows[0], tuple(s.n for s in lost)))
    return tuple(found.values()), True


def _how(policy: Policy, fate: Fate | None, sets: Sequence[Sufficient]) -> str:
    """How an outflow was stopped; empty = it was not, or nobody can say."""
    if fate is None or fate.now not in (HELD, DENIED, CHALLENGED):
        return ""
    if fate.now == CHALLENGED:
        known = policy.vocabulary.capabilities
        for one in sets:
            can = {factor for name in one.capabilities for factor in known[name].produces}
            if any(set(lack) <= can for lack in fate.lacks):
                return ""
    return fate.now


def profile_of(policy: Policy, account: Account) -> Profile:
    """The factors and channels that the account began with and was given since."""
    factors, channels = dict[str, None](), dict[str, None]()
    for past in account.pasts:
        for event in past.events:
            if isinstance(event, e.Registered | e.Applied):
                factors |= dict.fromkeys(one.factor for one in event.instances)
                channels |= dict.fromkeys(one.channel for one in event.contacts)
    known = policy.vocabulary
    return Profile(
        "seen", tuple(f for f in factors if f in known.factors), tuple(c for c in channels if c in known.channels)
    )
