# SPDX-License-Identifier: Apache-2.0
"""What the download page of a package says, in English and Chinese."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = {
    "skip": "Skip to the page",
    "language_name": "English",
    "other_language": "中文",
    "other_code": "zh-Hans",
    "title": "Package for an authority",
    "head": "A package lies ready for you",
    "once": "It can be downloaded once. Keep the file: this page does not give it out again.",
    "key": "It is encrypted to the key that was confirmed on the telephone. Only its holder can open it.",
    "reference": "Reference",
    "fingerprint": "Fingerprint of the key",
    "until": "Until",
    "size": "Size",
    "bytes": "{size} bytes",
    "button": "Download it now",
    "package_fetched": "This package was downloaded",
    "package_expired": "This package was not fetched in time",
    "package_revoked": "This package was withdrawn",
    "package_stale": "This package is not given out at the moment",
    "disclosure_unknown": "There is nothing at this address",
    "gone": "If the file did not reach you, write to the desk under the reference of your request, at the address"
    " that you know. After a call to your office it can build another one. Nobody sends it by mail.",
}

CHINESE: Final = {
    "skip": "跳到正文",
    "language_name": "中文",
    "other_language": "English",
    "other_code": "en",
    "title": "提供给机关的数据包",
    "head": "您的数据包已备好",
    "once": "只能下载一次。请保存文件：本页不会再次提供。",
    "key": "数据包已用电话核实的密钥加密，只有密钥持有人能够打开。",
    "reference": "编号",
    "fingerprint": "密钥指纹",
    "until": "截止",
    "size": "大小",
    "bytes": "{size} 字节",
    "button": "立即下载",
    "package_fetched": "该数据包已被下载",
    "package_expired": "该数据包未在期限内领取",
    "package_revoked": "该数据包已撤回",
    "package_stale": "该数据包目前不予提供",
    "disclosure_unknown": "此地址没有内容",
    "gone": "如果您没有收到文件，请按您已知的地址致函办公室并注明请求编号。"
    "向贵单位电话核实后可以重新制作。数据包从不通过邮件发送。",
}


def texts(language: str) -> dict[str, str]:
    """The texts of `zh`, or else English."""
    return CHINESE if language == "zh" else ENGLISH
