# SPDX-License-Identifier: Apache-2.0
"""What was measured, for programs (JSON) and for people (rows of a table, one sentence for each case)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from counterseal.demo.model import CaseResult, NoticeSeen, Played
from counterseal.prover.report.times import span

SECOND = 1_000
COLUMNS = ("case", "policy", "outcome", "after", "owner told", "to react", "money, or where it stopped")


def money(amount: Decimal, asset: str) -> str:
    """`480,000 USDT`."""
    return f"{amount:,f} {asset}"


def to_json(results: Sequence[CaseResult]) -> dict[str, Any]:
    """The document of `--json`. Spans in seconds, moments in ms since the epoch, amounts as decimal strings."""
    return {
        "ok": all(result.as_expected for result in results),
        "cases": [_case(result) for result in results],
    }


def _case(result: CaseResult) -> dict[str, Any]:
    lost = result.lost
    return {
        "attack": result.attack,
        "incident": result.incident,
        "title": result.title,
        "policy": result.pack,
        "policy_digest": result.digest,
        "outcome": result.outcome,
        "began": result.began,
        "seconds_to_loss": _seconds(result.loss_after),
        "first_effective_notice": None if result.first_notice is None else _notice(result.first_notice),
        "reaction_window_seconds": _seconds(result.window),
        "silent": result.silent,
        "lost": None if lost is None else {"asset": lost.asset, "amount": f"{lost.amount:f}"},
        "stopped_at": result.stopped_at,
        "steps": [_step(step) for step in result.steps],
        "as_expected": result.as_expected,
        "expected": None
        if result.expected is None
        else {"outcome": result.expected.outcome, "at": result.expected.at, "told": result.expected.told},
        "real_seconds": round(result.seconds, 3),
    }


def _step(step: Played) -> dict[str, Any]:
    return {
        "at": _seconds(step.at),
        "actor": step.actor,
        "action": step.action,
        "aim": step.aim,
        "outcome": step.outcome,
        "proofs": list(step.proofs),
        "made_by": list(step.made_by),
        "lacks": list(step.lacks),
        "reason": step.reason,
        "until": _seconds(step.until),
        "notice": step.notice,
        "notices": [_notice(each) for each in step.notices],
        "codes_seen_by_owner": step.codes,
        "policy_line": step.line,
    }


def _notice(notice: NoticeSeen) -> dict[str, Any]:
    return {
        "at": _seconds(notice.at),
        "channel": notice.channel,
        "subject": notice.subject,
        "muted": notice.muted,
    }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / SECOND


def window_words(result: CaseResult) -> str:
    """The reaction window as the pages name it: silent, a span, or never."""
    if result.loss_after is None:
        return "never"
    return "silent" if result.window is None else span(result.window)


def row(result: CaseResult) -> tuple[str, ...]:
    """One row of the table, in the order of COLUMNS. What was not expected says so in the last cell."""
    first = result.first_notice
    told = "nobody" if first is None else f"{first.channel}, {span(first.at, units=1)}"
    after = "" if result.loss_after is None else span(result.loss_after)
    window = window_words(result)
    if result.outcome in {"disclosed", "refused"}:
        told = window = ""
    what = _what(result)
    if not result.as_expected:
        what = f"{what} NOT EXPECTED ({expectation(result)})"
    return (f"{result.incident} {_short(result)}", result.pack, result.outcome, after, told, window, what)


def _what(result: CaseResult) -> str:
    if result.lost is not None:
        paid = next(step.action for step in result.steps if step.outcome == "paid")
        return f"{money(result.lost.amount, result.lost.asset)} by {paid}"
    if result.outcome == "disclosed":
        return f"{result.stopped_at}: the rule is met"
    step = stopping_step(result)
    return result.stopped_at or "" if step is None else f"{step.action}: {short_reason(step)}"


def expectation(result: CaseResult) -> str:
    """What the attack file states for this pack."""
    want = result.expected
    return "" if want is None else " ".join(part for part in (want.outcome, want.at, want.told) if part)


def _short(result: CaseResult) -> str:
    """The attack's id without its number, in words."""
    return result.attack.removeprefix(f"{result.incident.lower()}-").replace("-", " ")


def _stop(result: CaseResult) -> str:
    step = stopping_step(result)
    if step is None:
        return result.stopped_at or ""
    return f"{step.action}: {short_reason(step)}"


def stopping_step(result: CaseResult) -> Played | None:
    """The attacker's step at which it ended."""
    return next(
        (
            step
            for step in result.steps
            if step.actor == "attacker" and step.action == result.stopped_at and step.outcome != "done"
        ),
        None,
    )


def short_reason(step: Played) -> str:
    """Why a step did not get through, in a few words."""
    if step.outcome == "not_offered":
        return "not offered"
    if step.aim == "try again":
        return "frozen" if "frozen" in step.reason else step.outcome
    if step.outcome == "hold" and step.until is not None:
        wait = f"held for {span(step.until - step.at)}"
        return f"{wait}, lacks {' and '.join(step.lacks)}" if step.lacks else wait
    if step.lacks:
        return f"lacks {' and '.join(step.lacks)}"
    return {"cancelled": "cancelled by the owner", "deny": "denied", "hold": "held"}.get(step.outcome, step.outcome)


def sentence(results: Sequence[CaseResult]) -> str:
    """One case under each policy, in one sentence."""
    first = results[0]
    parts = [f"under {result.pack} {clause(result)}" for result in results]
    return f"{first.incident} ({first.title[0].lower()}{first.title[1:]}): {'; '.join(parts)}."


def clause(result: CaseResult) -> str:
    """What one policy made of a case, without a full stop."""
    if result.outcome == "disclosed":
        return "the forged papers satisfy the rule for disclosure"
    if result.outcome == "refused":
        return f"they do not, without {' and '.join(result.steps[0].lacks)}"
    if result.lost is not None and result.loss_after is not None:
        left = f"{money(result.lost.amount, result.lost.asset)} left {span(result.loss_after)} after the first step"
        if result.window is None:
            return f"{left} and no notice reached the owner before"
        channel = result.first_notice.channel if result.first_notice else ""
        return f"{left}, {span(result.window)} after the first notice that reached the owner ({channel})"
    step = stopping_step(result)
    why = f" ({short_reason(step)})" if step is not None else ""
    owner = [each for each in result.steps if each.actor == "owner" and each.outcome in {"frozen", "cancelled"}]
    brake = ""
    if owner:
        brake = (
            f"; the owner {' and '.join(_done(each) for each in owner)} {span(owner[0].at)} after the first step"
        )
    return f"the attacker got no further than `{result.stopped_at}`{why}{brake}"


def _done(step: Played) -> str:
    return "froze the account" if step.outcome == "frozen" else "cancelled the request"
