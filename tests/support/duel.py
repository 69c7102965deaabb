# SPDX-License-Identifier: Apache-2.0
"""Tiny policies for the prover's game, and paths through them written by hand."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from counterseal.core.policy.model import Policy, Vocabulary
from counterseal.gateways.packs import policy_from, vocabulary_from
from counterseal.prover.findings import Attack, Gift, Start, Step, Use
from counterseal.prover.replay import Confirmed, Refuted, replay

HOUR = 3_600_000
DAY = 24 * HOUR

VOCABULARY = """
counterseal: 1
vocabulary: duel
channels: [sms, email, push]
factors:
  password: {text: a password}
  sms:      {text: a code by SMS, contact: true}
  voice:    {text: a code by a call, channel: sms}
  email:    {text: a code by e-mail, contact: true}
  totp:     {text: an authenticator app}
  passkey:  {text: a passkey}
  kba:      {text: answers about the owner}
  letter:   {text: a court order}
facts: {session: session, address: address, key: api_key, ticket: recovery}
clocks: {weakened: a factor was weakened, entered: a log-in}
verbs: {use: u, bind: b, replace: r, disable: d, reset: s, revoke: e, mute: m, disclose: c, ask: a, recover: o}
context: {ip_listed: a listed address}
outflows: {withdraw: a withdrawal, p2p: a release, card: a card}
conditions: {exposed: [pii]}
capabilities:
  pw_leak:        {text: t, proves: [password]}
  sms_intercept:  {text: t, proves: [sms]}
  sim_swap:       {text: t, proves: [sms, voice], mutes: [sms]}
  email_takeover: {text: t, proves: [email], mutes: [email]}
  totp_seed:      {text: t, proves: [totp]}
  relay:          {text: t, proves: [password], once: [totp, sms]}
  sms_once:       {text: t, once: [sms]}
  pii:            {text: t, proves: [kba]}
  forger:         {text: t, proves: [letter]}
  session_theft:  {text: t, gives_once: [session]}
  malware:        {text: t, gives: [session]}
  key_leak:       {text: t, gives_once: [key]}
  deaf:           {text: t, mutes: [sms, email, push]}
"""


@cache
def duel_vocabulary() -> Vocabulary:
    """The vocabulary of the tiny policies; no factor is attested, so no outflow has to trust the platform."""
    return vocabulary_from(VOCABULARY)


@cache
def duel(actions: str, outflows: str, head: str = "") -> Policy:
    """A policy of these rules, one a line: `name: require..`; outflows that are left out are not offered."""
    ruled = {line.split(":")[0].strip() for line in outflows.strip().splitlines()}
    missing = [f"{kind}: not_offered" for kind in duel_vocabulary().outflow_kinds if kind not in ruled]
    return policy_from(
        "counterseal: 1\npolicy: duel\n"
        + head
        + "actions:\n"
        + _indented(actions.strip().splitlines() or ["idle: {require: passkey, notify: push}"])
        + "outflows:\n"
        + _indented([*outflows.strip().splitlines(), *missing]),
        duel_vocabulary(),
    )


def _indented(lines: list[str]) -> str:
    return "".join(f"  {line.strip()}\n" for line in lines)


def account(factors: str, channels: str = "sms email push", **more: object) -> Start:
    """An account with these factors and channels."""
    return Start(frozenset(factors.split()), frozenset(channels.split()), **more)  # type: ignore[arg-type]


def step(policy: Policy, text: str, *, at: int = 0, effect: int | None = None, facts: str = "") -> Step:
    """`action factor:source ... > channel ...`: a step; `> muted` and no `>` for a notice that reached nobody."""
    done, _, told = text.partition(">")
    action, *proofs = done.split()
    reached = tuple(told.split())
    notice = "muted" if reached == ("muted",) else "reached" if reached else "none"
    return Step(
        action=action,
        at=at,
        effect=at if effect is None else effect,
        uses=tuple(Use(*proof.split(":")) for proof in proofs),
        facts=tuple(facts.split()),
        notice=notice,
        reached=reached if notice == "reached" else (),
        line=policy.rules[action].line,
    )


def attack(capabilities: str, window: int | None, leaves: int, *path: Step) -> Attack:
    """An attack by the last step of `path`."""
    return Attack(tuple(capabilities.split()), path[-1].action, window, leaves, path)


def confirmed(policy: Policy, start: Start, claim: Attack, gift: Gift | None = None) -> Confirmed:
    """The replay confirms the claim."""
    verdict = replay(policy, start, claim, gift or Gift())
    assert isinstance(verdict, Confirmed), verdict
    assert verdict.confirmed is True
    assert (verdict.window, verdict.leaves) == (claim.window, claim.leaves)
    return verdict


def refuted(policy: Policy, start: Start, claim: Attack, gift: Gift | None = None) -> Refuted:
    """The replay refutes the claim, with a sentence."""
    verdict = replay(policy, start, claim, gift or Gift())
    assert isinstance(verdict, Refuted), verdict
    assert verdict.confirmed is False
    assert verdict.sentence
    return verdict


def with_step(claim: Attack, index: int, **changes: object) -> Attack:
    """The attack with one step changed."""
    path = list(claim.path)
    path[index] = replace(path[index], **changes)
    return replace(claim, path=tuple(path))
