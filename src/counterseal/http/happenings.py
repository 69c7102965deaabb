# SPDX-License-Identifier: Apache-2.0
"""One entry of an account in a sentence for staff, English or Chinese; actions are named as in notices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from counterseal.core import events as e
from counterseal.core import inputs as i
from counterseal.core.account import Request
from counterseal.guard.feed import Seen
from counterseal.http.staff_names import named
from counterseal.notices.formats import defang
from counterseal.notices.wording import amount_in, catalogue_for, wording

ENGLISH: Final[Mapping[str, str]] = {
    "register": "The account was registered",
    "import": "The account was imported with stated ages",
    "ask": "Asked to {wish}",
    "decide": "Asked again to {wish}",
    "prove": "Proved with {factor} to {wish}",
    "proof_failed": "Wrong answer for {factor}, to {wish}",
    "challenged": "A code went out by {factor}, to {wish}",
    "due": "The wait is over, to {wish}",
    "cancel": "Cancelled: {wish}",
    "disputed": "A cancel came from the contact that is being replaced: {wish}",
    "freeze_link": "Frozen by the link of a notice",
    "freeze_owner": "Frozen at the owner's word",
    "freeze_staff": "Frozen by two officers",
    "lift_freeze": "Two officers lifted the freeze",
    "open_glass": "Two officers put suspicions aside for changes: {reason}",
    "close_glass": "Suspicions count for changes again",
    "end_sessions": "Two officers ended every session: {reason}",
    "suspect": "Suspicion of {capability}",
    "clear_suspicion": "Two officers withdrew a suspicion",
    "notice_accepted": "A notice was accepted",
    "notice_counts": "A notice was accepted: waits run from here",
    "confirm_notice": "Two officers reached the owner",
    "resolve_uphold": "Two officers let the disputed change go on: {wish}",
    "resolve_end": "Two officers ended the disputed change: {wish}",
    "redeem": "The signer redeemed the seal, to {wish}",
    "redeem_refused": "The seal was refused at its redemption, to {wish}",
    "broadcast": "The signer sent the transaction{txid}",
    "abandoned": "The signer gave up; the value came back",
    "erased": "The account was erased",
    "account_viewed": "A member of staff looked at the account{purpose}",
    "other": "{kind}",
    "allow": "allowed",
    "challenge": "more proof is missing",
    "hold": "held",
    "deny": "refused",
    "pending": "accepted, takes effect after a wait",
    "ready": "the wait is over, it may go on",
    "lapsed": "not finished in time",
    "join": ": ",
    "stop": ".",
}
CHINESE: Final[Mapping[str, str]] = {
    "register": "账户已注册",
    "import": "账户已导入（含所述时间）",
    "ask": "请求{wish}",
    "decide": "再次请求{wish}",
    "prove": "用 {factor} 验证，以{wish}",
    "proof_failed": "{factor} 验证失败，原为{wish}",
    "challenged": "已通过 {factor} 发送验证码，用于{wish}",
    "due": "等待期结束：{wish}",
    "cancel": "已取消：{wish}",
    "disputed": "正在被替换的联系方式发来了取消请求：{wish}",
    "freeze_link": "已通过通知中的链接冻结",
    "freeze_owner": "已应用户要求冻结",
    "freeze_staff": "已由两名专员冻结",
    "lift_freeze": "两名专员已解除冻结",
    "open_glass": "两名专员暂不计入针对变更的怀疑：{reason}",
    "close_glass": "针对变更的怀疑恢复计入",
    "end_sessions": "两名专员已结束所有登录：{reason}",
    "suspect": "怀疑存在 {capability}",
    "clear_suspicion": "两名专员撤回了一项怀疑",
    "notice_accepted": "一条通知已被接收",
    "notice_counts": "一条通知已被接收：等待期由此开始",
    "confirm_notice": "两名专员已联系到用户",
    "resolve_uphold": "两名专员准许有争议的变更继续：{wish}",
    "resolve_end": "两名专员终止了有争议的变更：{wish}",
    "redeem": "签名方已兑现授权：{wish}",
    "redeem_refused": "授权在兑现时被拒绝：{wish}",
    "broadcast": "签名方已发送交易{txid}",
    "abandoned": "签名方已放弃，金额已退回",
    "erased": "账户数据已抹除",
    "account_viewed": "一名员工查看了该账户{purpose}",
    "other": "{kind}",
    "allow": "已允许",
    "challenge": "还需要更多验证",
    "hold": "已暂缓",
    "deny": "已拒绝",
    "pending": "已受理，等待期后生效",
    "ready": "等待期结束，可以继续",
    "lapsed": "未在时限内完成",
    "join": "：",
    "stop": "。",
}
_THEIR = re.compile(r"\byour\b")
_THEY = re.compile(r"\byou\b")


def sentence(seen: Seen, language: str, people: Mapping[str, str] | None = None) -> str:
    """What happened, in one sentence. `language`: en or zh; `people`: names of staff by id."""
    words = CHINESE if language == "zh" else ENGLISH
    key, facts = _what(seen, people or {})
    facts = {"wish": _wish(seen, language), "kind": seen.entry.kind.replace("_", " ")} | facts
    said = words[key].format(**facts)
    result = _result(seen)
    return said + (words["join"] + words[result] if result else "") + words["stop"]


def _what(seen: Seen, people: Mapping[str, str]) -> tuple[str, dict[str, str]]:  # noqa: PLR0911, C901 - one for each kind of input
    """Which sentence, and what it names besides the action."""
    given = None if seen.record is None else seen.record.input
    kinds = set() if seen.record is None else {type(event) for event in seen.record.events}
    match given:
        case None:
            return _unrecorded(seen, people)
        case i.Register():
            return ("import" if given.imported else "register"), {}
        case i.Prove():
            return "prove", {"factor": given.proof.factor}
        case i.ProofFailed() | i.Challenged():
            return seen.entry.kind, {"factor": given.factor}
        case i.Cancel():
            return ("disputed" if e.Disputed in kinds else "cancel"), {}
        case i.FreezeNow():
            return f"freeze_{given.freeze.kind}", {}
        case i.Suspect():
            evidence = given.suspicion.evidence
            return "suspect", {"capability": given.suspicion.capability + (f" ({evidence})" if evidence else "")}
        case i.NoticeAccepted():
            counts = any(isinstance(x, e.NoticeTaken) and x.counts for x in seen.record.events)  # type: ignore[union-attr]
            return ("notice_counts" if counts else "notice_accepted"), {}
        case i.OpenGlass() | i.EndSessions():
            return seen.entry.kind, {"reason": given.reason}
        case i.ResolveDispute():
            return ("resolve_uphold" if given.uphold else "resolve_end"), {}
        case i.Redeem():
            return ("redeem_refused" if e.SealVoided in kinds else "redeem"), {}
        case i.Report():
            known = given.outcome if given.outcome in {"broadcast", "abandoned"} else "other"
            return known, {"txid": f" {given.txid}" if given.txid else ""}
    return seen.entry.kind, {}


def _unrecorded(seen: Seen, people: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Entries that are no inputs of the guard, and those of an erased account."""
    kind = seen.entry.kind
    if kind == "account_viewed":
        return kind, {"purpose": _purpose(seen.entry.payload, people)}
    return ("erased" if kind == "erased" else "other"), {}


class _Viewed(msgspec.Struct, frozen=True):
    by: str = ""
    purpose: str = ""


def staff_in(seen: Seen) -> tuple[str, ...]:
    """Who of staff an entry names: officers, or whoever looked."""
    if seen.entry.kind == "account_viewed":
        return (_viewed(seen.entry.payload).by,)
    given = None if seen.record is None else seen.record.input
    officers: tuple[str, ...] = getattr(given, "officers", ())
    return officers


def _viewed(payload: bytes | None) -> _Viewed:
    try:
        return msgspec.json.decode(payload or b"{}", type=_Viewed)
    except msgspec.MsgspecError:
        return _Viewed()


def _purpose(payload: bytes | None, people: Mapping[str, str]) -> str:
    found = _viewed(payload)
    told = ": ".join(part for part in (named(found.by, people), found.purpose) if part)
    return f" ({told})" if told else ""


def _wish(seen: Seen, language: str) -> str:
    """What the action is to do: "withdraw 50 USDT to 0x…", about a third person."""
    rule = _rule(seen)
    facts = facts_of(seen.request) | {"action": rule}
    wish = wording(rule, facts, catalogue_for(language)).wish
    wish = wish.replace("您的", "").replace("您", "用户")
    wish = _THEY.sub("they", _THEIR.sub("their", wish))
    if money := amount_in(facts):
        wish += f" {money}"
    if facts.get("destination"):
        target = defang(facts["destination"])
        wish += f" to {target}" if language == "en" else f"，转至 {target}"
    return wish


def _rule(seen: Seen) -> str:
    if seen.request is not None:
        return seen.request.rule
    return "" if seen.decision is None else seen.decision.rule


def facts_of(request: Request | None) -> dict[str, str]:
    """Amount, asset and destination of a request as text; what is empty is left out."""
    payment = None if request is None else request.payment
    if payment is None:
        return {}
    found = {"amount": f"{payment.amount:f}", "asset": payment.asset, "destination": payment.destination}
    return {name: value for name, value in found.items() if value}


def _result(seen: Seen) -> str:
    """What came of it: the word for a wait where one began, else for the outcome."""
    if seen.record is None:
        return ""
    kinds = {type(event) for event in seen.record.events}
    for kind, word in ((e.Accepted, "pending"), (e.BecameReady, "ready"), (e.Lapsed, "lapsed")):
        if kind in kinds:
            return word
    if isinstance(seen.record.input, i.Ask | i.Decide | i.Prove | i.Due) and seen.decision is not None:
        return seen.decision.outcome.value
    return ""
