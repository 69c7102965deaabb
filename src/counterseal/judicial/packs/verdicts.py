# SPDX-License-Identifier: Apache-2.0
"""What the scope check can say, in both languages. A reason is shown to officers, and never sent to anybody."""

from __future__ import annotations

from typing import Final

import msgspec

SENTENCES: Final = {
    "in_matrix": ("{entry} allows it", "{entry} 允许提供"),
    "not_in_matrix": ("no entry of {pack} allows it under {basis}", "{pack} 中没有条目允许依据 {basis} 提供"),
    "never": ("it opens accounts and is given under no order", "该信息可用于进入账户，任何文书都不提供"),
    "field_unknown": ("no platform is asked for such a field", "没有可向平台索取的此类字段"),
    "category_unknown": ("`{category}` is no category of data", "`{category}` 不是数据类别"),
    "categories_missing": ("no category of data is named", "未指明数据类别"),
    "identifier_not_taken": (
        "{basis} does not take a person by {identifier} for this",
        "{basis} 不接受仅以 {identifier} 指明当事人",
    ),
    "window_missing": ("it needs a time window", "必须指明时间范围"),
    "window_too_long": ("the window is longer than the {days} days allowed", "时间范围超过允许的 {days} 天"),
    "window_invalid": ("the window ends before it starts", "时间范围的结束早于开始"),
    "window_wider": ("it reaches beyond the window of the request", "超出请求的时间范围"),
    "emergency_less": ("an emergency is not given this", "紧急请求不提供此字段"),
    "tier_over": ("{basis} reaches up to {most} only", "{basis} 最多到 {most} 级"),
    "type_discloses_nothing": ("a request of this type is given no data", "此类请求不提供任何数据"),
    "type_not_taken": ("{basis} is no basis for this type of request", "{basis} 不适用于此类请求"),
    "role_not_taken": (
        "an authority of the role {role} cannot cite {basis}",
        "角色为 {role} 的机关不得援引 {basis}",
    ),
    "basis_missing": ("no legal basis is named", "未指明法律依据"),
    "basis_unknown": ("{pack} has no such legal basis", "{pack} 中没有该法律依据"),
    "pack_missing": ("no rule pack is chosen", "未选择规则包"),
    "not_yet": ("{pack} is used for requests from {since} on", "{pack} 自 {since} 起的请求适用"),
    "fields_missing": ("no field is chosen", "未选择任何字段"),
    "identifiers_too_few": (
        "one identifier means several accounts: each account needs one of its own",
        "一个标识对应多个账户：每个账户都必须单独指明",
    ),
    "account_unknown": ("the account is not one that the request was found to mean", "该账户不属于请求所指账户"),
    "tier_wrong": ("the field is of tier {tier}", "该字段属于 {tier} 级"),
    "category_not_asked": ("the request does not ask for it", "请求未索取此项"),
}


class FieldVerdict(msgspec.Struct, frozen=True):
    """Whether a field may be given, and why. `entry`: PACK/BASIS/CATEGORY; `line`: of the pack, 0 = no row;
    `bounded`: whether it is given for a window."""

    field: str
    tier: str
    allowed: bool
    code: str
    sentence: str
    chinese: str
    entry: str = ""
    line: int = 0
    bounded: bool = False


class Fault(msgspec.Struct, frozen=True):
    """One thing that is outside of what the pack allows."""

    code: str
    sentence: str
    chinese: str
    field: str = ""
    account: str = ""


class Scope(msgspec.Struct, frozen=True):
    """Whether all that is to be handed out is within the pack; the policy's `within_scope`."""

    within: bool
    faults: tuple[Fault, ...] = ()


def say(code: str, **facts: object) -> tuple[str, str]:
    """The sentence of a code in English and in Chinese."""
    english, chinese = SENTENCES[code]
    return english.format(**facts), chinese.format(**facts)


def fault(code: str, *, field: str = "", account: str = "", **facts: object) -> Fault:
    """A fault with its sentences."""
    return Fault(code, *say(code, **facts), field=field, account=account)
