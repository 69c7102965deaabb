# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of PDFs: the file's frame, its signatures, and what came after them."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.findings_pdf_content import CONTENT
from counterseal.judicial.model import Effect, Kind

FALSE, CANNOT, KEPT, NOTE = Effect.CONTRADICTS, Effect.INCONCLUSIVE, Effect.WITHHOLDS, Effect.NOTE
ANYONE: Final = ("anyone",)
_CHANGED: Final = "the document was not in this form when it was signed"

FRAME: Final[dict[str, Kind]] = {
    "pdf_header": Kind(
        KEPT,
        "the file does not begin with %PDF-, so that programs can take it for different things",
        "文件不以 %PDF- 开头，不同程序可能将其当作不同的文件",
        forgeable_by=ANYONE,
    ),
    "pdf_appended": Kind(
        FALSE,
        "{bytes} bytes stand behind the end of the document, outside every signature",
        "文档结尾之后有 {bytes} 字节，不在任何签名范围内",
        _CHANGED,
        ANYONE,
    ),
    "pdf_trailing": Kind(
        KEPT,
        "{bytes} bytes stand behind the end of the document",
        "文档结尾之后有 {bytes} 字节",
        forgeable_by=ANYONE,
    ),
    "pdf_irregular": Kind(
        KEPT,
        "the file breaks rules of its format, so that programs can read it differently ({reason})",
        "文件违反格式规则，不同程序读法可能不同（{reason}）",
        forgeable_by=ANYONE,
    ),
    "pdf_hybrid": Kind(
        KEPT,
        "the file has two tables of its objects; old and new programs read different ones",
        "文件有两份对象表，新旧程序读取不同的表",
        forgeable_by=ANYONE,
    ),
    "pdf_readers_differ": Kind(
        KEPT,
        "programs read different documents in this file: {reason}",
        "不同程序从该文件读出不同的文档：{reason}",
        forgeable_by=ANYONE,
    ),
    "pdf_too_complex": Kind(
        CANNOT, "the document has more {what} than the desk examines", "文档的{what}超出检查上限"
    ),
}

SIGNATURE: Final[dict[str, Kind]] = {
    "pdf_unsigned": Kind(
        KEPT, "nobody signed the document", "文档没有签名", "nothing: anyone can make such a file", ANYONE
    ),
    "signature_unreadable": Kind(
        CANNOT, "a signature cannot be read ({reason})", "无法读取一个签名（{reason}）", forgeable_by=ANYONE
    ),
    "signature_broken": Kind(
        FALSE,
        "the bytes are not those that were signed: {reason}",
        "内容与签名不符：{reason}",
        "the document was changed after signing, or the signature was taken from another one",
        ANYONE,
    ),
    "signature_range": Kind(
        FALSE,
        "the signature leaves out more than itself: {reason}",
        "签名遗漏了自身以外的字节：{reason}",
        "there are bytes inside the document that nobody signed",
        ANYONE,
    ),
    "signature_not_its_revision": Kind(
        FALSE,
        "the signature does not cover the revision that it stands in",
        "签名未覆盖其所在的修订版",
        _CHANGED,
        ANYONE,
    ),
    "signature_shared": Kind(
        FALSE,
        "one signature stands in several fields: {fields}",
        "同一签名出现在多个字段：{fields}",
        "somebody wants one signature to be taken for several",
        ANYONE,
    ),
    "signature_odd": Kind(
        KEPT, "the signature is not made as it should be: {reason}", "签名构造异常：{reason}", forgeable_by=ANYONE
    ),
    "signature_weak": Kind(
        KEPT,
        "the signature rests on {name}, which can be forged",
        "签名依赖可被伪造的 {name}",
        "nothing: such a signature can be moved to another document",
        ANYONE,
    ),
    "signature_orphan": Kind(
        NOTE,
        "{count} signatures stand in the file that no field of the form shows",
        "文件中有 {count} 个未被表单字段引用的签名",
    ),
    "signature_empty_field": Kind(NOTE, "the field {field} waits for a signature", "字段 {field} 等待签名"),
    "signer_look_alike": Kind(
        FALSE,
        "the signer calls itself {name}, like {authority}, without its certificate",
        "签署人自称 {name}，与 {authority} 相似，但没有其证书",
        "somebody wants to be taken for that authority",
        ANYONE,
    ),
    "signed_before_end": Kind(
        NOTE,
        "a trusted time stamp proves that it was signed on {when}, before the certificate {ended}",
        "可信时间戳证明签署于 {when}，早于证书{ended}",
    ),
    "timestamp_false": Kind(
        FALSE,
        "a time stamp does not belong to what it stands on: {reason}",
        "时间戳与其内容不符：{reason}",
        "it was copied from elsewhere, or the document was changed",
        ANYONE,
    ),
    "timestamp_unproven": Kind(
        NOTE,
        "a time stamp is not relied on: {reason}",
        "未采信时间戳：{reason}",
    ),
    "claimed_time_false": Kind(
        KEPT,
        "the signer's clock says {claimed}, which cannot be: {reason}",
        "签署人时钟显示 {claimed}，不可能成立：{reason}",
        forgeable_by=ANYONE,
    ),
}

CHANGES: Final[dict[str, Kind]] = {
    "changed_after_signing": Kind(
        FALSE,
        "the document was changed after it was signed: {what}",
        "文档在签署后被更改：{what}",
        _CHANGED,
        ANYONE,
    ),
    "bytes_unlisted": Kind(
        FALSE,
        "after the signature stand bytes that belong to no listed object",
        "签名之后存在不属于任何已列对象的字节",
        _CHANGED,
        ANYONE,
    ),
    "permission_broken": Kind(
        FALSE,
        "the signer forbade what was done afterwards: {what}",
        "签署人禁止的更改随后发生：{what}",
        _CHANGED,
        ANYONE,
    ),
    "field_changed": Kind(
        FALSE,
        "the form field {field} has another value than when it was signed",
        "表单字段 {field} 的值与签署时不同",
        _CHANGED,
        ANYONE,
    ),
    "looks_changed": Kind(
        FALSE,
        "pages look different from what was signed",
        "页面外观与签署时不同",
        _CHANGED,
        ANYONE,
    ),
    "signature_over_content": Kind(
        FALSE,
        "the picture of a later signature covers what was on the page",
        "后来签名的图像遮盖了页面原有内容",
        _CHANGED,
        ("agency_insider", "anyone"),
    ),
    "field_added": Kind(
        KEPT,
        "fields were added after signing, without a change of what is seen: {fields}",
        "签署后添加了字段，外观未变：{fields}",
        forgeable_by=ANYONE,
    ),
    "revision_idle": Kind(
        KEPT,
        "something was added after signing that is neither a signature, a time stamp nor a proof of validity",
        "签署后添加了既非签名、时间戳也非有效性证明的内容",
        forgeable_by=ANYONE,
    ),
    "metadata_changed": Kind(
        KEPT,
        "the document's title, author or other metadata were changed after signing: {what}",
        "文档的标题、作者等元数据在签署后被更改：{what}",
        "what pages show is as it was signed",
        ANYONE,
    ),
    "metadata_dated": Kind(
        NOTE,
        "the program that added time stamps or proofs wrote its name and date into the metadata",
        "添加时间戳或证明的程序更新了元数据中的程序名和日期",
    ),
    "proofs_added": Kind(
        NOTE,
        "proofs of validity or time stamps were added after signing, nothing else",
        "签署后仅添加了有效性证明或时间戳",
    ),
    "permission_unread": Kind(
        KEPT, "what the signer allowed cannot be read ({reason})", "无法读取签署人允许的更改（{reason}）"
    ),
}

PDF: Final[dict[str, Kind]] = {**FRAME, **SIGNATURE, **CHANGES, **CONTENT}
