# SPDX-License-Identifier: Apache-2.0
"""What owners read: every action of the shipped packs, both languages, hostile facts, the guide's rules."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from ruamel.yaml import YAML

from counterseal.core.effects import SendCode, SendNotice
from counterseal.notices.catalogue_en import ENGLISH
from counterseal.notices.catalogue_zh import CHINESE
from counterseal.notices.formats import in_one_sms
from counterseal.notices.model import Catalogue, Links, Rendered
from counterseal.notices.templates import headline, link_purposes, render
from counterseal.notices.wording import ALIASES, wording
from tests.conftest import ROOT

AT = 1_717_908_600_000
DAY = 86_400_000
ADDRESS = "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"
MONEY = {
    "action": "withdraw", "asset": "USDT", "amount": "186400.00", "destination": ADDRESS, "chain": "Tron",
    "memo": "7741", "device": "Chrome on Windows", "place": "Warsaw", "when": str(AT), "delay": str(DAY),
}  # fmt: skip
LINKS = Links("TOKEN-C", "TOKEN-F", AT + 3 * DAY)
BASE = "https://guard.example"
LANGUAGES = ("en", "zh")
CATALOGUES = {"en": ENGLISH, "zh": CHINESE}


def notice(template: str = "withdraw.pending", **changes: Any) -> SendNotice:
    fields: dict[str, Any] = {
        "id": "act.pending.c1", "notice": "act.pending", "contact": "c1", "channel": "email", "to": "o@example.org",
        "template": template, "language": "en", "phrase": "blue heron at noon", "action": "act", "facts": MONEY,
    } | changes  # fmt: skip
    return SendNotice(**fields)


def code(**changes: Any) -> SendCode:
    fields: dict[str, Any] = {
        "id": "ch-1", "channel": "sms", "to": "+15551234567", "language": "en", "code": "482913", "facts": MONEY,
        "expires": AT + 600_000,
    } | changes  # fmt: skip
    return SendCode(**fields)


def write(effect: SendNotice | SendCode, **changes: Any) -> Rendered:
    return render(effect, **({"base_url": BASE, "links": LINKS, "platform": "Example Exchange"} | changes))


class Text(HTMLParser):
    """The visible text, tags and addresses of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._style = tag in {"style", "title"}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style and data.strip():
            self.text.append(data.strip())


def told_by_packs() -> list[tuple[str, str]]:
    """Every rule of a shipped pack that tells the owner something, and which pack."""
    found: list[tuple[str, str]] = []
    for path in sorted((ROOT / "policies").glob("*.yaml")):
        document = YAML(typ="safe").load(path.read_text("utf-8"))
        for group in ("actions", "outflows"):
            for name, rule in (document.get(group) or {}).items():
                if isinstance(rule, dict) and rule.get("notify"):
                    found.append((path.stem, name))
    return found


@pytest.mark.parametrize(("pack", "rule"), told_by_packs())
def test_every_action_of_the_packs_has_its_own_words(pack: str, rule: str) -> None:
    for catalogue in CATALOGUES.values():
        name = ALIASES.get(rule, rule)
        assert name in catalogue.actions or name in catalogue.outflows, pack


def test_the_packs_are_there() -> None:
    assert len(told_by_packs()) > 20


def test_both_languages_say_the_same_things() -> None:
    for part in ("actions", "outflows", "labels", "notice", "code", "page"):
        assert set(getattr(ENGLISH, part)) == set(getattr(CHINESE, part)), part
    for part in ("notice", "code", "page"):
        for key, english in getattr(ENGLISH, part).items():
            holes = set(re.findall(r"\{(\w+)\}", english))
            assert holes == set(re.findall(r"\{(\w+)\}", getattr(CHINESE, part)[key])), key


def sentences(catalogue: Catalogue) -> list[str]:
    words = [
        *catalogue.notice.values(),
        *catalogue.code.values(),
        *catalogue.page.values(),
        *catalogue.labels.values(),
    ]
    for action in catalogue.actions.values():
        words += [action.done, action.pending, action.wish]
    for outflow in catalogue.outflows.values():
        words += [outflow.noun, outflow.of, outflow.wish]
    return words


def test_the_guide_is_kept() -> None:
    """No exclamation mark, no "please", no vague word; Chinese with full-width marks and a space beside Latin."""
    banned = re.compile(
        r"!|\b(please|oops|secure|security|unauthori[sz]ed|factor|hold|entropy|suspicious|unusual|2FA|SMS_|OK|submit"
        r"|e-mail|log-in|we are sorry)\b",
        re.IGNORECASE,
    )
    capabilities = YAML(typ="safe").load((ROOT / "policies" / "vocabulary.yaml").read_text("utf-8"))["capabilities"]
    for text in sentences(ENGLISH):
        assert not banned.search(text), text
        assert not any(name in text for name in capabilities), text
    for text in sentences(CHINESE):
        shown = re.sub(r"\{\w+\}", "", text)
        assert not re.search(r"[\u4e00-\u9fff][,.:;!?()]|[,:;!?()][\u4e00-\u9fff]|！|请您|抱歉", shown), text
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", shown), text
        assert "你" not in text, text


STAGES = ("pending", "approved", "done", "cancelled", "refused", "disputed", "lapsed")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", ["", *(f".{stage}" for stage in STAGES)])
def test_every_action_and_stage_is_written_whole(language: str, stage: str) -> None:
    catalogue = CATALOGUES[language]
    subjects = set()
    for name in [*catalogue.actions, *catalogue.outflows, "rotate_keys"]:
        facts = MONEY | {"action": name} if name in catalogue.outflows else {"action": name, "when": str(AT)}
        written = write(notice(name + stage, language=language, facts=facts))
        subjects.add(written.subject)
        for text in (written.subject, written.text, written.short, written.html or ""):
            assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
            assert "_" not in text.replace("_blank", "")
        assert "blue heron at noon" in written.text
        assert in_one_sms(written.short), written.short
    assert len(subjects) >= len(catalogue.outflows) + 10


def test_a_pending_withdrawal_in_english() -> None:
    written = write(notice())
    assert written.subject == "A withdrawal of 186,400.00 USDT is waiting"
    assert (
        written.text
        == f"""Example Exchange

Your phrase: blue heron at noon

A withdrawal of 186,400.00 USDT is waiting.

The money leaves on 10 June 2024, 04:50 UTC at the earliest.

Amount: 186,400.00 USDT
To: {ADDRESS}
Network: Tron
Memo: 7741
Device: Chrome on Windows
Place: Warsaw
Asked: 9 June 2024, 04:50 UTC
Leaves: 10 June 2024, 04:50 UTC

If it was you, do nothing. If it was not you, stop it.

Stop this:
{BASE}/cancel/TOKEN-C

Freeze my account:
{BASE}/freeze/TOKEN-F

Each link opens a page with one button. You need no password. It works once, until 12 June 2024, 04:50 UTC.

We never ring you about this and never ask for a code.
"""
    )
    assert written.short == (
        "Example Exchange: A withdrawal of 186,400.00 USDT is waiting. "
        "Leaves 10 June 04:50 UTC at the earliest. Not you? Open our app and freeze your account."
    )
    assert write(notice(), platform="").short == (
        "A withdrawal of 186,400.00 USDT is waiting. To TKx3f8..uJ2aGo. "
        "Leaves 10 June 04:50 UTC at the earliest. Not you? Open our app and freeze your account."
    )


def test_a_new_phone_number_in_chinese() -> None:
    facts = {"action": "replace_phone", "when": str(AT), "delay": str(DAY)}
    written = write(notice("replace_phone.pending", language="zh-CN", phrase="正午的蓝鹭", facts=facts))
    assert written.subject == "您的手机号即将更换"
    assert "您的防钓鱼口令：正午的蓝鹭" in written.text
    assert "最早于 2024年6月10日 04:50 UTC 生效。" in written.text
    assert written.language == "zh-Hans"
    assert written.short.startswith("【Example Exchange】您的手机号即将更换")


def test_text_and_html_say_the_same() -> None:
    for effect in (notice(), notice(language="zh"), code(channel="email"), notice("replace_email", old=True)):
        written = write(effect)
        seen = " ".join(Text(written.html or "").text)
        for line in written.text.splitlines():
            for piece in re.split("[:：]", line, maxsplit=1) if line and not line.startswith("https") else []:
                assert piece.strip().rstrip(".。") in seen, piece


def test_mail_loads_nothing_and_links_only_to_us() -> None:
    parsed = Text(write(notice()).html or "")
    assert parsed.addresses == [f"{BASE}/cancel/TOKEN-C", f"{BASE}/freeze/TOKEN-F"]
    assert not {"img", "script", "link", "iframe", "form"} & set(parsed.tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_replaced_contact_and_a_guardian_learn_no_amounts(language: str) -> None:
    facts = MONEY | {"address": f"tron|{ADDRESS}|7741", "payout": "PL61-1090"}
    for changes in ({"old": True}, {"channel": "guardian"}):
        for template in ("withdraw.pending", "withdraw", "rotate_keys", "add_address"):
            written = write(notice(template, language=language, facts=facts, **changes))
            for part in (written.subject, written.text, written.short, written.html or ""):
                for secret in ("186", "USDT", ADDRESS[:6], "Tron", "tron", "7741", "PL61"):
                    assert secret not in part, (template, secret)


def test_a_guardian_is_not_shown_the_owners_phrase() -> None:
    written = write(notice(channel="guardian"))
    assert "blue heron" not in written.text + written.short + (written.html or "")
    assert written.subject == "About an account that you guard: A withdrawal is waiting"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_there_is_never_a_link_in_a_text_message(language: str, channel: str) -> None:
    facts = MONEY | {"device": "https://evil.example", "destination": "www.evil.example", "place": "evil.example"}
    for effect in (notice(language=language, channel=channel, facts=facts), code(language=language, facts=facts)):
        written = write(effect)
        for text in (written.short, written.text):
            assert "TOKEN" not in text
            assert BASE not in text
        assert not re.search(r"https?://|\w\.[a-z]{2,}", written.short), written.short
    assert "TOKEN" not in write(notice(channel="email", language=language)).short


@pytest.mark.parametrize(
    ("template", "channel", "expected"),
    [
        ("withdraw.pending", "email", ("cancel", "freeze")),
        ("withdraw", "email", ("freeze",)),
        ("replace_phone.disputed", "push", ("freeze",)),
        ("freeze", "email", ()),
        ("unfreeze", "email", ("freeze",)),
        ("withdraw.pending", "sms", ()),
    ],
)
def test_which_links_a_notice_has(template: str, channel: str, expected: tuple[str, ...]) -> None:
    facts = {"when": str(AT)}
    assert link_purposes(notice(template, channel=channel, facts=facts)) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_shows_what_it_approves(language: str) -> None:
    written = write(code(language=language))
    for text in (written.text, written.short):
        assert "482 913" in text
        assert "186,400.00 USDT" in text
        assert ADDRESS in text
        assert CATALOGUES[language].notice["promise"] in text
        assert "10" in text
    assert "482" not in written.subject


def test_an_english_code_for_a_usual_address_fits_one_message() -> None:
    for address in (ADDRESS, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"[:42]):
        facts = MONEY | {"destination": address, "amount": "12500.00"}
        assert in_one_sms(write(code(facts=facts)).short)


def test_a_code_for_a_new_address_names_it() -> None:
    facts = {"action": "add_address", "address": f"tron|{ADDRESS}|7", "when": str(AT)}
    written = write(code(facts=facts))
    assert written.subject == "Your code to add a withdrawal address"
    assert f"Address: {ADDRESS}" in written.text
    assert "Network: tron" in written.text
    assert "Memo: 7" in written.text
    assert ADDRESS in written.short


def test_unknown_actions_are_named_by_their_own_name() -> None:
    assert headline("rotate_cold_keys", {}, "en") == "This was done on your account: rotate cold keys"
    assert headline("rotate_cold_keys.pending", {}, "zh") == "有人请求在您的账户进行此操作：rotate cold keys"
    assert headline("", {"action": "rotate_keys"}, "en") == "This was done on your account: rotate keys"
    assert headline("", {"action": "visit evil.com"}, "en").endswith("visit evil . com")


def test_a_template_of_only_a_stage_takes_the_rule_from_the_facts() -> None:
    words = wording("pending", {"action": "withdraw_small", "amount": "5", "asset": "USDT"}, ENGLISH)
    assert (words.rule, words.stage, words.outflow) == ("withdraw", "pending", True)


def test_a_wait_that_has_no_end_yet_is_not_given_one() -> None:
    assert "It does not take effect at once." in write(notice("replace_phone.pending", facts={})).text


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "\r\nBcc: a@b",
        "<script>alert(1)</script>",
        "{0}{x.y}",
        "{{7*7}}",
        "%s%n",
        "\u202eabc",
        "\ud800",
        "a" * 5000,
        "'\"&<>",
    ]
)
NAMES = ["action", "asset", "amount", "destination", "chain", "memo", "address", "payout", "api_key", "device",
         "place", "when", "effective_at", "until", "delay", "something"]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(NAMES), HOSTILE),
    HOSTILE, HOSTILE, st.sampled_from(["en", "zh", "", "xx-\n"]), st.booleans(),
    st.sampled_from(["email", "sms", "guardian"]),
)  # fmt: skip
def test_no_fact_breaks_out(
    facts: dict[str, str], template: str, phrase: str, language: str, old: bool, channel: str
) -> None:
    """Whatever the requester wrote: no new line in a header, no new tag, no error, and it can be encoded."""
    plain = Text(
        write(notice("login", facts={}, phrase="p", channel=channel, language=language, old=old)).html or ""
    )
    effect = notice(template, facts=facts, phrase=phrase, language=language, old=old, channel=channel)
    for written in (write(effect, platform=phrase), write(code(facts=facts, language=language))):
        assert "\n" not in written.subject + written.short
        assert "\r" not in written.subject + written.short + written.text
        for part in (written.subject, written.text, written.short, written.html or ""):
            part.encode()
        tags = set(Text(written.html or "").tags)
        assert tags <= set(plain.tags) | {"table", "tr", "th", "td", "p", "a"}
