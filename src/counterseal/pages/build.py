# SPDX-License-Identifier: Apache-2.0
"""From the guard's decision to a page. There is no rule here: ways and reasons are those of the decision, in the
requester's view, so that a stranger with a link learns nothing before a first proof."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.account import Action, State
from counterseal.core.decision import Decision, Outcome, Reason, for_requester
from counterseal.core.engine import limits
from counterseal.core.engine.doubt import active, covering
from counterseal.core.engine.telling import facts_of
from counterseal.core.policy.expression import Rank
from counterseal.core.policy.model import Policy
from counterseal.notices.wording import wording
from counterseal.pages import model as m
from counterseal.pages.request import heading, view_of
from counterseal.pages.words import WAITS, Words, masked

ICONS: Final = {"passkey": "passkey", "totp": "totp", "sms": "sms", "email": "mail", "rcode": "key"}
ORDER: Final = ("passkey", "totp", "sms", "email", "rcode")
GATES: Final = frozenset(
    {"frozen", "braked", "locked", "over_limit", "limit_used", "price_unknown", "clock_untrusted", "disputed"}
)
LACKS: Final = ("fact_missing", "expired", "doubtful", "context_missing")
ICON_OF: Final[dict[str, str]] = {
    "allowed": "check", "held": "clock", "denied": "stop", "cancelled": "check",
}  # fmt: skip
CANCELLABLE: Final = frozenset({"open", "pending", "ready", "sealed"})


class Seen(msgspec.Struct, frozen=True):
    """One action as it stands. `decision`: the guard's, made now (of an action that is over: its last one)."""

    policy: Policy
    state: State
    action: Action
    decision: Decision | None
    now: int
    language: str
    platform: str

    @property
    def told(self) -> Decision | None:
        """What its requester may see of the decision."""
        return None if self.decision is None else for_requester(self.decision)

    @property
    def lapsed(self) -> bool:
        """Whether nobody finished it in time."""
        return self.action.status == "open" and self.now - self.action.asked > limits.ACTION_LIFETIME

    @property
    def words(self) -> Words:
        """The words of its language."""
        return Words(self.language, self.platform)


def standing(seen: Seen) -> m.State:
    """How far it is, as the platform is told."""
    status = seen.action.status
    if status == "open" and not seen.lapsed:
        outcome = Outcome.CHALLENGE if seen.told is None else seen.told.outcome
        return {Outcome.CHALLENGE: "open", Outcome.HOLD: "held", Outcome.DENY: "denied", Outcome.ALLOW: "allowed"}[
            outcome
        ]  # type: ignore[return-value]
    if status in {"pending", "disputed"}:
        return "held"
    if status in {"refused", "open"}:
        return "denied"
    return "cancelled" if status == "cancelled" else "allowed"


def ask_page(seen: Seen) -> m.AskPage:
    """The question, the ways that count, and after a first proof why another does not."""
    words, action, told = seen.words, seen.action, seen.told
    rule = seen.policy.rules.get(action.request.rule)
    given = tuple(dict.fromkeys(proof.factor for proof in action.proofs))
    money = action.request.payment is not None
    choices = tuple(_choice(seen, words, name) for name in _wanted(seen, given))
    return m.AskPage(
        language=seen.language,
        platform=seen.platform,
        phrase=seen.state.phrase,
        heading=heading(words, action, rule, seen.now),
        request=view_of(words, seen.policy, seen.state, action, rule),
        given=words.say("given", names=words.names(given)) if given else "",
        lead=_lead(words, told) if given else "",
        choices=choices,
        off=_off(seen, words),
        not_me_note=words.say("not_me_money" if money else "not_me_action"),
    )


def _wanted(seen: Seen, given: tuple[str, ...]) -> list[str]:
    """The factors of the alternatives, passkey first, what the platform takes last."""
    alternatives = () if seen.told is None else seen.told.alternatives
    names = {name for names in alternatives for name in names} - set(given)
    specs = seen.policy.vocabulary.factors

    def rank(name: str) -> tuple[bool, int, str]:
        kind = "passkey" if specs[name].webauthn else name
        return specs[name].attested, ORDER.index(kind) if kind in ORDER else len(ORDER), name

    return sorted(names, key=rank)


def _choice(seen: Seen, words: Words, factor: str) -> m.Choice:
    spec, action = seen.policy.vocabulary.factors[factor], seen.action
    kind = "passkey" if spec.webauthn else factor
    if spec.attested or (spec.contact and factor not in seen.policy.vocabulary.channels):
        title, note = words.way(kind)
        return m.Choice(factor=factor, kind="platform", icon="exit", title=title, note=note)
    if spec.webauthn:
        title, note = words.way("passkey")
        return m.Choice(factor=factor, kind="passkey", icon="passkey", title=title, note=note)
    icon = ICONS.get(factor, "key")
    if not spec.contact:
        title, note = words.way(kind)
        return m.Choice(factor=factor, kind="typed", icon=icon, title=title, note=note, digits=factor == "totp")
    hint = _hint(seen, factor)
    title, note = words.way(kind, hint)
    live = [
        each.id
        for each in action.challenges.values()
        if each.factor == factor
        and not each.used
        and seen.now < each.expires
        and each.failures < limits.CODE_FAILURES
    ]
    if not live:
        return m.Choice(factor=factor, kind="send", icon=icon, title=title, note=note)
    sent = words.say("sent", hint=hint)
    return m.Choice(factor=factor, kind="typed", icon=icon, title=title, note=note, challenge=live[-1], sent=sent)


def _hint(seen: Seen, factor: str) -> str:
    """The contact that a code goes to: of the first instance, as the guard sends it."""
    found = [x for x in seen.state.enrolled.values() if x.factor == factor and x.removed_at is None]
    return masked(seen.state.contacts.get(found[0].contact or "") if found else None)


def _lead(words: Words, told: Decision | None) -> str:
    left = min((len(names) for names in told.alternatives), default=0) if told is not None else 0
    if not left:
        return ""
    return words.say("one_more") if left == 1 else words.say("more", count=left)


def _off(seen: Seen, words: Words) -> tuple[m.Off, ...]:
    """Enrolled ways that the guard refuses now, each with its reason; nothing before a first proof."""
    told = seen.told
    if told is None or not seen.action.proofs:
        return ()
    found: dict[str, m.Off] = {}
    open_ways = {name for names in told.alternatives for name in names}
    for reason in told.reasons:
        factor = reason.about
        if factor in open_ways or factor not in told.candidates or factor in found:
            continue
        if reason.code == "suspected":
            text = words.say("proves_nothing", why=_why(seen, words, reason), until=words.time(reason.until))
        elif reason.code == "not_strongest" and not _outdone(seen, factor):
            until = words.time(reason.until)
            text = words.say("stronger_until", until=until) if reason.until else words.say("stronger")
        else:
            continue
        icon = ICONS.get(factor, "lock")
        found[factor] = m.Off(icon, words.off(factor), text, suspect=reason.code == "suspected")
    return tuple(found.values())


def _outdone(seen: Seen, factor: str) -> bool:
    """Whether a stronger way was given already: then nobody asks why a weaker one does not count."""
    rule = seen.policy.rules.get(seen.action.request.rule)
    given = {proof.factor for proof in seen.action.proofs}
    orders = [atom.factors for atom in (rule.require.atoms if rule else ()) if isinstance(atom, Rank)]
    return any(given & set(order[: order.index(factor)]) for order in orders if factor in order)


def _why(seen: Seen, words: Words, reason: Reason) -> str:
    """What happened, for a reason that the guard gave: the suspicion that it names, if its owner may know of it."""
    told = [
        item for item in active(seen.policy.vocabulary, seen.state, seen.now) if item.capability.tell == "owner"
    ]
    matching = tuple(item for item in told if item.suspicion.until == reason.until)
    for instance in seen.state.enrolled.values():
        if instance.factor == reason.about:
            found = covering(instance.factor, instance.id, matching)
            if found is not None:
                return words.why(found.capability.name, found.suspicion.since, seen.now)
    return words.why("", seen.now, seen.now)


def result_page(seen: Seen) -> m.ResultPage:
    """What became of it."""
    words, action = seen.words, seen.action
    state = standing(seen)
    rule = seen.policy.rules.get(action.request.rule)
    title, text, lines = _result(seen, words, state)
    return m.ResultPage(
        language=seen.language,
        platform=seen.platform,
        phrase=seen.state.phrase,
        state=state,
        icon=ICON_OF[state],
        heading=title,
        text=text,
        request=view_of(words, seen.policy, seen.state, action, rule),
        lines=lines,
        off=tuple(each for each in _off(seen, words) if each.suspect) if state == "denied" else (),
        cancel=action.status in CANCELLABLE and not seen.lapsed,
        freeze=state != "denied",
    )


def _result(seen: Seen, words: Words, state: m.State) -> tuple[str, str, tuple[str, ...]]:
    """Heading, sentence, and why."""
    action, told = seen.action, seen.told
    if seen.lapsed:
        return words.say("lapsed_h1"), words.say("lapsed_text"), ()
    if state == "cancelled":
        return words.say("cancelled_h1"), words.say("cancelled_text"), ()
    if action.status == "disputed":
        return words.say("disputed_h1"), words.say("disputed_text"), ()
    if action.status == "pending":
        due = words.say("held_text", time=words.time(action.due)) if action.due else words.say("held_untold")
        return words.say("held_h1"), due, ()
    if state == "allowed":
        return _allowed(seen, words)
    lines = _lines(words, told)
    if state == "held":
        until = None if told is None else told.until
        text = words.say("later_text", time=words.time(until)) if until else words.say("later_unknown")
        return words.say("later_h1"), text, lines
    return words.say("denied_h1"), words.say("denied_text"), lines


def _allowed(seen: Seen, words: Words) -> tuple[str, str, tuple[str, ...]]:
    action = seen.action
    if action.status == "redeemed":
        return words.say("done_h1"), words.say("sent_text"), ()
    if action.status == "done":
        rule = seen.policy.rules.get(action.request.rule)
        facts = facts_of(action, rule, seen.now)
        what = wording(f"{action.request.rule}.done", facts, words.catalogue).headline
        return words.say("done_h1"), words.say("done_text", what=what), ()
    kind = "allowed_money" if action.request.payment is not None else "allowed_action"
    return words.say("allowed_h1"), words.say(kind), ()


def _lines(words: Words, told: Decision | None) -> tuple[str, ...]:
    """Why it cannot be done now, each reason once: what stops it, what has to be waited for, what is lacking."""
    reasons = () if told is None else told.reasons
    shown = [item for item in reasons if item.code in GATES] or [item for item in reasons if item.code in WAITS]
    shown = shown or [item for item in reasons if item.code in LACKS]
    found = dict.fromkeys(words.reason(item.code, item.until) for item in shown)
    return tuple(found)[:3]
