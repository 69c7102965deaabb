# SPDX-License-Identifier: Apache-2.0
"""The posture of an account in plain words, and as one document."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

import msgspec

from counterseal.prover.exposure import Names, Outcome, Way
from counterseal.prover.fleet import FleetPosture
from counterseal.prover.posture import Advice, Posture
from counterseal.prover.proof import Recovery
from counterseal.prover.report.glossary import listed, phrase
from counterseal.prover.report.times import hours, in_hours
from counterseal.prover.report.words import money

IFS = {
    "pw_leak": "your passwords leak",
    "sms_intercept": "your SMS messages are read on the way",
    "sim_swap": "your phone number is taken over (SIM swap)",
    "email_takeover": "your mailbox is taken over",
    "session_theft": "the cookie of your session is stolen",
    "otp_relay": "you type your password and a code into a look-alike site",
    "totp_seed": "the seed of your authenticator app is copied",
    "code_theft": "your printed recovery codes are copied",
    "face_deepfake": "somebody shows the camera a synthetic face of yours",
    "deepfake_injection": "somebody feeds a video of you in place of the camera",
    "judicial_pii": "your identity data are disclosed to somebody who posed as an authority",
    "support_insider": "a support agent works for the attacker",
    "staff_collusion": "two officers of the platform work together against you",
    "device_malware": "your phone or computer runs the attacker's program",
    "platform_web": "the platform's own web server is taken over",
    "passkey_cloud_takeover": "the cloud account that keeps your passkeys is taken over",
    "owner_deceived": "you are talked into approving something that looks right",
    "guardian_takeover": "your guardian's phone or mailbox is taken over",
    "api_key_leak": "one of your API keys leaks",
    "trade_key_leak": "an API key of yours that can trade leaks",
}
"""Each shipped capability as the owner meets it; another one is called by its noun phrase."""

DO = {
    "totp": "Add an authenticator app",
    "passkey": "Add a passkey",
    "rcode": "Print recovery codes",
    "guardian": "Name a guardian",
    "push": "Switch on push notices",
    "email": "Add an e-mail address",
    "sms": "Add a phone number",
    "voice": "Allow calls to your phone",
    "fundpw": "Set a second password for moving funds",
    "password": "Set a password",
    "face": "Register your face",
    "iddoc": "Register an identity document",
}
MINE = {
    "totp": "your authenticator app",
    "passkey": "your passkey",
    "rcode": "your recovery codes",
    "guardian": "your guardian",
    "email": "your mailbox",
    "sms": "your phone number",
    "voice": "calls to your phone",
    "fundpw": "your funds password",
    "password": "your password",
    "face": "your face check",
    "iddoc": "your identity document",
}
SHOWN_PAIRS = 8


class Document(msgspec.Struct, frozen=True):
    """The posture of one account at one moment (ms), with its sentences. Durations are ms, amounts strings."""

    account: str
    at: int
    posture: Posture
    sentences: tuple[str, ...]


def document_of(account: str, at: int, posture: Posture) -> Document:
    """The answer about one account."""
    return Document(account, at, posture, tuple(sentences(posture)))


def sentences(posture: Posture) -> list[str]:
    """The whole, for the owner: what can happen, what is at risk, what helps, what a lost factor costs."""
    found = [risk_sentence(one, posture) for one in _worst_first((posture.nothing, *posture.singles)) if one.ways]
    safe = [one.capabilities for one in posture.singles if not one.ways]
    if safe:
        found.append(f"No money can leave with any one of these alone: {listed([phrase(n) for (n,) in safe])}.")
    found += [risk_sentence(one, posture) for one in posture.pairs[:SHOWN_PAIRS]]
    if len(posture.pairs) > SHOWN_PAIRS:
        found.append(f"{len(posture.pairs) - SHOWN_PAIRS} more pairs do worse than either of the two alone.")
    found.append(best_sentence(posture))
    return [*found, *(recovery_sentence(one) for one in posture.recoveries if _late(one)), *posture.notes]


def risk_sentence(outcome: Outcome, posture: Posture) -> str:
    """One set of capabilities: how soon, whether the owner is told, what is at risk, and what changes it."""
    parts = [f"{condition(outcome.capabilities)}: {leaves(outcome.ways[0] if outcome.ways else None)}."]
    if outcome.ways:
        parts.append(f"{at_risk(outcome, posture)}.")
    parts += [f"{do(one)}: {short(after)}." for one, after in _changes(posture.advice, outcome.capabilities)]
    return " ".join(parts)


def condition(names: Names) -> str:
    """`If your phone number is taken over (SIM swap)`; for no capability, that the attacker is in already."""
    if not names:
        return "With what somebody else has in your account already"
    return "If " + " and ".join(IFS.get(name, f"somebody has {phrase(name)}") for name in names)


def leaves(way: Way | None) -> str:
    """How and when money leaves, for the owner."""
    if way is None:
        return "no money can leave"
    if way.window is None:
        after = f" after {_hours(way.earliest)}" if way.earliest is not None else ""
        return f"money can leave{after} and you are not told"
    later = ""
    if way.earliest is not None and way.earliest > way.window:
        later = f" and not before {_hours(way.earliest)} from now"
    least = "" if way.exact else "at the earliest "
    return f"money can leave {least}{_hours(way.window)} after you are first told{later}"


def short(way: Way | None) -> str:
    """The same in a word or two: `never`, `24 hours`, `0 hours and not told`."""
    if way is None:
        return "never"
    if way.window is None:
        return "still not told"
    return _hours(way.window)


def at_risk(outcome: Outcome, posture: Posture) -> str:
    """What can leave before the owner reacts, and by which ways: the exact account of it."""
    if outcome.loss is None:
        amount = "money is at risk without a limit"
    elif outcome.loss:
        amount = f"up to {money(outcome.loss, posture.currency)} are at risk"
    else:
        amount = "nothing is lost"
    ways = [
        f"{listed([_by(way, posture.currency) for way in group])} {when}"
        for when, group in groupby(outcome.ways, key=_when)
    ]
    return f"If you react within {_hours(posture.window)}, {amount}: {'; '.join(ways)}"


def _when(way: Way) -> str:
    return "unnoticed" if way.window is None else f"{_hours(way.window)} after the first notice"


def _by(way: Way, currency: str) -> str:
    if way.limit is None or way.period is None:
        return f"{way.outflow} (no limit)"
    return f"{way.outflow} ({money(Decimal(way.limit), currency)} in {_hours(way.period)})"


def do(advice: Advice) -> str:
    """`Add an authenticator app`."""
    if advice.kind == "end":
        return "End every session, device and key that is not yours"
    return DO.get(advice.name, f"Add {advice.name}")


def fleet_sentences(found: FleetPosture) -> list[str]:
    """`412,000 of 1,000,000 accounts: a SIM swap 0 h, not told`: per set and window, the worst first."""
    lines = [
        f"{count:,} of {found.accounts:,} accounts: {_named(total.capabilities)} "
        f"{soon(window, silent=window is None)}"
        for total in (*found.totals, *found.pairs)
        for window, count in total.windows
    ]
    return lines or [f"No capability and no pair leaves an owner less than {in_hours(found.window)}."]


def soon(window: int | None, *, silent: bool) -> str:
    """`0 h, not told`, `6 h after the first notice`."""
    if silent or window is None:
        return "0 h, not told"
    return f"{in_hours(window)} after the first notice"


def best_sentence(posture: Posture) -> str:
    """What helps most, or that nothing does by itself."""
    first = next((one for one in posture.advice if one.helps), None)
    if first is None:
        return "No single enrolment makes this account safer." if posture.advice else "Nothing is left to enrol."
    changes = [f"{_named(one.capabilities)}: {short(one.after)}" for one in first.better]
    worse = [f"{_named(one.capabilities)}: {short(one.after)}" for one in first.worse]
    told = f" ({'; '.join(changes)})" if changes else ""
    but = f" It makes these worse: {'; '.join(worse)}." if worse else ""
    return f"What helps most: {do(first)[:1].lower()}{do(first)[1:]}{told}.{but}"


def recovery_sentence(recovery: Recovery) -> str:
    """What one lost factor costs."""
    what = listed([MINE.get(name, name) for name in recovery.lost])
    after = next(iter(recovery.regains.values()), None)
    back = "you cannot get in again by yourself" if after is None else f"you are in again after {_hours(after)}"
    return f"If you lose {what}: {back}."


def _late(recovery: Recovery) -> bool:
    return any(after is None or after > 0 for after in recovery.regains.values())


def _named(names: Names) -> str:
    return " and ".join(phrase(name) for name in names) or "what the attacker has already"


def _changes(advice: Iterable[Advice], names: Names) -> list[tuple[Advice, Way | None]]:
    return [(one, change.after) for one in advice for change in one.better if change.capabilities == names]


def _worst_first(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda one: one.severity)


def _hours(milliseconds: int) -> str:
    """`0 hours`, `1 hour`, `26.5 hours`; rounded down to hundredths."""
    number = hours(milliseconds // 36_000 * 36_000)
    return f"{number:g} hour" if number == 1 else f"{number:g} hours"
