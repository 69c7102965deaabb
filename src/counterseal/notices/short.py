# SPDX-License-Identifier: Apache-2.0
"""The short form of a message, for SMS and push previews: one line, one short message where possible, no link."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.core.effects import SendCode, SendNotice
from counterseal.notices.formats import clean, first_fitting, grouped, read_time, shortened, written_time
from counterseal.notices.model import Catalogue
from counterseal.notices.wording import DISCLOSED, FROZEN, Wording, amount_in, target_of


def short_notice(
    effect: SendNotice,
    words: Wording,
    facts: Mapping[str, str],
    catalogue: Catalogue,
    platform: str,
    phrase: str,
) -> str:
    """The longest form that fits one short message; no link, no device, a long address by its ends."""
    say = catalogue.notice
    brand = say["short_brand"].format(name=platform) if platform else ""
    target = shortened(target_of(facts))
    to = say["short_to"].format(to=target) if target and words.outflow else ""
    at = read_time(facts.get("when"))
    when_key = "short_asked" if words.stage == "pending" else "short_when"
    when = say[when_key].format(time=written_time(at, catalogue, year=False)) if at is not None else ""
    effective = read_time(facts.get("effective_at"))
    effect_key = "short_leaves" if words.outflow else "short_takes_effect"
    due = (
        say[effect_key].format(time=written_time(effective, catalogue, year=False)) if effective is not None else ""
    )
    tail = say[_tail(effect, words)]
    brief = say["short_tail_brief"] if tail == say["short_tail"] else tail
    ending = say["short_phrase"].format(phrase=phrase) if phrase else ""
    pieces = [
        (to, when, due, tail, ending),
        (to, when, due, tail, ""),
        (to, "", due, tail, ""),
        ("", when, due, tail, ""),
        ("", "", due, tail, ""),
        ("", "", due, brief, ""),
        ("", "", "", tail, ""),
        ("", "", "", brief, ""),
    ]
    return first_fitting(
        [
            say["short"].format(
                brand=brand, headline=words.headline, to=to_, when=when_, effect=due_, tail=tail_, phrase=phrase_
            )
            for to_, when_, due_, tail_, phrase_ in pieces
        ]
    )


def _tail(effect: SendNotice, words: Wording) -> str:
    if effect.channel == "guardian":
        return "short_tail_guardian"
    if words.rule == DISCLOSED:
        return "short_tail_disclosed"
    plain = effect.old or words.rule in FROZEN or words.stage == "disputed"
    return "short_tail_plain" if plain else "short_tail"


def short_code(effect: SendCode, facts: Mapping[str, str], wish: str, catalogue: Catalogue, platform: str) -> str:
    """The code with all that it is bound to: the address stays whole, even where that takes two messages."""
    say = catalogue.code
    money, target = amount_in(facts), target_of(facts)
    brand = catalogue.notice["short_brand"].format(name=platform) if platform else ""
    return first_fitting(
        [
            say["short" if wish else "short_plain"].format(
                brand=name,
                code=grouped(clean(effect.code)),
                wish=wish,
                amount=say["short_amount"].format(amount=money) if money else "",
                to=say["short_to"].format(to=target) if target else "",
                promise=catalogue.notice["promise"],
            )
            for name in (brand, "")
        ]
    )
