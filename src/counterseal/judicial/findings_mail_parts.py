# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of mail: its parts, and signatures of persons over it (S/MIME, OpenPGP)."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Effect, Kind

FALSE, CANNOT, KEPT, NOTE = Effect.CONTRADICTS, Effect.INCONCLUSIVE, Effect.WITHHOLDS, Effect.NOTE

PARTS: Final[dict[str, Kind]] = {
    "mime_odd": Kind(
        KEPT,
        "the mail's parts can be read in more than one way: {reason}",
        "邮件各部分有多种读法：{reason}",
    ),
    "text_odd": Kind(KEPT, "the text can be read in more than one way: {reason}", "文本有多种读法：{reason}"),
    "content_elsewhere": Kind(
        KEPT,
        "a part ({kind}) stands for content that is not in the mail",
        "有一部分（{kind}）的内容不在邮件中",
    ),
    "attachment": Kind(
        NOTE,
        "`{name}` is attached: {kind}, {size} bytes; it is a document of its own",
        "附件“{name}”：{kind}，{size} 字节；须单独检查",
        "nothing about the attachment but that it came with the mail",
    ),
    "attachment_active": Kind(
        NOTE,
        "`{name}` is attached, which can run or fetch something ({kind}); do not open it",
        "附件“{name}”可执行或联网（{kind}）；请勿打开",
    ),
    "nested_mail": Kind(
        NOTE,
        "a mail from `{sender}` is attached; the verdict is about the outer mail only",
        "附有来自“{sender}”的邮件；结论仅针对外层邮件",
        "nothing: whoever attached it could have written it",
        ("anyone",),
    ),
    "mail_encrypted": Kind(
        CANNOT,
        "the mail is encrypted; ask the sender for it in clear, or decrypt it first",
        "邮件已加密；请让发件人改发明文，或先解密",
    ),
    "inline_pgp": Kind(
        NOTE,
        "there is an OpenPGP signature within the text; it covers only a part, and was not judged",
        "文本中含 OpenPGP 签名；只覆盖一部分，未予判断",
    ),
    "mail_signature": Kind(
        Effect.SUPPORTS,
        "{name} of {authority} ({role}) signed the whole message ({kind}), and nothing in it was changed since",
        "{authority}（{role}）的 {name} 已签署整封邮件内容（{kind}），此后未被更改",
        "the holder of this registered key signed these bytes",
        ("stolen_agency_key", "agency_insider", "agency_ca", "registry_poisoning"),
    ),
    "personal_not_whole": Kind(
        KEPT,
        "a signature ({kind}) is over a part of the mail only",
        "签名（{kind}）只覆盖邮件的一部分",
    ),
    "personal_broken": Kind(
        FALSE,
        "the signed part is not as it was signed ({kind}): {reason}",
        "已签名部分与签名时不符（{kind}）：{reason}",
        "it was changed, or the signature is of something else",
    ),
    "personal_unreadable": Kind(
        CANNOT, "the signature ({kind}) could not be read: {reason}", "无法读取签名（{kind}）：{reason}"
    ),
    "personal_untrusted": Kind(
        KEPT,
        "the signer's certificate leads to no pinned anchor: {reason}",
        "签名者证书不能追溯到固定的信任锚：{reason}",
    ),
    "personal_revocation_unknown": Kind(
        CANNOT,
        "it is not known whether the signer's certificate was revoked",
        "不清楚签名者证书是否已被吊销",
    ),
    "personal_revoked": Kind(FALSE, "the signer's certificate or key is revoked", "签名者的证书或密钥已被吊销"),
    "personal_expired": Kind(
        KEPT, "the signer's certificate or key is not valid now", "签名者的证书或密钥目前无效"
    ),
    "personal_weak": Kind(
        KEPT, "the signature ({kind}) is not worth much: {reason}", "签名（{kind}）强度不足：{reason}"
    ),
    "personal_not_sender": Kind(
        FALSE,
        "the signer ({signer}) is not the sender {address}",
        "签名者（{signer}）不是发件人 {address}",
    ),
    "personal_unregistered": Kind(
        KEPT, "the signer {signer} is not in the registry", "签名者 {signer} 不在登记册中"
    ),
    "personal_old": Kind(
        KEPT,
        "the signature is not of the last 72 hours ({date}): it may be an old one sent again",
        "签名不在最近 72 小时内（{date}）：可能是旧邮件重发",
    ),
    "pgp_key_missing": Kind(
        CANNOT,
        "the mail does not bring the registered OpenPGP key that it is signed with ({key})",
        "邮件未附带其签名所用的已登记 OpenPGP 密钥（{key}）",
    ),
    "headers_outside": Kind(
        NOTE,
        "the signature ({kind}) is over the text and its parts; subject, date and the name shown are not within it",
        "签名（{kind}）覆盖正文及各部分，不含主题、日期和显示名",
    ),
}
