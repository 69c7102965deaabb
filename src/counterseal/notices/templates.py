# SPDX-License-Identifier: Apache-2.0
"""From an effect to a message: subject, plain text, HTML and a short form, in the owner's language.

Facts are strings, any of: action, asset, amount, destination, chain, memo, address, payout, api_key, device,
place, and in ms when, effective_at, until, delay. The requester may have chosen some of them, so every one is
cleaned here. A replaced contact and a guardian are told what happens and when, never how much or where to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from counterseal.core.effects import SendCode, SendNotice
from counterseal.notices.environment import render_template
from counterseal.notices.formats import (
    clean,
    defang,
    grouped,
    read_time,
    written_time,
)
from counterseal.notices.links import Purpose
from counterseal.notices.model import Catalogue, Links, Rendered
from counterseal.notices.short import short_code, short_notice
from counterseal.notices.wording import (
    DISCLOSED,
    DISCLOSED_FORGED,
    FROZEN,
    GLASS,
    Wording,
    amount_in,
    catalogue_for,
    target_of,
    wording,
)

_PRIVATE: Final = frozenset({"asset", "amount", "destination", "chain", "memo", "address", "payout"})
_FREE: Final = ("device", "place", "authority", "reference", "silence")  # others chose these words
_MONO: Final = frozenset({"destination", "memo", "address", "api_key", "payout"})
_NO_LINK_CHANNELS: Final = frozenset({"sms", "voice"})


class Fact(msgspec.Struct, frozen=True):
    """A labelled line. `mono`: an address or memo, shown whole and letter by letter."""

    label: str
    value: str
    mono: bool = False


class Button(msgspec.Struct, frozen=True):
    """A link to a page with one button."""

    label: str
    href: str


class Letter(msgspec.Struct, frozen=True):
    """A message before it is laid out; every text is one clean line."""

    language: str
    platform: str
    subject: str
    headline: str
    phrase: str
    code: str
    sentences: tuple[str, ...]
    facts: tuple[Fact, ...]
    ask: str
    buttons: tuple[Button, ...]
    note: str
    foot: tuple[str, ...]
    colon: str


def render(
    effect: SendNotice | SendCode, *, base_url: str, links: Links | None = None, platform: str = ""
) -> Rendered:
    """Write `effect` in its owner's language. `base_url`: of the pages. Whatever the facts hold, nothing raises."""
    catalogue = catalogue_for(effect.language)
    platform = clean(platform)
    if isinstance(effect, SendCode):
        letter, short = _code_letter(effect, catalogue, platform)
    else:
        letter, short = _notice_letter(
            effect, catalogue, platform, _buttons(effect, base_url, links, catalogue), links
        )
    return Rendered(
        subject=letter.subject,
        text=_plain(letter),
        html=render_template("mail.html", letter=letter),
        short=short,
        language="zh-Hans" if catalogue.language == "zh" else "en",
    )


def _notice_letter(
    effect: SendNotice, catalogue: Catalogue, platform: str, buttons: tuple[Button, ...], links: Links | None
) -> tuple[Letter, str]:
    guardian = effect.channel == "guardian"
    facts = _told(effect.facts, private=effect.old or guardian)
    words = wording(effect.template, facts, catalogue)
    phrase = "" if guardian else clean(effect.phrase)
    say = catalogue.notice
    expires = written_time(links.expires if links else None, catalogue)
    subject = say["guardian_subject" if guardian else "subject"].format(headline=words.headline)
    letter = Letter(
        language="zh-Hans" if catalogue.language == "zh" else "en",
        platform=platform,
        subject=subject,
        headline=words.headline,
        phrase=say["phrase"].format(phrase=phrase) if phrase else "",
        code="",
        sentences=_sentences(effect, words, facts, catalogue),
        facts=_facts(facts, words, catalogue),
        ask=_ask(words, catalogue, guardian=guardian) if buttons else "",
        buttons=buttons,
        note=say["links_note"].format(time=expires) if buttons else "",
        foot=(say["promise"],),
        colon=say["colon"],
    )
    return letter, short_notice(effect, words, facts, catalogue, platform, phrase)


def _code_letter(effect: SendCode, catalogue: Catalogue, platform: str) -> tuple[Letter, str]:
    facts = _told(effect.facts, private=False)
    say = catalogue.code
    words = wording("", facts, catalogue) if facts.get("action") else None
    plain = "" if words else "_plain"
    wish = words.wish if words else ""
    bound = (
        "bound"
        if target_of(facts) and facts.get("amount")
        else "bound_amount"
        if facts.get("amount")
        else "bound_action"
    )
    letter = Letter(
        language="zh-Hans" if catalogue.language == "zh" else "en",
        platform=platform,
        subject=say["subject" + plain].format(wish=wish),
        headline=say["headline" + plain].format(wish=wish),
        phrase="",
        code=grouped(clean(effect.code)),
        sentences=(say[bound], say["valid"].format(time=written_time(effect.expires, catalogue))),
        facts=_facts(
            {name: text for name, text in facts.items() if name not in {"effective_at", "until"}}, None, catalogue
        ),
        ask="",
        buttons=(),
        note="",
        foot=(say["not_you"], catalogue.notice["promise"]),
        colon=catalogue.notice["colon"],
    )
    return letter, short_code(effect, facts, wish, catalogue, platform)


def _ask(words: Wording, catalogue: Catalogue, *, guardian: bool) -> str:
    if guardian:
        return catalogue.notice["guardian_ask"]
    if words.rule == DISCLOSED_FORGED:
        return catalogue.notice["disclosed_forged_ask"]
    return catalogue.notice["not_you_pending" if words.stage == "pending" else "not_you_done"]


def _told(facts: Mapping[str, str], *, private: bool) -> dict[str, str]:
    """The facts that this contact may read.

    An address object ("CHAIN|ADDRESS|MEMO") is spelled out. A delay runs from the first notice accepted, which
    no message can know of itself; when + delay is the earliest end, and owners are never told a later one.
    """
    spelled = dict(facts)
    parts = spelled.get("address", "").split("|", 2)
    if len(parts) == 3:  # noqa: PLR2004 - chain, address, memo
        address = parts[1].replace("%7C", "|").replace("%25", "%")
        named = {"chain": parts[0], "address": address, "memo": parts[2]}
        spelled = {**named, **spelled, "address": address}
    when, delay = read_time(spelled.get("when")), read_time(spelled.get("delay"))
    if when is not None and delay is not None:
        spelled = {"effective_at": str(when + delay), **spelled}
    return {name: text for name, text in spelled.items() if not (private and name in _PRIVATE)}


def _sentences(
    effect: SendNotice, words: Wording, facts: Mapping[str, str], catalogue: Catalogue
) -> tuple[str, ...]:
    say = catalogue.notice
    found: list[str] = []
    if effect.channel == "guardian":
        found.append(say["guardian"])
    elif effect.old:
        found.append(say["old_contact"])
    effective, until = read_time(facts.get("effective_at")), read_time(facts.get("until"))
    money = words.outflow
    if words.stage == "pending" and effective is not None:
        key = "leaves" if money else "takes_effect"
        found.append(say[key].format(time=written_time(effective, catalogue)))
    elif words.stage == "pending":
        found.append(say["money_waits" if money else "waits"])
    elif words.stage == "approved" and money:
        found.append(say["money_now"])
    elif words.rule in FROZEN and until is not None:
        found.append(say["frozen_until"].format(time=written_time(until, catalogue)))
    elif words.rule == GLASS and until is not None:
        found.append(say["glass_until"].format(time=written_time(until, catalogue)))
    elif words.rule == DISCLOSED:
        found.extend(say[key] for key in ("disclosed", *(("disclosed_late",) if facts.get("silence") else ())))
    elif words.rule == DISCLOSED_FORGED:
        found.append(say["disclosed_forged"])
    if words.stage == "disputed" or words.rule == "dispute":
        found.append(say["officers_decide"])
    if words.stage == "lapsed":
        found.append(say["no_longer"])
    return tuple(found)


def _facts(facts: Mapping[str, str], words: Wording | None, catalogue: Catalogue) -> tuple[Fact, ...]:
    label = catalogue.labels
    found: list[Fact] = []
    if money := amount_in(facts):
        found.append(Fact(label["amount"], money))
    paid = bool(facts.get("destination"))
    for name in ("destination", "chain", "memo", "address", "payout", "api_key"):
        text = clean(facts.get(name, ""))
        if text and not (paid and name == "address"):  # the same address, which the payment spells out
            found.append(Fact(label[name], text, mono=name in _MONO))
    if names := [label[key] for key in map("data_{}".format, facts.get("data", "").split()) if key in label]:
        found.append(Fact(label["data"], label["comma"].join(names)))
    told = (
        (name, defang(facts.get(name, ""))) for name in ("device", "place", "authority", "reference", "silence")
    )
    found.extend(Fact(label[name], text) for name, text in told if text)
    for name in ("when", "effective_at", "until"):
        if facts.get(name):
            key = _time_label(name, words)
            found.append(Fact(label[key], written_time(read_time(facts[name]), catalogue)))
    return tuple(found)


def _time_label(name: str, words: Wording | None) -> str:
    if name == "effective_at" and words is not None and words.outflow:
        return "leaves_at"
    return "asked" if name == "when" and words is not None and words.stage == "pending" else name


def _buttons(effect: SendNotice, base_url: str, links: Links | None, catalogue: Catalogue) -> tuple[Button, ...]:
    if links is None or effect.channel in _NO_LINK_CHANNELS:
        return ()
    freeze = "guardian_freeze" if effect.channel == "guardian" else "freeze"
    named = (("cancel", "cancel", links.cancel), (freeze, "freeze", links.freeze))
    return tuple(
        Button(catalogue.notice[label], link_url(base_url, purpose, token))
        for label, purpose, token in named
        if token
    )


def headline(template: str, facts: Mapping[str, str], language: str, *, private: bool = False) -> str:
    """What happened, in one sentence without a full stop, for the pages; `private` leaves amounts out."""
    return wording(template, _told(facts, private=private), catalogue_for(language)).headline


def link_purposes(effect: SendNotice) -> tuple[Purpose, ...]:
    """Which one-time links this notice carries: none in SMS, no cancel of what is over, no freeze of the frozen."""
    if effect.channel in _NO_LINK_CHANNELS:
        return ()
    words = wording(effect.template, effect.facts, catalogue_for(effect.language))
    found: list[Purpose] = ["cancel"] if words.stage == "pending" else []
    if words.rule not in {*FROZEN, DISCLOSED}:  # nobody but us did it, and a freeze takes nothing back
        found.append("freeze")
    return tuple(found)


def link_url(base_url: str, purpose: str, token: str) -> str:
    """Where the page with one button is: BASE/cancel/TOKEN or BASE/freeze/TOKEN."""
    return f"{base_url.rstrip('/')}/{purpose}/{token}"


def _plain(letter: Letter) -> str:
    """The text part: the same lines in the same order as the HTML part."""
    blocks = [
        letter.platform,
        letter.phrase,
        letter.headline + ("" if letter.code else "。" if letter.language == "zh-Hans" else "."),
        letter.code,
        "\n".join(letter.sentences),
        "\n".join(f"{fact.label}{letter.colon}{fact.value}" for fact in letter.facts),
        letter.ask,
        "\n\n".join(f"{button.label}{letter.colon.strip()}\n{button.href}" for button in letter.buttons),
        letter.note,
        "\n".join(letter.foot),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"
