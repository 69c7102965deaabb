# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of mail."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.findings_mail_parts import PARTS
from counterseal.judicial.model import Effect, Kind

FALSE, CANNOT, KEPT, NOTE = Effect.CONTRADICTS, Effect.INCONCLUSIVE, Effect.WITHHOLDS, Effect.NOTE
_SENT = ("hacked_gov_mailbox", "agency_insider", "stolen_agency_key", "registry_poisoning")
_ANYONE = ("anyone",)

HEADER: Final[dict[str, Kind]] = {
    "line_ends_odd": Kind(
        FALSE,
        "the mail has {what} where its lines end, so that two programs read two different mails",
        "邮件行尾含{what}，不同程序会读出不同的邮件",
        forgeable_by=_ANYONE,
    ),
    "body_line_ends": Kind(KEPT, "the mail's body has {what}", "邮件正文行尾异常：{what}"),
    "header_line_invalid": Kind(
        FALSE,
        "a line of the header is no header field: {what}",
        "邮件头有一行不是字段：{what}",
        forgeable_by=_ANYONE,
    ),
    "space_before_colon": Kind(
        FALSE,
        "the field {name} has a blank before its colon, by which programs read different fields",
        "字段 {name} 的冒号前有空格，不同程序会读出不同字段",
        forgeable_by=_ANYONE,
    ),
    "header_control": Kind(
        FALSE, "the field {name} holds control characters", "字段 {name} 含控制字符", forgeable_by=_ANYONE
    ),
    "subject_not_ascii": Kind(
        KEPT,
        "the field {name} holds bytes outside ASCII, which programs show differently",
        "字段 {name} 含非 ASCII 字节，不同程序显示不同",
    ),
    "header_not_ascii": Kind(
        FALSE,
        "the field {name} holds bytes outside ASCII, which programs show differently",
        "字段 {name} 含非 ASCII 字节，不同程序显示不同",
        forgeable_by=_ANYONE,
    ),
    "fold_empty": Kind(
        FALSE, "the field {name} is folded over an empty line", "字段 {name} 折行含空行", forgeable_by=_ANYONE
    ),
    "header_doubled": Kind(
        FALSE,
        "the field {name} stands {count} times; programs show different ones",
        "字段 {name} 出现 {count} 次，不同程序显示不同的一个",
        forgeable_by=_ANYONE,
    ),
    "from_missing": Kind(FALSE, "the mail names no sender (From)", "邮件没有发件人（From）", forgeable_by=_ANYONE),
    "from_odd": Kind(
        FALSE,
        "the sender (From) cannot be read in one way only: {reason}",
        "发件人（From）有多种读法：{reason}",
        forgeable_by=_ANYONE,
    ),
    "subject_odd": Kind(KEPT, "the subject cannot be read in one way only: {reason}", "主题有多种读法：{reason}"),
    "reply_elsewhere": Kind(
        FALSE,
        "answers would go to {to}, not to the sender {sender}",
        "回复将发往 {to}，而不是发件人 {sender}",
        forgeable_by=_ANYONE,
    ),
    "reply_within": Kind(
        KEPT,
        "answers would go to {to}, another address of the sender's domain",
        "回复将发往 {to}（发件人同域的另一地址）",
    ),
    "sender_field": Kind(NOTE, "the mail was submitted by {sender} for its author", "邮件由 {sender} 代作者提交"),
    "mail_too_complex": Kind(
        CANNOT,
        "the mail has more headers, parts or levels than the desk reads ({what})",
        "邮件的头、部分或层级超出处理上限（{what}）",
    ),
    "servers_words": Kind(
        NOTE,
        "results of checks that servers wrote into the mail ({name}) were not used: anyone can write them",
        "未采用邮件中服务器写入的检查结果（{name}）：任何人都可以写入",
    ),
    "spf_not_judged": Kind(
        NOTE,
        "SPF was not judged: it needs the address of the server that handed the mail over, which no file proves",
        "未判断 SPF：需要投递服务器的地址，而文件不能证明它",
    ),
}

SENDER: Final[dict[str, Kind]] = {
    "sender_verified": Kind(
        Effect.SUPPORTS,
        "{address} of {authority} ({role}) sent this mail: {domain} signed it, and nothing was changed since",
        "本邮件由 {authority}（{role}）的 {address} 发出：{domain} 已签名，此后未被更改",
        "the mail was sent through that domain's servers; not who sat at the keyboard",
        _SENT,
    ),
    "sender_unregistered": Kind(
        KEPT,
        "the sender's domain {domain} is not in the registry",
        "发件人域名 {domain} 不在登记册中",
        "nothing about who sent it",
    ),
    "sender_not_judicial": Kind(
        KEPT,
        "{authority} is registered as {role}, which cannot order a disclosure",
        "{authority} 登记为 {role}，无权命令披露",
    ),
    "address_unregistered": Kind(
        KEPT,
        "{address} is not among the addresses that {authority} is registered with",
        "{address} 不在 {authority} 登记的地址中",
    ),
    "look_alike_domain": Kind(
        FALSE,
        "{field} names {domain}, which is not {registered} of {authority}: {how}",
        "{field} 使用 {domain}，并非 {authority} 的 {registered}：{how}",
        "somebody wants it to be taken for that authority's",
        ("look_alike_domain",),
    ),
    "display_name_claims": Kind(
        FALSE,
        "the sender is shown as `{display}` but the address is {address}",
        "发件人显示为“{display}”，但地址是 {address}",
        "somebody wants the mail to be taken for another sender's",
        _ANYONE,
    ),
    "addressed": Kind(
        NOTE,
        "the mail is addressed to {to}; one that went to somebody else can be sent on to you",
        "邮件的收件人是 {to}；发给他人的邮件可能被转发给您",
    ),
    "date_missing": Kind(KEPT, "the mail has no date that can be read", "邮件没有可读的日期"),
    "date_old": Kind(
        KEPT,
        "the mail is of {date}, more than 72 hours before it came in: it may be an old one sent again",
        "邮件日期为 {date}，早于收到时间 72 小时以上：可能是旧邮件重发",
    ),
    "date_future": Kind(KEPT, "the mail is of {date}, after it came in", "邮件日期 {date} 晚于收到时间"),
    "message_id_missing": Kind(
        KEPT,
        "the mail has no Message-ID that can be read, so a repeat could not be told",
        "邮件没有可读的 Message-ID，无法识别重发",
    ),
    "mail_repeated": Kind(
        KEPT,
        "a mail with the same {what} was received before: it proves nothing new",
        "此前收到过{what}相同的邮件：不证明任何新内容",
    ),
    "mail_mark": Kind(NOTE, "by this mark a repeat of the {what} is recognised", "用于识别重复{what}的标记"),
}

DKIM: Final[dict[str, Kind]] = {
    "dkim_absent": Kind(
        KEPT,
        "{domain} did not sign this mail (DKIM)",
        "{domain} 未对本邮件签名（DKIM）",
        "nothing: anyone can write that sender",
        _ANYONE,
    ),
    "dkim_syntax": Kind(
        FALSE,
        "a DKIM signature is not written as one: {reason}",
        "DKIM 签名格式不合规范：{reason}",
        forgeable_by=_ANYONE,
    ),
    "dkim_broken": Kind(
        FALSE,
        "the mail is not as {domain} signed it, or {domain} did not sign it",
        "邮件与 {domain} 所签不符，或并非 {domain} 所签",
        "it was changed on its way, or the signature is made up",
    ),
    "dkim_appended": Kind(
        FALSE, "text stands behind the {length} bytes that are signed", "在已签名的 {length} 字节之后另有内容"
    ),
    "dkim_length": Kind(
        KEPT,
        "the signature covers only the first {length} bytes of the body (l=), so that text can be added",
        "签名只覆盖正文前 {length} 字节（l=），其后可添加内容",
    ),
    "dkim_unsigned": Kind(
        KEPT,
        "the signature does not fix the field {name}, so that anyone can write or add it",
        "签名未固定字段 {name}，任何人都可改写或添加",
    ),
    "dkim_structure": Kind(
        KEPT,
        "the signature does not fix {name}, by which the body can be made to show something else",
        "签名未固定 {name}，正文可被解释成别的内容",
    ),
    "dkim_weak": Kind(KEPT, "the signature is not worth much: {reason}", "签名强度不足：{reason}"),
    "dkim_time": Kind(KEPT, "the signature does not count now: {reason}", "签名目前无效：{reason}"),
    "dkim_key": Kind(
        KEPT,
        "the signature of {domain} cannot be checked by its key: {reason}",
        "无法用其密钥检查 {domain} 的签名：{reason}",
    ),
    "dkim_revoked": Kind(
        FALSE,
        "{domain} has revoked the key of this signature",
        "{domain} 已吊销该签名的密钥",
        forgeable_by=("stolen_agency_key",),
    ),
    "dkim_unimportant": Kind(
        NOTE,
        "{count} signatures of other domains were not read: they say nothing about the sender",
        "未读取其他域名的 {count} 个签名：与发件人无关",
    ),
    "dns_unknown": Kind(
        CANNOT, "DNS did not answer for {name}; examine the mail again", "DNS 未答复 {name}；请重新检查"
    ),
    "arc_passes": Kind(
        NOTE,
        "{domain} states by ARC that the mail was authentic when it came there",
        "{domain} 以 ARC 声明邮件到达时是真实的",
        "what that server says it saw; it is not relied on",
    ),
    "arc_fails": Kind(NOTE, "the chain of ARC seals does not hold: {reason}", "ARC 链不成立：{reason}"),
    "arc_not_judged": Kind(
        NOTE, "ARC seals of {domain}, which is not registered, were not judged", "未判断未登记的 {domain} 的 ARC"
    ),
    "dmarc_aligned": Kind(
        NOTE,
        "the mail meets the policy ({policy}) that {domain} publishes",
        "邮件符合 {domain} 公布的策略（{policy}）",
    ),
    "dmarc_absent": Kind(NOTE, "{domain} publishes no policy (DMARC)", "{domain} 未公布策略（DMARC）"),
    "dmarc_fails": Kind(
        FALSE,
        "{domain} asks receivers to refuse or set aside ({policy}) mail that it did not sign, and this is such",
        "{domain} 要求拒收或隔离（{policy}）未经其签名的邮件，本邮件正是如此",
        "the domain disowns such mail; SPF alone could speak for it, and a file does not show it",
        _ANYONE,
    ),
    "dmarc_none": Kind(
        NOTE,
        "the mail does not meet the policy of {domain}, which asks for nothing",
        "邮件不符合 {domain} 的策略，但该策略不作要求",
    ),
    "dkim_not_aligned": Kind(
        KEPT,
        "the policy of {domain} counts only signatures of that very domain, and there is none",
        "{domain} 的策略只认该域名自身的签名，本邮件没有",
    ),
    "dmarc_invalid": Kind(NOTE, "the policy that {domain} publishes cannot be read", "{domain} 公布的策略无法读取"),
}

MAIL: Final[dict[str, Kind]] = {**HEADER, **SENDER, **DKIM, **PARTS}
