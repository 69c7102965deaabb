# SPDX-License-Identifier: Apache-2.0
"""What stands beside the steps: precursors, what would decide, who answers for what, the platform's integrity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from counterseal.core.policy.model import Policy
from counterseal.prover.cause.model import (
    Decider,
    Integrity,
    Precursor,
    Responsibility,
    Side,
    Step,
    Sufficient,
)
from counterseal.prover.report.times import DAY, span

BEFORE = 90 * DAY
"""How long before the attacker's first step something counts as a precursor."""
PRECURSORS = frozenset({"disclosure", "sim_change", "support_access", "staff_view", "signal"})
PLATFORMS = frozenset({"policy_change", "key_action", "log_check", "support_access", "staff_view"})


def precursors(sides: Iterable[Side], firsts: Mapping[str, int]) -> tuple[Precursor, ...]:
    """What was seen before the first step in each account, nearest first. `firsts`: account -> ms."""
    found = []
    for side in sides:
        named = [side.account] if side.account else sorted(firsts)
        for account in named:
            first = firsts.get(account)
            if side.kind in PRECURSORS and first is not None and 0 <= first - side.at <= BEFORE:
                told = f"{side.sentence}, {span(first - side.at)} before the first step"
                before = first - side.at
                found.append(Precursor(account, side.kind, side.at, before, side.capability, told, side.ref))
    return tuple(sorted(found, key=lambda one: (one.before, one.account, one.ref)))


def would_decide(policy: Policy, sets: Sequence[Sufficient]) -> tuple[Decider, ...]:
    """Which datum tells the sets apart: for each capability in some of them and not in all, the record that would
    show it. A capability with others that would have done the same is ruled out only together with them."""
    found = []
    known = policy.vocabulary.capabilities
    for name in dict.fromkeys(name for one in sets for name in one.capabilities):
        having = tuple(at for at, one in enumerate(sets) if name in one.capabilities)
        group = next((one.instead[name] for one in sets if name in one.instead), ())
        if len(having) == len(sets) and not group:
            continue
        for each in (name, *group):
            excluded = having if not group and len(having) < len(sets) else ()
            spec = known[each]
            found.append(Decider(datum_of(spec.produces, spec.holds, spec.mutes), each, excluded))
    return tuple(found)


DATA = (
    (frozenset({"sms", "voice"}), "the carrier's record of the number: SIM and eSIM changes, forwarding, porting"),
    (frozenset({"email"}), "the mailbox provider's log: sign-ins, forwarding rules, deleted messages"),
    (frozenset({"support", "kba", "iddoc"}), "who disclosed or looked at the owner's data: registers and views"),
    (frozenset({"face"}), "the recording of the face check and the camera's attestation"),
    (frozenset({"totp"}), "the owner's device and the site visited: attestation, browser history"),
    (frozenset({"passkey", "push"}), "the attestation of the device that held the key"),
    (frozenset({"password", "fundpw"}), "whether the passwords are in a known leak, and the site visited"),
)


def datum_of(factors: frozenset[str], facts: frozenset[str], mutes: frozenset[str]) -> str:
    """The record that would show a capability."""
    for named, datum in DATA:
        if factors & named or mutes & named:
            return datum
    if facts:
        return f"an examination of the device that held: {', '.join(sorted(facts))}"
    return "an examination of what produced the proof"


def responsibilities(
    policy: Policy, steps: Sequence[Step], sets: Sequence[Sufficient], sides: Sequence[Side]
) -> tuple[Responsibility, ...]:
    """The classes that the evidence speaks for. Several may stand side by side."""
    attackers = [step for step in steps if step.who == "attacker"]
    found = []
    lost = [f"step {step.n}: `{step.rule}`, line {step.line}" for step in attackers if step.left]
    if lost:
        told = "the platform's own control let value out; its policy is the platform's"
        found.append(Responsibility("platform", told, tuple(lost)))
    thirds = [side for side in sides if side.kind in ("disclosure", "sim_change")]
    if thirds:
        told = "a carrier, an authority or a vendor had a part before the attack; that it was used is not shown"
        found.append(Responsibility("third_party", told, tuple(f"{s.kind} {s.ref}" for s in thirds)))
    devices = sorted(
        {
            name
            for one in sets
            for name in one.capabilities
            if policy.vocabulary.capabilities[name].gives_once or policy.vocabulary.capabilities[name].gives
        }
    )
    if devices and all(set(devices) & set(one.capabilities) for one in sets):
        told = "every sufficient set takes something from a device of the user"
        found.append(Responsibility("device_of_user", told, tuple(devices)))
    mine = [step for step in steps if step.who == "owner" and step.left and step.sure == "certain"]
    if mine:
        told = "the owner stands by outflows of the time in question"
        found.append(Responsibility("authorised_by_user", told, tuple(f"step {step.n}" for step in mine)))
    return tuple(found)


def integrity(sides: Sequence[Side], since: int, now: int) -> Integrity:
    """Whether the platform's own integrity is in doubt, from what was checked and done from `since` to `now`."""
    window = [side for side in sides if side.kind in PLATFORMS and since <= side.at <= now]
    bad = [side for side in window if side.bad]
    evidence = tuple(f"{side.kind} {side.ref}: {side.sentence}" for side in (bad or window))
    if bad:
        return Integrity("in_doubt", "a check failed, or something was done that nobody approved", evidence)
    if not any(side.kind == "log_check" for side in window):
        return Integrity("not_checked", "the log was not verified against outside checkpoints", evidence)
    return Integrity("not_in_doubt", "the log verifies, and nothing unapproved was done in the window", evidence)
