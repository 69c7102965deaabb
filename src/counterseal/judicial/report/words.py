# SPDX-License-Identifier: Apache-2.0
"""The report's words, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.judicial.requests.model import State, Type

Words = Mapping[str, tuple[str, str]]

SECTIONS: Final[Words] = {
    "requests": ("Requests", "请求"),
    "authenticity": ("Authenticity", "真实性核验"),
    "clocks": ("Deadlines", "期限"),
    "disclosures": ("Disclosures", "数据披露"),
    "exceptions": ("Exceptions", "例外情况"),
    "protection": ("Protection of accounts", "账户保护"),
    "registry": ("Registry of authorities", "机关名录"),
}
WORDS: Final[Words] = {
    "received": ("Requests received", "收到的请求"),
    "users_named": ("Accounts named", "涉及的账户"),
    "country": ("Country", "国家或地区"),
    "released": ("Requests answered with data or carried out", "已提供数据或已执行的请求"),
    "refused": ("Requests refused", "已拒绝的请求"),
    "forged_caught": ("Forged requests caught before anything left", "在数据外流前识破的伪造请求"),
    "forged_released": ("Forged requests found after something had left", "数据外流后才发现的伪造请求"),
    "suspected": ("Requests suspected to be forged", "疑似伪造的请求"),
    "cleared": ("Suspicions cleared", "已排除的疑点"),
    "false_suspicion": ("Suspicions that were wrong", "疑点有误的比例"),
    "channels_median": ("Independent kinds of evidence per release, median", "每次放行的独立证据类别（中位数）"),
    "channels_least": ("Independent kinds of evidence per release, least", "每次放行的独立证据类别（最少）"),
    "called_back": ("Releases confirmed on a call-back", "经回拨确认的放行比例"),
    "verdict_p50": ("Time to the verdict, median", "作出认定的用时（中位数）"),
    "verdict_p95": ("Time to the verdict, 95 in 100", "作出认定的用时（第 95 百分位）"),
    "verdict_in_time": ("Verdicts before the legal deadline", "在法定期限前作出认定的比例"),
    "clocks_due": ("Deadlines in the period", "期内到期的期限"),
    "clocks_overdue": ("Deadlines missed", "逾期的期限"),
    "disclosures": ("Disclosures fetched", "已领取的数据包"),
    "users_disclosed": ("Accounts whose data were handed out", "数据被提供的账户"),
    "fields_median": ("Fields per disclosure, median", "每次披露的字段数（中位数）"),
    "fields_most": ("Fields per disclosure, most", "每次披露的字段数（最多）"),
    "users_median": ("Accounts per disclosure, median", "每次披露的账户数（中位数）"),
    "users_most": ("Accounts per disclosure, most", "每次披露的账户数（最多）"),
    "narrowed": ("Disclosures with less than was asked for", "少于所请求范围的披露比例"),
    "owners_told": ("Owners told", "已告知的用户"),
    "silent": ("Disclosures that the owner is told of later", "延后告知用户的披露"),
    "notices_overdue": ("Owners told late or not yet", "逾期未告知用户的披露"),
    "emergencies": ("Emergency requests", "紧急请求"),
    "one_officer": ("Emergencies with one officer's approval", "仅一名专员批准的紧急请求"),
    "approvals_void": ("Approvals that a change voided", "因变更而作废的批准"),
    "contradictions_resolved": ("Contradictions that two officers resolved", "由两名专员排除的矛盾"),
    "silence_renewed": ("Times that silence was made longer", "延长保密的次数"),
    "shielded": ("Accounts shielded for a suspected forgery", "因疑似伪造而受保护的账户"),
    "exposed": ("Accounts whose disclosed data no longer prove anything", "所披露数据不再可作验证的账户"),
    "attacked": ("Of these, attacked within 90 days", "其中 90 天内遭受攻击的账户"),
    "canaries": ("Marked copies found elsewhere", "在别处发现的带标记副本"),
    "contacts": ("Contacts in use", "在用的联系方式"),
    "contacts_age": ("Time since a contact was checked, median", "联系方式距上次核对的时间（中位数）"),
    "contacts_overdue": ("Contacts whose yearly check is overdue", "逾期未作年度核对的联系方式"),
}
TYPES: Final[Mapping[Type, tuple[str, str]]] = {
    Type.DISCLOSURE: ("Of these, for disclosure", "其中：数据披露"),
    Type.EMERGENCY: ("Of these, emergencies", "其中：紧急披露"),
    Type.PRESERVATION: ("Of these, for preservation", "其中：数据保全"),
    Type.FREEZE: ("Of these, for a freeze", "其中：冻结"),
    Type.SEIZURE: ("Of these, for a seizure", "其中：扣押"),
    Type.AMENDMENT: ("Of these, amendments", "其中：变更"),
    Type.WITHDRAWAL: ("Of these, withdrawals", "其中：撤回"),
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.RECEIVED: ("Now: received", "现状：已收到"),
    State.TRIAGED: ("Now: sorted", "现状：已分类"),
    State.EVIDENCE: ("Now: evidence is collected", "现状：正在核验"),
    State.CLARIFICATION: ("Now: the authority was asked", "现状：等待机关澄清"),
    State.LEGAL_REVIEW: ("Now: in legal review", "现状：法律审查中"),
    State.DECISION_PENDING: ("Now: two officers decide", "现状：等待两名专员决定"),
    State.APPROVED: ("Now: approved", "现状：已批准"),
    State.PACKAGE_BUILT: ("Now: the package lies ready", "现状：数据包待领取"),
    State.DELIVERED: ("Now: handed out", "现状：已提供"),
    State.NOTICE_DUE: ("Now: the owner is told later", "现状：延后告知用户"),
    State.NOTIFIED: ("Now: the owner was told", "现状：已告知用户"),
    State.CLOSED: ("Now: closed", "现状：已结案"),
    State.EXECUTED: ("Now: carried out", "现状：已执行"),
    State.REJECTED: ("Now: refused", "现状：已拒绝"),
    State.WITHDRAWN: ("Now: withdrawn", "现状：已撤回"),
    State.DUPLICATE: ("Now: a duplicate", "现状：重复请求"),
    State.EXPIRED: ("Now: expired", "现状：已过期"),
    State.SUSPECTED_FORGED: ("Now: suspected to be forged", "现状：疑似伪造"),
    State.CONFIRMED_FORGED: ("Now: forged", "现状：确认伪造"),
}
TIERS_WORDS: Final[Words] = {
    "T0": ("Fields of tier 0, whether an account exists", "0 级字段：账户是否存在"),
    "T1": ("Fields of tier 1, who the customer is", "1 级字段：用户基本信息"),
    "T2": ("Fields of tier 2, log-ins and addresses", "2 级字段：登录与 IP 记录"),
    "T3": ("Fields of tier 3, transactions", "3 级字段：交易记录"),
    "T4": ("Fields of tier 4, identity and devices", "4 级字段：身份与设备"),
    "T5": ("Fields of tier 5, content", "5 级字段：通信内容"),
}
UNITS: Final[Words] = {
    "count": ("", ""),
    "percent": ("%", "%"),
    "minutes": ("min", "分钟"),
    "days": ("days", "天"),
}
