# SPDX-License-Identifier: Apache-2.0
"""`investigate`: everything about the cause of one incident, over all its accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.prover.cause import beside, control
from counterseal.prover.cause.attribute import Word, attribute, granted
from counterseal.prover.cause.extract import steps_of
from counterseal.prover.cause.masks import MAX, Capabilities, Folded, fold, shape
from counterseal.prover.cause.model import (
    ATTACKER,
    UNKNOWN,
    Account,
    Alternative,
    CauseReport,
    Claim,
    Counterfactual,
    Edit,
    Gap,
    Side,
    Step,
    Sufficient,
    Trace,
)
from counterseal.prover.report.times import DAY

Told = tuple[Trace, Word]


def investigate(
    policy: Policy,
    accounts: Sequence[Account],
    sides: Sequence[Side] = (),
    claims: Sequence[Claim] = (),
    others: Sequence[Policy] = (),
    *,
    now: int,
) -> CauseReport:
    """The cause as far as the record decides it. `policy`: the one in force when it happened. Only accounts with
    `pasts` are replayed, the first one that lost value for edits. Never raises on an unclear record."""
    told = _told(policy, accounts, claims)
    traces = {f"{trace.account}/{trace.action}": trace for trace, _ in told}
    attackers = [trace for trace, word in told if word.who == ATTACKER]
    capabilities = Capabilities(policy.vocabulary, [t for t, w in told if w.who in (ATTACKER, UNKNOWN)])
    folds = _folds(capabilities, attackers)
    steps = _steps(policy, told, folds)
    sets = _whole(capabilities, folds)
    unclear = [trace for trace, word in told if word.who in (ATTACKER, UNKNOWN)]
    firsts: dict[str, int] = {}
    for trace in attackers:
        firsts[trace.account] = min(trace.at, firsts.get(trace.account, trace.at))
    edits, tried = _edits(policy, accounts, steps, sets)
    return CauseReport(
        *(now, policy.digest, capabilities.names, steps, _gaps(policy, told)),
        alternatives=tuple(
            Alternative(step.n, word.other) for step, (_, word) in zip(steps, told, strict=True) if word.other
        ),
        sufficient=sets,
        by_account={account: capabilities.minimal(one.whole) for account, one in folds.items()},
        otherwise=_whole(capabilities, _folds(capabilities, unclear)) if len(unclear) > len(attackers) else (),
        precursors=beside.precursors(sides, firsts),
        would_decide=beside.would_decide(policy, sets),
        failed_control=control.failed_controls(policy, _by_attacker(steps), traces),
        counterfactuals=_under(others, [one for one in accounts if one.id in firsts], steps),
        edits=edits,
        classes=beside.responsibilities(policy, steps, sets, sides),
        integrity=beside.integrity(sides, min(firsts.values(), default=now) - DAY, now),
        undecided=_undecided(capabilities, folds, sets, tried=tried),
    )


def _told(policy: Policy, accounts: Sequence[Account], claims: Sequence[Claim]) -> list[Told]:
    """Every step of every account in the order of time, and who made it."""
    said = {claim.account: claim for claim in claims}
    found: list[Told] = []
    for account in accounts:
        traces = account.traces
        if traces is None:
            traces = steps_of(policy, account.id, account.pasts)
        words = attribute(traces, said.get(account.id), account.pasts)
        found += [(trace, words[trace.action]) for trace in traces]
    return sorted(found, key=lambda pair: pair[0].at)


def _folds(capabilities: Capabilities, attackers: Sequence[Trace]) -> dict[str, Folded]:
    """Account -> its fold. Accounts whose steps are of the same shape are folded once."""
    mine: dict[str, list[Trace]] = {}
    for trace in attackers:
        mine.setdefault(trace.account, []).append(trace)
    if capabilities.too_many:
        return {}
    known: dict[object, Folded] = {}
    found: dict[str, Folded] = {}
    for account, traces in mine.items():
        key = shape(traces)
        if key not in known:
            known[key] = fold(capabilities, traces)
        found[account] = known[key].of([trace.action for trace in traces])
    return found


def _whole(capabilities: Capabilities, folds: Mapping[str, Folded]) -> tuple[Sufficient, ...]:
    if not folds:
        return ()
    mask = capabilities.all
    for one in folds.values():
        mask &= one.whole
    return capabilities.minimal(mask)


def _steps(policy: Policy, told: Sequence[Told], folds: Mapping[str, Folded]) -> tuple[Step, ...]:
    numbers = {(trace.account, trace.action): n for n, (trace, _) in enumerate(told, 1)}
    return tuple(_step(policy, n, pair, numbers, folds) for n, pair in enumerate(told, 1))


def _step(
    policy: Policy, n: int, pair: Told, numbers: Mapping[tuple[str, str], int], folds: Mapping[str, Folded]
) -> Step:
    trace, word = pair
    folded = folds.get(trace.account)
    rule = policy.rules.get(trace.rule)
    needed = {name for way in trace.ways for name in way}
    places = [(trace.account, action) for action in granted(trace)]
    rests = sorted(numbers[place] for place in places if place in numbers)
    return Step(
        *(n, trace.account, trace.at, trace.action, trace.rule, trace.line or (0 if rule is None else rule.line)),
        did=_did(trace),
        who=word.who,
        sure=word.sure,
        why_who=word.why,
        rests_on=tuple(rests),
        objects=tuple(dict.fromkeys(fact.item for fact in trace.facts if fact.fact in needed)),
        proofs=tuple(one.factor for one in trace.gave),
        session=trace.session,
        device=trace.device,
        source=trace.source,
        notice={contact: "reached" if contact in trace.told else "sent" for contact in trace.sent},
        left=trace.left,
        mask="0" if folded is None else f"{folded.masks.get(trace.action, 0):x}",
        unexplained=() if folded is None else folded.unexplained.get(trace.action, ()),
    )


def _did(trace: Trace) -> str:
    proofs = ", ".join(one.factor for one in trace.gave)
    given = f" with {proofs}" if proofs else ""
    end = "value left" if trace.left else trace.end if trace.worked else f"not let through, {trace.end}"
    return f"{trace.rule.replace('_', ' ')}{given}: {end}"


def _by_attacker(steps: Sequence[Step], account: str = "") -> tuple[Step, ...]:
    return tuple(step for step in steps if step.who == ATTACKER and account in ("", step.account))


def _under(
    others: Sequence[Policy], accounts: Sequence[Account], steps: Sequence[Step]
) -> tuple[Counterfactual, ...]:
    """The attacker's steps of the accounts whose record is here, under each other policy."""
    mine = {account.id: _by_attacker(steps, account.id) for account in accounts if account.pasts}
    replayed = [(other, account) for other in others for account in accounts if account.pasts]
    return tuple(
        one for other, account in replayed for one in control.counterfactuals(other, account, mine[account.id])
    )


def _edits(
    policy: Policy, accounts: Sequence[Account], steps: Sequence[Step], sets: Sequence[Sufficient]
) -> tuple[tuple[Edit, ...], bool]:
    """Of the first account that lost value and whose record is here."""
    lost = {step.account for step in steps if step.left and step.who == ATTACKER}
    for account in accounts:
        if account.pasts and account.id in lost:
            return control.edits(policy, account, _by_attacker(steps, account.id), sets)
    return (), True


def _gaps(policy: Policy, pairs: Sequence[Told]) -> tuple[Gap, ...]:
    """A step that rests on an action, a session or a device of which the record says nothing."""
    found = []
    for trace, _ in pairs:
        if not trace.worked:
            continue
        for kind, identity in (("session", trace.session), ("device", trace.device)):
            known = not identity or any(fact.item == f"{kind}:{identity}" for fact in trace.facts)
            if not known and not any(policy.vocabulary.facts.get(name) == kind for name in trace.grants):
                told = f"`{trace.rule}` names the {kind} `{identity}`: the record does not say what granted it"
                found.append(Gap(trace.account, 0, trace.at, told))
    return tuple(found)


def _undecided(
    capabilities: Capabilities, folds: Mapping[str, Folded], sets: Sequence[Sufficient], *, tried: bool
) -> tuple[str, ...]:
    found = []
    if capabilities.too_many:
        found.append(f"{len(capabilities.names)} capabilities differ for these steps, more than {MAX}: no sets")
    if any(one.lasting for one in folds.values()):
        found.append("what works only once was taken to last: some sets may not suffice")
    if folds and not sets and not capabilities.too_many:
        found.append("no set of capabilities of the vocabulary explains every step: see `unexplained`")
    if not folds and not capabilities.too_many:
        found.append("no step is the attacker's by this record: nobody disputed one")
    if not tried:
        found.append(f"more than {control.MOST_EDITS} single edits are possible: not all were replayed")
    return tuple(found)


def to_json(report: CauseReport) -> bytes:
    """The report as JSON."""
    return msgspec.json.encode(report)
