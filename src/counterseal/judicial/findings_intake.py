# SPDX-License-Identifier: Apache-2.0
"""Findings of the intake, before or instead of a check."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Effect, Kind

CANNOT, NOTE = Effect.INCONCLUSIVE, Effect.NOTE

INTAKE: Final[dict[str, Kind]] = {
    "empty": Kind(CANNOT, "the file has no bytes", "文件为空"),
    "too_large": Kind(
        CANNOT,
        "the file has {size} bytes; the desk opens files of up to {most}",
        "文件大小为 {size} 字节，最多可打开 {most} 字节",
    ),
    "too_many_pages": Kind(
        CANNOT,
        "the document has {pages} pages; the desk opens up to {most}",
        "文档共 {pages} 页，最多可打开 {most} 页",
    ),
    "kind_unknown": Kind(
        CANNOT,
        "this is no PDF, mail or signed container; ask the sender for a PDF",
        "不是 PDF、邮件或签名容器；请让发件人改发 PDF",
    ),
    "office_file": Kind(
        CANNOT,
        "this is an office file, which can change what it shows; ask the sender for a PDF",
        "这是 Office 文件，其显示内容可变；请让发件人改发 PDF",
    ),
    "archive": Kind(
        CANNOT,
        "this is an archive; ask the sender for each document as a file of its own",
        "这是压缩包；请让发件人逐个发送文件",
    ),
    "image_only": Kind(
        CANNOT,
        "this is a picture, which carries no signature; ask the sender for the signed PDF",
        "这是图片，不含签名；请让发件人改发已签名的 PDF",
    ),
    "encrypted": Kind(
        CANNOT,
        "the document is encrypted; ask the sender for it without a password",
        "文档已加密；请让发件人改发无密码版本",
    ),
    "no_sandbox": Kind(
        CANNOT,
        "there is no sandbox on this machine ({reason}), so the document was not opened",
        "此机器没有沙箱（{reason}），未打开文档",
    ),
    "stopped": Kind(
        CANNOT,
        "opening the document was stopped: {reason}",
        "打开文档被中止：{reason}",
    ),
    "not_readable": Kind(
        CANNOT,
        "a part of the document could not be read ({reason})",
        "无法读取文档的一部分（{reason}）",
    ),
    "seen_before": Kind(
        NOTE,
        "the same bytes were received before, on {when}",
        "相同的字节此前已于 {when} 收到",
    ),
}
