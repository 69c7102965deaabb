# SPDX-License-Identifier: Apache-2.0
"""The letter with the link of an invitation, in English and Chinese. It holds no code."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.letters.text import one_line
from counterseal.judicial.portal.model import Invitation

ENGLISH: Final = (
    "Your account at our portal for authorities",
    (
        "To: {authority}",
        "We called your office. As agreed on that call, {officer} gets an account at our portal for authorities.",
        "The link works once, within 72 hours, together with the code that we read out on the call:",
        "{link}",
        "The code is in no letter. Nobody of ours asks for it, and whoever does is not from us.",
        "If your office does not know of this, do not use the link, and ring us on a number that you know.",
        "{platform}",
    ),
)
CHINESE: Final = (
    "贵单位在本平台机关门户的账户",
    (
        "致：{authority}",
        "我们已致电贵单位。按通话中的约定，为 {officer} 开通机关门户账户。",
        "以下链接只能使用一次，72 小时内有效，并须同时输入我们在电话中宣读的代码：",
        "{link}",
        "代码不会出现在任何函件中。我们的人员不会向您索要代码，索要者均非我方人员。",
        "如贵单位不知情，请勿使用该链接，并拨打您已知的号码联系我们。",
        "{platform}",
    ),
)


def letter(held: Invitation, authority: str, platform: str, link: str) -> tuple[str, str]:
    """Subject and text of the letter that carries the link."""
    subject, blocks = CHINESE if held.language.lower().startswith("zh") else ENGLISH
    named = {"authority": one_line(authority), "officer": one_line(held.officer), "platform": one_line(platform)}
    lines = [line for each in blocks if (line := each.format(link=link, **named))]
    return subject, "\n\n".join(lines) + "\n"
